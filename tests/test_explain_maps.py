"""The feature map that is drawn is the one that is classified, whether poses modulate it or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.vpn.network import VideoPoseNetwork
from tests.made_explained import T, clip_of, footage_of, person, recognizer_of
from tools.explaining.draw_maps import drawn, range_of, strength_of, stretched
from tools.explaining.views import Scene, View, as_shown, view_of

ALONE: dict[str, Any] = {"attention": "none", "embedding": "none"}


def seen(**changes: Any) -> tuple[ClipRecognizer, VideoPoseNetwork, View]:
    recognizer = recognizer_of("vpn", **changes)
    network = recognizer.network
    assert isinstance(network, VideoPoseNetwork)
    clip = clip_of(person())
    return recognizer, network, view_of(recognizer, clip, footage_of(clip))


def shown(recognizer: ClipRecognizer, view: View) -> Scene:
    assert recognizer.pictures is not None
    return as_shown(view, recognizer.pictures)


@pytest.mark.parametrize(
    "changes", [{}, ALONE, {"attention": "separate"}, {"attention": "spatial"}], ids=str
)
def test_the_strength_is_that_of_the_map_before_the_classifier(changes: dict[str, Any]) -> None:
    recognizer, network, view = seen(**changes)
    caught: list[torch.Tensor] = []
    network.head.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    recognizer.predict([view.clip])
    with torch.inference_mode():
        caught.clear()
        network(view.batch)
    wanted = caught[0][0].square().sum(dim=0).sqrt()
    np.testing.assert_allclose(strength_of(recognizer, view), wanted.numpy(), rtol=1e-5)


def test_poses_strengthen_the_places_they_point_at() -> None:
    recognizer, network, view = seen()
    assert network.attend is not None and network.attend.weigh.temporal is not None
    for branch, at in ((network.attend.weigh.spatial, 3), (network.attend.weigh.temporal, 2)):
        last = branch[-1]
        assert isinstance(last, torch.nn.Linear)
        with torch.no_grad():
            last.bias.fill_(-40.0)
            last.bias[at] = 40.0
    after = strength_of(recognizer, view)
    network.attend, attend = None, network.attend
    ratio = after / strength_of(recognizer, view)
    network.attend = attend
    wanted = np.ones((4, 2, 2))
    wanted[2, 1, 1] = 2  # f + A_ST f
    np.testing.assert_allclose(ratio, wanted, rtol=1e-5)


def test_colours_go_from_the_weakest_to_the_strongest_of_the_clip() -> None:
    strength = np.array([[[2.0, 3.0]], [[4.0, 6.0]]])
    np.testing.assert_allclose(stretched(strength), [[[0, 0.25]], [[0.5, 1]]])
    assert range_of(strength) == "strength of the feature map 2.00 to 6.00"
    assert (stretched(np.full((2, 1, 1), 7.0)) == 0).all()


def test_a_backbone_without_poses_is_drawn_by_its_map_alone() -> None:
    recognizer, _, view = seen(**ALONE)
    made = drawn(recognizer, view, shown(recognizer, view), "title")
    pictures = [axes for axes in made.figure.axes if axes.images]
    assert len(pictures) == len(made.figure.axes) == 8  # two for each of four moments
    frames = list(made.video)
    plain = shown(recognizer, view).footage.pictures
    hot = [bool((f[: p.shape[0]] != p).any()) for f, p in zip(frames, plain, strict=True)]
    before, behind = int(view.moments[0]), int(view.moments[-1]) + 2  # between two: the earlier's
    assert len(frames) == T and any(hot[before:behind])
    assert not any(hot[:before]) and not any(hot[behind:])

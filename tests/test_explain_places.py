"""Heat lies on planted places and moments; joints are those of people who are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.vpn.network import VideoPoseNetwork
from tests.made_explained import T, clip_of, footage_of, person, pixels, recognizer_of
from tests.made_samples import seeded
from tools.explaining import draw_places
from tools.explaining.draw_places import Places, places_of
from tools.explaining.heat import heated, moment_of
from tools.explaining.strips import Drawing
from tools.explaining.views import Scene, View, as_shown, view_of


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def planted(
    *, place: int | None = None, moment: int | None = None, **changes: Any
) -> tuple[ClipRecognizer, View]:
    """A recognizer that looks at one of 2 x 2 places in one of four moments, and a view."""
    recognizer = recognizer_of("vpn", **changes)
    network = recognizer.network
    assert isinstance(network, VideoPoseNetwork) and network.attend is not None
    for branch, which in (
        (network.attend.weigh.spatial, place),
        (network.attend.weigh.temporal, moment),
    ):
        if which is not None:
            assert branch is not None
            last = branch[-1]
            assert isinstance(last, torch.nn.Linear)
            with torch.no_grad():
                last.bias.fill_(-5.0)
                last.bias[which] = 5.0
    clip = clip_of(person())
    return recognizer, view_of(recognizer, clip, footage_of(clip))


def test_heat_is_where_and_when_the_network_was_made_to_look() -> None:
    recognizer, view = planted(place=1, moment=2)  # upper right
    places = places_of(recognizer, view)
    assert places.spatial.shape == (2, 2) and places.temporal.shape == (4,)
    wanted = np.zeros((4, 2, 2))
    wanted[2, 0, 1] = 1
    np.testing.assert_allclose(places.heat, wanted, atol=1e-3)
    picture = np.full((60, 60, 3), 128, dtype=np.uint8)
    changed = np.abs(heated(picture, places.heat[2]).astype(int) - 128).max(axis=2)
    assert changed[10, 50] > 60 > 5 > changed[50, 10]
    assert (heated(picture, places.heat[0]) == 128).mean() > 0.9


def test_a_network_that_has_no_opinion_yet_leaves_pictures_as_they_are() -> None:
    recognizer, view = planted()
    places = places_of(recognizer, view)
    np.testing.assert_allclose(places.spatial, 0.5)
    assert (places.heat == 0).all()
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(heated(picture, places.heat[0]), picture)


def test_heat_falls_with_the_weight_of_the_moment() -> None:
    places = Places(np.array([[0.2, 0.7]]), np.array([0.1, 0.4, 0.5]), None)
    np.testing.assert_allclose(places.heat[:, 0, 1], [0.2, 0.8, 1.0])
    np.testing.assert_allclose(places.heat[:, 0, 0], 0)


def test_places_that_hardly_differ_are_pale() -> None:
    places = Places(np.array([[0.49, 0.515]]), np.array([1.0]), None)
    np.testing.assert_allclose(places.heat, [[[0, 0.05]]])


def test_joints_are_those_of_the_people_who_are_seen() -> None:
    recognizer, view = planted()
    alone = places_of(recognizer, view).joints
    assert alone is not None and alone.shape == (4, 25) and (alone > 0).all()
    clip = clip_of(person(), person(0.8))
    both = places_of(recognizer, view_of(recognizer, clip, footage_of(clip))).joints
    assert both is not None and both.shape == (4, 50) and (both > 0).all()
    lstm = {"type": "lstm", "units": 3, "layers": 1, "frozen": False}
    assert places_of(*planted(pose_backbone=lstm)).joints is None


def test_a_frame_belongs_to_the_moment_that_was_made_of_it() -> None:
    every_second = np.array([4, 6, 8, 10])
    found = [moment_of(t, every_second, 2) for t in range(3, 13)]
    assert found == [None, 0, 0, 0, 0, 1, 1, 1, 1, None]
    around = np.array([0, 1, 2, 0, 1, 2])  # from the start again: the first time counts
    assert [moment_of(t, around, 3) for t in range(3)] == [0, 0, 1]


def shown(recognizer: ClipRecognizer, view: View) -> Scene:
    assert recognizer.pictures is not None
    return as_shown(view, recognizer.pictures)


def drawn(recognizer: ClipRecognizer, view: View) -> Drawing:
    return draw_places.drawn(recognizer, view, shown(recognizer, view), "title")


def test_the_sheet_has_pictures_weights_skeletons_and_joints() -> None:
    recognizer, view = planted(place=1, moment=2)
    figure = drawn(recognizer, view).figure
    pictures = [axes for axes in figure.axes if axes.images and not axes.get_yticks().size]
    assert len(pictures) == 16  # two above the bar of each of four moments, and as many below it
    named = [axes for axes in figure.axes if axes.get_ylabel() == "weight of\na moment"]
    bars = [bar.get_height() for bar in named[0].patches]  # type: ignore[attr-defined]
    np.testing.assert_allclose(bars, places_of(recognizer, view).temporal)
    skeletons = [axes for axes in figure.axes if axes.collections]
    assert len(skeletons) == 4
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert labels[:2] == ["spine base", "spine mid"] and len(labels) == 25


def test_skeletons_are_seen_as_the_camera_sees_them() -> None:
    recognizer, view = planted()
    figure = drawn(recognizer, view).figure
    axes = next(axes for axes in figure.axes if axes.collections)
    dots = np.asarray(axes.collections[-1].get_offsets())
    seen = pixels(person())[view.positions[0]]  # y down
    assert np.corrcoef(dots[:, 0], seen[:, 0])[0, 1] > 0.95
    assert np.corrcoef(dots[:, 1], -seen[:, 1])[0, 1] > 0.95


def test_the_video_has_every_frame_and_says_which_was_not_shown() -> None:
    recognizer, view = planted(place=0, moment=0)
    frames = list(drawn(recognizer, view).video)
    assert len(frames) == T
    plain = shown(recognizer, view).footage.pictures
    hot = [bool((f[: p.shape[0]] != p).any()) for f, p in zip(frames, plain, strict=True)]
    assert hot[4:8] == [True] * 4
    assert not any(hot[:4]) and not any(hot[20:])

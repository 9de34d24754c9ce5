"""What networks give as features is what they classify, and they say whether they attend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.inputs.batch import ClipBatch
from recognizers.sta.network import PoseConditionedAttention
from recognizers.vpn.network import VideoPoseNetwork
from tests.made_explained import clip_of, footage_of, person, recognizer_of
from tests.made_samples import seeded
from tools.explaining.views import view_of


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0), torch.inference_mode():
        yield


def network_and_batch(family: str, **changes: Any) -> tuple[Any, ClipBatch]:
    recognizer, clip = recognizer_of(family, **changes), clip_of(person(), person(0.6))
    return recognizer.network, view_of(recognizer, clip, footage_of(clip)).batch


@pytest.mark.parametrize("mode", ["both", "rgb", "pose"])
def test_of_sta_both_streams_classify_their_part(mode: str) -> None:
    network, batch = network_and_batch("sta", mode=mode)
    assert isinstance(network, PoseConditionedAttention)
    found = network.features(batch)
    parts: list[Tensor] = []
    if network.rgb is not None:
        parts.append(network.rgb.classify(found[:, :6]))
    if mode != "rgb":
        assert network.pose is not None and network.pose.classify is not None
        parts.append(network.pose.classify(found[:, -8:]))
    assert found.shape == (1, 6 * (mode != "pose") + 8 * (mode != "rgb"))
    torch.testing.assert_close(torch.stack(parts).sum(dim=0), network(batch))


@pytest.mark.parametrize("answer", ["mean", "last"])
@pytest.mark.parametrize("fuse_global", [False, True])
def test_of_glimpse_clouds_every_worker_classifies_its_part(
    answer: str,
    fuse_global: bool,  # noqa: FBT001
) -> None:
    network, batch = network_and_batch("glimpse_clouds", answer=answer, fuse_global=fuse_global)
    assert isinstance(network, GlimpseClouds) and network.cloud is not None
    found = network.features(batch)
    assert found.shape == (1, 3 * 6 + 8 * fuse_global)
    said = network.cloud.workers.logits(found[:, :18].view(1, 3, 6))
    wanted = said.mean(dim=1) if answer == "mean" else said.sum(dim=1)
    if fuse_global:
        assert network.global_model.classify is not None
        wanted = (wanted + network.global_model.classify(found[:, 18:])) / 2
    torch.testing.assert_close(network(batch), wanted)


def test_of_the_first_stage_the_global_model_classifies_them() -> None:
    network, batch = network_and_batch("glimpse_clouds", stage="global")
    assert isinstance(network, GlimpseClouds) and network.global_model.classify is not None
    found = network.features(batch)
    torch.testing.assert_close(network.global_model.classify(found), network(batch))


@pytest.mark.parametrize("attention", ["coupled", "separate", "spatial", "none"])
def test_of_vpn_the_head_classifies_them(attention: str) -> None:
    embedding = "none" if attention == "none" else "euclid"
    network, batch = network_and_batch("vpn", attention=attention, embedding=embedding)
    assert isinstance(network, VideoPoseNetwork)
    found = network.features(batch)
    assert found.shape == (1, 16 if attention == "separate" else 8)
    classify = network.head.classify
    assert isinstance(classify, torch.nn.Linear)
    torch.testing.assert_close(classify(found), network(batch))


@pytest.mark.parametrize(
    ("family", "changes", "attends"),
    [
        ("sta", {}, True),
        ("sta", {"temporal_attention": False}, True),
        ("sta", {"mode": "pose"}, False),
        ("sta", {"spatial": "concat", "temporal_attention": False}, False),
        ("glimpse_clouds", {}, True),
        ("glimpse_clouds", {"attention": "tubes"}, True),
        ("glimpse_clouds", {"stage": "global"}, False),
        ("vpn", {"attention": "spatial"}, True),
        ("vpn", {"attention": "none", "embedding": "none"}, False),
    ],
)
def test_networks_attend_where_there_are_weights_to_give(
    family: str,
    changes: dict[str, Any],
    attends: bool,  # noqa: FBT001
) -> None:
    network, batch = network_and_batch(family, **changes)
    assert network.attends == attends
    look = network.glimpses if family == "glimpse_clouds" else network.attention
    if attends:
        look(batch)
    else:
        with pytest.raises(ValueError, match=r"attention|glimpses"):
            look(batch)

"""Glimpse Clouds have as many weights as the paper's, part by part."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from recognizers.glimpse_clouds import GlimpseClouds

PAPER = {"type": "InflatedResNet50", "pretrained": False}


def paper(**changes: Any) -> GlimpseClouds:
    """Of the paper's size, without any numbers in it."""
    values: dict[str, Any] = {
        "joint_set": "kinect25", "people": 2, "classes": 60, "backbone": PAPER
    }  # fmt: skip
    with torch.device("meta"):
        return GlimpseClouds(**{**values, **changes})


def count(part: nn.Module | None) -> int:
    assert part is not None
    return sum(values.numel() for values in part.parameters())


def test_the_first_stage_has_the_papers_size() -> None:
    made = paper(stage="global")
    assert count(made.global_model.backbone) == 46_142_528
    assert count(made.global_model.pose) == 102_500
    assert count(made.global_model.classify) == 122_940
    assert count(made) == 46_367_968


def test_the_second_stage_has_the_papers_size() -> None:
    made = paper()
    cloud = made.cloud
    assert cloud is not None
    assert made.global_model.classify is None
    assert count(cloud.attention.remember) == 11_016_192  # type: ignore[arg-type]
    assert count(cloud.attention.locate) == 8_196  # type: ignore[arg-type]
    assert count(cloud.encode) == 527_616
    assert count(cloud.workers.recurrent) == 11_805_696
    assert count(cloud.workers.classify) == 92_340
    assert count(cloud.assign) == 4_194_304 + 9  # type: ignore[arg-type]
    assert count(made) == 73_889_372 + 9  # nine for the first frame


def test_with_the_released_codes_choices_it_has_the_size_of_that() -> None:
    """63,521,441, and the matrix of distances, which was no parameter there."""
    made = paper(attention_units=512, fuse_global=True)
    assert count(made.cloud.attention) == 4_721_664 + 6_148  # type: ignore[union-attr]
    assert count(made) == 63_521_441 + 4_194_304
    with_frozen = paper(
        attention_units=512, fuse_global=True, distance="fixed", backbone={**PAPER, "frozen": True}
    )
    learning = [v.numel() for v in with_frozen.parameters() if v.requires_grad]
    assert sum(learning) == 17_378_913

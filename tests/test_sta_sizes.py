"""The network of poses and hands has the published sizes, piece by piece."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from recognizers.sta.network import PoseConditionedAttention
from recognizers.sta.pose_stream import PoseNetwork


def sizes(module: nn.Module | None) -> int:
    return 0 if module is None else sum(values.numel() for values in module.parameters())


def published(**changes: Any) -> PoseConditionedAttention:
    with torch.device("meta"):
        return PoseConditionedAttention(joint_set="kinect25", people=2, classes=60, **changes)


def test_the_pieces_have_the_published_sizes() -> None:
    made = published()
    assert made.pose is not None and made.rgb is not None
    assert sizes(made.pose.network) == 24_680_064
    assert sizes(made.pose.classify) == 61_500
    two_biases = 4_096
    assert sizes(made.rgb.cell) - two_biases == 12_587_008
    assert sizes(made.rgb.weigh_hands) == 525_572
    assert sizes(made.rgb.weigh_frames) == 576_020
    assert sizes(made.rgb.feature) == 1024 * 512 + 512
    assert sizes(made.rgb.classify) == 512 * 60 + 60
    assert sizes(made) == 38_989_840  # the 38.99 million; with the LSTM's one bias 38,985,744


@pytest.mark.parametrize(
    ("rgb_features", "temporal_hidden", "millions"),
    [(60, 512, 38.50), (256, 512, 38.71), (512, 512, 38.99), (1024, 512, 39.54),
     (256, None, 38.15), (512, None, 38.43), (1024, None, 38.99)],
)  # fmt: skip
def test_the_readings_of_the_papers_38_million(
    rgb_features: int, temporal_hidden: int | None, millions: float
) -> None:
    made = published(rgb_features=rgb_features, temporal_hidden=temporal_hidden)
    assert (sizes(made) - 4_096) / 1e6 == pytest.approx(millions, abs=0.006)


def test_a_linear_temporal_attention_has_the_size_of_that_reading() -> None:
    made = published(temporal_hidden=None)
    assert made.rgb is not None
    assert sizes(made.rgb.weigh_frames) == 22_100


@pytest.mark.parametrize(
    ("order", "columns"), [("tour", (300, 150, 75)), ("topological", (150, 75, 38))]
)
def test_the_maps_of_the_pose_network(order: str, columns: tuple[int, int, int]) -> None:
    stream = published(mode="pose", order=order).pose
    assert stream is not None and stream.tensor.columns == columns[0]
    made = PoseNetwork(columns=columns[0], widths=(2, 3), features=7)
    x, shapes = torch.zeros(2, 3, 20, columns[0]), []
    for layer in made.layers:
        x = layer(x)
        if isinstance(layer, (nn.MaxPool2d, nn.Flatten)):
            shapes.append(tuple(x.shape[1:]))
    assert shapes == [(2, 10, columns[1]), (3, 5, columns[2]), (7,)]  # an odd half is rounded up

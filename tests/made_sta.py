"""A small network of poses and hands and clips for it, for several tests."""

from __future__ import annotations

from typing import Any

import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.network import PoseConditionedAttention
from recognizers.sta.rows import ROWS

B, M, T, J, D, A = 4, 2, 20, 25, 6, 5
SMALL = {
    "widths": (3, 4), "pose_features": 8, "units": 9, "rgb_features": 7, "spatial_hidden": 5,
    "temporal_hidden": 6, "hand_channels": D,
}  # fmt: skip


def network(**changes: Any) -> PoseConditionedAttention:
    values: dict[str, Any] = {"joint_set": "kinect25", "people": M, "classes": A, **SMALL}
    return PoseConditionedAttention(**{**values, **changes}).eval()


def of_row(row: str, **changes: Any) -> PoseConditionedAttention:
    return network(**ROWS[row].network, **changes)


def some_batch(joints: int = J, people: int = M) -> ClipBatch:
    """Two people; one alone; one who comes late beside one who leaves; nobody at all."""
    mask = torch.ones(B, people, T).bool()
    mask[1, 1:] = False
    mask[2, 0, :8] = False
    mask[2, 1:, 12:] = False
    mask[3] = False
    seen = mask[..., None, None]
    hands = seen[..., 0, 0].transpose(1, 2).repeat_interleave(2, dim=2)
    return ClipBatch(
        torch.randn(B, people, T, joints, 3) * seen, mask, torch.arange(B) % A,
        torch.full((B,), T), derivatives=torch.randn(B, people, T, joints, 2, 3) * seen[..., None],
        hand_features=torch.randn(B, T, 2 * people, D) * hands[..., None],
    )  # fmt: skip


def answers(made: PoseConditionedAttention, batch: ClipBatch) -> torch.Tensor:
    with torch.no_grad():
        return made(batch)

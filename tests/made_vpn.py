"""A small video-pose network and clips for it, for several tests."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from recognizers.inputs.batch import ClipBatch
from recognizers.vpn.network import VideoPoseNetwork
from tests.made_samples import seeded

B, M, T, J, A = 3, 2, 4, 13, 5
F, H, W = 4, 32, 48
MAP = (2, 2, 3)
BACKBONE = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 8), "time_stride": 2}
LSTM = {"type": "lstm", "units": 5, "layers": 1, "pretrained": False}


def new(**options: Any) -> VideoPoseNetwork:
    """A small one, seeded by itself, that is about to be trained."""
    given: dict[str, Any] = {
        "joint_set": "lcr13", "people": M, "classes": A, "backbone": BACKBONE, "map_size": MAP,
        "steps": T, "hidden": (6, 5), "embedding_width": 7, **options,
    }  # fmt: skip
    with seeded(1):
        return VideoPoseNetwork(**given).eval()


def network(**options: Any) -> VideoPoseNetwork:
    """A small one, seeded by itself, whose attention is already of some opinion."""
    made = new(**options)
    with seeded(2):
        for name, values in made.named_parameters():
            if ".weigh." in name:
                nn.init.normal_(values)
    return made


def some_batch() -> ClipBatch:
    """Two people, one alone, and one who is seen in one frame."""
    mask = torch.ones(B, M, T, dtype=torch.bool)
    mask[1, 1] = mask[2, 1] = mask[2, 0, 1:] = False
    joints = torch.randn(B, M, T, J, 3) * mask[..., None, None]
    frames = torch.randint(256, (B, F, 3, H, W), dtype=torch.uint8)
    return ClipBatch(joints, mask, torch.arange(B), torch.full((B,), T), frames=frames)


def total(losses: dict[str, Tensor]) -> Tensor:
    return torch.stack(list(losses.values())).sum()


def apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).detach().abs().max())

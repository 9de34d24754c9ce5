"""Shapes of what a network reads, and batches of random numbers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from recognizers.inputs.batch import ClipBatch
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.sta.hands import sensor_in
from wildpose.joints import joint_set

Shapes = dict[str, list[Any]]


def input_shapes(
    network: nn.Module, preparation: Preparation, sampling: Sampling, pictures: Pictures | None,
    *, clips: int | str, frames: int | str,
) -> Shapes:  # fmt: skip
    """The shapes of a batch, by the names of ClipBatch's fields; labels are left out.

    Args:
        network: that reads it: one that looks at hands and brings no image network for them reads
            features in their place.
        preparation: of clips.
        sampling: of their frames.
        pictures: that they are shown with.
        clips: B, a number or a word.
        frames: T.
    """
    M, J = preparation.people, len(joint_set(preparation.joint_set))
    found: Shapes = {
        "joints": [clips, M, frames, J, 3],
        "mask": [clips, M, frames],
        "lengths": [clips],
    }
    if sampling.derivatives:
        found["derivatives"] = [clips, M, frames, J, 2, 3]
    if pictures is not None and pictures.shown:
        F, side = pictures.frames or frames, pictures.shown
        found["frames"] = [clips, F, 3, side, side]
        found["joints_2d"] = [clips, M, F, J, 2]
        found["seen_2d"] = [clips, M, F, J]
    if (channels := _channels_of_hands(network)) is not None:
        found["hand_features"] = [clips, frames, 2 * M, channels]
    elif pictures is not None and pictures.hand_px is not None:
        found["hands"] = [clips, frames, 2 * M, 3, pictures.hand_px, pictures.hand_px]
    return found


def random_batch(shapes: Mapping[str, Sequence[int]], device: torch.device | str) -> ClipBatch:
    """A batch of such shapes, everybody seen all the time; on "meta" it has no numbers.

    Args:
        shapes: as of `input_shapes`, in numbers.
        device: on which it lies.
    """
    made = {name: _random(name, shape, device) for name, shape in shapes.items()}
    B, _, T = shapes["mask"]
    lengths = torch.full((B,), T, device=device)
    labels = torch.zeros(B, dtype=torch.int64, device=device)
    return ClipBatch(**{**made, "lengths": lengths, "labels": labels})


def _random(name: str, shape: Sequence[int], device: torch.device | str) -> Tensor:
    if name in ("frames", "hands"):
        return torch.randint(256, tuple(shape), dtype=torch.uint8, device=device)
    if name in ("mask", "seen_2d"):
        return torch.ones(tuple(shape), dtype=torch.bool, device=device)
    return 2 * torch.rand(tuple(shape), device=device) - 1


def _channels_of_hands(network: nn.Module) -> int | None:
    """D of the features of hands that a batch brings to it; None: it brings none."""
    return getattr(network, "hand_channels", None) if sensor_in(network) is None else None

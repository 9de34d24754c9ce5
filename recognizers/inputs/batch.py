"""What networks read: clips of equal length, side by side."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class ClipBatch(NamedTuple):
    """B clips, padded to the same number of people and frames."""

    joints: Tensor
    """(B, M, T, J, 3) m; zeros where the mask is False."""
    mask: Tensor
    """(B, M, T) bool, True where the person was seen."""
    labels: Tensor
    """(B,) int64 class index; -1 where it is not known."""
    lengths: Tensor
    """(B,) int64 frames of each clip; the rest is padding, at the end."""
    derivatives: Tensor | None = None
    """(B, M, T, J, 2, 3) velocity m/s and acceleration m/s2, where a network asks for them."""
    frames: Tensor | None = None
    """(B, F, 3, H, W) uint8 RGB, where a network looks at pictures: at moments of their own."""
    joints_2d: Tensor | None = None
    """(B, M, F, J, 2) places in those pictures: x right, y down, from -1 to 1 between edges."""
    seen_2d: Tensor | None = None
    """(B, M, F, J) bool, True where a place is known."""
    hands: Tensor | None = None
    """(B, T, 2 M, 3, S, S) uint8 RGB around the hands: left and right of the first person, then
    of the next."""
    hand_features: Tensor | None = None
    """(B, T, 2 M, D) what an image network made of the hands, where that was kept instead."""


def on_device(batch: ClipBatch, device: torch.device) -> ClipBatch:
    """The same clips on a device; as they are, where they lie there."""
    fields = batch._asdict().items()
    return batch._replace(**{name: f.to(device) for name, f in fields if f is not None})


def frames_of(batch: ClipBatch) -> Tensor:
    """(B, F, 3, H, W) pictures of a batch.

    Raises:
        ValueError: it has none.
    """
    frames = batch.frames
    if frames is None or frames.ndim != 5 or frames.shape[1] < 1:
        came = "none" if frames is None else tuple(frames.shape)
        raise ValueError(f"expected frames (B, 1 or more, 3, H, W), got {came}")
    return frames


def check_people_read(people_read: int, people: int) -> None:
    """Raise ValueError unless a network reads one to all of the `people` of a clip."""
    if not 1 <= people_read <= people:
        raise ValueError(f"people_read must be 1 to {people}, people of a clip, got {people_read}")


def check_labels(labels: Tensor, classes: int) -> None:
    """See that clips can be learned from.

    Args:
        labels: (B,) of a batch.
        classes: A.

    Raises:
        ValueError: a label is not one of the classes.
    """
    if not ((labels >= 0) & (labels < classes)).all():
        raise ValueError(
            f"labels must be in 0 to {classes - 1}, got {labels.tolist()}: leave "
            "clips without a label out of training"
        )

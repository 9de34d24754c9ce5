"""What networks read: clips of equal length, side by side."""

from __future__ import annotations

from typing import NamedTuple

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

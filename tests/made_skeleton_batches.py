"""Batches of moving skeletons of any shape, and the same batches with more or other padding."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from recognizers.inputs.batch import ClipBatch

RUBBISH = (1e3, float("nan"), float("inf"))


def batch_of(joints: Tensor, mask: Tensor, labels: Sequence[int] | None = None) -> ClipBatch:
    """A batch of (B, M, T, J, C) joints, padded nowhere; zeros are put where the mask is False."""
    B, _, T = mask.shape
    seen = torch.where(mask[..., None, None], joints, torch.zeros_like(joints))
    given = torch.tensor([0] * B if labels is None else labels)
    return ClipBatch(seen, mask, given, torch.full((B,), T))


def some_batch(
    lengths: Sequence[int] = (7, 4, 1), *, people: int = 2, joints: int = 5, seed: int = 0
) -> ClipBatch:
    """Clips of these lengths; the second person is missing from every third clip on."""
    generator = torch.Generator().manual_seed(seed)
    B, T = len(lengths), max(lengths)
    values = torch.randn(B, people, T, joints, 3, generator=generator)
    mask = (torch.arange(T) < torch.tensor(lengths)[:, None])[:, None].repeat(1, people, 1)
    mask[::3, 1:] = False
    labels = torch.arange(B) % 3
    return batch_of(values, mask, labels.tolist())._replace(lengths=torch.tensor(lengths))


def padded(batch: ClipBatch, frames: int) -> ClipBatch:
    """With so many more frames of nobody at the end."""
    return batch._replace(
        joints=pad(batch.joints, (0, 0, 0, 0, 0, frames)), mask=pad(batch.mask, (0, frames))
    )


def with_rubbish(batch: ClipBatch, value: float) -> ClipBatch:
    """With a value in place of every joint that was not seen."""
    return batch._replace(joints=batch.joints.masked_fill(~batch.mask[..., None, None], value))


def alone(batch: ClipBatch, clip: int) -> ClipBatch:
    """One clip of it, without its padding."""
    T = int(batch.lengths[clip])
    one = ClipBatch(*(field[clip : clip + 1] for field in batch if field is not None))
    return one._replace(joints=one.joints[:, :, :T], mask=one.mask[:, :, :T])

"""From clips to one vector per time step: people side by side, without frames that show nobody."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from recognizers.inputs.batch import ClipBatch


class Steps(NamedTuple):
    """B sequences of vectors, each from step 0 on without holes."""

    vectors: Tensor
    """(B, T, F); zeros from each sequence's length on."""
    lengths: Tensor
    """(B,) int64, 1 to T: a sequence of nothing is one step of zeros."""


def with_people(batch: ClipBatch, people: int) -> ClipBatch:
    """The first so many people of a batch, those it lacks seen nowhere; nobody is seen in padding.

    Args:
        batch: B clips.
        people: M.
    """
    T = batch.mask.shape[2]
    inside = torch.arange(T, device=batch.mask.device) < batch.lengths[:, None]
    missing = people - batch.mask.shape[1]  # fewer than none: the last are cut off
    return batch._replace(
        joints=pad(batch.joints, (0, 0, 0, 0, 0, 0, 0, missing)),
        mask=pad(batch.mask & inside[:, None], (0, 0, 0, missing)),
    )


def moving(mask: Tensor) -> Tensor:
    """(B, M, T) bool, whether a person's step to the next frame is known: seen in both frames."""
    return pad(mask[:, :, 1:] & mask[:, :, :-1], (0, 1)) if mask.shape[2] else mask


def steps_of(features: Tensor, mask: Tensor) -> Steps:
    """One vector per frame in which anybody counts, all people in it; other frames are cut.

    Cut, as Zhang et al. (ICCV 2017) do: a recurrent network that reads zeros in a gap forgets.

    Args:
        features: (B, M, T, J, C), zeros where the mask is False.
        mask: (B, M, T) bool.

    Returns:
        Steps of M J C numbers.
    """
    B, M, T, J, C = features.shape
    if T == 0:
        return Steps(features.new_zeros(B, 1, M * J * C), mask.new_ones(B, dtype=torch.int64))
    vectors = features.transpose(1, 2).reshape(B, T, M * J * C)
    counts = mask.any(dim=1)  # (B, T)
    lengths = counts.sum(dim=1).clamp(min=1)
    longest = int(lengths.max())
    if bool((counts[:, :-1] | ~counts[:, 1:]).all()):  # none counts after one that does not
        return Steps(vectors[:, :longest], lengths)
    order = torch.argsort((~counts).int(), dim=1, stable=True)[:, :longest, None]
    return Steps(vectors.gather(1, order.expand(-1, -1, M * J * C)), lengths)

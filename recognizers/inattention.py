"""Losses of networks that name the action at every step, and the average of what they say.

The inattention loss (Le Roux 2017, appendix A) looks only at the steps where a network is worst.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def step_losses(logits: Tensor, labels: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """-log p of the true class at every step.

    Args:
        logits: (B, T, A).
        labels: (B,) class index.
        label_smoothing: share of the right answer that all classes get.

    Returns:
        (B, T).
    """
    each = labels[:, None].expand(logits.shape[:2])
    losses = cross_entropy(
        logits.flatten(0, 1), each.flatten(), reduction="none", label_smoothing=label_smoothing
    )
    return losses.view_as(each)


def inside(lengths: Tensor, T: int) -> Tensor:
    """(B, T) bool, True for the steps of (B,) sequences, False for those behind them."""
    return torch.arange(T, device=lengths.device) < lengths[:, None]


def mean_over_time(values: Tensor, lengths: Tensor) -> Tensor:
    """Mean over the steps of each sequence; of losses, eq. 11.

    Args:
        values: (B, T, ...).
        lengths: (B,) steps, at least 1; what stands behind them does not count.

    Returns:
        (B, ...).
    """
    ones = [1] * (values.ndim - 2)
    kept = inside(lengths, values.shape[1]).view(*values.shape[:2], *ones)
    sums = torch.where(kept, values, torch.zeros_like(values)).sum(dim=1)
    return sums / lengths.view(-1, *ones)


def inattention_loss(losses: Tensor, lengths: Tensor, *, hardest: int) -> Tensor:
    """Mean over the steps with the highest losses alone; never below the mean over all steps.

    The thesis' hard weights: 1/|S| for the steps S of the lowest probabilities, else 0.

    Args:
        losses: (B, T).
        lengths: (B,) steps, at least 1; what stands behind them does not count.
        hardest: |S|; all steps of a sequence that has fewer.

    Returns:
        (B,).

    Raises:
        ValueError: hardest is below 1.
    """
    if hardest < 1:
        raise ValueError(f"hardest must be at least 1 step, got {hardest}")
    T = losses.shape[1]
    masked = losses.masked_fill(~inside(lengths, T), -math.inf)  # comes last
    worst = masked.topk(min(hardest, T), dim=1).values
    return mean_over_time(worst, lengths.clamp(max=hardest))


def average_prediction(logits: Tensor, lengths: Tensor) -> Tensor:
    """Logits whose softmax is the mean of the steps' softmax (appendix A.1).

    Args:
        logits: (B, T, A).
        lengths: (B,) steps, at least 1; what stands behind them does not count.

    Returns:
        (B, A) log probabilities.
    """
    kept = inside(lengths, logits.shape[1])[..., None]
    log_p = torch.log_softmax(logits, dim=2).masked_fill(~kept, -math.inf)
    return torch.logsumexp(log_p, dim=1) - lengths[:, None].log()

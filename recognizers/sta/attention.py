"""How much each hand counts in a frame, and each frame in a clip."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import gumbel_softmax, one_hot

Activation = Literal["softmax", "sigmoid"]


class Attention(nn.Module):
    """Weights of several things, by a network that reads what is known of them.

    f_p and f'_p of Baradel et al. 2017 (eq. 4 and 7, section 4): one hidden layer with sigmoids.
    The paper calls the weights a distribution, so they come out of a softmax.
    """

    def __init__(
        self, incoming: int, count: int, *, hidden: int | None, activation: Activation = "softmax"
    ):
        """Set up.

        Args:
            incoming: numbers that it reads.
            count: things to weigh.
            hidden: units of the hidden layer; None: a linear map alone, as the paper's supplement
                may be read for f'_p.
            activation: softmax: weights sum to 1. sigmoid: each is from 0 to 1 by itself.

        Raises:
            ValueError: no such activation.
        """
        super().__init__()
        if activation not in get_args(Activation):
            raise ValueError(
                f"attention_activation {activation!r} is none of {', '.join(get_args(Activation))}"
            )
        self.activation = activation
        if hidden is None:
            self.score: nn.Module = nn.Linear(incoming, count)
        else:
            self.score = nn.Sequential(
                nn.Linear(incoming, hidden), nn.Sigmoid(), nn.Linear(hidden, count)
            )

    def forward(self, known: Tensor, present: Tensor) -> Tensor:
        """(B, count) weights, zero for what is absent; all of them zero where nothing is there.

        Args:
            known: (B, incoming).
            present: (B, count) bool.
        """
        scores = self.score(known).float()
        if self.activation == "sigmoid":
            return torch.sigmoid(scores).masked_fill(~present, 0)
        lowest = torch.finfo(scores.dtype).min  # infinity would give NaN where nothing is there
        return scores.masked_fill(~present, lowest).softmax(dim=1).masked_fill(~present, 0)


def even(present: Tensor) -> Tensor:
    """(B, count) the same weight for all that is there, in sum 1; zero where nothing is there.

    Args:
        present: (B, count) bool.
    """
    there = present.float()
    return there / there.sum(dim=1, keepdim=True).clamp(min=1)


def drawn(weights: Tensor, present: Tensor) -> Tensor:
    """(B, count) all weight on one thing, by chance, each as often as its weight says.

    Hard attention in training (Xu et al. 2015, "Show, attend and tell", section 4.1). The weights
    get gradients nevertheless, straight through (Jang et al. 2017, section 2.2).

    Args:
        weights: (B, count) zero for what is absent.
        present: (B, count) bool; where nothing is there all is zero.
    """
    limits = torch.finfo(weights.dtype)
    scores = weights.clamp(min=limits.tiny).log()  # log 0 has no gradient
    scores = scores.masked_fill(~present, limits.min)
    return gumbel_softmax(scores, hard=True, dim=1).masked_fill(~present, 0)


def heaviest(weights: Tensor, present: Tensor) -> Tensor:
    """(B, count) all weight on the one of most weight: hard attention outside of training.

    Args:
        weights: (B, count) zero for what is absent.
        present: (B, count) bool; where nothing is there all is zero.
    """
    # Sigmoids may round to zero for what is there: still nothing absent is chosen.
    best = weights.masked_fill(~present, -1).argmax(dim=1)
    return one_hot(best, weights.shape[1]).to(weights.dtype).masked_fill(~present, 0)

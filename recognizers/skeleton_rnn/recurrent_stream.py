"""Recurrent layers and a head: from the steps of a sequence to class scores and their loss."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from recognizers.inattention import (
    average_prediction,
    inattention_loss,
    mean_over_time,
    step_losses,
)
from recognizers.skeleton_rnn.recurrent_layers import Cell, RecurrentWeights, recurrent_stack
from recognizers.skeleton_rnn.skeleton_steps import Steps

Head = Literal["last", "ends", "every_step", "mean_logits"]
"""Which states name the action. last: those of the last step, also where layers read backwards
(thesis, section 3.1.2). ends: forwards the last, backwards the first, where each has read all.
every_step: all, each by itself; their probabilities are averaged (thesis, appendix A).
mean_logits: all, their logits averaged (Zhang et al., ICCV 2017)."""


class RecurrentStream(nn.Module):
    """Recurrent layers over vectors, then a fully connected layer over the states that count."""

    def __init__(
        self, inputs: int, classes: int, *, cell: Cell, units: int, layers: int,
        bidirectional: bool, keep: float, head: Head, hardest: int | None, relu_logits: bool,
        recurrent_weights: RecurrentWeights, label_smoothing: float = 0.0,
    ):  # fmt: skip
        """Set up.

        Args:
            inputs: F, numbers per step.
            classes: A.
            cell: kind of unit.
            units: per layer and direction.
            layers: so many.
            bidirectional: each layer also reads from the end.
            keep: probability with which dropout keeps a state, behind every layer.
            head: which states name the action.
            hardest: |S| of the inattention loss; None: all steps count.
            relu_logits: no logit below zero.
            recurrent_weights: how they are drawn at first.
            label_smoothing: share of the right answer that all classes get.

        Raises:
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        _check(classes, keep, head, hardest)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), got {label_smoothing}")
        self.recurrent = recurrent_stack(
            inputs, cell=cell, units=units, layers=layers, bidirectional=bidirectional,
            dropout=1 - keep, recurrent_weights=recurrent_weights,
        )  # fmt: skip
        self.dropout = nn.Dropout(1 - keep)
        self.classify = nn.Linear((1 + bidirectional) * units, classes)
        nn.init.xavier_uniform_(self.classify.weight)
        nn.init.zeros_(self.classify.bias)
        self.units, self.head, self.hardest = units, head, hardest
        self.relu_logits, self.label_smoothing = relu_logits, label_smoothing

    def forward(self, steps: Steps) -> Tensor:
        """(B, A) logits; log probabilities with the head every_step."""
        states = self.recurrent(*steps)
        if self.head in ("last", "ends"):
            return self._logits(self._chosen(states, steps.lengths))
        logits = self._logits(states)
        if self.head == "every_step":
            return average_prediction(logits, steps.lengths)
        return mean_over_time(logits, steps.lengths)

    def classification_loss(self, steps: Steps, labels: Tensor) -> Tensor:
        """Mean cross entropy over the clips; with the head every_step, of their steps."""
        if self.head != "every_step":
            return cross_entropy(self(steps), labels, label_smoothing=self.label_smoothing)
        logits = self._logits(self.recurrent(*steps))
        losses = step_losses(logits, labels, label_smoothing=self.label_smoothing)
        if self.hardest is None:
            return mean_over_time(losses, steps.lengths).mean()
        return inattention_loss(losses, steps.lengths, hardest=self.hardest).mean()

    def _chosen(self, states: Tensor, lengths: Tensor) -> Tensor:
        """(B, H) or (B, 2 H) states that the head `last` or `ends` reads."""
        last = states[torch.arange(len(states), device=states.device), lengths - 1]
        if self.head == "last":
            return last
        return torch.cat([last[:, : self.units], states[:, 0, self.units :]], dim=1)

    def _logits(self, states: Tensor) -> Tensor:
        logits = self.classify(self.dropout(states))
        return torch.relu(logits) if self.relu_logits else logits


def _check(classes: int, keep: float, head: Head, hardest: int | None) -> None:
    if head not in get_args(Head):
        raise ValueError(f"head {head!r} is none of {', '.join(get_args(Head))}")
    if classes < 1 or not 0 < keep <= 1:
        raise ValueError(f"expected classes >= 1 and keep in (0, 1], got {classes=}, {keep=}")
    if hardest is not None and (head != "every_step" or hardest < 1):
        raise ValueError(
            f"hardest must be at least 1, with the head every_step alone; got {hardest} and {head}"
        )

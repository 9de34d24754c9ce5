"""Soft-tracking workers: GRUs that share no weights, each with a classifier of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Workers(nn.Module):
    """C recurrent networks side by side (sections 3.3 and 3.5)."""

    def __init__(self, workers: int, channels: int, classes: int, *, units: int = 512):
        super().__init__()
        self.units = units
        self.recurrent = nn.ModuleList(nn.GRUCell(channels, units) for _ in range(workers))
        self.classify = nn.ModuleList(nn.Linear(units, classes) for _ in range(workers))

    def start(self, B: int) -> Tensor:
        """(B, C, units) states before the first frame."""
        return next(self.parameters()).new_zeros(B, len(self.recurrent), self.units)

    def forward(self, inputs: Tensor, states: Tensor) -> Tensor:
        """(B, C, units) states after a frame: each from its own input and state (eq. 6).

        Args:
            inputs: (B, C, V).
            states: (B, C, units).
        """
        stepped = [
            cell(inputs[:, c], states[:, c].contiguous()) for c, cell in enumerate(self.recurrent)
        ]
        return torch.stack(stepped, dim=1)

    def logits(self, states: Tensor) -> Tensor:
        """(..., C, A) what each says of its states (..., C, units) (eq. 11)."""
        own = states.unbind(dim=-2)
        said = [classify(state) for classify, state in zip(self.classify, own, strict=True)]
        return torch.stack(said, dim=-2)

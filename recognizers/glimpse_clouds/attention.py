"""Where to look next: the attention process of the paper (section 3.2), and what it is compared to.

All of them answer the same calls: `start` gives the state before the first glimpse of a clip, and
each further call one glimpse's place, and the state for the next.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recognizers.glimpse_clouds.crops import PLACE, places

SEED = 0  # of places that are random, and in tests yet the same every time


class Known(NamedTuple):
    """What is known before a glimpse."""

    last: Tensor
    """(B, reads) the last glimpse; zeros before the first."""
    recognised: Tensor
    """(B, recognised) r, what the workers know together."""
    context: Tensor
    """(B, context) c, of the frame to look at."""


class SequentialAttention(nn.Module):
    """A GRU over all glimpses of a clip, not reset between frames (eq. 3 and 4)."""

    def __init__(self, reads: int, recognised: int, context: int, *, units: int = 1024):
        """Set up.

        Args:
            reads: numbers of the last glimpse.
            recognised: numbers of r.
            context: numbers of c.
            units: of the state h; the paper's 1024, its released code's 512.
        """
        super().__init__()
        self.remember = nn.GRUCell(reads + recognised, units)
        self.locate = nn.Linear(units + context, PLACE)

    def start(self, contexts: Tensor) -> Tensor:
        """(B, units) h, zeros, for the contexts (B, F, context) of clips."""
        return contexts.new_zeros(len(contexts), self.remember.hidden_size)

    def forward(self, state: Tensor, known: Known) -> tuple[Tensor, Tensor]:
        """(B, 4) the next place, and the state after it."""
        state = self.remember(torch.cat([known.last, known.recognised], dim=1), state)
        return places(self.locate(torch.cat([state, known.context], dim=1))), state


class SaliencyAttention(nn.Module):
    """All places of a frame at once, from its context alone: none depends on what was seen."""

    def __init__(self, context: int, glimpses: int):
        super().__init__()
        self.glimpses = glimpses
        self.locate = nn.Linear(context, PLACE * glimpses)

    def start(self, contexts: Tensor) -> Tensor:
        """(B, 0, 4): no place is known yet."""
        return contexts.new_zeros(len(contexts), 0, PLACE)

    def forward(self, state: Tensor, known: Known) -> tuple[Tensor, Tensor]:
        """(B, 4) the next place, and those of the frame that are left, (B, left, 4)."""
        if state.shape[1] == 0:
            state = places(self.locate(known.context).view(-1, self.glimpses, PLACE))
        return state[:, 0], state[:, 1:]


class RandomAttention(nn.Module):
    """Places anywhere, of any scale: other ones for every clip in training.

    In tests all clips have the same, so that an answer depends on nothing but its clip.
    """

    def __init__(self, glimpses: int):
        super().__init__()
        self.glimpses = glimpses

    def start(self, contexts: Tensor) -> Tensor:
        """(B, F G, 4) the places: x and y uniform in [-1, 1], scales in [0, 1]."""
        B, F, _ = contexts.shape
        if self.training:
            drawn = torch.rand(B, F * self.glimpses, PLACE, device=contexts.device)
        else:
            generator = torch.Generator().manual_seed(SEED)
            one = torch.rand(1, F * self.glimpses, PLACE, generator=generator)
            drawn = one.to(contexts.device).expand(B, -1, -1)
        middle, scale = drawn.to(contexts.dtype).split(2, dim=2)
        return torch.cat([2 * middle - 1, scale], dim=2)

    def forward(self, state: Tensor, known: Known) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """(B, 4) the next place, and those of the clip that are left, (B, left, 4)."""
        return state[:, 0], state[:, 1:]

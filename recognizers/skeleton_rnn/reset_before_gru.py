"""The GRU cell of the thesis, which resets the state before it is multiplied, in layers.

Le Roux 2017, eq. 4, as TensorFlow's GRUCell; `torch.nn.GRU` resets after the multiplication, and
has no kernel for this one.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class ResetBeforeGru(nn.Module):
    """One layer in one direction.

    r, z = sigmoid(W [x, h, 1]); h~ = tanh(W_h [x, h r, 1]); h' = z h + (1 - z) h~.
    """

    def __init__(self, inputs: int, units: int, *, backward: bool = False):
        """Set up with weights as torch names and orders them: r, z, h~ below each other.

        Args:
            inputs: numbers per step.
            units: H.
            backward: read sequences from their end.
        """
        super().__init__()
        self.units = units
        self.backward = backward
        self.weight_ih = nn.Parameter(torch.zeros(3 * units, inputs))
        self.weight_hh = nn.Parameter(torch.zeros(3 * units, units))
        self.bias_ih = nn.Parameter(torch.zeros(3 * units))

    def forward(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """States after every step.

        The input is multiplied for all steps at once; only products with the state remain for the
        loop. In full precision under autocast too: rounding would add up over hundreds of steps.

        Args:
            x: (N, inputs), the steps of all sequences as a PackedSequence orders them.
            sizes: sequences that reach step 0, 1, ...; N in sum.

        Returns:
            (N, H), in the same order.
        """
        H = self.units
        with torch.autocast(x.device.type, enabled=False):
            own = linear(x.to(self.weight_ih.dtype), self.weight_ih, self.bias_ih)
            gates_of_state, target_of_state = self.weight_hh.t().split([2 * H, H], dim=1)
            states: list[Tensor] = []
            state = own.new_zeros(0 if self.backward else sizes[0], H)
            steps = own.split(list(sizes))
            for step in reversed(steps) if self.backward else steps:
                state = _resized(state, len(step))
                gates = torch.addmm(step[:, : 2 * H], state, gates_of_state).sigmoid()
                reset, update = gates.chunk(2, dim=1)
                target = torch.addmm(step[:, 2 * H :], reset * state, target_of_state).tanh()
                state = torch.lerp(target, state, update)
                states.append(state)
        return torch.cat(states[::-1] if self.backward else states)


def _resized(state: Tensor, count: int) -> Tensor:
    """The first so many rows; the rows of sequences that only begin are zeros."""
    if count <= len(state):
        return state[:count]
    return torch.cat([state, state.new_zeros(count - len(state), state.shape[1])])


class ResetBeforeStack(nn.Module):
    """Layers of such cells, in one direction or both, over padded sequences."""

    def __init__(
        self, inputs: int, *, units: int, layers: int, bidirectional: bool, dropout: float
    ):
        """Set up; the weights are zero until initialised.

        Args:
            inputs: numbers per step.
            units: H per direction.
            layers: so many.
            bidirectional: each layer also reads from the end.
            dropout: share that is dropped between layers in training.
        """
        super().__init__()
        ways = (False, True) if bidirectional else (False,)
        widths = [inputs] + [len(ways) * units] * (layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(ResetBeforeGru(width, units, backward=way) for way in ways)
            for width in widths
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, H) or (B, T, 2 H), forward first, of (B, T, inputs); zeros behind the lengths.

        Sequences that have ended drop out of the loop: padding costs no time.
        """
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        sizes = packed.batch_sizes.tolist()
        y = packed.data
        for i, layer in enumerate(self.layers):
            y = self.dropout(y) if i > 0 else y
            y = torch.cat([one_way(y, sizes) for one_way in layer], dim=1)  # type: ignore[union-attr]
        states = packed._replace(data=y)
        return pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])[0]

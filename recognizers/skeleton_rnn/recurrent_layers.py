"""Recurrent layers over padded sequences: torch's fused ones, and the GRU of the thesis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from recognizers.skeleton_rnn.reset_before_gru import ResetBeforeStack

Cell = Literal["gru", "fast_gru", "lstm", "rnn"]
"""gru: the thesis', reset before the multiplication, a loop in Python. fast_gru: torch's, reset
after it, with a second bias for the state; one kernel for all steps on a GPU. lstm, rnn: torch's,
with one bias as in the thesis' equations."""
RecurrentWeights = Literal["xavier", "orthogonal"]

_FUSED: dict[str, Callable[..., nn.RNNBase]] = {"fast_gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}
_GATES_OPEN_AT_FIRST = {  # biases that begin with 1, in torch's order of gates
    "gru": (0, 1),  # r and z; thesis, section 3.1.2
    "fast_gru": (0, 1),
    "lstm": (1,),  # the forget gate, as in the thesis' TensorFlow
    "rnn": (),
}
_SMALL = 0.001  # gain of orthogonal weights, as in Zhang et al., ICCV 2017


class FusedStack(nn.Module):
    """Layers of torch's, in one direction or both."""

    def __init__(
        self, inputs: int, *, cell: Cell, units: int, layers: int, bidirectional: bool,
        dropout: float,
    ):  # fmt: skip
        """Set up; one bias per gate but for fast_gru, where the second does something of its own.

        Args:
            inputs: numbers per step.
            cell: fast_gru, lstm or rnn.
            units: H per direction.
            layers: so many.
            bidirectional: each layer also reads from the end.
            dropout: share that is dropped between layers in training.
        """
        super().__init__()
        self.bidirectional = bidirectional
        self.recurrent = _FUSED[cell](
            inputs,
            units,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,  # torch warns where there is no between
        )
        if cell != "fast_gru":
            _drop_second_bias(self.recurrent)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, H) or (B, T, 2 H), forward first, of (B, T, inputs); anything behind the lengths.

        Forwards, nothing is packed: padding comes last and is never read, and where clips are
        about as long as each other torch is 1.7 to 2.6 times as fast on a CPU without. Backwards
        padding would be read first.
        """
        if not self.bidirectional or bool((lengths == x.shape[1]).all()):
            return self.recurrent(x)[0]
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states = self.recurrent(packed)[0]
        return pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])[0]


def _drop_second_bias(recurrent: nn.RNNBase) -> None:
    """Make torch's second biases, which are added to the first, zeros that stay zeros.

    Torch looks weights up anew where they are no longer those that it last ran with.
    """
    seconds = [name for name, _ in recurrent.named_parameters() if name.startswith("bias_hh")]
    for name in seconds:
        zeros = torch.zeros_like(getattr(recurrent, name))
        delattr(recurrent, name)
        recurrent.register_buffer(name, zeros, persistent=False)


def recurrent_stack(
    inputs: int,
    *,
    cell: Cell = "gru",
    units: int = 100,
    layers: int = 3,
    bidirectional: bool = False,
    dropout: float = 0.5,
    recurrent_weights: RecurrentWeights = "xavier",
) -> FusedStack | ResetBeforeStack:
    """Recurrent layers, initialised as in the thesis (section 3.1.2).

    The stack maps padded sequences (B, T, inputs) and their lengths (B,), at least 1 each, to the
    last layer's states (B, T, units), twice as wide where bidirectional. What stands behind a
    sequence's length is never read.

    Args:
        inputs: numbers per step.
        cell: kind of unit.
        units: per direction.
        layers: 1 to 8 in the thesis.
        bidirectional: each layer also reads from the end.
        dropout: share that is dropped between layers in training.
        recurrent_weights: xavier: the thesis'. orthogonal: with a gain of 0.001, as in Zhang et
            al., ICCV 2017, whose baseline the thesis took over.

    Raises:
        ValueError: an argument is none of those allowed.
    """
    for name, value, kind in (
        ("cell", cell, Cell), ("recurrent_weights", recurrent_weights, RecurrentWeights),
    ):  # fmt: skip
        if value not in get_args(kind):
            raise ValueError(f"{name} {value!r} is none of {', '.join(get_args(kind))}")
    if min(inputs, units, layers) < 1 or not 0 <= dropout <= 1:
        raise ValueError(
            f"expected inputs, units, layers >= 1 and dropout in [0, 1], got inputs={inputs}, "
            f"units={units}, layers={layers}, dropout={dropout}"
        )
    if cell == "gru":
        stack = ResetBeforeStack(
            inputs, units=units, layers=layers, bidirectional=bidirectional, dropout=dropout
        )
    else:
        stack = FusedStack(
            inputs, cell=cell, units=units, layers=layers, bidirectional=bidirectional,
            dropout=dropout,
        )  # fmt: skip
    _initialise(stack, cell, units, recurrent_weights)
    return stack


@torch.no_grad()
def _initialise(stack: nn.Module, cell: Cell, units: int, recurrent: RecurrentWeights) -> None:
    """Draw all weights; every gate has its own matrix of [x, h], as in eq. 4."""
    for name, values in stack.named_parameters():
        gates = values.split(units)
        if "bias" in name:
            values.zero_()
            for gate in _GATES_OPEN_AT_FIRST[cell] if "bias_ih" in name else ():
                gates[gate].fill_(1.0)
        elif "weight_hh" in name and recurrent == "orthogonal":
            for gate in gates:
                nn.init.orthogonal_(gate, gain=_SMALL)
        else:
            inputs = stack.get_parameter(name.replace("weight_hh", "weight_ih")).shape[1]
            fan_in = inputs + (units if recurrent == "xavier" else 0)
            bound = math.sqrt(6 / (fan_in + units))  # Xavier's, uniform
            values.uniform_(-bound, bound)

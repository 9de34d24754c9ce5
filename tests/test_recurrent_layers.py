"""Recurrent layers compute the thesis' equations, and padding never reaches what is read."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from recognizers.skeleton_rnn.recurrent_layers import Cell, FusedStack, recurrent_stack
from recognizers.skeleton_rnn.reset_before_gru import ResetBeforeGru
from tests.made_samples import seeded

CELLS: list[Cell] = ["gru", "fast_gru", "lstm", "rnn"]
B, T, F, H = 4, 6, 5, 3
LENGTHS = torch.tensor([4, 6, 1, 4])
Array = npt.NDArray[np.float64]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def some_input() -> Tensor:
    return torch.randn(B, T, F, generator=torch.Generator().manual_seed(1))


def stack(cell: Cell, **options: object) -> nn.Module:
    """Small layers without dropout, their biases random too."""
    shape: dict = {"units": H, "layers": 2, "dropout": 0.0, **options}
    made = recurrent_stack(F, cell=cell, **shape)
    with torch.no_grad():
        for name, values in made.named_parameters():
            if "bias" in name:
                values.normal_()
    return made


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def one_step(cell: Cell, weights: list[Array], x: Array, state: Array, memory: Array) -> Array:
    """The thesis' eq. 1, 3 and 4 for one sequence; an LSTM's memory is changed in place."""
    w, u, b = weights[:3]
    at = [slice(i * H, (i + 1) * H) for i in range(len(w) // H)]
    own = [w[rows] @ x + b[rows] for rows in at]
    if cell == "rnn":
        return np.tanh(own[0] + u @ state)
    if cell == "lstm":  # input, forget, memory, output
        i, f, c, o = (part + u[rows] @ state for part, rows in zip(own, at, strict=True))
        memory[:] = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        return sigmoid(o) * np.tanh(memory)
    r, z = (sigmoid(own[g] + u[at[g]] @ state) for g in (0, 1))
    if cell == "gru":
        target = np.tanh(own[2] + u[at[2]] @ (r * state))
    else:
        target = np.tanh(own[2] + r * (u[at[2]] @ state + weights[3][at[2]]))
    return z * state + (1 - z) * target


def by_hand(cell: Cell, weights: list[Array], x: Array, *, backward: bool) -> Array:
    """(T, H) states of one layer in one direction over one sequence, step by step."""
    states = np.zeros((len(x), H))
    state, memory = np.zeros(H), np.zeros(H)
    for t in reversed(range(len(x))) if backward else range(len(x)):
        state = states[t] = one_step(cell, weights, x[t], state, memory)
    return states


@pytest.mark.parametrize("cell", CELLS)
def test_two_layers_in_both_directions_compute_the_equations(cell: Cell) -> None:
    made = stack(cell, bidirectional=True)
    values = [p.detach().double().numpy() for p in made.parameters()]
    each = len(values) // 4
    if cell == "fast_gru":  # in the gates torch's second bias only adds to the first
        for way in range(4):
            first, second = values[way * each + 2], values[way * each + 3]
            values[way * each + 2] = first + np.r_[second[: 2 * H], np.zeros(H)]
    found = made(some_input(), LENGTHS).detach().numpy()
    for b, length in enumerate(LENGTHS.tolist()):
        y = some_input()[b, :length].double().numpy()
        for layer in range(2):
            start = 2 * layer * each
            ways = [values[start : start + each], values[start + each : start + 2 * each]]
            y = np.concatenate(
                [by_hand(cell, way, y, backward=i == 1) for i, way in enumerate(ways)], axis=1
            )
        np.testing.assert_allclose(found[b, :length], y, atol=1e-6)


@pytest.mark.parametrize("backward", [False, True])
def test_gradients_of_the_thesis_gru_are_those_of_its_values(*, backward: bool) -> None:
    layer = ResetBeforeGru(2, 2, backward=backward).double()
    names = [name for name, _ in layer.named_parameters()]
    values = [torch.randn(p.shape).double().requires_grad_() for p in layer.parameters()]
    x = torch.randn(6, 2).double().requires_grad_()  # sequences of 3, 2 and 1 steps

    def states(x: Tensor, *weights: Tensor) -> Tensor:
        given = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, given, (x, [3, 2, 1]))

    assert torch.autograd.gradcheck(states, (x, *values), atol=1e-6, rtol=1e-4)


def test_the_grus_agree_only_where_the_state_is_multiplied_unit_by_unit() -> None:
    thesis, torchs = stack("gru", layers=1), stack("fast_gru", layers=1)
    w, u, bias = thesis.parameters()
    inside = torch.arange(T) < LENGTHS[:, None]

    def difference() -> float:
        torchs.load_state_dict(
            {
                "recurrent.weight_ih_l0": w, "recurrent.weight_hh_l0": u,
                "recurrent.bias_ih_l0": bias, "recurrent.bias_hh_l0": torch.zeros(3 * H),
            }
        )  # fmt: skip
        states = [made(some_input(), LENGTHS)[inside] for made in (thesis, torchs)]
        return (states[0] - states[1]).abs().max().item()

    assert difference() > 1e-3
    with torch.no_grad():  # (r h) u = r (h u) where u is diagonal
        u[2 * H :] *= torch.eye(H)
    assert difference() < 1e-6


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_in_a_batch_gives_what_it_gives_alone(
    cell: Cell, *, bidirectional: bool
) -> None:
    made = stack(cell, bidirectional=bidirectional)
    x = some_input()
    together = made(x, LENGTHS)
    assert together.shape == (B, T, H * (1 + bidirectional))
    for b, length in enumerate(LENGTHS.tolist()):
        alone = made(x[b : b + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(together[b, :length], alone[0], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_reaches_nothing_and_learns_nothing(cell: Cell, *, bidirectional: bool) -> None:
    made = stack(cell, bidirectional=bidirectional)
    inside = torch.arange(T) < LENGTHS[:, None]
    clean = some_input().requires_grad_()
    wanted = made(clean, LENGTHS)[inside]
    dirty = some_input().masked_fill(~inside[..., None], 1e3)
    torch.testing.assert_close(made(dirty, LENGTHS)[inside], wanted, atol=1e-6, rtol=1e-5)
    gradient = torch.autograd.grad(wanted.square().sum(), clean)[0]
    assert (gradient[~inside] == 0).all()
    assert (gradient[inside].abs().sum(dim=-1) > 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_forwards_the_future_is_unknown_and_backwards_the_past(cell: Cell) -> None:
    made = stack(cell, bidirectional=True, layers=1)
    x, full = some_input(), torch.full((B,), T)
    changed = x.clone()
    changed[:, 3] += 1
    moved = (made(changed, full) - made(x, full)).abs().amax(dim=0) > 1e-7  # (T, 2 H)
    assert moved[:, :H].any(dim=1).tolist() == [False] * 3 + [True] * 3
    assert moved[:, H:].any(dim=1).tolist() == [True] * 4 + [False] * 2


# Parameters


@pytest.mark.parametrize(
    ("cell", "inputs", "options", "count"),
    [
        ("gru", 150, {}, 195_900),
        ("gru", 75, {}, 173_400),
        ("gru", 39, {}, 162_600),
        ("fast_gru", 150, {}, 195_900 + 900),  # torch's second biases
        ("lstm", 150, {}, 261_200),
        ("rnn", 150, {}, 261_200 // 4),
        ("gru", 150, {"units": 200, "bidirectional": True}, 1_863_600),
        ("lstm", 150, {"units": 200, "bidirectional": True}, 1_863_600 // 3 * 4),
    ],
)
def test_layers_have_as_many_weights_as_tensorflows(
    cell: Cell, inputs: int, options: dict, count: int
) -> None:
    made = recurrent_stack(inputs, cell=cell, **options)
    assert sum(p.numel() for p in made.parameters()) == count


@pytest.mark.parametrize("layers", [1, 2, 8])
@pytest.mark.parametrize("cell", CELLS)
def test_every_layer_learns(cell: Cell, layers: int) -> None:
    made = stack(cell, layers=layers)
    made(some_input(), LENGTHS)[torch.arange(B), LENGTHS - 1].square().sum().backward()
    first_and_last = [p.grad for p in made.parameters()][:: max(layers - 1, 1)]
    assert all(gradient is not None and gradient.any() for gradient in first_and_last)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_are_xaviers_for_each_gate_and_memory_is_open_at_first(cell: Cell) -> None:
    made = recurrent_stack(30, cell=cell, units=50, layers=2)
    ones = {"gru": (0, 1), "fast_gru": (0, 1), "lstm": (1,), "rnn": ()}[cell]
    for name, values in made.named_parameters():
        for i, gate in enumerate(values.split(50)):
            if "bias" in name:
                assert (gate == float(i in ones and "bias_ih" in name)).all()
            else:
                inputs = 30 if "l0" in name or "layers.0" in name else 50
                bound = math.sqrt(6 / (inputs + 50 + 50))
                assert 0.95 * bound < gate.abs().max() <= bound
                assert gate.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal_weights_turn_the_state_and_shrink_it(cell: Cell) -> None:
    made = recurrent_stack(5, cell=cell, units=8, layers=1, recurrent_weights="orthogonal")
    for name, values in made.named_parameters():
        if "weight_hh" in name:
            for gate in values.split(8):
                torch.testing.assert_close(gate @ gate.T, 1e-6 * torch.eye(8), atol=1e-11, rtol=0)


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_torchs_second_biases_are_zeros_that_never_learn(cell: Cell) -> None:
    made = stack(cell, bidirectional=True)
    assert isinstance(made, FusedStack)
    step = torch.optim.SGD(made.parameters(), lr=0.5)
    before = made(some_input(), LENGTHS)
    before.square().sum().backward()
    step.step()
    seconds = [b for name, b in made.recurrent.named_buffers() if name.startswith("bias_hh")]
    assert len(seconds) == 4
    assert not any(bias.any() for bias in seconds)
    assert not any("bias_hh" in name for name in made.state_dict())
    assert not torch.allclose(made(some_input(), LENGTHS), before)


@pytest.mark.parametrize("cell", CELLS)
def test_copies_and_other_precisions_compute_the_same(cell: Cell) -> None:
    made = stack(cell, bidirectional=True)
    wanted = made(some_input(), LENGTHS)
    again = recurrent_stack(F, cell=cell, units=H, layers=2, bidirectional=True, dropout=0.0)
    again.load_state_dict(made.state_dict())
    for other in (copy.deepcopy(made), again):
        torch.testing.assert_close(other(some_input(), LENGTHS), wanted, atol=0, rtol=0)
    double = copy.deepcopy(made).double()(some_input().double(), LENGTHS)
    torch.testing.assert_close(double.float(), wanted, atol=1e-6, rtol=1e-5)


def test_the_thesis_gru_keeps_its_precision_under_autocast() -> None:
    made = stack("gru", bidirectional=True)
    wanted = made(some_input(), LENGTHS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = made(some_input().bfloat16().float(), LENGTHS)
        rough = made(some_input().bfloat16(), LENGTHS)
    assert found.dtype == rough.dtype == torch.float32
    torch.testing.assert_close(found, rough, atol=0, rtol=0)
    torch.testing.assert_close(found, wanted, atol=0.02, rtol=0)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_dropout_drops_between_layers_in_training_alone(cell: Cell, *, bidirectional: bool) -> None:
    made = stack(cell, dropout=0.5, bidirectional=bidirectional)
    x = some_input()
    assert not torch.equal(made(x, LENGTHS), made(x, LENGTHS))
    made.eval()
    torch.testing.assert_close(made(x, LENGTHS), made(x, LENGTHS), atol=0, rtol=0)
    single = stack(cell, dropout=0.5, layers=1, bidirectional=bidirectional)
    torch.testing.assert_close(single(x, LENGTHS), single(x, LENGTHS), atol=0, rtol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "grue"}, "cell 'grue' is none of gru, fast_gru, lstm, rnn"),
        ({"recurrent_weights": "small"}, "recurrent_weights 'small' is none of xavier, orthogonal"),
        ({"layers": 0}, "expected inputs, units, layers >= 1 .* got inputs=5, units=100, layers=0"),
        ({"units": -1}, "units=-1"),
        ({"dropout": 1.5}, r"dropout in \[0, 1\], .* dropout=1.5"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recurrent_stack(F, **options)

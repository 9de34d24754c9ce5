"""Where to look: what each kind of attention depends on, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds.attention import (
    Known,
    RandomAttention,
    SaliencyAttention,
    SequentialAttention,
)
from tests.made_samples import seeded

B, F, G = 3, 2, 2
READS, RECOGNISED, CONTEXT = 5, 4, 6


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def sequential() -> SequentialAttention:
    return SequentialAttention(READS, RECOGNISED, CONTEXT, units=7)


def some_contexts() -> Tensor:
    return torch.randn(B, F, CONTEXT)


def known(**changes: Tensor) -> Known:
    values = {
        "last": torch.ones(B, READS),
        "recognised": torch.ones(B, RECOGNISED),
        "context": torch.ones(B, CONTEXT),
    }
    return Known(**{**values, **changes})


@pytest.mark.parametrize("name", Known._fields)
def test_a_sequential_look_depends_on_all_that_is_known(name: str) -> None:
    attention = sequential()
    state = attention.start(some_contexts())
    there, _ = attention(state, known())
    other, _ = attention(state, known(**{name: -getattr(known(), name)}))
    assert (there - other).abs().amin(dim=1).min() > 1e-3


def test_a_sequential_look_depends_on_what_was_seen_before() -> None:
    attention = sequential()
    nothing = attention.start(some_contexts())
    assert nothing.shape == (B, 7)
    assert (nothing == 0).all()
    _, once = attention(nothing, known())
    _, other = attention(nothing, known(last=-torch.ones(B, READS)))
    assert (attention(once, known())[0] - attention(other, known())[0]).abs().max() > 1e-3


def test_saliency_gives_a_frames_places_one_by_one_then_those_of_the_next_frame() -> None:
    attention = SaliencyAttention(CONTEXT, G)
    first, second = some_contexts().unbind(dim=1)
    state, found = attention.start(some_contexts()), []
    for context in (first, first, second, second):
        place, state = attention(state, known(context=context))
        found.append(place)
    raw = attention.locate(torch.stack([first, second], dim=1)).view(B, F * G, 4)
    wanted = torch.cat([raw[..., :2].tanh(), (raw[..., 2:] + 3).sigmoid()], dim=2)
    torch.testing.assert_close(torch.stack(found, dim=1), wanted)


def test_saliency_depends_on_the_context_alone() -> None:
    attention = SaliencyAttention(CONTEXT, G)
    state = attention.start(some_contexts())
    rubbish = torch.full((B, READS), float("nan"))
    place, _ = attention(state, known(last=rubbish, recognised=rubbish))
    assert torch.equal(place, attention(state, known())[0])


def test_random_places_are_new_in_training_and_the_same_in_every_test() -> None:
    attention, contexts = RandomAttention(G), some_contexts()
    drawn = attention.start(contexts)
    assert drawn.shape == (B, F * G, 4)
    assert (drawn != attention.start(contexts)).all()
    assert (drawn[0] != drawn[1]).all()
    attention.eval()
    fixed = attention.start(contexts)
    assert torch.equal(fixed, attention.start(contexts))
    assert torch.equal(fixed[0], fixed[1])
    assert len(fixed[0].unique()) == F * G * 4


def test_tests_of_random_places_leave_the_random_state_alone() -> None:
    attention = RandomAttention(G).eval()
    before = torch.get_rng_state()
    attention.start(some_contexts()[:0])
    drawn = torch.get_rng_state()
    attention.start(torch.zeros(B, F, CONTEXT))
    assert torch.equal(torch.get_rng_state(), drawn)
    assert not torch.equal(before, drawn)  # by some_contexts


def test_random_places_are_anywhere_and_of_any_scale() -> None:
    drawn = RandomAttention(50).start(torch.zeros(20, 1, CONTEXT))
    middle, scale = drawn.split(2, dim=2)
    for values, low, high in ((middle, -1, 1), (scale, 0, 1)):
        assert low <= values.min() < low + 0.02
        assert high - 0.02 < values.max() <= high
        assert abs(values.mean().item() - (low + high) / 2) < 0.05


def test_random_places_are_handed_out_in_order() -> None:
    attention = RandomAttention(G)
    state = drawn = attention.start(some_contexts())
    for look in range(F * G):
        place, state = attention(state, known())
        assert torch.equal(place, drawn[:, look])

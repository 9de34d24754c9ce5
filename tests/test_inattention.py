"""The inattention loss looks at the worst steps of each sequence, and at nothing behind its end."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from recognizers.inattention import (
    average_prediction,
    inattention_loss,
    mean_over_time,
    step_losses,
)

B, T, A = 4, 6, 3
LENGTHS = torch.tensor([6, 4, 1, 2])


def some_logits(seed: int = 0) -> Tensor:
    return 2 * torch.randn(B, T, A, generator=torch.Generator().manual_seed(seed))


def some_losses(seed: int = 0) -> Tensor:
    return step_losses(some_logits(seed), torch.tensor([0, 1, 2, 0]))


def brute_force(losses: list[float], hardest: int) -> float:
    """The largest mean that any set of so many steps has."""
    size = min(hardest, len(losses))
    return max(math.fsum(chosen) / size for chosen in combinations(losses, size))


def test_a_steps_loss_is_minus_the_log_of_its_own_probability() -> None:
    logits, labels = some_logits(), torch.tensor([0, 1, 2, 0])
    p = torch.softmax(logits, dim=2)
    for b, label in enumerate(labels.tolist()):
        torch.testing.assert_close(
            step_losses(logits, labels)[b], -p[b, :, label].log(), atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("hardest", [1, 2, 3, 5, 6, 100])
def test_it_is_the_largest_mean_of_any_so_many_steps(hardest: int) -> None:
    losses = some_losses()
    found = inattention_loss(losses, LENGTHS, hardest=hardest)
    wanted = [
        brute_force(losses[b, :length].tolist(), hardest)
        for b, length in enumerate(LENGTHS.tolist())
    ]
    torch.testing.assert_close(found, torch.tensor(wanted), atol=1e-5, rtol=1e-5)


def test_by_hand() -> None:
    losses = torch.tensor([[1.0, 4.0, 2.0, 9.0], [3.0, 5.0, 8.0, 7.0]])
    lengths = torch.tensor([3, 2])
    assert mean_over_time(losses, lengths).tolist() == pytest.approx([7 / 3, 4])
    assert inattention_loss(losses, lengths, hardest=1).tolist() == [4, 5]
    assert inattention_loss(losses, lengths, hardest=2).tolist() == [3, 4]


@given(st.integers(0, 1000), st.integers(1, T))
def test_it_bounds_the_mean_from_above_and_falls_as_more_steps_count(
    seed: int, hardest: int
) -> None:
    losses = some_losses(seed)
    mean = mean_over_time(losses, LENGTHS)
    few = inattention_loss(losses, LENGTHS, hardest=hardest)
    more = inattention_loss(losses, LENGTHS, hardest=hardest + 1)
    assert (few >= more - 1e-5).all()
    assert (more >= mean - 1e-5).all()


def test_with_all_steps_it_is_the_mean_and_so_are_its_gradients() -> None:
    gradients = []
    for loss_of in (mean_over_time, lambda x, n: inattention_loss(x, n, hardest=T)):
        losses = some_losses().requires_grad_()
        loss = loss_of(losses, LENGTHS)
        torch.testing.assert_close(
            loss, mean_over_time(some_losses(), LENGTHS), atol=1e-5, rtol=1e-5
        )
        gradients.append(torch.autograd.grad(loss.sum(), losses)[0])
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=0)


def test_gradients_reach_the_worst_steps_alone_each_with_its_weight() -> None:
    losses = torch.tensor([[1.0, 4.0, 2.0, 9.0], [3.0, 5.0, 8.0, 7.0]], requires_grad=True)
    inattention_loss(losses, torch.tensor([3, 1]), hardest=2).sum().backward()
    assert losses.grad is not None
    assert losses.grad.tolist() == [[0, 0.5, 0.5, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("rubbish", [1e9, float("nan"), float("inf")])
def test_what_stands_behind_the_end_does_not_count(rubbish: float) -> None:
    behind = torch.arange(T) >= LENGTHS[:, None]
    losses, logits = some_losses(), some_logits()
    dirty = losses.masked_fill(behind, rubbish)
    for hardest in (1, 3, T):
        wanted = inattention_loss(losses, LENGTHS, hardest=hardest)
        found = inattention_loss(dirty, LENGTHS, hardest=hardest)
        torch.testing.assert_close(found, wanted, atol=0, rtol=0)
    torch.testing.assert_close(mean_over_time(dirty, LENGTHS), mean_over_time(losses, LENGTHS))
    found = average_prediction(logits.masked_fill(behind[..., None], rubbish), LENGTHS)
    torch.testing.assert_close(found, average_prediction(logits, LENGTHS), atol=0, rtol=0)


def test_a_mean_over_time_may_be_of_vectors() -> None:
    logits = some_logits()
    found = mean_over_time(logits, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(found[b], logits[b, :length].mean(dim=0), atol=1e-6, rtol=1e-5)


def test_the_average_prediction_is_the_mean_of_the_probabilities() -> None:
    logits = some_logits()
    found = average_prediction(logits, LENGTHS).exp()
    for b, length in enumerate(LENGTHS.tolist()):
        wanted = torch.softmax(logits[b, :length], dim=1).mean(dim=0)
        torch.testing.assert_close(found[b], wanted, atol=1e-6, rtol=1e-5)


def test_the_average_of_sure_and_wrong_steps_stays_finite_with_its_gradients() -> None:
    logits = torch.tensor([[[500.0, -500.0], [300.0, -300.0]]], requires_grad=True)
    loss = -average_prediction(logits, torch.tensor([1]))[0, 1]
    loss.backward()
    assert loss.item() == pytest.approx(1000)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_no_step_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="hardest must be at least 1 step, got 0"):
        inattention_loss(some_losses(), LENGTHS, hardest=0)

"""Each head reads the states that it says, and its loss is that of what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from recognizers.skeleton_rnn.recurrent_stream import RecurrentStream
from recognizers.skeleton_rnn.skeleton_steps import Steps
from tests.made_samples import seeded

F, H, A = 5, 6, 3
LENGTHS = torch.tensor([7, 4, 1])
LABELS = torch.tensor([0, 2, 1])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def stream(**options: object) -> RecurrentStream:
    given: dict = {
        "cell": "gru", "units": H, "layers": 2, "bidirectional": False, "keep": 0.5,
        "head": "last", "hardest": None, "relu_logits": False, "recurrent_weights": "xavier",
        **options,
    }  # fmt: skip
    made = RecurrentStream(F, A, **given)
    torch.nn.init.normal_(made.classify.bias)
    return made.eval()


def some_steps() -> Steps:
    return Steps(torch.randn(3, 7, F, generator=torch.Generator().manual_seed(1)), LENGTHS)


def states_of(made: RecurrentStream, b: int) -> Tensor:
    """(T, H) or (T, 2 H) last layer's states of one sequence, without padding."""
    own = some_steps().vectors[b : b + 1, : LENGTHS[b]]
    return made.recurrent(own, LENGTHS[b : b + 1])[0]


def test_the_last_state_that_counts_names_the_action() -> None:
    made = stream()
    for b, logits in enumerate(made(some_steps())):
        wanted = made.classify(states_of(made, b)[-1])
        torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("head", "step_backwards"), [("last", -1), ("ends", 0)])
def test_backwards_the_thesis_reads_the_same_step_and_ends_reads_the_first(
    head: str, step_backwards: int
) -> None:
    made = stream(bidirectional=True, head=head)
    for b, logits in enumerate(made(some_steps())):
        states = states_of(made, b)
        wanted = made.classify(torch.cat([states[-1, :H], states[step_backwards, H:]]))
        torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_steps_probabilities_are_averaged_and_mean_logits_averages_logits(
    *, bidirectional: bool
) -> None:
    made = stream(head="every_step", bidirectional=bidirectional)
    found = torch.softmax(made(some_steps()), dim=1)
    made.head = "mean_logits"
    averaged = made(some_steps())
    for b in range(3):
        logits = made.classify(states_of(made, b))
        wanted = torch.softmax(logits, dim=1).mean(dim=0)
        torch.testing.assert_close(found[b], wanted, atol=1e-5, rtol=0)
        torch.testing.assert_close(averaged[b], logits.mean(dim=0), atol=1e-5, rtol=0)


@pytest.mark.parametrize("hardest", [None, 1, 3, 100])
def test_the_loss_of_every_step_is_their_mean_or_that_of_the_worst(hardest: int | None) -> None:
    made = stream(head="every_step", hardest=hardest, bidirectional=True)
    each = []
    for b, label in enumerate(LABELS.tolist()):
        p = torch.softmax(made.classify(states_of(made, b)), dim=1)[:, label]
        each.append((-p.log()).sort(descending=True).values[:hardest].mean())
    found = made.classification_loss(some_steps(), LABELS)
    torch.testing.assert_close(found, torch.stack(each).mean(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", ["last", "ends", "mean_logits"])
def test_the_loss_of_one_prediction_is_its_cross_entropy(head: str) -> None:
    made = stream(head=head, bidirectional=True)
    wanted = -made(some_steps()).log_softmax(dim=1)[torch.arange(3), LABELS].mean()
    found = made.classification_loss(some_steps(), LABELS)
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)


@pytest.mark.parametrize("head", ["last", "mean_logits", "every_step"])
def test_a_smoothed_loss_asks_a_little_of_every_class(head: str) -> None:
    made = stream(head=head, bidirectional=True, label_smoothing=0.2)
    if head == "every_step":
        each = []
        for b, label in enumerate(LABELS.tolist()):
            logs = -made.classify(states_of(made, b)).log_softmax(dim=1)
            each.append(0.8 * logs[:, label].mean() + 0.2 * logs.mean())
        wanted = torch.stack(each).mean()
    else:
        logs = -made(some_steps()).log_softmax(dim=1)
        wanted = 0.8 * logs[torch.arange(3), LABELS].mean() + 0.2 * logs.mean()
    found = made.classification_loss(some_steps(), LABELS)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\), got 1"):
        stream(label_smoothing=1.0)


def test_relu_cuts_logits_below_zero() -> None:
    made = stream()
    with torch.no_grad():
        made.classify.bias.copy_(torch.tensor([-2.0, 0.0, 2.0]))
    before = made(some_steps())
    assert (before < 0).any() and (before > 0).any()
    cut = stream(relu_logits=True)
    cut.load_state_dict(made.state_dict())
    torch.testing.assert_close(cut(some_steps()), before.clamp(min=0), atol=0, rtol=0)


def test_dropout_works_in_training_alone_also_behind_the_last_layer() -> None:
    made, steps = stream(layers=1), some_steps()
    torch.testing.assert_close(made(steps), made(steps), atol=0, rtol=0)
    made.train()
    assert not torch.equal(made(steps), made(steps))
    everything = stream(layers=2, keep=1.0).train()
    torch.testing.assert_close(everything(steps), everything(steps), atol=0, rtol=0)


def test_dropout_keeps_as_many_as_it_says_and_their_mean() -> None:
    made = stream(keep=0.7).train()
    dropped = made.dropout(torch.ones(100, 4000))
    assert (dropped > 0).float().mean().item() == pytest.approx(0.7, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)

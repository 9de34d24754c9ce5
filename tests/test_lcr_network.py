"""The lifter's network: one step of training is the whole network at one class per person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tests.made_samples import seeded, some_people, tiny_network
from wildpose.lifting import lcr_network
from wildpose.lifting.lcr_input import FEATURES
from wildpose.lifting.lcr_network import POSE, REGRESSION_WEIGHT, LcrNetwork

CLASSES, B = 6, 20


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def given() -> Tensor:
    return torch.from_numpy(some_people(B).features())


def network() -> LcrNetwork:
    """With anchors, and with corrections that are not all but zero, as they are at first."""
    made = tiny_network(CLASSES).eval()
    with seeded(1):
        for values in (made.own.weight, made.own.bias, made.anchors):
            torch.nn.init.normal_(values)
    return made


def test_every_class_has_a_logit_and_a_correction() -> None:
    logits, corrections = network()(given())
    assert logits.shape == (B, CLASSES)
    assert corrections.shape == (B, CLASSES, POSE) == (B, CLASSES, 65)


@pytest.mark.parametrize(
    "classes",
    [
        torch.arange(B) % CLASSES,
        torch.full((B,), 3),  # all of one class
        torch.tensor([5, 0] * (B // 2)),
        torch.randint(0, CLASSES, (B,), generator=torch.Generator().manual_seed(1)),
    ],
    ids=["all classes", "one class", "first and last", "any"],
)
def test_a_training_step_says_what_the_whole_network_says_of_the_chosen_class(
    classes: Tensor,
) -> None:
    made = network()
    logits, corrections = made(given())
    step_logits, chosen = made.training_step(given(), classes)
    torch.testing.assert_close(step_logits, logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(chosen, corrections[torch.arange(B), classes], atol=1e-5, rtol=1e-5)


def test_samples_of_a_class_are_counted_in_order() -> None:
    places = lcr_network._places(torch.tensor([2, 0, 2, 2, 0]), CLASSES)
    assert places.tolist() == [0, 0, 1, 2, 1]


def test_gradients_reach_the_chosen_classes_own_part_alone() -> None:
    made = network()
    classes = torch.tensor([1, 4] * (B // 2))
    _, chosen = made.training_step(given(), classes)
    chosen.square().sum().backward()
    assert made.own.weight.grad is not None and made.own.bias.grad is not None
    by_class = made.own.weight.grad.view(CLASSES, -1).abs().sum(dim=1)
    bias = made.own.bias.grad.view(CLASSES, -1).abs().sum(dim=1)
    for reached in (by_class, bias):
        assert (reached[[1, 4]] > 0).all()
        assert (reached[[0, 2, 3, 5]] == 0).all()


def test_gradients_of_a_step_are_those_of_the_whole_network() -> None:
    classes = torch.arange(B) % 4
    found = []
    for step in (True, False):
        made = network()
        if step:
            logits, chosen = made.training_step(given(), classes)
        else:
            logits, corrections = made(given())
            chosen = corrections[torch.arange(B), classes]
        (logits.logsumexp(1).sum() + chosen.square().sum()).backward()
        found.append({n: p.grad for n, p in made.named_parameters()})
    assert all(gradient is not None for gradient in found[0].values())
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], atol=1e-3, rtol=1e-3, msg=name)


def test_corrections_are_a_fifth_of_what_the_layers_say_less_the_anchor() -> None:
    made = network()
    for layer in (made.common, made.own):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    with torch.no_grad():
        made.common.bias.add_(10.0)
        made.own.bias.view(CLASSES, POSE)[2] += 5.0
    _, corrections = made(given())
    wanted = torch.full((CLASSES, POSE), 2.0)
    wanted[2] += 1.0
    torch.testing.assert_close(corrections, (wanted - made.anchors).expand(B, -1, -1))
    assert REGRESSION_WEIGHT == 5


def test_people_do_not_look_at_each_other_once_trained() -> None:
    made = network()
    logits, corrections = made(given())
    alone = made(given()[7:8])
    torch.testing.assert_close(alone[0][0], logits[7], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(alone[1][0], corrections[7], atol=1e-5, rtol=1e-5)
    assert made(torch.zeros(0, FEATURES))[1].shape == (0, CLASSES, POSE)


def test_at_first_all_classes_are_about_as_likely() -> None:
    scores = torch.softmax(tiny_network(CLASSES).eval()(given())[0], dim=1)
    torch.testing.assert_close(scores, torch.full_like(scores, 1 / CLASSES), atol=0.05, rtol=0)


def test_a_network_of_the_same_shape_takes_the_weights_over() -> None:
    made = network()
    again = LcrNetwork(**made.shape).eval()
    again.load_state_dict(made.state_dict())
    for one, other in zip(again(given()), made(given()), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)

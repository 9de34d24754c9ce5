"""Attention weighs what is there, and the RGB stream does with its weights what it claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.sta.attention import Activation, Attention, drawn, even, heaviest
from recognizers.sta.rgb_stream import Reading, RgbStream
from tests.made_samples import seeded

B, T, H, D, S, A = 3, 5, 4, 7, 6, 3
Choice = Callable[[Tensor, Tensor], Tensor]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def stream(**changes: Any) -> RgbStream:
    values: dict[str, Any] = {
        "channels": D, "frames": T, "pose_features": S, "classes": A, "units": 8, "features": 9,
        "spatial_hidden": 10, "temporal_hidden": 11,
    }  # fmt: skip
    return RgbStream(**{**values, **changes}).eval()


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    """Two people; one alone who is late; nobody."""
    present = torch.ones(B, T, H).bool()
    present[1, :, 2:] = False
    present[1, :2] = False
    present[2] = False
    return torch.randn(B, T, H, D) * present[..., None], present, torch.randn(B, S)


def strong(made: RgbStream) -> RgbStream:
    """With attention that differs from even by far."""
    for attention in (made.weigh_hands, made.weigh_frames):
        assert attention is not None
        for layer in attention.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=1.5)
    return made


# Weights


@pytest.mark.parametrize("hidden", [None, 5])
def test_a_softmax_sums_to_one_over_what_is_there(hidden: int | None) -> None:
    made = Attention(S, H, hidden=hidden)
    present = torch.tensor([[True] * 4, [True, False, True, False], [False] * 4])
    weights = made(torch.randn(3, S), present)
    torch.testing.assert_close(weights.sum(dim=1), torch.tensor([1.0, 1.0, 0.0]))
    assert (weights[~present] == 0).all() and (weights[present] > 0).all()


def test_sigmoids_are_free_of_each_other() -> None:
    made = Attention(S, H, hidden=5, activation="sigmoid")
    known = torch.randn(3, S)
    every = made(known, torch.ones(3, H).bool())
    some = torch.tensor([True, False, True, True]).expand(3, H)
    torch.testing.assert_close(made(known, some), every * some)
    assert ((every > 0) & (every < 1)).all()
    assert (every.sum(dim=1) - 1).abs().min() > 0.1


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_weights_and_gradients_stay_finite_where_nothing_is(activation: Activation) -> None:
    made = Attention(S, H, hidden=5, activation=activation)
    known = torch.randn(2, S, requires_grad=True)
    made(known, torch.zeros(2, H).bool()).sum().backward()
    assert known.grad is not None and (known.grad == 0).all()


def test_even_weights_by_hand() -> None:
    present = torch.tensor([[True, True, False, False], [False] * 4])
    assert even(present).tolist() == [[0.5, 0.5, 0, 0], [0] * 4]


@pytest.mark.parametrize("chosen_of", [drawn, heaviest])
def test_one_thing_that_is_there_has_all_the_weight(chosen_of: Choice) -> None:
    present = torch.tensor([[True] * 4, [False, True, False, True], [False] * 4])
    weights = Attention(S, H, hidden=5)(torch.randn(3, S), present)
    for given in (weights, weights * 0):  # as sigmoids may round to
        for _ in range(20):
            chosen = chosen_of(given, present)
            assert chosen.sum(dim=1).tolist() == [1, 1, 0]
            assert (chosen[~present] == 0).all() and chosen.max() == 1


def test_hands_are_drawn_as_often_as_their_weights_say() -> None:
    weights = torch.tensor([[0.5, 0.3, 0.0, 0.2]]).expand(20_000, 4)
    often = drawn(weights, weights > 0).mean(dim=0)
    # Four standard deviations of a share of 20,000 draws are at most 0.015.
    torch.testing.assert_close(often, weights[0], atol=0.015, rtol=0)
    assert (heaviest(weights, weights > 0) == torch.tensor([1.0, 0, 0, 0])).all()


def test_what_is_drawn_teaches_the_weights() -> None:
    weights = torch.tensor([[0.25, 0.25, 0.5]], requires_grad=True)
    present = torch.tensor([[True, True, True]])
    worth = torch.tensor([0.0, 1.0, 0.0])
    taught = torch.zeros(1, 3)
    for _ in range(200):
        weights.grad = None
        (drawn(weights, present) * worth).sum().backward()
        assert weights.grad is not None
        taught += weights.grad
    assert taught[0, 1] > 0 > max(taught[0, 0], taught[0, 2])


# The stream


def by_hand(made: RgbStream, seen: Tensor, present: Tensor, pose: Tensor) -> Reading:
    """Equations 3 to 7 for one clip, one number at a time where it is few."""
    assert isinstance(made.weigh_hands, Attention) and isinstance(made.weigh_frames, Attention)
    features, spatials, temporals, states = [], [], [], []
    for b in range(len(seen)):
        hidden, memory = torch.zeros(8), torch.zeros(8)
        u, p, h = [], [], []
        for t in range(T):
            scores = made.weigh_hands.score(torch.cat([hidden, pose[b]]))
            powers = [scores[i].exp() if present[b, t, i] else torch.tensor(0.0) for i in range(H)]
            total = sum(powers)
            weights = [power / total if total > 0 else power for power in powers]
            mixed = torch.stack([w * v for w, v in zip(weights, seen[b, t], strict=True)]).sum(0)
            hidden, memory = made.cell(mixed, (hidden, memory))
            h.append(hidden)
            u.append(torch.relu(made.feature[0](hidden)))
            p.append(torch.stack(weights))
        scores = made.weigh_frames.score(torch.cat([torch.cat(p), pose[b]]))
        powers = [scores[t].exp() if present[b, t].any() else torch.tensor(0.0) for t in range(T)]
        total = sum(powers)
        weights = [power / total if total > 0 else power for power in powers]
        features.append(torch.stack([w * v for w, v in zip(weights, u, strict=True)]).sum(0))
        spatials.append(torch.stack(p))
        temporals.append(torch.stack(weights))
        states.append(torch.stack(h))
    return Reading(*map(torch.stack, (features, spatials, temporals, states)))


def test_it_is_the_papers_equations() -> None:
    made = strong(stream())
    found, wanted = made.read(*inputs_once()), by_hand(made, *inputs_once())
    for name in Reading._fields:
        torch.testing.assert_close(
            getattr(found, name), getattr(wanted, name), atol=1e-5, rtol=1e-4, msg=name
        )
    assert found.spatial is not None
    assert found.spatial[0].std(dim=1).max() > 0.1, "hands are told apart"
    assert found.temporal[0].std() > 0.01, "and frames"
    logits = made(found)
    torch.testing.assert_close(logits, made.classify(found.features))


def inputs_once() -> tuple[Tensor, Tensor, Tensor]:
    with seeded(7):
        return inputs()


def test_attention_sums_to_one_where_anybody_is_and_is_zero_elsewhere() -> None:
    _, present, _ = given = inputs_once()
    reading = strong(stream()).read(*given)
    assert reading.spatial is not None
    seen = present.any(dim=2)
    torch.testing.assert_close(reading.spatial.sum(dim=2), seen.float())
    torch.testing.assert_close(reading.temporal.sum(dim=1), seen.any(dim=1).float())
    assert (reading.spatial[~present] == 0).all()
    assert (reading.temporal[~seen] == 0).all()


def test_sums_and_concatenations_are_what_the_cell_reads() -> None:
    seen, present, pose = inputs_once()
    for spatial, mixed in (("sum", seen.sum(dim=2)), ("concat", seen.flatten(2))):
        made = stream(spatial=spatial, temporal_attention=False)
        hidden = memory = torch.zeros(B, 8)
        states = []
        for t in range(T):
            hidden, memory = made.cell(mixed[:, t], (hidden, memory))
            states.append(made.feature(hidden))
        shown = present.any(dim=2).float()
        pooled = (torch.stack(states, 1) * shown[..., None]).sum(1)
        wanted = pooled / shown.sum(1, keepdim=True).clamp(min=1)
        reading = made.read(seen, present, pose)
        torch.testing.assert_close(reading.features, wanted, atol=1e-6, rtol=1e-5)
        assert reading.spatial is None


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_hard_attention_looks_at_one_hand_and_knows_which(activation: Activation) -> None:
    seen, present, pose = inputs_once()
    made = strong(stream(spatial="hard_attention", activation=activation))
    for weight in made.cell.parameters():
        nn.init.normal_(weight, std=1.5)  # what it saw moves it on
    reading = made.read(seen, present, pose)
    assert reading.spatial is not None and made.weigh_hands is not None
    hidden = memory = torch.zeros(B, 8)
    for t in range(T):
        weights = made.weigh_hands(torch.cat([hidden, pose], dim=1), present[:, t])
        chosen = torch.zeros(B, H)
        for b in range(B):
            if present[b, t].any():
                chosen[b, weights[b].argmax()] = 1
        mixed = (seen[:, t] * chosen[..., None]).sum(dim=1)
        hidden, memory = made.cell(torch.cat([mixed, chosen], dim=1), (hidden, memory))
        torch.testing.assert_close(reading.spatial[:, t], chosen, atol=0, rtol=0)
        torch.testing.assert_close(reading.states[:, t], hidden)
    assert len(reading.spatial[0].unique(dim=0)) > 1, "it looks elsewhere in time"


def test_hard_attention_looks_by_chance_in_training_alone() -> None:
    given = inputs_once()
    made = stream(spatial="hard_attention")
    once, again = made.read(*given), made.read(*given)
    assert torch.equal(once.features, again.features)
    made.train()
    looks = torch.stack([made.read(*given).spatial for _ in range(20)])  # type: ignore[list-item]
    assert (looks[:, 0].std(dim=0) > 0).any(), "here and there"
    assert (looks.detach().unique() == torch.tensor([0.0, 1.0])).all()


def test_a_hand_with_more_weight_gets_more_gradient() -> None:
    seen, present, pose = inputs_once()
    seen.requires_grad_()
    reading = strong(stream()).read(seen, present, pose)
    reading.features[0].sum().backward()
    assert reading.spatial is not None and seen.grad is not None
    # In the last frame nothing else depends on the hands: their shares are the weights.
    share = seen.grad[0, -1].norm(dim=1)
    weights = reading.spatial[0, -1]
    torch.testing.assert_close(share / share.sum(), weights.detach(), atol=1e-5, rtol=1e-4)


def test_a_later_frame_changes_no_earlier_hand_but_every_frames_weight() -> None:
    seen, present, pose = inputs_once()
    made = strong(stream())
    before = made.read(seen, present, pose)
    other = seen.clone()
    other[0, 3] += 5
    after = made.read(other, present, pose)
    assert before.spatial is not None and after.spatial is not None
    torch.testing.assert_close(after.spatial[0, :4], before.spatial[0, :4], atol=0, rtol=0)
    assert (after.spatial[0, 4] - before.spatial[0, 4]).abs().max() > 1e-4
    assert (after.temporal[0] - before.temporal[0]).abs().min() > 0


@pytest.mark.parametrize("spatial", ["attention", "hard_attention"])
def test_gradients_reach_every_weight(spatial: str) -> None:
    made = stream(spatial=spatial).train()
    made(made.read(*inputs_once())).square().sum().backward()
    for name, values in made.named_parameters():
        assert values.grad is not None and values.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spatial": "mean"}, "spatial 'mean' is none of attention, hard_attention, sum, concat"),
        ({"spatial": "sum"}, "temporal_attention reads .*'attention' or 'hard_attention', .*'sum'"),
        ({"activation": "relu"}, "attention_activation 'relu' is none of softmax, sigmoid"),
    ],
)
def test_what_it_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stream(**changes)

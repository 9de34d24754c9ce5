"""A glimpse cloud is what the equations say, step by step; and what it is compared to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.glimpse_clouds.attention import Known, SequentialAttention
from recognizers.glimpse_clouds.cloud import Cloud, GlimpseCloud
from recognizers.glimpse_clouds.cloud_plan import CloudPlan
from recognizers.glimpse_clouds.crops import glimpse_features
from recognizers.glimpse_clouds.soft_assignment import SoftAssignment
from recognizers.glimpse_clouds.tubes import GlimpseTubes
from tests.made_samples import seeded

B, F, V, CONTEXT, A = 3, 4, 6, 5, 4
SMALL = {"attention_units": 7, "worker_units": 5, "distance": "random", "crop": 3}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def cloud_of(**changes: Any) -> GlimpseCloud:
    plan = CloudPlan(**{**SMALL, **changes})
    return GlimpseCloud(plan, features=V, context=CONTEXT, classes=A)


def tubes_of(**changes: Any) -> GlimpseTubes:
    plan = CloudPlan(**{**SMALL, "attention": "tubes", **changes})
    return GlimpseTubes(plan, features=V, context=CONTEXT, classes=A)


def some_input(frames: int = F) -> tuple[Tensor, Tensor]:
    return 3 * torch.rand(B, V, frames, 5, 5), torch.randn(B, frames, CONTEXT)


def livelier(network: nn.Module) -> nn.Module:
    """With larger weights, so that what should matter does."""
    with torch.no_grad():
        for name, values in network.named_parameters():
            if "weight" in name:
                values.mul_(3)
    return network


def plain(network: GlimpseCloud, maps: Tensor, contexts: Tensor, *, what: bool) -> Cloud:
    """Equations 1 to 8, one after the other."""
    attention, assign, workers = network.attention, network.assign, network.workers
    assert isinstance(attention, SequentialAttention)
    assert isinstance(assign, SoftAssignment)
    G, C = network.plan.glimpses, network.plan.workers
    h = torch.zeros(B, attention.remember.hidden_size)
    z = v = torch.zeros(B, V)
    memory, r = assign.start(B), [torch.zeros(B, workers.units) for _ in range(C)]
    places, vectors, weights, states = [], [], [], []
    for t in range(maps.shape[2]):
        seen = []
        for _ in range(G):
            h = attention.remember(
                torch.cat([z if what else v, torch.stack(r).sum(dim=0)], dim=1), h
            )
            raw = attention.locate(torch.cat([h, contexts[:, t]], dim=1))
            place = torch.cat([torch.tanh(raw[:, :2]), torch.sigmoid(raw[:, 2:] + 3)], dim=1)
            z = glimpse_features(maps[:, :, t], place, size=network.plan.crop)
            v = network.encode(z, place)
            places.append(place)
            seen.append(v)
        p, memory = assign(torch.stack(seen, dim=1), memory)
        for c, worker in enumerate(workers.recurrent):
            mixed = sum(p[:, g, c, None] * seen[g] for g in range(G))
            r[c] = worker(mixed, r[c])
        vectors += seen
        weights.append(p)
        states.append(torch.stack(r, dim=1))
    return Cloud(
        torch.stack(places, dim=1).unflatten(1, (-1, G)),
        torch.stack(vectors, dim=1).unflatten(1, (-1, G)),
        torch.stack(weights, dim=1),
        torch.stack(states, dim=1),
    )


@pytest.mark.parametrize("glimpses", [1, 2, 3, 4])
@pytest.mark.parametrize("workers", [1, 3, 4])
def test_it_is_what_the_equations_say(glimpses: int, workers: int) -> None:
    for reads in ("what_and_where", "what"):
        network = cloud_of(glimpses=glimpses, workers=workers, attention_reads=reads)
        livelier(network)
        values = some_input()
        found, wanted = network(*values), plain(network, *values, what=reads == "what")
        for name, shape in {
            "places": (B, F, glimpses, 4),
            "vectors": (B, F, glimpses, V),
            "weights": (B, F, glimpses, workers),
            "states": (B, F, workers, 5),
        }.items():
            assert getattr(found, name).shape == shape
            torch.testing.assert_close(
                getattr(found, name), getattr(wanted, name), atol=1e-5, rtol=1e-4
            )


def test_each_worker_goes_on_from_its_own_state_and_says_its_own() -> None:
    workers = cloud_of().workers
    states, inputs = torch.randn(B, 3, 5), torch.randn(B, 3, V)
    after, said = workers(inputs, states), workers.logits(states)
    for c in range(3):
        changed = states.clone()
        changed[:, c] += 1
        others = [o for o in range(3) if o != c]
        for found, old in ((workers(inputs, changed), after), (workers.logits(changed), said)):
            assert (found[:, c] != old[:, c]).any()
            assert torch.equal(found[:, others], old[:, others])


def test_the_last_answer_teaches_every_part_even_the_first_place() -> None:
    network = cloud_of(distance="learned")
    livelier(network)
    maps, contexts = some_input()
    maps.requires_grad_()
    found = network(maps, contexts)
    found.places.retain_grad()
    network.workers.logits(found.states[:, -1]).square().sum().backward()
    assert maps.grad is not None
    assert (maps.grad[:, :, 0].abs().sum(dim=(1, 2, 3)) > 0).all()
    for name, values in network.named_parameters():
        assert values.grad is not None, name
        assert torch.isfinite(values.grad).all(), name
        assert values.grad.abs().max() > 0, name


def test_places_learn_through_the_crops_alone() -> None:
    """Not only by what the place says in "what and where"."""
    network = cloud_of(encoding="concat", attention="saliency")
    livelier(network)
    cut = network.encode.forward
    network.encode.forward = lambda what, place: cut(what, place.detach())  # type: ignore[method-assign]
    found = network(*some_input())
    network.workers.logits(found.states[:, -1]).square().sum().backward()
    gradient = network.attention.locate.weight.grad  # type: ignore[union-attr]
    assert isinstance(gradient, Tensor)
    assert (gradient.abs().amax(dim=1) > 0).all()


def test_the_state_of_the_attention_goes_on_from_frame_to_frame() -> None:
    network = cloud_of()
    livelier(network)
    maps, contexts = some_input()
    other = maps.clone()
    other[:, :, 0] = maps[:, :, 0].roll(1, 0)
    before, after = network(maps, contexts), network(other, contexts)
    assert torch.equal(before.places[:, 0, 0], after.places[:, 0, 0])
    assert (before.places[:, 1] - after.places[:, 1]).abs().amax(dim=(1, 2)).min() > 1e-3


def test_what_comes_later_changes_nothing_before() -> None:
    network = cloud_of()
    maps, contexts = some_input()
    full, part = network(maps, contexts), network(maps[:, :, :2], contexts[:, :2])
    for found, wanted in zip(full, part, strict=True):
        torch.testing.assert_close(found[:, :2], wanted)


def test_the_sum_of_glimpses_goes_to_one_worker() -> None:
    network = cloud_of(assignment="sum", workers=1)
    found = network(*some_input())
    state = torch.zeros(B, 5)
    for t in range(F):
        state = network.workers.recurrent[0](found.vectors[:, t].sum(dim=1), state)
        torch.testing.assert_close(found.states[:, t, 0], state)
    assert (found.weights == 1).all()


def test_random_places_need_no_weights_and_are_everywhere() -> None:
    network = cloud_of(attention="random")
    assert not list(network.attention.parameters())
    maps, contexts = some_input()
    assert (network(maps, contexts).places != network(maps, contexts).places).all()
    network.eval()
    assert torch.equal(network(maps, contexts).states, network(maps, contexts).states)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"temperature": 2.0}, 1),
        ({"distance_scope": "clip"}, 1),
        ({"decay": 0.5}, 2),  # with one frame in memory there is nothing older
        ({"memory_frames": 1}, 2),
    ],
)
def test_choices_of_the_assignment_change_what_workers_get(
    changes: dict[str, Any], first: int
) -> None:
    usual, changed = cloud_of(), cloud_of(**changes)
    changed.load_state_dict(usual.state_dict())
    values = some_input()
    before, after = usual(*values).weights, changed(*values).weights
    torch.testing.assert_close(before[:, :first], after[:, :first])
    assert (before[:, first] - after[:, first]).abs().amax(dim=(1, 2)).max() > 1e-4


# Tubes


def test_a_tube_stays_in_its_place_and_has_a_worker_of_its_own() -> None:
    network = tubes_of()
    livelier(network)
    found = network(*some_input())
    assert found.places.shape == (B, F, 3, 4)
    assert torch.equal(found.places, found.places[:, :1].expand_as(found.places))
    assert (found.places[:, 0, 0] - found.places[:, 0, 1]).abs().max() > 1e-3
    assert torch.equal(found.weights, torch.eye(3).expand(B, F, 3, 3))
    for g, worker in enumerate(network.workers.recurrent):
        state = torch.zeros(B, 5)
        for t in range(F):
            state = worker(found.vectors[:, t, g], state)
            torch.testing.assert_close(found.states[:, t, g], state)


def test_a_tube_sees_every_frame_at_its_place() -> None:
    network = tubes_of(encoding="concat")
    maps, contexts = some_input()
    found = network(maps, contexts)
    for t in range(F):
        for g in range(3):
            place = found.places[:, t, g]
            what = glimpse_features(maps[:, :, t], place, size=3)
            torch.testing.assert_close(found.vectors[:, t, g], torch.cat([what, place], dim=1))


def test_the_next_tube_depends_on_what_the_last_one_saw_and_on_all_frames() -> None:
    network = tubes_of()
    livelier(network)
    maps, contexts = some_input()
    found = network(maps, contexts)
    state = torch.zeros(B, 7)
    last, recognised = torch.zeros(B, V), torch.zeros(B, 5)
    for g in range(3):
        known = Known(last, recognised, contexts.mean(dim=1))
        place, state = network.attention(state, known)
        torch.testing.assert_close(found.places[:, 0, g], place)
        last, recognised = found.vectors[:, :, g].mean(dim=1), found.states[:, -1, : g + 1].sum(1)
    other = network(maps.roll(1, 0), contexts)
    assert torch.equal(found.places[:, 0, 0], other.places[:, 0, 0])
    assert (found.places[:, 0, 1] - other.places[:, 0, 1]).abs().amax(dim=1).min() > 1e-3


# Plans


def test_the_usual_plan_is_the_papers_best() -> None:
    plan = CloudPlan()
    assert (plan.glimpses, plan.workers, plan.attention_units, plan.worker_units) == (
        3,
        3,
        1024,
        512,
    )
    assert (plan.temperature, plan.decay, plan.memory_frames, plan.crop) == (0.5, 4.0, None, 7)
    assert (plan.attention, plan.assignment, plan.distance) == ("glimpses", "memory", "learned")


def test_the_network_takes_every_field_of_a_plan_with_its_default() -> None:
    given = signature(GlimpseClouds).parameters
    usual = {field.name: field.default for field in fields(CloudPlan)}
    assert {name: given[name].default for name in usual if name in given} == usual


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention": "hard"}, "attention 'hard' is none of glimpses, saliency, random, tubes"),
        ({"assignment": "hard"}, "assignment 'hard' is none of memory, sum"),
        ({"distance": "euclid"}, "distance 'euclid' is none of learned, random, fixed"),
        ({"encoding": "sum"}, "encoding 'sum' is none of product, concat"),
        ({"attention_reads": "all"}, "attention_reads 'all' is none of what_and_where, what"),
        ({"distance_scope": "all"}, "distance_scope 'all' is none of batch, clip"),
        ({"glimpses": 0}, "glimpses must be above 0, got 0"),
        ({"temperature": 0.0}, "temperature must be above 0, got 0.0"),
        ({"decay": float("nan")}, "decay must be above 0, got nan"),
        ({"memory_frames": 0}, "memory_frames must be above 0, got 0"),
        ({"workers": "3"}, "workers must be a whole number, got '3'"),
        ({"attention": "tubes", "workers": 2}, "as many, got 3 and 2"),
        ({"assignment": "sum"}, "got workers=3, attention='glimpses'"),
        ({"assignment": "sum", "attention": "tubes"}, "is none of tubes"),
    ],
)
def test_plans_that_cannot_be_built_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CloudPlan(**changes)

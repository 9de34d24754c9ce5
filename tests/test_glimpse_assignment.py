"""Soft assignment: like glimpses go to the same worker, recent ones count more, none is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds.soft_assignment import (
    Distance,
    Memory,
    SoftAssignment,
    Summation,
    scaled_distances,
)
from tests.made_samples import seeded

B, F, G, C, V = 3, 4, 2, 3, 6


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def assignment(**changes: Any) -> SoftAssignment:
    values: dict[str, Any] = {"channels": V, "glimpses": G, "workers": C, "distance": "random"}
    return SoftAssignment(**{**values, **changes})


def run(assign: SoftAssignment, vectors: Tensor) -> Tensor:
    """(B, F, G, C) weights of (B, F, G, V), frame by frame."""
    memory, found = assign.start(len(vectors)), []
    for frame in vectors.unbind(dim=1):
        weights, memory = assign(frame, memory)
        found.append(weights)
    return torch.stack(found, dim=1)


@torch.no_grad()
def plain_loops(assign: SoftAssignment, vectors: Tensor) -> Tensor:
    """The same by equations 9 and 10, one number after the other; all memories are kept."""
    clips, frames, glimpses, _ = vectors.shape
    weights = torch.zeros(clips, frames, glimpses, len(assign.first))
    weights[:, 0] = assign.first.softmax(dim=1).T
    for t in range(1, frames):
        distances = {
            (b, g, k, j): plain_distance(assign, vectors[b, t, g], vectors[b, k, j])
            for b, g, k, j in product(range(clips), range(glimpses), range(t), range(glimpses))
        }
        low, high = min(distances.values()), max(distances.values())
        for b, c in product(range(clips), range(len(assign.first))):
            scores = [0.0] * glimpses
            for g, k, j in product(range(glimpses), range(t), range(glimpses)):
                phi = (distances[b, g, k, j] - low) / (high - low)
                decay = math.exp(-(t - k - 1) / assign.decay)
                scores[g] += decay * float(weights[b, k, j, c]) * (1 - phi)
            powers = [math.exp(score / assign.temperature) for score in scores]
            for g in range(glimpses):
                weights[b, t, g, c] = powers[g] / sum(powers)
    return weights


def plain_distance(assign: SoftAssignment, x: Tensor, y: Tensor) -> float:
    return math.sqrt(max(float((x - y) @ assign.distance_matrix @ (x - y)), 0.0))


def kinds(*order: str) -> Tensor:
    """(1, frames, 2, V) glimpses of two kinds, each a little different every time."""
    middles = {"a": torch.zeros(V), "b": 10 * torch.ones(V)}
    frames = [torch.stack([middles[kind] for kind in frame]) for frame in order]
    vectors = torch.stack(frames)[None]
    return vectors + 0.1 * torch.randn_like(vectors)


def specialised() -> SoftAssignment:
    """Worker 0 first gets almost all of glimpse 0, worker 1 of glimpse 1."""
    assign = assignment(workers=2, distance="learned")
    with torch.no_grad():
        assign.first.copy_(torch.tensor([[4.0, 0.0], [0.0, 4.0]]))
    return assign


# Against the equations


@pytest.mark.parametrize("changes", [{}, {"temperature": 0.2, "decay": 1.0}])
def test_it_is_what_plain_loops_over_the_equations_find(changes: dict[str, float]) -> None:
    assign, vectors = assignment(**changes), torch.randn(B, F, G, V)
    found = run(assign, vectors)
    torch.testing.assert_close(found, plain_loops(assign, vectors), atol=1e-5, rtol=1e-4)
    assert found[:, 1:].std(dim=2).min() > 1e-4  # glimpses do get different weights


def test_each_workers_weights_of_a_frames_glimpses_sum_to_one() -> None:
    found = run(assignment(glimpses=3), torch.randn(B, F, 3, V))
    assert found.shape == (B, F, 3, C)
    torch.testing.assert_close(found.sum(dim=2), torch.ones(B, F, C), atol=1e-6, rtol=0)
    assert found.min() > 0


def test_the_first_frame_is_weighed_by_learned_numbers() -> None:
    assign = assignment()
    assert (assign.first > 0).all()
    found = run(assign, torch.randn(B, 1, G, V))[:, 0]
    wanted = assign.first.softmax(dim=1).T
    torch.testing.assert_close(found, wanted.expand(B, -1, -1))
    found[..., 0].square().sum().backward()
    assert assign.first.grad is not None
    assert assign.first.grad[0].abs().min() > 0


# What it is for


def test_the_worker_that_saw_a_kind_of_glimpse_gets_the_next_of_that_kind() -> None:
    found = run(specialised(), kinds("ab", "ba", "ba", "ab"))[0]
    for frame, order in zip(found, ("ab", "ba", "ba", "ab"), strict=True):
        for worker, kind in enumerate("ab"):
            assert frame[order.index(kind), worker] > 0.8


def test_workers_that_saw_no_kind_more_than_another_get_all_alike() -> None:
    assign = specialised()
    with torch.no_grad():
        assign.first.zero_()
    found = run(assign, kinds("ab", "ba", "ab"))
    torch.testing.assert_close(found, torch.full_like(found, 0.5), atol=0.02, rtol=0)


@pytest.mark.parametrize("latest", [0, 1])
def test_recent_memories_count_more_than_old_ones(latest: int) -> None:
    """Worker 0 got one kind in the last frame, the other one before; worker 1 the reverse."""
    assign, pair = specialised(), kinds("ab")[:, 0]
    got = torch.zeros(1, 2, 2, 2)  # clip, frame, glimpse, worker
    got[0, 1, latest, 0] = got[0, 0, 1 - latest, 0] = 1.0
    got[..., 1] = 1 - got[..., 0]
    found, _ = assign(pair, Memory(pair.expand(1, 2, 2, V), got))
    assert found[0, latest, 0] > 0.6
    assert found[0, latest, 1] < 0.4


def test_a_memory_counts_one_in_e_after_so_many_frames() -> None:
    assign = assignment(workers=1, distance="learned", decay=2.0)
    near, far = torch.zeros(V), torch.ones(V)
    scores = []
    for frames in range(1, 6):  # the memory is followed by so many frames less one of nothing
        weights = torch.zeros(1, frames, G, 1)
        weights[0, 0, 0] = 1.0
        past = torch.stack([near, far]).expand(1, frames, G, V)
        found, _ = assign(torch.stack([near, far])[None], Memory(past, weights))
        scores.append((found[0, 0, 0] / found[0, 1, 0]).log().item() * assign.temperature)
    assert scores == pytest.approx([math.exp(-passed / 2) for passed in range(5)], abs=1e-5)


def test_the_oldest_frame_is_forgotten_when_the_memory_is_full() -> None:
    assign, vectors = assignment(memory_frames=2), torch.randn(B, F, G, V)
    memory = assign.start(B)
    for frame in vectors.unbind(dim=1):
        _, memory = assign(frame, memory)
    torch.testing.assert_close(memory.glimpses, vectors[:, -2:] @ assign.factor)
    full = assignment()
    full.load_state_dict(assign.state_dict())
    found, wanted = run(assign, vectors), run(full, vectors)
    torch.testing.assert_close(found[:, :3], wanted[:, :3])
    assert (found[:, 3:] - wanted[:, 3:]).abs().max() > 1e-3


# Distances


def test_distances_are_between_zero_and_one_over_the_batch_or_over_each_clip() -> None:
    new, past = torch.randn(B, G, V), torch.randn(B, 5, V)
    new[0] *= 10
    found = scaled_distances(new, past, over="batch")
    plain = torch.cdist(new, past)
    wanted = (plain - plain.min()) / (plain.max() - plain.min())
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    each = scaled_distances(new, past, over="clip")
    assert (each.amin(dim=(1, 2)) == 0).all()
    assert (each.amax(dim=(1, 2)) == 1).all()
    alone = scaled_distances(new[1:2], past[1:2], over="batch")
    torch.testing.assert_close(each[1:2], alone)


def test_over_each_clip_no_clip_depends_on_others() -> None:
    vectors = torch.randn(B, F, G, V)
    vectors[0] *= 10
    by_clip, by_batch = assignment(scope="clip"), assignment(scope="batch")
    together = run(by_clip, vectors)
    for b in range(B):
        torch.testing.assert_close(run(by_clip, vectors[b : b + 1])[0], together[b])
    assert (run(by_batch, vectors[1:2])[0] - run(by_batch, vectors)[1]).abs().max() > 1e-3


@pytest.mark.parametrize("scope", ["batch", "clip"])
def test_glimpses_that_are_all_alike_have_finite_weights_and_gradients(scope: str) -> None:
    assign = assignment(scope=scope)
    vectors = torch.ones(B, F, G, V, requires_grad=True)
    found = run(assign, vectors)
    assert torch.isfinite(found).all()
    found.square().sum().backward()
    assert assign.factor.grad is not None
    assert vectors.grad is not None
    assert torch.isfinite(assign.factor.grad).all()
    assert torch.isfinite(vectors.grad).all()


@pytest.mark.parametrize("distance", ["learned", "random", "fixed"])
def test_the_distance_is_symmetric_and_never_imaginary(distance: Distance) -> None:
    assign = assignment(distance=distance)
    if distance != "random":
        assign.fit(torch.randn(30, V))
    run(assign, torch.randn(B, F, G, V))[:, 2:].square().sum().backward()
    if distance != "fixed":
        torch.optim.SGD([assign.factor], lr=100.0).step()  # whatever it learns
    D = assign.distance_matrix
    torch.testing.assert_close(D, D.T)
    assert torch.linalg.eigvalsh(D.double()).min() > -1e-4 * D.abs().max()


def test_distances_learn_unless_they_are_fixed() -> None:
    for distance, learns in (("learned", True), ("random", True), ("fixed", False)):
        assign = assignment(distance=distance)
        before = assign.factor.clone()
        is_identity = torch.equal(before, torch.eye(V))
        assert is_identity == (distance != "random")
        run(assign, torch.randn(B, F, G, V))[:, 2].square().sum().backward()
        assert (assign.factor.grad is not None) == learns
        if learns:
            assert assign.factor.grad is not None
            assert assign.factor.grad.abs().max() > 1e-5


def test_a_random_distance_has_eigenvalues_of_mean_one() -> None:
    D = assignment(channels=200).distance_matrix
    assert D.trace().item() / 200 == pytest.approx(1, abs=0.05)


def test_a_random_distance_is_not_fitted() -> None:
    with pytest.raises(ValueError, match="begins at random is not fitted"):
        assignment().fit(torch.randn(30, V))


# Fitting


def test_fitted_distances_are_mahalanobis_and_so_the_same_in_any_units() -> None:
    vectors = torch.randn(4000, V) @ torch.randn(V, V)
    assign = assignment(distance="learned")
    assign.fit(vectors)
    covariance = torch.cov(vectors.T)
    inverse = torch.linalg.inv(covariance)
    wanted = inverse / inverse.trace() * V
    scale = wanted.abs().max().item()
    torch.testing.assert_close(assign.distance_matrix, wanted, atol=0.03 * scale, rtol=0)
    other = assignment(distance="learned")
    other.fit(1000 * vectors)
    torch.testing.assert_close(other.distance_matrix, assign.distance_matrix, atol=1e-4, rtol=1e-3)


def test_a_sum_gives_all_of_every_glimpse_to_one_worker() -> None:
    assign, vectors = Summation(), torch.randn(B, G, V)
    weights, memory = assign(vectors, assign.start(B))
    assert torch.equal(weights, torch.ones(B, G, 1))
    assert memory is None

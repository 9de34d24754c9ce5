"""t-SNE keeps neighbours: by hand, against a plain loop and by numbers, and on separate clouds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tools.explaining.tsne import divergence, embedded, gradient, neighbourhoods


def clouds(count: int, each: int, apart: float, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points about some centres in ten dimensions, and of which cloud each is."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count).repeat(each)
    centres = rng.normal(0, 1, (count, 10))
    centres *= apart / np.linalg.norm(centres, axis=1, keepdims=True)
    return centres[labels] + rng.normal(0, 1, (count * each, 10)), labels


def share_of_neighbours(places: np.ndarray, labels: np.ndarray) -> float:
    """Share of points whose nearest one is of the same cloud."""
    distances = cdist(places, places)
    np.fill_diagonal(distances, np.inf)
    return float((labels[distances.argmin(axis=1)] == labels).mean())


def test_separate_clouds_stay_separate_and_others_do_not_become_it() -> None:
    points, labels = clouds(4, 30, 15.0)
    places = embedded(points, perplexity=15, steps=250)
    assert places.shape == (120, 2) and np.isfinite(places).all()
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-9)
    assert share_of_neighbours(places, labels) == 1.0
    inner = max(places[labels == c].std(axis=0).max() for c in range(4))
    middles = np.array([places[labels == c].mean(axis=0) for c in range(4)])
    gaps = cdist(middles, middles)[np.triu_indices(4, 1)]
    assert gaps.min() > 2 * inner
    mixed, labels = clouds(4, 30, 0.0)
    assert share_of_neighbours(embedded(mixed, perplexity=15, steps=250), labels) < 0.5


def test_it_makes_the_divergence_small() -> None:
    points, _ = clouds(3, 20, 10.0)
    P = neighbourhoods(points, 10)
    start = np.random.default_rng(1).normal(0, 1e-2, (60, 2))
    assert divergence(P, embedded(points, perplexity=10, steps=300)) < divergence(P, start) / 3


def test_neighbourhoods_are_a_distribution_of_the_perplexity() -> None:
    points, _ = clouds(2, 10, 4.0)
    P = neighbourhoods(points, 6.0)
    np.testing.assert_allclose(P, P.T, atol=1e-15)
    assert P.sum() == pytest.approx(1) and (np.diag(P) == 0).all() and (P >= 0).all()
    # By a plain loop: each point's own distribution of this perplexity, found by trying widths.
    squares = cdist(points, points) ** 2
    each = np.zeros((20, 20))
    for i in range(20):
        others = np.arange(20) != i
        best = np.inf
        for log_width in np.linspace(-1, 4, 1501):
            p = np.exp(-squares[i, others] / np.exp(log_width))
            p /= p.sum()
            off = abs(2 ** -(p * np.log2(np.maximum(p, 1e-300))).sum() - 6.0)
            if off < best:
                best, each[i, others] = off, p
    np.testing.assert_allclose(P, (each + each.T) / 40, atol=5e-5)


def test_the_gradient_is_that_of_the_divergence() -> None:
    rng = np.random.default_rng(0)
    P = neighbourhoods(rng.normal(0, 1, (8, 3)), 2.0)
    places = rng.normal(0, 1, (8, 2))
    numeric = np.zeros_like(places)
    for index in np.ndindex(places.shape):
        step = np.zeros_like(places)
        step[index] = 1e-5
        numeric[index] = (divergence(P, places + step) - divergence(P, places - step)) / 2e-5
    np.testing.assert_allclose(gradient(P, places), numeric, atol=1e-7)


def test_the_same_points_come_to_the_same_places_whatever_their_size() -> None:
    points, _ = clouds(2, 10, 8.0)
    first = embedded(points, steps=100)
    np.testing.assert_array_equal(embedded(points, steps=100), first)
    np.testing.assert_allclose(
        neighbourhoods(points, 5), neighbourhoods(1000 * points + 7, 5), atol=1e-9
    )


@pytest.mark.parametrize("D", [1, 3])
def test_points_that_are_all_alike_or_few_are_placed_all_the_same(D: int) -> None:
    for points in (np.ones((12, D)), np.arange(5 * D, dtype=float).reshape(5, D)):
        assert np.isfinite(embedded(points, steps=50)).all()


def test_too_few_points_or_no_numbers_are_refused() -> None:
    for points in (np.zeros((4, 3)), np.zeros(9), np.full((9, 2), np.nan)):
        with pytest.raises(ValueError, match="t-SNE takes 5 or more points"):
            embedded(points)

"""t-SNE: points of many dimensions in a plane, those that are near staying near.

Van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 2008. Exact, so that its time grows
with the square of the number of points: some hundreds take seconds. VPN's figure 6 b is one, and no
library that has it is among the project's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist, squareform
from scipy.special import xlogy

Array = npt.NDArray[np.floating]
FEWEST = 5  # points: with fewer there is no neighbourhood to keep
EXAGGERATION = 12.0  # of P at first, so that clusters form before they are placed
TINY = 1e-12


def embedded(points: Array, *, perplexity: float = 30.0, steps: int = 500, seed: int = 0) -> Array:
    """(N, 2) places in a plane, of no unit; the same for the same points and seed.

    Args:
        points: (N, D), N at least 5; thousands take minutes.
        perplexity: about how many neighbours each point has; at most a third of the others.
        steps: of gradient descent, the first quarter with exaggerated neighbourhoods.
        seed: of a little noise at the start, which parts points that are the same.

    Raises:
        ValueError: too few points, or some that are not finite.
    """
    if points.ndim != 2 or len(points) < FEWEST or not np.isfinite(points).all():
        raise ValueError(
            f"t-SNE takes {FEWEST} or more points (N, D) of finite numbers, got {points.shape}"
        )
    N = len(points)
    P = neighbourhoods(points, min(perplexity, (N - 1) / 3))
    places = _start(points, np.random.default_rng(seed))
    change, gains = np.zeros_like(places), np.ones_like(places)
    rate = max(N / EXAGGERATION / 4, 50.0)  # Belkina et al., Nature Communications 2019
    for step in range(steps):
        early = step < steps // 4
        slope = gradient(P * (EXAGGERATION if early else 1.0), places)
        gains = np.where(np.sign(slope) == np.sign(change), gains * 0.8, gains + 0.2).clip(0.01)
        change = (0.5 if early else 0.8) * change - rate * gains * slope
        places = places + change
        places -= places.mean(axis=0)
    return places


def neighbourhoods(points: Array, perplexity: float) -> Array:
    """(N, N) P, symmetric and of sum 1: how much each two points are neighbours.

    Each point's neighbourhood is a Gaussian, as wide as gives it the perplexity (section 2).

    Args:
        points: (N, D).
        perplexity: above 1, below N - 1.
    """
    apart = squareform(pdist(points.astype(np.float64), "sqeuclidean"))
    apart /= max(apart.mean(), TINY)
    np.fill_diagonal(apart, np.inf)
    low, high = np.full(len(points), -30.0), np.full(len(points), 30.0)  # log of 1 / width
    for _ in range(60):
        middle = (low + high) / 2
        wide = _entropies(_conditional(apart, np.exp(middle))) > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    each = _conditional(apart, np.exp((low + high) / 2))
    return (each + each.T) / (2 * len(points))


def divergence(P: Array, places: Array) -> float:
    """KL(P || Q), which the places make as small as they can."""
    Q, _ = _similarities(places)
    return float(np.sum(xlogy(P, P) - P * np.log(Q + np.eye(len(P)))))


def gradient(P: Array, places: Array) -> Array:
    """(N, 2) of `divergence` by the places (eq. 5)."""
    Q, near = _similarities(places)
    pull = (P - Q) * near
    return 4 * (pull.sum(axis=1)[:, None] * places - pull @ places)


def _similarities(places: Array) -> tuple[Array, Array]:
    """(N, N) Q, and Student's kernel that it is made of; no point is its own neighbour (eq. 4)."""
    near = 1 / (1 + squareform(pdist(places, "sqeuclidean")))
    np.fill_diagonal(near, 0)
    Q = np.maximum(near / near.sum(), TINY)
    np.fill_diagonal(Q, 0)
    return Q, near


def _conditional(apart: Array, sharpness: Array) -> Array:
    """(N, N) of which each row sums to 1."""
    nearest = apart.min(axis=1, keepdims=True)
    kernel = np.exp(-sharpness[:, None] * (apart - nearest))
    return kernel / kernel.sum(axis=1, keepdims=True)


def _entropies(each: Array) -> Array:
    """(N,) of rows, in nats."""
    return -xlogy(each, each).sum(axis=1)


def _start(points: Array, rng: np.random.Generator) -> Array:
    """(N, 2) the two main directions of the points, made small."""
    centred = points - points.mean(axis=0)
    u, singular, _ = np.linalg.svd(centred, full_matrices=False)
    main = np.zeros((len(points), 2))
    axes = (u * singular)[:, :2]
    main[:, : axes.shape[1]] = axes
    spread = max(float(main[:, 0].std()), TINY)
    return 1e-4 * (main / spread + rng.normal(0, 0.01, main.shape))

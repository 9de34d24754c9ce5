"""Smoothing of joints in time without delay, which takes off noise and keeps fast motion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import solveh_banded

Array = npt.NDArray[np.floating]

CUTOFF_HZ = 5.0  # gestures lie below; a punch above it is kept by the weights
ROUNDS = 3  # of new weights, after which curves move by less than the noise
COMMON_BEND = 4.5  # a joint's usual accelerations: up to these all are smoothed alike
LOWEST_WEIGHT = 1e-4  # of a bend: locally the cutoff rises to ten times itself, at most
COMMON_MISS = 6.0  # usual misses from what its neighbours foretell: up to these no spike
NEAR = 4  # frames to each side over which the usual step is taken
WIDEST = 2.0  # usual time steps: a sample beside a gap does not stand for more
SHORTEST = 0.01  # usual time steps: below, two timestamps count as this far apart
RIDGE = 1e-12  # of the diagonal: keeps the system solvable whatever the weights
FORETOLD = ((-2, -1), (1, 2), (-1, 1), (-2, -1, 1, 2))
"""Neighbours through which a line or a cubic foretells a sample: past, future, both."""


def smoothed(times: Array, values: Array, weights: Array, *, cutoff_hz: float = CUTOFF_HZ) -> Array:
    """The curves that are near the samples and bend little, by penalised least squares.

    Whittaker 1923, Henderson 1924: minimises the sum of w |x - y|^2 over the samples plus lambda
    times that of |acceleration|^2, both as integrals over the true time steps. The solution at a
    frame looks at both sides alike, so nothing is delayed; lines are kept exactly.

    Ours has two more weights, found from the samples. Where the curve accelerates much more than
    the joint does otherwise, the penalty is lowered and the curve may follow (a heavy-tailed prior,
    as of Student, by reweighting; Huber and Ronchetti 2009, chapter 7): a punch stays a punch. And
    a sample that neither its past nor its future nor both together foretell hardly counts: a wrong
    joint in one frame is no motion. Two such frames count in part; three in a row are motion.

    Args:
        times: (T,) s, strictly increasing; steps may differ.
        values: (T, J, C), finite; where the weight is 0 they may be anything.
        weights: (T, J) trust in each sample, 0 for none. A joint of weight 1 throughout has the
            stated cutoff; less weight means more smoothing.
        cutoff_hz: a sinusoid of this frequency comes out with half its amplitude, for weights of 1;
            of half the frequency, with 94 %; of twice, with 6 %.

    Returns:
        (T, J, C) finite, also where the weight is 0.

    Raises:
        ValueError: shapes that do not fit, times that do not increase, values that are not finite,
            negative weights, or a cutoff that is not positive.
    """
    times, values, weights = _checked(times, values, weights)
    if not 0 < cutoff_hz < np.inf:
        raise ValueError(f"cutoff_hz must be positive, got {cutoff_hz}")
    if len(times) < 3 or not values.size:
        return values.copy()
    step = float(np.median(np.diff(times)))
    steps = np.maximum(np.diff(times) / step, SHORTEST)  # 1 is the usual one from here on
    y = np.ascontiguousarray(values.transpose(1, 0, 2))  # (J, T, C)
    trust = np.where(weights.any(axis=0), weights, 1.0).T  # (J, T)
    trust = trust * _spans(steps) * _spike_weights(steps, y, trust > 0)
    bends = _Bends(steps, _penalty(cutoff_hz * step))
    x = bends.solve(y, trust, np.ones((len(y), len(steps) - 1)))
    for _ in range(ROUNDS):
        x = bends.solve(y, trust, _bend_weights(bends.of(x)))
    return x.transpose(1, 0, 2)


class _Bends:
    """Accelerations of curves at all samples but the outer two, and the least-squares problem."""

    def __init__(self, steps: Array, penalty: float) -> None:
        before, after = steps[:-1], steps[1:]
        middle = (before + after) / 2
        self._first = 1 / (before * middle)  # of x at the sample before
        self._last = 1 / (after * middle)
        self._cells = penalty * middle  # what each acceleration stands for in the integral

    def of(self, x: Array) -> Array:
        """(J, T - 2, C) accelerations of (J, T, C) curves, per squared time step."""
        first, last = self._first[:, None], self._last[:, None]
        moves = np.diff(x, axis=1)  # differences first, so that lines give zero
        return last * moves[:, 1:] - first * moves[:, :-1]

    def solve(self, y: Array, trust: Array, bend_weights: Array) -> Array:
        """(J, T, C) curves for (J, T) weights of the samples and (J, T - 2) of the accelerations.

        Solves for what must be added to the samples, whose right side is their own acceleration:
        however stiff the problem, a line needs nothing.
        """
        J, T, C = y.shape
        rows = self._cells * bend_weights
        pull = rows[..., None] * self.of(y)
        right = np.zeros_like(y)
        first, last = self._first, self._last
        middle = -(first + last)
        for start, factor in enumerate((first, middle, last)):
            right[:, start : start + T - 2] -= factor[:, None] * pull
        bands = np.zeros(
            (3, J, T)
        )  # the diagonal and two below; zeros part one joint from the next
        bands[0] = trust
        bands[0, :, :-2] += rows * first**2
        bands[0, :, 1:-1] += rows * middle**2
        bands[0, :, 2:] += rows * last**2
        bands[1, :, :-2] += rows * first * middle
        bands[1, :, 1:-1] += rows * middle * last
        bands[2, :, :-2] = rows * first * last
        bands[0] *= 1 + RIDGE
        added = solveh_banded(
            bands.reshape(3, -1), right.reshape(-1, C), lower=True, check_finite=False
        )
        return y + added.reshape(J, T, C)


def _penalty(cutoff: float) -> float:
    """Lambda for a cutoff in cycles per time step, in units of the time step.

    The curve through a sinusoid is the sinusoid divided by 1 + lambda * (2 sin(pi f))^4: the second
    difference multiplies it by -(2 sin(pi f))^2, and the penalty squares that. At the cutoff both
    terms are 1. Beyond half a cycle per step, which no samples show, lambda goes on falling.
    """
    angle = np.pi * cutoff
    size = np.sin(angle) if angle < np.pi / 2 else 1 + angle - np.pi / 2
    return float((2 * size) ** -4)


def _spans(steps: Array) -> Array:
    """(T,) time that each sample stands for: its steps to both sides, on average."""
    bounded = np.minimum(steps, WIDEST)
    return (np.concatenate([bounded[:1], bounded]) + np.concatenate([bounded, bounded[-1:]])) / 2


def _bend_weights(accelerations: Array) -> Array:
    """(J, T - 2) weights of the penalty: 1 for common accelerations, falling with larger ones."""
    norms = np.linalg.norm(accelerations, axis=-1)
    common = COMMON_BEND * _usual(norms, accelerations.shape[-1])
    return np.maximum(_ratio(common, norms) ** 2, LOWEST_WEIGHT)


def _usual(norms: Array, C: int) -> Array:
    """(J, 1) standard deviation per coordinate, from the median of (J, T) lengths of C-vectors.

    The median of a normal vector's squared length is C (1 - 2 / 9C)^3 (Wilson and Hilferty 1931).
    """
    return np.median(norms, axis=1, keepdims=True) / np.sqrt(C * (1 - 2 / (9 * C)) ** 3)


def _spike_weights(steps: Array, y: Array, present: npt.NDArray[np.bool_]) -> Array:
    """(J, T) weights of the samples: 1 where the neighbours foretell them, falling with the miss.

    A miss is usual up to a few times the joint's own, and up to the median way around it: a still
    joint without any noise may begin to move.
    """
    positions = np.concatenate([[0.0], np.cumsum(steps)])
    misses = np.full(present.shape, np.inf)
    for neighbours in FORETOLD:
        np.minimum(misses, _misses(positions, y, present, neighbours), out=misses)
    misses[~np.isfinite(misses)] = 0.0  # too few neighbours to tell
    usual = COMMON_MISS * _usual(misses, y.shape[-1])
    return _ratio(np.maximum(usual, _moves_around(y)), misses) ** 2


def _moves_around(y: Array) -> Array:
    """(J, T) median way from frame to frame in the few frames around each."""
    lengths = np.linalg.norm(np.diff(y, axis=1), axis=-1)  # (J, T - 1)
    width = min(2 * NEAR, lengths.shape[1])
    medians = np.median(sliding_window_view(lengths, width, axis=1), axis=-1)
    # The first and last frames share the outermost windows, none is cut: in a short one a single
    # wrong frame, which makes two long ways, could be the median.
    windows = np.clip(np.arange(y.shape[1]) - NEAR, 0, medians.shape[1] - 1)
    return medians[:, windows]


def _misses(
    positions: Array, y: Array, present: npt.NDArray[np.bool_], neighbours: tuple[int, ...]
) -> Array:
    """(J, T) distance of each sample from the polynomial through its neighbours; inf without."""
    T = len(positions)
    low, high = max(0, -neighbours[0]), T - max(0, neighbours[-1])
    result = np.full(present.shape, np.inf)
    if low >= high:
        return result
    at = positions[low:high]
    known = np.ones((len(y), high - low), dtype=bool)
    foretold = np.zeros((len(y), high - low, y.shape[2]))
    for one in neighbours:
        share = np.ones(high - low)  # Lagrange's
        for other in neighbours:
            if other != one:
                off = positions[low + other : high + other]
                share *= (at - off) / (positions[low + one : high + one] - off)
        foretold += share[:, None] * y[:, low + one : high + one]
        known &= present[:, low + one : high + one]
    distances = np.linalg.norm(y[:, low:high] - foretold, axis=-1)
    result[:, low:high] = np.where(known, distances, np.inf)
    return result


def _ratio(part: Array, whole: Array) -> Array:
    """The ratio of two arrays; 1 where the second is not larger."""
    larger = whole > part
    return np.where(larger, part / np.where(larger, whole, 1.0), 1.0)


def _checked(times: Array, values: Array, weights: Array) -> tuple[Array, Array, Array]:
    """The same as float64, if they fit together."""
    times, values, weights = (np.asarray(a, dtype=np.float64) for a in (times, values, weights))
    if times.ndim != 1 or values.ndim != 3 or values.shape[0] != len(times):
        raise ValueError(
            f"times must have shape (T,) and values (T, J, C), got {times.shape}, {values.shape}"
        )
    if weights.shape != values.shape[:2]:
        raise ValueError(f"weights must have shape {values.shape[:2]}, got {weights.shape}")
    if not (np.diff(times) > 0).all() or not np.isfinite(times).all():
        raise ValueError("times must increase from frame to frame, and be finite")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite: give absent ones any number and weight 0")
    if not ((weights >= 0) & np.isfinite(weights)).all():
        raise ValueError("weights must be finite and not negative")
    return times, values, weights

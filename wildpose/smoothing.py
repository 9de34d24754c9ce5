"""Choosing one pose per frame among the hypotheses, and filling short gaps in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from wildpose.types import Hypotheses

Array = npt.NDArray[np.floating]
MAX_JUMP = 0.5  # of the previous pose's box diagonal, at 30 frames/s; the thesis leaves it open
FRAME_S = 1 / 30  # the thesis' frames: at lower rates a person may go further between two
HELD_S = 10 * FRAME_S  # without an admissible hypothesis, after which tracking starts afresh
MAX_GAP_S = 0.5  # longer gaps are not filled: a spline would invent motion


@dataclass(frozen=True)
class Chosen:
    """One pose per frame of one person, where there was an admissible one."""

    joints: Array
    """(T, J, 3) m, camera axes; zeros where nothing was chosen."""
    joints_2d: Array
    """(T, J, 2) px; zeros where nothing was chosen."""
    taken: npt.NDArray[np.bool_]
    """(T,) False where no hypothesis was admissible."""


def best_scored(times: Array, hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The top-scored hypothesis of every frame, whatever came before.

    Args:
        times: (T,) s; not looked at.
        hypotheses: of each of the T frames.
    """
    del times
    chosen = [(f, int(np.argmax(f.scores)) if len(f) else None) for f in hypotheses]
    return _gathered(chosen)


def track2d(times: Array, hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The thesis' 2D tracking: the top-scored hypothesis among those near the pose before.

    Le Roux 2017, section 4.2.1. Starts from the top-scored pose; in each frame the hypotheses whose
    mean 2D joint distance to the last chosen pose exceeds half of that pose's box diagonal, more
    at less than 30 frames/s, are dropped. Where none is left the frame stays without a pose, for
    at most a third of a second: after that, or after an absence, anything may be chosen again.

    Args:
        times: (T,) s, increasing; gaps where the person was out of sight.
        hypotheses: of each of the T frames.
    """
    chosen: list[tuple[Hypotheses, int | None]] = []
    last: Array | None = None
    last_time = -np.inf
    for time, frame in zip(times, hypotheses, strict=True):
        near = np.ones(len(frame), dtype=bool)
        since = time - last_time
        if last is not None and since <= HELD_S + 1e-6:  # s; timestamps are rounded
            diagonal = np.linalg.norm(last.max(axis=0) - last.min(axis=0))
            distance = np.linalg.norm(frame.joints_2d - last, axis=-1).mean(axis=-1)
            near = distance <= MAX_JUMP * diagonal * max(1.0, since / FRAME_S)
        index = int(np.argmax(np.where(near, frame.scores, -np.inf))) if near.any() else None
        if index is not None:
            last, last_time = frame.joints_2d[index], time
        chosen.append((frame, index))
    return _gathered(chosen)


# What `--smooth` offers; one line each.
SMOOTHERS: dict[str, Callable[[Array, Iterable[Hypotheses]], Chosen]] = {
    "track2d": track2d,
    "none": best_scored,
}


def _gathered(chosen: list[tuple[Hypotheses, int | None]]) -> Chosen:
    """The chosen hypotheses as arrays; zeros where there is none."""
    joints = [f.joints[k] if k is not None else np.zeros(f.joints.shape[1:]) for f, k in chosen]
    joints_2d = [
        f.joints_2d[k] if k is not None else np.zeros(f.joints_2d.shape[1:]) for f, k in chosen
    ]
    taken = np.array([k is not None for _, k in chosen], dtype=bool)
    return Chosen(np.array(joints), np.array(joints_2d), taken)


def rows_to_fill(
    times: Array, seen: npt.NDArray[np.integer], *, max_gap_s: float = MAX_GAP_S
) -> npt.NDArray[np.intp]:
    """Frames of a person with the short gaps between sightings filled.

    Args:
        times: (F,) s, of all frames of the video.
        seen: (T,) frames in which the person was seen, increasing.
        max_gap_s: the longest time between two sightings that is filled.

    Returns:
        (T',) frames: those seen and those to be filled in, increasing.
    """
    if not len(seen):
        return np.zeros(0, dtype=np.intp)
    short = np.diff(times[seen]) <= max_gap_s + 1e-6  # s; timestamps are rounded
    spans = [
        np.arange(a + 1, b) for a, b, fill in zip(seen[:-1], seen[1:], short, strict=True) if fill
    ]
    return np.sort(np.concatenate([seen, *spans])).astype(np.intp)


def spline_fill(times: Array, values: Array, wanted: Array) -> Array:
    """Values at other times: a cubic spline through those known, which never overshoots.

    The thesis fills Kinect's gaps by cubic splines (Le Roux 2017, section 3.1.1). Ours keeps
    between the values on both sides of a gap (PCHIP, Fritsch and Carlson 1980): a spline with
    continuous curvature swings far out beside an abrupt change, to limbs of eight times their
    length. Held at both ends, never extrapolated.

    Args:
        times: (T,) s, increasing.
        values: (T, ...) at those times.
        wanted: (T',) s.

    Returns:
        (T', ...).
    """
    if len(times) == 1:
        return np.repeat(values, len(wanted), axis=0)
    return PchipInterpolator(times, values)(np.clip(wanted, times[0], times[-1]))

"""Choosing one pose per frame among the hypotheses, and filling short gaps in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from wildpose.types import Hypotheses

Array = npt.NDArray[np.floating]
MAX_JUMP = 0.5  # of the previous pose's box diagonal; the thesis leaves the threshold open
MAX_HELD = 10  # frames without an admissible hypothesis after which tracking starts afresh
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


def best_scored(hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The top-scored hypothesis of every frame, whatever came before."""
    return _gather(
        hypotheses, lambda frame, _: int(np.argmax(frame.scores)) if len(frame) else None
    )


def track2d(hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The thesis' 2D tracking: the top-scored hypothesis among those near the pose before.

    Le Roux 2017, section 4.2.1. Starts from the top-scored pose; in each frame the hypotheses whose
    mean 2D joint distance to the last chosen pose exceeds half of that pose's box diagonal are
    dropped. Where none is left the frame stays without a pose, for at most 10 frames.
    """
    held = 0

    def choose(frame: Hypotheses, last: Array | None) -> int | None:
        nonlocal held
        near = np.ones(len(frame), dtype=bool)
        if last is not None and held < MAX_HELD:
            diagonal = np.linalg.norm(last.max(axis=0) - last.min(axis=0))
            distance = np.linalg.norm(frame.joints_2d - last, axis=-1).mean(axis=-1)
            near = distance <= MAX_JUMP * diagonal
        held = 0 if near.any() else held + 1
        return int(np.argmax(np.where(near, frame.scores, -np.inf))) if near.any() else None

    return _gather(hypotheses, choose)


# What `--smooth` offers; one line each.
SMOOTHERS: dict[str, Callable[[Iterable[Hypotheses]], Chosen]] = {
    "track2d": track2d,
    "none": best_scored,
}


def _gather(
    hypotheses: Iterable[Hypotheses], choose: Callable[[Hypotheses, Array | None], int | None]
) -> Chosen:
    """Run through the frames, asking `choose` with the last chosen 2D pose."""
    joints: list[Array] = []
    joints_2d: list[Array] = []
    taken: list[bool] = []
    last: Array | None = None
    for frame in hypotheses:
        index = choose(frame, last)
        taken.append(index is not None)
        if index is None:
            joints.append(np.zeros(frame.joints.shape[1:]))
            joints_2d.append(np.zeros(frame.joints_2d.shape[1:]))
            continue
        joints.append(frame.joints[index])
        joints_2d.append(frame.joints_2d[index])
        last = joints_2d[-1]
    return Chosen(np.array(joints), np.array(joints_2d), np.array(taken, dtype=bool))


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
    """Values at other times: a cubic spline through those known.

    The thesis fills Kinect's gaps so (Le Roux 2017, section 3.1.1). Linear below four known
    values; held at both ends, never extrapolated.

    Args:
        times: (T,) s, increasing.
        values: (T, ...) at those times.
        wanted: (T',) s.

    Returns:
        (T', ...).
    """
    within = np.clip(wanted, times[0], times[-1])
    if len(times) >= 4:
        return CubicSpline(times, values)(within)
    flat = values.reshape(len(times), -1)
    columns = [np.interp(within, times, column) for column in flat.T]
    return np.stack(columns, axis=-1).reshape(len(wanted), *values.shape[1:])

"""Choosing frame by frame: the top score, or the top score among the poses near the last one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from wildpose.smoothing.chosen import Chosen, SmoothedTrack, filled, gathered
from wildpose.types import Hypotheses, Track

Array = npt.NDArray[np.floating]
MAX_JUMP = 0.5  # of the previous pose's box diagonal, at 30 frames/s; the thesis leaves it open
FRAME_S = 1 / 30  # the thesis' frames: at lower rates a person may go further between two
HELD_S = 10 * FRAME_S  # without an admissible hypothesis, after which tracking starts afresh


def smooth_none(
    track: Track, hypotheses: Iterable[Hypotheses], clock: Array
) -> SmoothedTrack | None:
    """The top-scored pose of every frame; see `wildpose.smoothing.Smoother`."""
    return filled(track, best_scored(hypotheses), clock)


def smooth_track2d(
    track: Track, hypotheses: Iterable[Hypotheses], clock: Array
) -> SmoothedTrack | None:
    """The thesis' 2D tracking; see `wildpose.smoothing.Smoother`."""
    return filled(track, track2d(track.times, hypotheses), clock)


def best_scored(hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The top-scored hypothesis of every frame, whatever came before."""
    chosen = [(f, int(np.argmax(f.scores)) if len(f) else None) for f in hypotheses]
    return gathered(chosen)


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
    return gathered(chosen)

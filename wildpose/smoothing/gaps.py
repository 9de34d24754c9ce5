"""Filling short gaps in time, so that a blink of the detector is no hole in a motion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

Array = npt.NDArray[np.floating]
MAX_GAP_S = 0.5  # longer gaps are not filled: a spline would invent motion


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

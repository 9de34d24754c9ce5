"""Windows of a track: what a network that looks at many frames is shown around each of them.

By time, not by row: networks learnt at one frame rate, and videos have any. Each frame has its own
window with itself in the middle, its past before and its future behind it:

    look of 5 frames, a step each        p p 0 1 2 | 3 | 4 5
    the window of row 0                  0 0[0]1 2          padded with the first row
    of row 3                             1 2[3]4 5
    of row 5, the last                   3 4[5]5 5          padded with the last
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
MAX_GAP_S = 0.5  # over a longer absence nobody knows where somebody was; as gaps are filled


@dataclass(frozen=True)
class Look:
    """How much of a track a network looks at, at once."""

    frames: int
    """Of a window."""
    step_s: float
    """Seconds from one to the next."""
    causal: bool = False
    """Whether the frame that is asked about is the last one; else it is in the middle."""
    every_s: float = 0.0
    """Of a network that tells of all frames of a window: seconds from one window to the next, each
    telling of the rows that are nearest to its middle. 0: a window for each row."""

    def __post_init__(self) -> None:
        if self.frames < 1 or not self.step_s > 0:
            raise ValueError(f"a window has frames and a step between them, got {self}")

    @property
    def offsets(self) -> Array:
        """(L,) s, from the frame that is asked about."""
        own = self.frames - 1 if self.causal else self.frames // 2
        return (np.arange(self.frames) - own) * self.step_s


def stretches(times: Array) -> list[slice]:
    """Rows between long absences: no window reaches over one.

    Args:
        times: (T,) s, increasing.
    """
    if not len(times):
        return []
    breaks = np.flatnonzero(np.diff(times) > MAX_GAP_S + 1e-6) + 1  # timestamps are rounded
    edges = [0, *breaks.tolist(), len(times)]
    return [slice(a, b) for a, b in pairwise(edges)]


def middles(times: Array, look: Look) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows that windows are around, and which of these windows tells of each row.

    Args:
        times: (T,) s, of one stretch.
        look: of the network.

    Returns:
        (N,) rows, increasing; (T,) in 0 to N - 1.
    """
    if look.every_s == 0:
        rows = np.arange(len(times))
        return rows, rows
    wanted = np.arange(times[0], times[-1] + look.every_s, look.every_s)
    rows = np.unique(_nearest(times, wanted))
    return rows, _nearest(times[rows], times)


def windows(times: Array, values: Array, rows: npt.NDArray[np.intp], look: Look) -> Array:
    """The windows around some rows; between rows linear, beyond both ends as at the ends.

    Args:
        times: (T,) s, of one stretch.
        values: (T, ...), such as joints.
        rows: (N,).
        look: of the network.

    Returns:
        (N, L, ...).
    """
    return _at(times, values, times[rows][:, None] + look.offsets)


def answers(found: Array, times: Array, asked: Array, look: Look) -> Array:
    """What windows tell of one moment each; between their frames linear.

    Args:
        found: (N, L, ...) of all frames of each window.
        times: (N,) s, of the frames that the windows are around.
        asked: (N,) s.
        look: of the network.

    Returns:
        (N, ...).
    """
    place = np.interp(asked - times, look.offsets, np.arange(look.frames))
    before = np.minimum(place.astype(int), max(look.frames - 2, 0))
    after = np.minimum(before + 1, look.frames - 1)
    n = np.arange(len(found))
    share = (place - before).reshape(-1, *[1] * (found.ndim - 2))
    return (1 - share) * found[n, before] + share * found[n, after]


def _nearest(times: Array, wanted: Array) -> npt.NDArray[np.intp]:
    """(N,) rows of (T,) increasing times that are nearest to (N,) others; the earlier of two."""
    after = np.clip(np.searchsorted(times, wanted), 1, max(len(times) - 1, 1))
    after = np.minimum(after, len(times) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(wanted - times[before] <= times[after] - wanted, before, after)


def _at(times: Array, values: Array, wanted: Array) -> Array:
    """(N, L, ...) values at (N, L) times, held at both ends."""
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    step = np.maximum(times[after] - times[before], 1e-9)
    share = np.clip((wanted - times[before]) / step, 0, 1)
    share = np.where(after == before, 0.0, share)
    share = share.reshape(*share.shape, *[1] * (values.ndim - 1))
    return (1 - share) * values[before] + share * values[after]

"""One pose per frame, chosen among the hypotheses, and what becomes of it: a skeleton in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set
from wildpose.smoothing.gaps import rows_to_fill, spline_fill
from wildpose.types import Hypotheses, SkeletonSequence, Track

Array = npt.NDArray[np.floating]
FILLED_SCORE = 0.5  # what is filled in is half as sure as what is around it


@dataclass(frozen=True)
class Chosen:
    """One pose per frame of one person, where there was an admissible one."""

    joints: Array
    """(T, J, 3) m, camera axes; zeros where nothing was chosen."""
    joints_2d: Array
    """(T, J, 2) px; zeros where nothing was chosen."""
    taken: npt.NDArray[np.bool_]
    """(T,) False where no hypothesis was admissible."""
    proposed: npt.NDArray[np.bool_] = None  # type: ignore[assignment]  # filled in below
    """(T,) False where the pose is no hypothesis of this frame but what the path supposes there;
    all True when left out."""

    swapped: npt.NDArray[np.bool_] = None  # type: ignore[assignment]  # filled in below
    """(T,) True where the pose supposes that left and right were exchanged; all False when left
    out."""

    def __post_init__(self) -> None:
        if self.proposed is None:
            object.__setattr__(self, "proposed", np.ones(len(self.taken), dtype=bool))
        if self.swapped is None:
            object.__setattr__(self, "swapped", np.zeros(len(self.taken), dtype=bool))


@dataclass(frozen=True)
class SmoothedTrack:
    """One person's skeleton and the frames it belongs to."""

    frames: npt.NDArray[np.integer]
    """(T,) zero-based index among the decoded frames, increasing; long gaps have no rows."""
    skeleton: SkeletonSequence
    """T poses in lcr13, camera axes, with `joints_2d`; `root` is left to later stages."""


def gathered(chosen: list[tuple[Hypotheses, int | None]]) -> Chosen:
    """The chosen hypotheses as arrays; zeros where there is none."""
    joints = [f.joints[k] if k is not None else np.zeros(f.joints.shape[1:]) for f, k in chosen]
    joints_2d = [
        f.joints_2d[k] if k is not None else np.zeros(f.joints_2d.shape[1:]) for f, k in chosen
    ]
    taken = np.array([k is not None for _, k in chosen], dtype=bool)
    return Chosen(np.array(joints), np.array(joints_2d), taken)


def _scores(track: Track, chosen: Chosen) -> Array:
    """(T, J) of the track's joints; less where a pose is not proposed or sides were exchanged."""
    other = track.scores[:, joint_set(track.joint_set).mirrored]
    sure = np.where(chosen.swapped[:, None], np.minimum(track.scores, other), track.scores)
    return sure * np.where(chosen.proposed, 1.0, FILLED_SCORE)[:, None]


def filled(track: Track, chosen: Chosen, clock: Array) -> SmoothedTrack | None:
    """The chosen poses as a skeleton, short gaps between them filled; None without any pose.

    Args:
        track: whom the poses belong to, T rows.
        chosen: of each of the T rows.
        clock: (F,) s, of all frames of the video.
    """
    taken = chosen.taken
    if not taken.any():
        return None
    seen, times = track.frames[taken], track.times[taken]
    frames = rows_to_fill(clock, seen)
    wanted = clock[frames]
    sure = _scores(track, chosen)[taken]
    scores = spline_fill(times, sure, wanted)
    between = ~np.isin(frames, seen)
    scores[between] *= FILLED_SCORE
    skeleton = SkeletonSequence(
        joints=spline_fill(times, chosen.joints[taken], wanted),
        scores=scores,
        times=wanted,
        joints_2d=spline_fill(times, chosen.joints_2d[taken], wanted),
        observed=np.isin(frames, seen[chosen.proposed[taken]]),
    )
    return SmoothedTrack(frames, skeleton)

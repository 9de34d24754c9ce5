"""Everybody whose poses a lifter learns from: the skeleton sets at hand, by split, on one skeleton.

A source is one line of `SOURCES`. Captures that are kept for the final test have no training
split, so they never get here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.kinect25_rig import rigged
from datasets.kinematics import JOINT
from datasets.protocols import SPLITS, Split
from wildpose.geometry import Array, rotation_x
from wildpose.joints import joint_set
from wildpose.types import Clip

SOURCES = {  # folder below DATA -> loader
    "bandai": "datasets.bandai",
    "cmu_expmap": "datasets.cmu_expmap",
    "nw_ucla": "datasets.nw_ucla",
    "utd_mhad": "datasets.utd_mhad",
    "msr_action3d": "datasets.msr_action3d",
}
# How often each is drawn: captures are exact, the Kinect's poses noisy but everyday.
SHARES = {
    "bandai": 0.40,
    "cmu_expmap": 0.25,
    "nw_ucla": 0.15,
    "utd_mhad": 0.15,
    "msr_action3d": 0.05,
}
FRAME_RATE = 30.0  # Hz, to which faster captures are thinned out
# The sensors of NW-UCLA look down: y is their up, and people who stand lean towards them.
SENSOR_TILT = {"nw_ucla": np.radians(14.0)}
# m from one frame to the next; people do not leap so far, trackers that lose a limb do.
FARTHEST_STEP = 0.35
SHORTEST_S = 0.3


@dataclass(frozen=True)
class Motion:
    """One person's motion on the 25 Kinect joints."""

    source: str
    """A name in SOURCES."""
    name: str
    """Of the clip."""
    joints: Array
    """(T, 25, 3) metres, y up, the lowest joint at y = 0 but for a few outliers, at FRAME_RATE."""


def read_motions(data: Path, split: Split, sources: Sequence[str] = tuple(SOURCES)) -> list[Motion]:
    """All motions of one split.

    Args:
        data: the folder that holds one folder per source, as `datasets/README.md` lays it out.
        split: which part.
        sources: names in SOURCES.

    Raises:
        FileNotFoundError: a source is not there.
        ValueError: no such split or source.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: there are {', '.join(SPLITS)}")
    if unknown := [source for source in sources if source not in SOURCES]:
        raise ValueError(f"unknown sources {', '.join(unknown)}: there are {', '.join(SOURCES)}")
    motions = []
    for source in sources:
        loader = import_module(SOURCES[source])
        for clip in loader.clips(data / source):
            if loader.split_of(clip) == split:
                motions += motions_of(clip, source)
    return motions


def motions_of(clip: Clip, source: str = "") -> list[Motion]:
    """The people of a clip on the Kinect's 25 joints, but for those who are hardly seen.

    Of each person the longest stretch without a hole is taken, and of a Kinect's skeletons the
    longest part of it without leaps.

    Args:
        clip: y up, in kinect25 or kinect20.
        source: a name in SOURCES.
    """
    step = max(1, round(clip.frame_rate / FRAME_RATE))
    found = []
    for joints, seen in zip(clip.joints, clip.mask, strict=True):
        own = joints[_longest_stretch(seen)].astype(float)[::step]
        own = own @ rotation_x(SENSOR_TILT.get(source, 0.0)).T
        if clip.joint_set != "kinect25":
            own = _longest_run(own)
        if len(own) < SHORTEST_S * FRAME_RATE:
            continue
        if clip.joint_set != "kinect25":
            own = rigged(_named(own, clip.joint_set))
        own[..., 1] -= np.percentile(own[..., 1].min(axis=1), 2.0)
        found.append(Motion(source, clip.name, own))
    return found


def _longest_stretch(seen: npt.NDArray[np.bool_]) -> slice:
    """Where (T,) flags are True longest without a hole; empty where none is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return slice(0, 0)
    longest = int((stops - starts).argmax())
    return slice(int(starts[longest]), int(stops[longest]))


def _longest_run(joints: Array) -> Array:
    """The longest part of (T, J, 3) joints in which none leaps."""
    leaps = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(axis=1) > FARTHEST_STEP
    edges = np.concatenate([[0], np.flatnonzero(leaps) + 1, [len(joints)]])
    longest = int(np.diff(edges).argmax())
    return joints[edges[longest] : edges[longest + 1]]


def _named(joints: Array, joint_set_name: str) -> dict[str, Array]:
    """(T, 3) by name, of the joints that the Kinect's 25 have too."""
    names = joint_set(joint_set_name).names
    return {name: joints[:, i] for i, name in enumerate(names) if name in JOINT}

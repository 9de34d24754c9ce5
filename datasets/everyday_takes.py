"""Takes of everyday actions: one person's true joints, from the clips of all sets.

A take is a whole clip of a set that names single actions, a window of a long capture where the
action shows, or a moment of rest. All are at 30 Hz and on the 25 Kinect joints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from datasets.everyday_actions import CHOICES, RESTING, THROUGHOUT
from datasets.everyday_windows import FRAME_RATE, rest, windows
from datasets.kinect25_rig import rigged
from datasets.kinematics import JOINT
from datasets.pose_sources import SENSOR_TILT, SHORTEST_S, motions_of
from datasets.protocols import Split
from wildpose.geometry import Array, rotation_x
from wildpose.joints import joint_set
from wildpose.smoothing.gaps import MAX_GAP_S, spline_fill
from wildpose.types import Clip
from wildpose.windows import BACKGROUND

# m/s. No joint is faster: frames were lost, or the tracker leapt. Such a step is given more time.
FASTEST = 10.0
# From the start of one window to the next. Where every moment shows the action, another one half a
# window later says little more; and there are many of these.
STRIDE_S, LONG_STRIDE_S = 1.0, 2.0
LOWEST = 2.0  # percentile of the lowest joint's height that is taken for the floor
# Of the sets that name who moves; all others train. More people do than train lifters, but nobody
# who is tested here trained the lifter. Captures are split by style or file, as for lifters.
HELD_OUT: dict[str, dict[str, Split]] = {
    "nw_ucla": {"s08": "val", "s09": "test", "s10": "test"},
    "utd_mhad": {"s7": "val", "s6": "test", "s8": "test"},
    "msr_action3d": {"s09": "val", "s08": "test", "s10": "test"},
}


@dataclass(frozen=True)
class Take:
    """One person doing one thing."""

    source: str
    """Folder of the set below DATA."""
    split: Split
    """By subject, style or file; its looks are of the same split."""
    clip: str
    """The set's own name of the clip."""
    part: str
    """whole; at1.50 for the window that begins there, in seconds; or rest."""
    subject: str
    """The set's actor id; empty where it names none."""
    action: str
    """A name in ACTIONS."""
    joints: Array
    """(T, 25, 3) m, y up, the floor at y = 0, 30 Hz."""

    @property
    def name(self) -> str:
        """SOURCE/SPLIT/CLIP/PART."""
        return f"{self.source}/{self.split}/{self.clip}/{self.part}"


def takes(data: Path, source: str) -> Iterator[Take]:
    """All takes of a set, in the order of its files.

    Args:
        data: the folder that holds one folder per set.
        source: a name in CHOICES.

    Raises:
        FileNotFoundError: the set is not there.
    """
    loader = import_module(f"datasets.{source}")
    for clip in loader.clips(data / source):
        held_out = HELD_OUT.get(source)
        split = held_out.get(clip.subject, "train") if held_out else loader.split_of(clip)
        yield from takes_of(clip, source, loader.CLASS_NAMES[clip.label], split)


def takes_of(clip: Clip, source: str, class_name: str, split: Split) -> Iterator[Take]:
    """The takes of one clip; none where it is left out, too short, or shows no action.

    Args:
        clip: of one person, y up; in kinect25 it is a long capture, in kinect20 a single action.
        source: a name in CHOICES.
        class_name: what the set calls it.
        split: of the clip.
    """
    action = CHOICES[source][class_name].action
    resting = action in RESTING.get(source, ())
    if action is None and not resting:
        return
    capture = clip.joint_set == "kinect25"
    joints = _captured(clip) if capture else _tracked(clip, SENSOR_TILT.get(source, 0.0))
    if joints is None:
        return
    about = (source, split, clip.name)
    if action is not None:
        stride = LONG_STRIDE_S if action in THROUGHOUT else STRIDE_S if capture else None
        for part in windows(joints, (source, class_name), stride_s=stride):
            whole = part == slice(0, len(joints))
            name = "whole" if whole else f"at{part.start / FRAME_RATE:.2f}"
            yield Take(*about, name, clip.subject, action, joints[part])
    still = rest(joints) if resting else None
    if still is not None:
        yield Take(*about, "rest", clip.subject, BACKGROUND, still)


def _captured(clip: Clip) -> Array | None:
    """(T, 25, 3) m of a capture."""
    motions = motions_of(clip)
    return motions[0].joints if motions else None


def _tracked(clip: Clip, tilt: float) -> Array | None:
    """(T, 25, 3) m of a Kinect's skeleton at 30 Hz; None where nobody was tracked for a while.

    A joint that leaves its place for a single frame stays. Where joints go faster than people do,
    frames were lost or the tracker leapt: that step gets as much time as it takes at FASTEST.

    Args:
        clip: kinect20, of one person.
        tilt: radians by which the sensor looked down.
    """
    frames = _longest_seen(clip)
    joints = clip.joints[0, frames].astype(float) @ rotation_x(tilt).T
    joints = median_filter(joints, (3, 1, 1), mode="nearest")
    moved = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(axis=1)
    steps = np.maximum(np.diff(frames) / clip.frame_rate, moved / FASTEST)
    times = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.arange(0, times[-1] + 0.5 / FRAME_RATE, 1 / FRAME_RATE)
    if len(wanted) < SHORTEST_S * FRAME_RATE:
        return None
    names = joint_set(clip.joint_set).names
    steady = spline_fill(times, joints, wanted)
    rig = rigged({name: steady[:, i] for i, name in enumerate(names) if name in JOINT})
    rig[..., 1] -= np.percentile(rig[..., 1].min(axis=1), LOWEST)
    return rig


def _longest_seen(clip: Clip) -> npt.NDArray[np.intp]:
    """Frames in which the first person was seen, without a gap of more than MAX_GAP_S."""
    seen = np.flatnonzero(clip.mask[0])
    edges = np.flatnonzero(np.diff(seen) > MAX_GAP_S * clip.frame_rate) + 1
    return max(np.split(seen, edges), key=len)

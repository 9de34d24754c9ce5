"""CMU motion capture as 61 BVH files of subjects 1 to 7, moved to a 100-joint figure, 60 fps.

mocap.cs.cmu.edu, free to use but not to resell; the figure is Reallusion's, by the repository
IClone-CMU-Mocap. `cmu_index.csv` beside the files says what each trial shows. Nothing is trained on
it; but subjects 2, 5, 6 and 7 are also in CMU's exponential maps (`datasets.cmu_expmap`), some with
the very same takes.

The figure's rest pose has z up, but its root turns it: the world of the motions has y up.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from datasets.bvh import Motion, read_bvh
from datasets.kinect25_rig import leg_size, rigged
from datasets.kinematics import JOINT, SIDES, Body
from datasets.reading import usable
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

# Takes that are in cmu_expmap too, under other names (002_01 is its walking_1): found by comparing
# the distances between joints over time, which fit within a quarter of what other takes do.
ALSO_IN_EXPMAP = frozenset(
    ("002_01", "005_01", *(f"006_{take:02}" for take in range(1, 8)), "007_01", "007_02", "007_03")
)

NAME = re.compile(r"(\d{3})_\d{2}")
PREFIX = "CC_Base_"

# Joint of the file, after its prefix -> joint of kinect25, where both mean the same place.
SAME = {"NeckTwist01": "neck"} | {
    f"{side[0].upper()}_{theirs}": f"{side}_{ours}"
    for side in SIDES
    for theirs, ours in (
        ("Upperarm", "shoulder"),
        ("Forearm", "elbow"),
        ("Hand", "wrist"),
        ("Mid3", "hand_tip"),
        ("Thumb2", "thumb"),
        ("Thigh", "hip"),
        ("Calf", "knee"),
        ("Foot", "ankle"),
        ("ToeBase", "foot"),
    )
}
JOINTS = tuple(PREFIX + name for name in (*SAME, "Head", "Spine02", "L_Mid1", "R_Mid1"))

# In the head's own axes (x to the left, y up, z forward), in centimetres. The eyes are at
# (3.3, 8.2, 8.2) and (-3.3, 8.2, 8.2); the ears are a little lower, above the head's joint.
HEAD_CENTRE = (0.0, 6.5, 0.0)
# Half way up the spine, but in front of it; in its own axes, like the head's.
SPINE_MIDDLE = (0.0, 0.0, -4.0)
PALM = 0.65  # of the way from the wrist to the middle knuckle

T_POSE_SPAN = 0.97  # hand to hand over both arms' bones and the shoulders; 0.993 in the T-poses
JUMP = 12.0  # m/s, and above what a joint of a person does at 60 frames per second
JUMPS_APART_S = 0.5


def files(root: Path) -> list[Path]:
    """All BVH files of the set, sorted by subject and trial.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("subjects/*/*.bvh"))
    if not found:
        raise FileNotFoundError(
            f"{root}: no subjects/*/*.bvh: datasets/README.md says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One trial, kinect25, metres, y up; the balls of the feet stand at their usual height.

    A T-pose before the motion is cut off. The figure's knees and feet flip to the back for some
    frames of the dances, by a mistake of those who moved the capture to it. Such a flip is a
    jump, so the mask is False from a jump to the last within half a second of the one before.

    Raises:
        ValueError: the file is malformed, or its name or its joints are not the set's.
    """
    match = NAME.fullmatch(path.stem)
    if match is None:
        raise ValueError(f"{path}: not called <subject>_<trial>.bvh, as 007_01.bvh")
    motion = read_bvh(path, needed=JOINTS)
    try:
        joints = _without_t_pose(rigged(_named(motion)))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    seen = ~_flips(joints, motion.frame_time)
    return Clip(
        (_on_the_floor(joints) * seen[:, None, None])[None].astype(np.float32),
        seen[None],
        "kinect25",
        round(1 / motion.frame_time, 1),  # the files round the frame time
        name=path.stem,
        subject=match[1],
    )


def clips(root: Path) -> Iterator[Clip]:
    """All trials in the order of `files`; one that cannot be read is named in the log.

    Raises:
        FileNotFoundError: there are none.
    """
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """Test, but for the takes that a training sees in another file."""
    return "train" if clip.name in ALSO_IN_EXPMAP else "test"


def descriptions(root: Path) -> dict[str, str]:
    """What each trial of CMU's whole collection shows, by the name of its clip."""
    with (root / "cmu_index.csv").open(encoding="utf-8-sig", newline="") as file:
        return {
            f"{int(row['Subject']):03d}_{int(row['Trial #']):02d}": row["Motion Description"]
            for row in csv.DictReader(file)
        }


def _named(motion: Motion) -> dict[str, Array]:
    """(T, 3) joints in metres, by their names in kinect25."""
    named = {ours: motion.at(PREFIX + theirs) for theirs, ours in SAME.items()}
    named["head"] = motion.at(f"{PREFIX}Head", HEAD_CENTRE)
    named["spine_mid"] = motion.at(f"{PREFIX}Spine02", SPINE_MIDDLE)
    for side in SIDES:
        wrist = named[f"{side}_wrist"]
        knuckle = motion.at(f"{PREFIX}{side[0].upper()}_Mid1")
        named[f"{side}_hand"] = wrist + PALM * (knuckle - wrist)
    return {name: points / 100 for name, points in named.items()}


def _without_t_pose(joints: Array) -> Array:
    """The frames from the first in which the arms are not spread as in a T-pose.

    Raises:
        ValueError: all frames are a T-pose.
    """
    path = ("left_wrist", "left_elbow", "left_shoulder", "right_shoulder", "right_elbow")
    chain = joints[:, [JOINT[name] for name in (*path, "right_wrist")]]
    length = np.linalg.norm(np.diff(chain, axis=1), axis=-1).sum(axis=1)
    spread = np.linalg.norm(chain[:, 0] - chain[:, -1], axis=-1) > T_POSE_SPAN * length
    if spread.all():
        raise ValueError("nothing but a T-pose")
    return joints[int(np.argmin(spread)) :]


def _flips(joints: Array, frame_time: float) -> npt.NDArray[np.bool_]:
    """(T,) True after each jump of any joint, and up to the next one where that is soon.

    Jumps from frame 2 to 3 and from 5 to 6 make frames 3, 4, 5 and 6 wrong: the last one so that
    no two neighbours that are left are a jump apart.
    """
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(axis=1) / frame_time
    wrong = np.zeros(len(joints), dtype=bool)
    after = np.flatnonzero(speed > JUMP) + 1
    wrong[after] = True
    for start, stop in pairwise(after):
        if (stop - start) * frame_time <= JUMPS_APART_S:
            wrong[start:stop] = True
    return wrong


def _on_the_floor(joints: Array) -> Array:
    """The same with the lower ball of the feet, when it stands, at its height above y = 0.

    Most files have their origin at the hips. The 2nd percentile stands for standing.
    """
    named = {name: joints[:, i] for name, i in JOINT.items()}
    balls = np.minimum(named["left_foot"][:, 1], named["right_foot"][:, 1])
    height = Body().ball_height * leg_size(named)
    return joints + np.array([0.0, height - np.percentile(balls, 2), 0.0])

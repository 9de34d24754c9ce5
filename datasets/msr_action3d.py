"""MSR Action3D: Kinect skeletons of 20 game-like actions by ten subjects who face the sensor.

Li, Zhang and Liu, Action recognition based on a bag of 3D points, CVPR Workshops 2010. One text
file per clip, `a01_s01_e01_skeleton3D.txt`: action, subject, trial; the "real world" skeletons, in
metres, not those in pixels. `datasets/README.md` says how to get them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from datasets.protocols import Protocol, by_subject
from datasets.reading import kinect_v1_clip, single_precision, usable
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.types import Clip

log = logging.getLogger(__name__)

CLASS_NAMES = (
    "high arm wave",
    "horizontal arm wave",
    "hammer",
    "hand catch",
    "forward punch",
    "high throw",
    "draw x",
    "draw tick",
    "draw circle",
    "hand clap",
    "two hand wave",
    "side boxing",
    "bend",
    "forward kick",
    "side kick",
    "jogging",
    "tennis swing",
    "tennis serve",
    "golf swing",
    "pickup and throw",
)
# Nominal: about 15 frames/s (Li et al. 2010); the files name none. Joggers agree: they
# take a stride in 9.5 frames, 0.63 s; at the 30 frames/s of later Kinects it would be 0.32 s.
FRAME_RATE = 15.0
# The cross-subject protocol tests on the even subjects; a subject of the odd ones is set aside.
SPLITS: dict[str, Literal["train", "val", "test"]] = {
    **dict.fromkeys(("s01", "s03", "s05", "s07"), "train"),
    "s09": "val",
    **dict.fromkeys(("s02", "s04", "s06", "s08", "s10"), "test"),
}
# The files do not name their joints: this order was found from where the joints lie. Left and
# right alternate, and single-arm actions move the joints held to be the right arm.
FILE_JOINTS: tuple[str, ...] = (
    "left_shoulder",
    "right_shoulder",
    "spine_shoulder",
    "spine_mid",
    "left_hip",
    "right_hip",
    "spine_base",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_foot",
    "right_foot",
    "head",
)
ROWS = tuple(FILE_JOINTS.index(name) for name in joint_set("kinect20").names)
_NAME = re.compile(r"a(\d\d)_(?P<subject>s\d\d)_e\d\d_skeleton3D")
PROTOCOLS = {
    "xsub": Protocol(
        by_subject(_NAME, SPLITS, of="MSR Action3D"),
        CLASS_NAMES,
        "Li et al., CVPR Workshops 2010, cross-subject, but over all 20 classes at once: odd "
        "subjects train, even test; validation: s09 of the odd ones, ours",
    ),
}


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted.

    Args:
        root: folder that holds the text files.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("a*_s*_e*_skeleton3D.txt"))
    if not found:
        raise FileNotFoundError(
            f"no MSR Action3D skeletons (aAA_sSS_eEE_skeleton3D.txt) in {root}: "
            "datasets/README.md says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One trial: kinect20 joints, in metres, in the axes of the Kinect.

    A frame in which nobody was tracked is all zero in the file, and masked here.

    Raises:
        ValueError: the file's name or its content is not as the set's are; the line says what.
    """
    named = _NAME.fullmatch(path.stem)
    if named is None or not 1 <= int(named[1]) <= len(CLASS_NAMES) or named[2] not in SPLITS:
        raise ValueError(
            f"{path}: not a name of MSR Action3D (aAA_sSS_eEE_skeleton3D.txt, actions 1 to 20, "
            "subjects s01 to s10)"
        )
    return kinect_v1_clip(
        path,
        _joints(path),
        frame_rate=FRAME_RATE,
        subject=named[2],
        label=int(named[1]) - 1,
    )


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    `a13_s09_e02` is such a file: all zero as it was published.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """Where a clip belongs when a lifter is trained: by subject."""
    return SPLITS[clip.subject]


def _joints(path: Path) -> Array:
    """(T, 20, 3) float32 m of a file, in the order of kinect20.

    The file's fourth column, a confidence, is dropped: it is zero for joints that were never
    measured but computed (feet and spine), so it says nothing of what was hidden.
    """
    try:
        lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
        rows = np.array(lines, dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{path}: not a table of numbers in four columns ({error})") from None
    if rows.ndim != 2 or rows.shape[1] != 4 or len(rows) % 20 or not len(rows):
        raise ValueError(
            f"{path}: expected 20 rows of x, y, z, confidence per frame, got {rows.shape}"
        )
    return single_precision(path, rows.reshape(-1, 20, 4)[:, ROWS, :3])

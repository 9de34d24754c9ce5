"""UTD-MHAD: Kinect v1 skeletons of 27 actions by eight subjects who face the sensor.

Chen et al., UTD-MHAD: a multimodal dataset for human action recognition utilizing a depth camera
and a wearable inertial sensor, ICIP 2015. One MATLAB file per clip, `a1_s1_t1_skeleton.mat`:
action, subject, trial. `datasets/README.md` says how to get them.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from datasets.protocols import Protocol, by_subject
from datasets.reading import kinect_v1_clip, single_precision, usable
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

CLASS_NAMES = (
    "swipe left",
    "swipe right",
    "wave",
    "clap",
    "throw",
    "arm cross",
    "basketball shoot",
    "draw X",
    "draw circle (clockwise)",
    "draw circle (counter clockwise)",
    "draw triangle",
    "bowling",
    "boxing",
    "baseball swing",
    "tennis swing",
    "arm curl",
    "tennis serve",
    "push",
    "knock",
    "catch",
    "pickup and throw",
    "jog",
    "walk",
    "sit to stand",
    "stand to sit",
    "lunge",
    "squat",
)
FRAME_RATE = 30.0  # nominal: the authors give "approximately 30"; the files name none
# The published protocol tests on the even subjects; a subject of the odd ones is set aside.
SPLITS: dict[str, Literal["train", "val", "test"]] = {
    **dict.fromkeys(("s1", "s3", "s5"), "train"),
    "s7": "val",
    **dict.fromkeys(("s2", "s4", "s6", "s8"), "test"),
}
# Rows of the file in the order of kinect20: it begins head, shoulder centre, spine, hip centre,
# where kinect20 begins hip centre, spine, shoulder centre, head. The other 16 agree.
ROWS = (3, 2, 1, 0, *range(4, 20))
_NAME = re.compile(r"a(\d{1,2})_(?P<subject>s\d)_t\d_skeleton")
PROTOCOLS = {
    "xsub": Protocol(
        by_subject(_NAME, SPLITS, of="UTD-MHAD"),
        CLASS_NAMES,
        "Chen et al., ICIP 2015: odd subjects train, even test; validation: s7 of the odd ones, "
        "ours",
    ),
}
# What scipy lets through from a damaged file; a damaged header may also promise more than fits.
_DAMAGED = (ValueError, TypeError, KeyError, IndexError, OSError, NotImplementedError, MemoryError)


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted by name (so action 10 comes before action 1).

    Args:
        root: folder that holds the MATLAB files.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("a*_s*_t*_skeleton.mat"))
    if not found:
        raise FileNotFoundError(
            f"no UTD-MHAD skeletons (aA_sS_tT_skeleton.mat) in {root}: datasets/README.md says "
            "where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One trial: kinect20 joints, in metres, in the axes of the Kinect.

    Raises:
        ValueError: the file's name or its content is not as the set's are; the line says what.
    """
    named = _NAME.fullmatch(path.stem)
    if named is None or not 1 <= int(named[1]) <= len(CLASS_NAMES) or named[2] not in SPLITS:
        raise ValueError(
            f"{path}: not a name of UTD-MHAD (aA_sS_tT_skeleton.mat, actions 1 to 27, "
            "subjects s1 to s8)"
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

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """Where a clip belongs when a lifter is trained: by subject."""
    return SPLITS[clip.subject]


def _joints(path: Path) -> Array:
    """(T, 20, 3) float32 m of a file, in the order of kinect20."""
    content = BytesIO(path.read_bytes())  # so that what scipy raises is about the content
    try:
        joints = np.asarray(loadmat(content, variable_names=["d_skel"])["d_skel"], dtype=np.float64)
    except (*_DAMAGED, MatReadError, zlib.error) as error:
        raise ValueError(f"{path}: no MATLAB file with a numeric 'd_skel' ({error})") from None
    if joints.ndim == 2:
        joints = joints[..., None]  # MATLAB drops a last dimension of one: a single frame
    if joints.ndim != 3 or joints.shape[:2] != (20, 3) or not joints.size:
        raise ValueError(f"{path}: expected d_skel of shape (20, 3, T), got {joints.shape}")
    return single_precision(path, joints.transpose(2, 0, 1)[:, ROWS])

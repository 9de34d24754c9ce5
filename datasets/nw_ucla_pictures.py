"""The pictures of Northwestern-UCLA, and which of them a clip of its public copy is of.

The authors' set has a folder for each view and take, `multiview_action/view_1/a01_s01_e00`, with
files for each frame: `frame_167_tc_90467319_rgb.jpg`, 640 x 480 px, and
`frame_167_tc_90467351_skeletons.txt`, in which a line holds a person's number and the 20 that
follow x, y, z in metres and a confidence, between commas; it is empty where nobody was tracked. The
number of the frame is common to all its files, the time behind it is not. This is what people who
read the files do; it was not tried on the set itself.

The public copy does not say of which frame a skeleton is, nor whether it has those of all. So
a frame is found by its skeleton, which must be the same. Where joints are in the pictures no file
tells: `kinect_v1_camera` projects them, for in the copy they are as the sensor measured them (99.7
percent of the set's joints fall inside). The Kinect's pictures show a mirror image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array

PICTURES = "multiview_action"  # folder in that of the set
J = 20
SAME = 1e-3  # m; the copy has six digits
_CLIP = re.compile(r"(?P<take>a\d\d_s\d\d_e\d\d)_v0(?P<view>\d)")
_FILE = re.compile(r"frame_(?P<number>\d+)_tc_\d+_(?P<kind>rgb\.jpg|skeletons\.txt)")


class Frame(NamedTuple):
    """A frame of a take that has a picture."""

    picture: Path
    skeletons: Array
    """(P, 20, 3) m, of everybody who was tracked."""


def folder_of(root: Path, name: str) -> Path | None:
    """Where the pictures of a clip are, if its name is one of the set's."""
    named = _CLIP.fullmatch(name)
    return named and root / PICTURES / f"view_{named['view']}" / named["take"]


def frames_in(folder: Path) -> list[Frame]:
    """The frames of a take that have a picture, in time.

    Raises:
        FileNotFoundError: there are none.
        ValueError: a file of skeletons is not as the set's are.
    """
    files: dict[str, dict[int, Path]] = {"rgb.jpg": {}, "skeletons.txt": {}}
    for path in sorted(folder.iterdir()):
        if named := _FILE.fullmatch(path.name):
            files[named["kind"]][int(named["number"])] = path
    pictures, texts = files["rgb.jpg"], files["skeletons.txt"]
    if not pictures:
        raise FileNotFoundError(f"no pictures (frame_N_tc_TIME_rgb.jpg) in {folder}")
    return [
        Frame(pictures[n], _skeletons(texts[n]) if n in texts else np.zeros((0, J, 3)))
        for n in sorted(pictures)
    ]


def moments(
    joints: Array, mask: npt.NDArray[np.bool_], skeletons: Sequence[Array]
) -> npt.NDArray[np.int64]:
    """Which frame each pose of a clip is of.

    Args:
        joints: (T, 20, 3) m.
        mask: (T,) False where nobody was tracked, which may be any frame.
        skeletons: of N frames (P, 20, 3) m.

    Returns:
        (T,) frames, each later than the one before; where the clip has no pose, that of the last.

    Raises:
        ValueError: no later frame has the pose.
    """
    found: list[int] = []
    at = -1
    for t in np.flatnonzero(mask):
        later = range(at + 1, len(skeletons))
        here = next((n for n in later if _has(skeletons[n], joints[t])), None)
        if here is None:
            raise ValueError(f"no later frame has its pose {t + 1} of {len(joints)}")
        found.append(here)
        at = here
    last = np.maximum(np.cumsum(mask) - 1, 0)
    return np.array(found, dtype=np.int64)[last]


def spread(skeletons: Sequence[Array], count: int) -> npt.NDArray[np.int64]:
    """(count,) frames, evenly over those in which anybody was tracked, or over all if none.

    Args:
        skeletons: of N frames (P, 20, 3) m.
        count: T of the clip.
    """
    tracked = [n for n, people in enumerate(skeletons) if len(people)]
    chosen = np.array(tracked or range(len(skeletons)), dtype=np.int64)
    return chosen[np.linspace(0, len(chosen) - 1, count).round().astype(int)]


def first_people(skeletons: Sequence[Array], shown: npt.NDArray[np.int64]) -> Array:
    """(T, 20, 3) m of whoever is first in each of T frames, zeros where nobody was tracked.

    Args:
        skeletons: of N frames (P, 20, 3) m.
        shown: (T,) frames.
    """
    return np.stack([[*skeletons[n], np.zeros((J, 3))][0] for n in shown])


def _has(skeletons: Array, pose: Array) -> bool:
    """Whether one of (P, 20, 3) skeletons is a pose."""
    return bool((np.abs(skeletons - pose) < SAME).all(axis=(1, 2)).any())


def _skeletons(path: Path) -> Array:
    """(P, 20, 3) m of a file."""
    rows = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
    try:
        numbers = [[float(number) for number in row[:3]] for row in rows if len(row) > 1]
        found = np.array(numbers, dtype=np.float64).reshape(-1, J, 3)
    except ValueError as error:
        raise ValueError(
            f"{path}: no lines of x, y, z of {J} joints between commas ({error})"
        ) from None
    if not np.isfinite(found).all():
        raise ValueError(f"{path}: a joint is not a finite number")
    return found

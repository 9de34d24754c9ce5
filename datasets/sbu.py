"""SBU Kinect Interaction: what two people do to each other, seen from the side.

Yun et al., Two-person interaction detection using body-pose features and multiple instance
learning, CVPR Workshops 2012; version 2.0. One text file per clip,
`s01s02/03/001/skeleton_pos.txt`: who acts on whom, action, run. `datasets/README.md` says how to
get them.

A line holds 91 numbers: of the frame its number, then x, y, z of 15 joints of one person, then of
the other. The set's readme gives back what they were as X = 1280 - 2560 x, Y = 960 - 1920 y, Z =
10000 z / 7.8125. To the number, this is how OSCeleton normalises what OpenNI's tracker says, and
that is millimetres in the room, in all three. So no camera is needed to get metres. X and Y are
often taken for pixels, which looks right near 2.3 m, where a Kinect's picture is 2560 mm wide.

OSCeleton mirrors the picture unless told not to, so X grows to the sensor's left, Y up and Z away
from it: kinect axes. Others who measured the set found the same: its pictures are mirrored against
its skeletons; read like this, people shake right hands, and shoulders face the other person.

Pictures of 640 x 480 lie beside the skeletons, `rgb_000398.png`, named by the frames' numbers. They
show a mirror image: 1 - x of a skeleton grows to their right. Where joints are in them is what the
camera of a Kinect makes of X, Y and Z. The loader was not tried on the set itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.kinect_v1_camera import colour_places
from datasets.protocols import Protocol, Split, name_parts
from datasets.reading import single_precision, usable
from datasets.recordings import PictureFiles, Recording, picture_size
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

# By number of the folder. In 04 hands reach the other's chest, in 08 they stop short of it, as
# somebody measured; there are lists in another order.
CLASS_NAMES = (
    "approaching",
    "departing",
    "kicking",
    "pushing",
    "shaking hands",
    "hugging",
    "exchanging objects",
    "punching",
)
FRAME_RATE = 15.0  # the set's readme
FOLDS = (  # the set's readme: pairs, who acts first
    ("s01s02", "s03s04", "s05s02", "s06s04"),
    ("s02s03", "s02s07", "s03s05", "s05s03"),
    ("s01s03", "s01s07", "s07s01", "s07s03"),
    ("s02s01", "s02s06", "s03s02", "s03s06"),
    ("s04s02", "s04s03", "s04s06", "s06s02", "s06s03"),
)
PAIRS = tuple(sorted(pair for fold in FOLDS for pair in fold))
PEOPLE, J = 2, 15
CENTRE = np.array([1.280, 0.960, 0.0])  # m
SCALE = np.array([-2.560, -1.920, 10 / 7.8125])  # m
LONGEST = 10_000  # frames; the set's have 10 to 46
_NAME = re.compile(r"(?P<pair>s\d\ds\d\d)_(?P<action>\d\d)_\d\d\d")


def _fold(test: int) -> Protocol:
    """One fold tests, and the next one, after the last the first, validates."""
    validation = (test + 1) % len(FOLDS)

    def rule(name: str) -> Split | None:
        pair = name_parts(_NAME, name, of="SBU Kinect Interaction")["pair"]
        if pair not in PAIRS:
            return None
        return "test" if pair in FOLDS[test] else "val" if pair in FOLDS[validation] else "train"

    source = (
        f"Yun et al., CVPR Workshops 2012, five folds by pair: fold {test + 1} tests; validation: "
        f"fold {validation + 1}, ours; papers give the mean of the five"
    )
    return Protocol(rule, CLASS_NAMES, source)


PROTOCOLS = {f"fold{i + 1}": _fold(i) for i in range(len(FOLDS))}


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted.

    Args:
        root: folder that holds the folders of the pairs.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("s??s??/??/???/skeleton_pos.txt"))
    if not found:
        raise FileNotFoundError(
            f"no SBU skeletons (sAAsBB/ACTION/RUN/skeleton_pos.txt) in {root}: datasets/README.md "
            "says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One interaction of two people: sbu15 joints, in metres, in kinect axes.

    Clips are named by their folders, `s01s02_03_001`, and their subject is the pair. Frames whose
    numbers are left out in the file, and people whose joints are all zero in it, are masked.

    Raises:
        ValueError: the file's folders or its content are not as the set's are; the line says what.
    """
    return _clip_and_first_frame(path)[0]


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """The clips whose pictures lie beside their skeletons, in the order of `files`.

    Args:
        root: folder that holds the folders of the pairs.

    Returns:
        Names, and what reads where the clip is in its pictures, see `recording`.

    Raises:
        FileNotFoundError: there are no files, or no pictures of them.
    """
    paths = [path for path in files(root) if any(path.parent.glob("rgb_*.png"))]
    if not paths:
        raise FileNotFoundError(
            f"no pictures (sAAsBB/ACTION/RUN/rgb_NNNNNN.png) of the skeletons in {root}: "
            "datasets/README.md says where to get them"
        )
    return ((_name(path), partial(recording, path)) for path in paths)


def recording(path: Path) -> Recording:
    """Where a clip is in its pictures.

    Raises:
        ValueError: as of `read`, or its first picture is damaged.
        FileNotFoundError: its first picture is missing.
    """
    clip, first = _clip_and_first_frame(path)
    T = clip.mask.shape[1]
    pictures = [path.parent / f"rgb_{first + t:06}.png" for t in range(T)]
    places, seen = colour_places(clip.joints, clip.mask, size=picture_size(pictures[0]))
    return PictureFiles(
        path.parent, np.arange(T), places, seen, "sbu15", mirrored=True, files=pictures
    )


def _name(path: Path) -> str:
    """Of the clip of a skeleton file: s01s02_03_001."""
    return "_".join(path.parts[-4:-1])


def _clip_and_first_frame(path: Path) -> tuple[Clip, int]:
    """A file's clip, and the number of its first frame."""
    name = _name(path)
    named = _NAME.fullmatch(name)
    if (
        named is None
        or named["pair"] not in PAIRS
        or not 1 <= int(named["action"]) <= len(CLASS_NAMES)
    ):
        raise ValueError(
            f"{path}: not in the folders of SBU (sAAsBB/ACTION/RUN, the set's 21 pairs, actions 01 "
            "to 08)"
        )
    frames, values = _rows(path)
    seen = np.any(values != 0, axis=(2, 3))
    if not np.any(seen):
        raise ValueError(f"{path}: every joint of every frame is zero: nobody was tracked")
    joints, mask = _in_time(frames - frames[0], CENTRE + SCALE * values, seen)
    clip = Clip(
        joints=joints,
        mask=mask,
        joint_set="sbu15",
        frame_rate=FRAME_RATE,
        axes="kinect",
        name=name,
        subject=named["pair"],
        label=int(named["action"]) - 1,
    )
    return clip, int(frames[0])


def _rows(path: Path) -> tuple[npt.NDArray[np.intp], Array]:
    """Of each line the number of its frame, (R,), and (R, 2, 15, 3) values as they stand there."""
    columns = 1 + PEOPLE * J * 3
    try:
        lines = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
        rows = np.array(lines, dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{path}: not a table of numbers between commas ({error})") from None
    if rows.ndim != 2 or rows.shape[1] != columns or not len(rows):
        raise ValueError(
            f"{path}: expected {columns} numbers in each line, the frame's and x, y, z of two "
            f"people with {J} joints, got {rows.shape}"
        )
    rows = single_precision(path, rows)
    steps = np.diff(rows[:, 0])
    if np.any(steps < 1) or np.any(rows[:, 0] % 1) or steps.sum() >= LONGEST:
        raise ValueError(f"{path}: its frames are not numbered one after the other")
    return rows[:, 0].astype(np.intp), rows[:, 1:].reshape(-1, PEOPLE, J, 3)


def _in_time(
    frames: npt.NDArray[np.intp], joints: Array, seen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """(M, T, 15, 3) joints with a place for every frame, zeros where nobody was seen, and mask."""
    mask = np.zeros((PEOPLE, int(frames[-1]) + 1), dtype=bool)
    mask[:, frames] = seen.T
    placed = np.zeros((*mask.shape, J, 3), dtype=np.float32)
    placed[:, frames] = np.where(seen[..., None, None], joints, 0.0).transpose(1, 0, 2, 3)
    return placed, mask

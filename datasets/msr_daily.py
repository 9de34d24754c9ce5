"""MSR Daily Activity 3D: what ten people do in a living room, by a Kinect v1 in front of a sofa.

Wang et al., Mining actionlet ensemble for action recognition with depth cameras, CVPR 2012. One
text file per clip, `a01_s01_e01_skeleton.txt`: action, subject, once seated and once on foot.
`datasets/README.md` says how to get them.

A file begins with the number of frames and the number of joints, 20. Each frame begins with its
number of rows: 40 for a person, 0 where nobody was tracked, 80 where there seem to be two. A joint
has two rows: x, y, z in metres in the axes of the Kinect and a confidence, and then u, v and depth
in the picture and a confidence. The order is taken to be that of the Kinect SDK, which is
kinect20's. This follows the set's readme, as its readers quote it; the loader was not tried on the
set itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datasets.protocols import Protocol, Split, by_subject
from datasets.reading import kinect_v1_clip, usable
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

CLASS_NAMES = (
    "drink",
    "eat",
    "read book",
    "call cellphone",
    "write on a paper",
    "use laptop",
    "use vacuum cleaner",
    "cheer up",
    "sit still",
    "toss paper",
    "play game",
    "lie down on sofa",
    "walk",
    "play guitar",
    "stand up",
    "sit down",
)
FRAME_RATE = 30.0  # nominal, of the Kinect v1: the files name none
SPLITS: dict[str, Split] = {
    **dict.fromkeys(("s01", "s03", "s05", "s07"), "train"),
    "s09": "val",
    **dict.fromkeys(("s02", "s04", "s06", "s08", "s10"), "test"),
}
_NAME = re.compile(r"a(\d\d)_(?P<subject>s\d\d)_e\d\d_skeleton")
PROTOCOLS = {
    "xsub": Protocol(
        by_subject(_NAME, SPLITS, of="MSR Daily Activity"),
        CLASS_NAMES,
        "Wang et al., CVPR 2012, cross-subject: odd subjects train, even test; validation: s09 of "
        "the odd ones, ours",
    ),
}
J = 20
ROWS = 2 * J  # of a person


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted.

    Args:
        root: folder that holds the text files.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("a*_s*_e*_skeleton.txt"))
    if not found:
        raise FileNotFoundError(
            f"no MSR Daily Activity skeletons (aAA_sSS_eEE_skeleton.txt) in {root}: "
            "datasets/README.md says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One clip: kinect20 joints, in metres, in the axes of the Kinect.

    People act alone; of two skeletons the first is taken. Frames without any are masked.

    Raises:
        ValueError: the file's name or its content is not as the set's are; the line says what.
    """
    named = _NAME.fullmatch(path.stem)
    if (
        named is None
        or not 1 <= int(named[1]) <= len(CLASS_NAMES)
        or named["subject"] not in SPLITS
    ):
        raise ValueError(
            f"{path}: not a name of MSR Daily Activity (aAA_sSS_eEE_skeleton.txt, actions 1 to 16, "
            "subjects s01 to s10)"
        )
    try:
        joints = _joints(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return kinect_v1_clip(
        path,
        joints,
        frame_rate=FRAME_RATE,
        subject=named["subject"],
        label=int(named[1]) - 1,
    )


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def _joints(text: str) -> Array:
    """(T, 20, 3) float32 m of a file's text, zeros where nobody was tracked."""
    try:
        numbers = np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"not numbers alone ({error})") from None
    if not (np.abs(numbers) <= np.finfo(np.float32).max).all():
        raise ValueError("a joint is not a finite number")
    if len(numbers) < 2 or numbers[0] < 1 or numbers[1] != J:
        raise ValueError(f"expected a number of frames and then {J} joints, got {numbers[:2]}")
    frames, at = [], 2
    for _ in range(int(numbers[0])):
        rows = numbers[at] if at < len(numbers) else np.nan
        end = at + 1 + 4 * int(rows) if rows in (0, ROWS, 2 * ROWS) else 0
        if not at < end <= len(numbers):
            raise ValueError(
                f"frame {len(frames) + 1} of {int(numbers[0])} does not have 0, {ROWS} or "
                f"{2 * ROWS} rows of four numbers"
            )
        people = numbers[at + 1 : end].reshape(-1, J, 2, 4)
        frames.append(people[0, :, 0, :3] if len(people) else np.zeros((J, 3)))
        at = end
    if at != len(numbers):
        raise ValueError(f"{len(numbers) - at} numbers too many after the last frame")
    return np.array(frames, dtype=np.float32)

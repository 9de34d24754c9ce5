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

The colour videos, `a01_s01_e01_rgb.avi`, were recorded beside the depth that skeletons are of, and
not in step with it: as many frames need not be in both, and nothing tells their times. Here both
are taken to begin and to end together. Where joints are in the colour picture is what the camera of
a Kinect makes of x, y and z, for u and v are of the depth picture; from them is known whether
pictures show a mirror image, which the Kinect's do unless told not to.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from datasets.kinect_v1_camera import HEIGHT, WIDTH, colour_places
from datasets.protocols import Protocol, Split, by_subject
from datasets.reading import kinect_v1_clip, usable
from datasets.recordings import Recording
from wildpose.geometry import Array
from wildpose.types import Clip
from wildpose.video import VideoError, read_frames

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
    return _clip_and_screen(path)[0]


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """The clips that have a colour video, in the order of `files`.

    Args:
        root: folder that holds the text files and the videos.

    Returns:
        Names, and what reads where the clip is in its video, see `recording`.

    Raises:
        FileNotFoundError: there are no files, or no videos of them.
    """
    videos = {path: path.with_name(f"{path.stem.removesuffix('_skeleton')}_rgb.avi")
              for path in files(root)}  # fmt: skip
    found = [(path, video) for path, video in videos.items() if video.is_file()]
    if not found:
        raise FileNotFoundError(
            f"no videos (aAA_sSS_eEE_rgb.avi) of the skeletons in {root}: datasets/README.md says "
            "where to get them"
        )
    return ((path.stem, partial(recording, path, video)) for path, video in found)


def recording(path: Path, video: Path) -> Recording:
    """Where a clip is in its colour video, as near as can be told.

    Raises:
        ValueError: as of `read`.
        VideoError: a ValueError; the video cannot be read.
    """
    clip, screen = _clip_and_screen(path)
    places, seen = colour_places(clip.joints, clip.mask)
    try:
        count = sum(1 for _ in read_frames(video))
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from None
    shown = np.linspace(0, count - 1, clip.mask.shape[1]).round().astype(np.int64)
    return Recording(
        video,
        shown,
        places,
        seen,
        "kinect20",
        size=(WIDTH, HEIGHT),
        mirrored=_is_mirrored(places[seen], screen[seen[0]]),
    )


def _is_mirrored(places: Array, screen: Array) -> bool:
    """Whether u grows where x falls, of (N, 2) places in a picture that is none, and u, v."""
    if not len(places):
        return True
    across, u = places[:, 0], screen[:, 0]
    return bool((across - across.mean()) @ (u - u.mean()) <= 0)


def _clip_and_screen(path: Path) -> tuple[Clip, Array]:
    """A file's clip, and (T, 20, 2) u, v of its joints."""
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
        rows = _rows(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    clip = kinect_v1_clip(
        path,
        rows[:, :, 0, :3],
        frame_rate=FRAME_RATE,
        subject=named["subject"],
        label=int(named[1]) - 1,
    )
    return clip, rows[:, :, 1, :2]


def _rows(text: str) -> Array:
    """(T, 20, 2, 4) float32 of a file's text: of each joint x, y, z in m, and u, v, depth.

    Zeros where nobody was tracked.
    """
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
        frames.append(people[0] if len(people) else np.zeros((J, 2, 4)))
        at = end
    if at != len(numbers):
        raise ValueError(f"{len(numbers) - at} numbers too many after the last frame")
    return np.array(frames, dtype=np.float32)

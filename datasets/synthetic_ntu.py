"""Synthetic NTU: mannequins who act, in the format of NTU RGB+D, with what their hands hold known.

`tools/make_synthetic_ntu.py` makes it: .skeleton files as of NTU RGB+D, which `datasets.ntu` reads,
mirrored videos, and the truth that no skeleton tells. `datasets.synthetic_actions` lists the
actions; clips are named as NTU's, S001C002P003R001A004.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from datasets import ntu
from datasets.ntu_protocols import TRAIN_CAMERAS, numbers_in
from datasets.protocols import Protocol, Split
from datasets.reading import usable
from datasets.recordings import Recording
from datasets.synthetic_actions import CLASS_NAMES, GROUPS
from datasets.synthetic_files import SKELETONS, read_index, truth_path, video_of
from datasets.synthetic_truth import Truth, read_truth
from wildpose.types import Clip

__all__ = [
    "CLASS_NAMES",
    "GROUPS",
    "MADE_BY",
    "PROTOCOLS",
    "clips",
    "files",
    "read",
    "recordings",
    "truth_of",
    "video_of",
]

log = logging.getLogger(__name__)

MADE_BY = "tools/make_synthetic_ntu.py --out"
OF = "synthetic NTU"


def split_of_subject(subject: int) -> Split:
    """Of every five subjects the fifth tests, the fourth validates and three train."""
    return {0: "test", 4: "val"}.get(subject % 5, "train")  # type: ignore[return-value]


def _by_subject(name: str) -> Split | None:
    return split_of_subject(_numbers(name)["subject"])


def _by_view(name: str) -> Split | None:
    numbers = _numbers(name)
    if numbers["camera"] not in TRAIN_CAMERAS:
        return "test"
    return "val" if split_of_subject(numbers["subject"]) == "val" else "train"


def _numbers(name: str) -> dict[str, int]:
    """What a name says.

    Raises:
        ValueError: it is no name of the set.
    """
    numbers = numbers_in(name)
    if numbers["action"] > len(CLASS_NAMES):
        raise ValueError(
            f"{name!r} is not a name of a clip of {OF}: its actions end at A{len(CLASS_NAMES):03}"
        )
    return numbers


PROTOCOLS = {
    "xsub": Protocol(
        _by_subject,
        CLASS_NAMES,
        "ours, as cross-subject of NTU RGB+D: of every five subjects the fifth tests and the "
        "fourth validates",
    ),
    "xview": Protocol(
        _by_view,
        CLASS_NAMES,
        "ours, as cross-view of NTU RGB+D: cameras 2 and 3 train, camera 1 tests; of every five "
        "subjects the fourth validates, before cameras 2 and 3",
    ),
}


def files(root: Path) -> list[Path]:
    """The .skeleton files of the set, sorted by name.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, or of another version.
    """
    index = read_index(root)
    if index is None:
        raise FileNotFoundError(f"no synthetic clips in {root}: run tools/make_synthetic_ntu.py")
    if not index["complete"]:
        raise ValueError(f"{root}: not complete, run tools/make_synthetic_ntu.py again: it goes on")
    return ntu.files(root / SKELETONS)


def read(path: Path) -> Clip:
    """One clip: kinect25 joints of one or two people in metres, kinect axes.

    Raises:
        ValueError: the file's name or its content is not as the set's are.
    """
    try:
        _numbers(path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return ntu.read(path)


def clips(root: Path) -> Iterator[Clip]:
    """All clips by name; one that cannot be used is left out with a warning.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError, ValueError: as of `files`.
    """
    return usable(files(root), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """All clips, each of which has a video, by name.

    Args:
        root: folder of the set.

    Returns:
        Names, and what reads where the clip is in its video: it raises as `read` does.

    Raises:
        FileNotFoundError, ValueError: as of `files`.
    """
    return (
        (path.stem, partial(ntu.recording, path, video_of(root, path.stem))) for path in files(root)
    )


def truth_of(root: Path, name: str) -> Truth:
    """What a clip's people hold, in which hand, and when.

    Args:
        root: folder of the set.
        name: of the clip.

    Raises:
        FileNotFoundError: there is no such clip.
        ValueError: the file is damaged.
    """
    return read_truth(truth_path(root, name))

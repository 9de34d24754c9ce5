"""Everyday actions in videos of mannequins, as our pipeline sees people whom nobody trained on.

The set for adaptation: a few clips of each action to go on learning from, others to choose by, and
clips of other people to test. `tools/film_everyday.py` films them, and `tools/prepare_videos.py`
makes skeletons of the videos. A clip is called ACTION_PARTNUMBER_TAKE, as in sit down_shot02_….
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets import labelled_videos
from datasets.everyday import CLASS_NAMES
from datasets.labelled_video_files import whole_index
from datasets.labelled_videos import files, recordings
from datasets.protocols import Protocol, Split, name_parts
from wildpose.types import Clip

__all__ = ["CLASS_NAMES", "PROTOCOLS", "SHOTS", "clips", "files", "recordings"]

SHOTS = 5  # of each action, at most, to learn from
VALIDATED = 3  # of each action, beside them
TESTED = 12  # of each action, of other people

_NAME = re.compile(r"(?P<action>[a-z ]+)_(?P<part>shot|test)(?P<number>\d\d)_.+")


def _rule(name: str, *, shots: int) -> Split | None:
    """The split of a clip where so many clips of each action train."""
    parts = name_parts(_NAME, name, of="everyday videos")
    if parts["part"] == "test":
        return "test"
    number = int(parts["number"])
    return "train" if number < shots else "val" if number >= SHOTS else None


PROTOCOLS = {
    f"shots{k}": Protocol(
        partial(_rule, shots=k),
        CLASS_NAMES,
        f"ours: {k} of the clips of each action train, {VALIDATED} others validate, all of people "
        f"who validate in `everyday`; its test people test, up to {TESTED} clips of each action",
    )
    for k in (1, 3, SHOTS)
}


def clips(root: Path) -> Iterator[Clip]:
    """All clips by name, lcr13 in camera axes; one that cannot be used is left out with a warning.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, its index is damaged, or a class is no action.
    """
    found = whole_index(root).class_names
    if strange := sorted(set(found) - set(CLASS_NAMES)):
        raise ValueError(f"{root}: {', '.join(strange)} is none of {', '.join(CLASS_NAMES)}")
    return (_counted(clip, found) for clip in labelled_videos.clips(root))


def _counted(clip: Clip, found: tuple[str, ...]) -> Clip:
    """A clip whose label counts the actions, not the folders of videos."""
    assert clip.label is not None
    return replace(clip, label=CLASS_NAMES.index(found[clip.label]))

"""Labelled videos of anybody's own as a data set, without a module that names its classes.

`tools/prepare_videos.py VIDEOS --out DATA/NAME` makes it, its classes are the folders of VIDEOS,
and configs call it NAME. Its one protocol parts files, and knows nothing of who is seen in them: a
set that is to be parted by person takes a module, see datasets/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from datasets.labelled_video_files import INDEX, Index, whole_index
from datasets.labelled_videos import split_of
from datasets.protocols import Protocol, Split

FILES = "files"
"""Name of the protocol."""
PART = 5  # one file in so many tests, and another validates
SOURCE = (
    "ours: of each class a fifth of the files tests and a fifth validates, by the hashes of their "
    "names"
)
CAUTION = (
    "files are parted by their names alone: those of one person or place may train and test too, "
    "and then figures tell too much of both (datasets/README.md: how to part by person)"
)


def is_set(root: Path) -> bool:
    """Whether a folder is such a set, complete or not."""
    return (root / INDEX).is_file()


def protocols(root: Path) -> Mapping[str, Protocol]:
    """`files`: each class parted by the names of its files, the same in every run.

    Its classes are the folders of the videos.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, or its index is damaged.
    """
    index = whole_index(root)
    splits: dict[str, Split] = {}
    for names in _by_class(index):
        splits |= parted_by_hash(names)
    rule = partial(split_of, splits, of=root.name)
    return {FILES: Protocol(rule, index.class_names, SOURCE, caution=CAUTION)}


def parted_by_hash(names: Sequence[str]) -> dict[str, Split]:
    """The split of each name: a fifth tests and a fifth validates, and at least one of three does.

    The order of the names does not matter; one that is added moves few others.

    Args:
        names: of the clips of one class.
    """
    drawn = sorted(names, key=lambda name: sha256(name.encode()).digest())
    # One name trains, a second one tests, and a third one validates.
    tested = max(round(len(drawn) / PART), min(1, len(drawn) // 2))
    validated = max(round(len(drawn) / PART), min(1, len(drawn) // 3))
    splits: dict[str, Split] = dict.fromkeys(drawn, "train")
    splits |= dict.fromkeys(drawn[:tested], "test")
    splits |= dict.fromkeys(drawn[tested : tested + validated], "val")
    return splits


def _by_class(index: Index) -> list[list[str]]:
    """Names of the clips of each class."""
    return [
        [clip.name for clip in index.used if clip.label == label]
        for label in range(len(index.class_names))
    ]

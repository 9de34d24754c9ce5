"""Clips from YouTube and other places, labelled by hand: people in the wild.

Le Roux 2017, section 4.2.1, made such a set of 30 videos of ten actions of NTU RGB+D, of a single
actor each, to see what a network makes of real videos that learnt from Kinects; it was not
published. `tools/build_youtube_set.py MANIFEST --out DATA/youtube` makes one out of a list of
videos, `datasets/youtube_template.csv` is a list to begin with, and `datasets/README.md` says more.

A set has the labels that its maker gave. Here they are actions of NTU RGB+D 60, whatever subset of
them, so that networks trained on that set can be tested: `all` and `split` keep its sixty classes,
as the thesis did. For a set of other labels `protocols` and `clips` take their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from datasets import labelled_videos
from datasets.labelled_video_files import skeleton_path
from datasets.ntu_protocols import ACTIONS_60
from datasets.ntu_protocols import CLASS_NAMES as NTU_NAMES
from datasets.protocols import Protocol, Split, name_parts
from datasets.recordings import Recording
from datasets.youtube_files import CLIPS, Entry, whole_set
from wildpose.types import Clip

CLASS_NAMES = NTU_NAMES[:ACTIONS_60]
# The thesis' ten, as NTU RGB+D counts them: pick up, throw, sit down, stand up, read, take off a
# shoe, hop, jump, bow, fall.
TEN_ACTIONS = (6, 7, 8, 9, 11, 17, 26, 27, 35, 43)
TEN = tuple(NTU_NAMES[action - 1] for action in TEN_ACTIONS)
NAME = re.compile(r"(?P<split>train|val|test)_.+")
OF = "a set from YouTube"


def _split_in(name: str) -> Split:
    return cast("Split", name_parts(NAME, name, of=OF)["split"])


def _tested(name: str) -> Split:
    name_parts(NAME, name, of=OF)  # a clip of another set must not slip in
    return "test"


def protocols(class_names: Sequence[str]) -> dict[str, Protocol]:
    """`all`: every clip tests, whatever its split; `split`: as the manifest says.

    Args:
        class_names: that they are about.
    """
    names = tuple(class_names)
    return {
        "all": Protocol(_tested, names, "after Le Roux 2017, section 4.2: every clip tests"),
        "split": Protocol(_split_in, names, "ours: as the manifest of the set says"),
    }


PROTOCOLS = protocols(CLASS_NAMES)


def files(root: Path) -> list[Path]:
    """The skeletons of the set, sorted by name.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, or its index is damaged.
    """
    return [skeleton_path(root, entry.name) for entry in whole_set(root).entries]


def read(path: Path) -> Clip:
    """One clip: the person who was meant, as `labelled_videos.read` has it.

    Raises:
        FileNotFoundError, ValueError: as of `clips`, or the file is none of the set's, or damaged.
    """
    entry_of = _entries(path.parent.parent, CLASS_NAMES)
    if path.stem not in entry_of:
        raise ValueError(f"{path}: the set in its folder does not know it")
    return _named(labelled_videos.read(path), entry_of[path.stem], CLASS_NAMES)


def clips(root: Path, *, class_names: Sequence[str] = CLASS_NAMES) -> Iterator[Clip]:
    """All clips by name; one that cannot be used is left out with a warning.

    A clip is named as its files are, after its split.

    Args:
        root: folder of the set.
        class_names: what labels count; there may be some of which the set has no clip.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, its index is damaged, or it has other labels.
    """
    entry_of = _entries(root, class_names)
    made = labelled_videos.clips(root)
    return (_named(clip, entry_of[clip.name], class_names) for clip in made)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """All clips, each of which has a video, by name.

    Videos are those in the folder, wherever it was made.

    Args:
        root: folder of the set.

    Returns:
        Names as of `clips`, and what reads where the clip is in its video.

    Raises:
        FileNotFoundError, ValueError: as of `files`.
    """
    entry_of = {entry.name: entry for entry in whole_set(root).entries}
    made = labelled_videos.recordings(root)
    return (
        (entry_of[name].clip_name, partial(_here, reading, root / CLIPS / entry_of[name].video))
        for name, reading in made
    )


def class_names_of(root: Path) -> tuple[str, ...]:
    """The labels that a set has, sorted: NTU RGB+D's, or others.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError, ValueError: as of `files`.
    """
    return whole_set(root).class_names


def _entries(root: Path, class_names: Sequence[str]) -> dict[str, Entry]:
    """What is known of each clip, by the name of its files."""
    made = whole_set(root)
    others = [name for name in made.class_names if name not in class_names]
    if others:
        raise ValueError(
            f"{root}: {others[0]!r} is none of the {len(class_names)} classes, {class_names[0]!r} "
            "and so on: label its clips otherwise, or read the set by the names of its own, as "
            "datasets/README.md shows"
        )
    return {entry.name: entry for entry in made.entries}


def _here(reading: Callable[[], Recording], video: Path) -> Recording:
    return replace(reading(), video=video)


def _named(clip: Clip, entry: Entry, class_names: Sequence[str]) -> Clip:
    return replace(clip, name=entry.clip_name, label=class_names.index(entry.label))

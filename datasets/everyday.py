"""Everyday actions as our own pipeline sees them: the union of five sets, under one list of names.

Each take comes in several variants: its true joints, and what the pipeline gives back from videos
of it. `tools/prepare_everyday.py` makes all of them once, from the sets beside this one's folder.
A clip is called SOURCE/SPLIT/CLIP/PART/VARIANT, as in nw_ucla/train/a01_s01_e00_v01/whole/seen3.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from datasets.clip_cache import ClipCache, is_cache
from datasets.everyday_actions import ACTIONS, CHOICES, actions_of
from datasets.protocols import Protocol, Rule, Split, name_parts
from wildpose.types import Clip

CLASS_NAMES = tuple(ACTIONS)
CACHE = "cache"  # folder below the set's, where the tool puts the clips
TRUE = "true"  # the variant of the joints as they are
TESTED_VIEWS = 6  # of each take of a set that tests: those of rare actions have more
KINECT = ("nw_ucla", "utd_mhad", "msr_action3d")  # sets of a sensor; the others are captures

_NAME = re.compile(
    r"(?P<source>[a-z0-9_]+)/(?P<split>train|val|test)/(?P<clip>.+)"
    r"/(?P<part>whole|rest|at\d+\.\d\d)/(?P<variant>true|seen\d+)"
)
_SHORT = {"nw_ucla": "nucla"}  # as the catalogue calls it


def _by_person(name: str) -> Split | None:
    """The split that a clip's name tells; true joints are for training alone."""
    parts = name_parts(_NAME, name, of="everyday actions")
    if parts["variant"] == TRUE and parts["split"] != "train":
        return None
    return parts["split"]  # type: ignore[return-value]  # as the pattern has it


def _truth_alone(sources: Collection[str]) -> Rule:
    """The rule that true joints of some sets train, and one view of each take of all tells."""

    def rule(name: str) -> Split | None:
        parts = name_parts(_NAME, name, of="everyday actions")
        if parts["split"] == "train":
            return "train" if parts["variant"] == TRUE and parts["source"] in sources else None
        return parts["split"] if parts["variant"] == "seen0" else None  # type: ignore[return-value]

    return rule


def _without(source: str) -> Rule:
    """The rule that one set tests and the others train, but for what validates."""

    def rule(name: str) -> Split | None:
        parts = name_parts(_NAME, name, of="everyday actions")
        own = parts["source"] == source
        split = "test" if own else "val" if parts["split"] == "val" else "train"
        if split != "train" and parts["variant"] == TRUE:
            return None
        # As many views of each take: the more of a rare action are there to train on.
        extra = split == "test" and int(parts["variant"].removeprefix("seen")) >= TESTED_VIEWS
        return None if extra else split

    return rule


def _elsewhere(source: str) -> tuple[str, ...]:
    """The actions of all sets but one."""
    found = {action for other in CHOICES if other != source for action in actions_of(other)}
    return tuple(action for action in CLASS_NAMES if action in found)


PROTOCOLS = {
    "xsub": Protocol(
        _by_person,
        CLASS_NAMES,
        "ours: by subject in the Kinect sets, by style or file in the captures; validation and "
        "test are of what the pipeline sees, not of true joints",
    ),
    "true": Protocol(
        _truth_alone(CHOICES),
        CLASS_NAMES,
        "ours: as xsub, but true joints alone train, as if nobody had thought of videos; one view "
        "of each take validates and tests",
    ),
    "true_kinect": Protocol(
        _truth_alone(KINECT),
        CLASS_NAMES,
        "ours: as true, but the Kinect sets alone train, which know no bow and no jump",
    ),
    **{
        f"without_{_SHORT.get(source, source)}": Protocol(
            _without(source),
            _elsewhere(source),
            f"ours: the other sets train, all their actions, but for their validation part; "
            f"{source} tests, all of it, on the actions that it shares with any of them",
            tested=tuple(name for name in actions_of(source) if name in _elsewhere(source)),
        )
        for source in CHOICES
    },
}


def clips(root: Path) -> Iterator[Clip]:
    """All clips, lcr13 in camera axes, from what the tool made in `root` or `root/cache`.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete.
    """
    folder = root if is_cache(root) else root / CACHE
    if not is_cache(folder):
        raise FileNotFoundError(
            f"no clips of everyday actions in {folder}: run tools/prepare_everyday.py"
        )
    cache = ClipCache(folder)
    if not cache.complete:
        raise ValueError(f"{folder}: not complete, run tools/prepare_everyday.py again: it goes on")
    return iter(cache)

"""Captured motions for synthetic clips, where there are any: waving, kicking, bowing, walking.

They are those of the Bandai-Namco set, in the windows that everyday actions are cut into. Its
splits go with those of the subjects, so that no near copy of a motion trains and tests.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from datasets.everyday_takes import takes
from datasets.protocols import Split
from datasets.synthetic_actions import ACTIONS
from datasets.synthetic_ntu import split_of_subject
from datasets.synthetic_takes import CAPTURED_SHARE, Draw, Take, Wishes, rng_for
from wildpose.geometry import Array

SOURCE = "bandai"
MOTION_OF = {"wave": "wave", "kick": "kick", "bow": "bow", "walk": "carry"}
"""Everyday action -> motion of synthetic clips; whoever walks gets the arms of one who carries."""

Captures = Mapping[tuple[str, Split], list[tuple[str, Array]]]
"""Motion and split -> names, and (T, 25, 3) joints in metres, y up, the floor at y = 0, 30 Hz."""


def read_captures(data: Path) -> Captures:
    """All captures below a folder of data sets.

    Args:
        data: the folder that holds one folder per set.

    Raises:
        FileNotFoundError: the set is not there.
    """
    found: dict[tuple[str, Split], list[tuple[str, Array]]] = {}
    for take in takes(data, SOURCE):
        if take.action in MOTION_OF:
            key = (MOTION_OF[take.action], take.split)
            found.setdefault(key, []).append((take.name, take.joints))
    return found


def fingerprint(captures: Captures) -> int:
    """A number that tells sets of captures apart; 0: there are none."""
    names = sorted(name for group in captures.values() for name, _ in group)
    return zlib.crc32("\n".join(names).encode()) if names else 0


def capture_for(take: Take, wishes: Wishes, captures: Captures) -> Array | None:
    """The capture that a take shows, of the split of its subject; None: it needs none.

    Args:
        take: which.
        wishes: of the user; captures shorter than the shortest clip are passed by.
        captures: as read.
    """
    key = (ACTIONS[take.action - 1].motion, split_of_subject(take.subject))
    fitting = [joints for _, joints in captures.get(key, ()) if len(joints) >= wishes.frames[0]]
    rng = rng_for(wishes.seed, Draw.CAPTURE, *take.numbers)
    if not fitting or rng.uniform() >= CAPTURED_SHARE:
        return None
    return fitting[int(rng.integers(len(fitting)))]

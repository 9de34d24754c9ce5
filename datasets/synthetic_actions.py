"""The actions of synthetic clips: they differ in the motion, in the object in a hand, or in both.

So it can be told what a recognizer looks at. The four of the group "object" share one motion, in
which a hand comes up to the head: poses say nothing about which of them is shown, and the picture
of the hand all. Those of the group "motion" need no picture. What the motions are, and that the
object never changes them, is in `datasets.synthetic_motions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Object = Literal["cup", "phone", "book", "ball", "bag"]
Group = Literal["object", "motion", "both", "two people"]


@dataclass(frozen=True)
class Action:
    """One class of clips."""

    name: str
    """As in CLASS_NAMES."""
    group: Group
    """By what it differs from the other actions of its group: the object in the hand alone, the
    motion alone, or both; or that two people do it."""
    motion: str
    """A name in `datasets.synthetic_motions.MOTIONS` or `datasets.synthetic_meetings.MEETINGS`."""
    object: Object | None = None
    """What one hand holds; None: nothing, in either hand."""


ACTIONS = (
    Action("raise a cup", "object", "raise", "cup"),
    Action("raise a phone", "object", "raise", "phone"),
    Action("raise a book", "object", "raise", "book"),
    Action("raise a ball", "object", "raise", "ball"),
    Action("wave", "motion", "wave"),
    Action("clap", "motion", "clap"),
    Action("kick", "motion", "kick"),
    Action("bow", "motion", "bow"),
    Action("throw a ball", "both", "throw", "ball"),
    Action("carry a bag", "both", "carry", "bag"),
    Action("read a book", "both", "read", "book"),
    Action("give a cup", "two people", "give", "cup"),
    Action("push somebody", "two people", "push"),
)
"""A1, A2 and so on, as clips are numbered."""

CLASS_NAMES = tuple(action.name for action in ACTIONS)

GROUPS: dict[Group, tuple[int, ...]] = {
    group: tuple(label for label, action in enumerate(ACTIONS) if action.group == group)
    for group in get_args(Group)
}
"""Group -> its labels, indices into CLASS_NAMES."""

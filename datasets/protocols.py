"""Protocols: the rules that part a data set into train, val and test, as papers compare under them.

A rule reads the name of a clip alone, so that it can be checked on lists of names without data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Rule = Callable[[str], Split | None]
Metric = Literal["top1", "mean_class"]


@dataclass(frozen=True)
class Protocol:
    """One way to part a data set."""

    rule: Rule
    """The split of a clip by its name; None where the protocol leaves it out."""
    class_names: tuple[str, ...]
    """The classes it is about, in the order in which they are counted; clips of others are left
    out."""
    source: str
    """Who set it, and what of it is ours: paper, validation subjects."""
    metric: Metric = "top1"
    """What papers report: the share of clips that are right, or the mean of it over classes."""
    tested: tuple[str, ...] | None = None
    """The classes whose clips test; None: all. Clips of the others train and validate alone."""
    caution: str | None = None
    """What to know before figures under it are believed: said wherever clips are parted by it."""


def parted(names: Iterable[str], protocol: Protocol) -> dict[Split, list[str]]:
    """Names by split, in their order."""
    parts: dict[Split, list[str]] = {split: [] for split in SPLITS}
    for name in names:
        split = protocol.rule(name)
        if split is not None:
            parts[split].append(name)
    return parts


def protocol_named(name: str, protocols: Mapping[str, Protocol], *, of: str) -> Protocol:
    """A protocol of a data set.

    Args:
        name: as in a config.
        protocols: of the set.
        of: name of the set, for the message.

    Raises:
        ValueError: there is no such protocol; the line tells those there are.
    """
    if name not in protocols:
        raise ValueError(f"unknown protocol {name!r} of {of}: there are {', '.join(protocols)}")
    return protocols[name]


def name_parts(pattern: re.Pattern[str], name: str, *, of: str) -> dict[str, str]:
    """What a clip's name tells, by the named groups of the pattern that all names of a set match.

    Args:
        pattern: with named groups, such as subject and view.
        name: of a clip.
        of: name of the set, for the message.

    Raises:
        ValueError: it is no name of the set. A clip of another set must not slip into a split.
    """
    named = pattern.fullmatch(name)
    if named is None:
        raise ValueError(f"{name!r} is not a name of a clip of {of}")
    return named.groupdict()


def by_subject(pattern: re.Pattern[str], splits: Mapping[str, Split], *, of: str) -> Rule:
    """The rule that a person is in one split with all that he or she does.

    Args:
        pattern: of the set's names, with a group named subject.
        splits: of the subjects; clips of others are left out.
        of: name of the set, for messages.
    """
    return lambda name: splits.get(name_parts(pattern, name, of=of)["subject"])

"""Manifests: a table with a row for each clip, read whole, with a line for each mistake in it.

    video,start,stop,label,actor,split,licence,note

Only `video` and `label` must be there. Rows of CSV that begin with # are comments;
`datasets/youtube_template.csv` is one to begin with.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast, get_args

from datasets.ntu_protocols import CLASS_NAMES as NTU_NAMES
from datasets.protocols import Split
from tools.youtube.sources import Source, slug, source_of
from tools.youtube.tables import Table

COLUMNS = ("video", "start", "stop", "label", "actor", "split", "licence", "note")
NEEDED = ("video", "label")
NUMBERS = ("start", "stop", "actor")
ACTORS = ("largest", "longest", "first")
SPLITS: tuple[Split, ...] = get_args(Split)
NTU_ACTION = re.compile(r"[Aa](\d{1,9})")
NTU_60 = 60  # actions that both sets have
LISTED = 20  # mistakes that are told of a manifest
TIME = re.compile(
    r"(?:(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d{1,4}):)?(?P<seconds>\d{1,7}(?:\.\d*)?|\.\d+)"
)
LABEL_LENGTH = 80  # as much of a label as names of folders hold
Value = TypeVar("Value")


class ManifestError(ValueError):
    """A manifest that cannot be used: a line for each mistake, or for the first of many."""

    def __init__(self, path: Path, mistakes: Sequence[str]):
        lines = [" ".join(line.split()) for line in mistakes[:LISTED]]
        more = len(mistakes) - len(lines)
        lines += [f"and {more} more"] if more else []
        super().__init__("\n".join(f"{path}: {line}" for line in lines))


@dataclass(frozen=True)
class Row:
    """A clip that is asked for."""

    number: int
    """Line of a CSV file; of a YAML list the how-manieth."""
    name: str
    """What its files are called, whatever the row's place, label or split."""
    source: Source
    start: float
    """Seconds from the beginning of the video."""
    stop: float | None
    """Seconds; None: the video's end."""
    label: str
    """Class name; of actions of NTU RGB+D as that set has it."""
    actor: str = ACTORS[0]
    """Who is kept: one of ACTORS, or a number as the contact sheet has it."""
    split: Split = "test"
    licence: str = ""
    note: str = ""

    @property
    def folder(self) -> str:
        """Name of the folder of the row's class."""
        return slug(self.label, length=LABEL_LENGTH)


def read_manifest(
    path: Path, *, media: Sequence[Path] = (), tell: Callable[[str], object] = lambda _: None
) -> tuple[Row, ...]:
    """The rows of a manifest, in order.

    Args:
        path: a .csv, .yaml or .yml file.
        media: folders beside the manifest's own in which files of videos may lie.
        tell: told of each label that is an action of NTU RGB+D 120 alone, in a line.

    Raises:
        FileNotFoundError: there is no such file.
        ManifestError: it cannot be used.
    """
    table = Table(COLUMNS, NEEDED, NUMBERS)
    table.read(path)
    mistakes = list(table.mistakes)
    if not table.rows and not mistakes:
        mistakes.append("has no rows yet: add one for each clip, with a video and a label")
    rows: list[Row] = []
    for number, cells in table.rows:
        wrong: list[str] = []
        row = _row(number, cells, [path.parent, *media], wrong)
        rows += [] if row is None else [row]
        mistakes += [f"row {number}: {line}" for line in wrong]
    rows = _told_apart(rows)
    mistakes += [*_repeated(rows), *_folders_shared(rows)]
    if mistakes:
        raise ManifestError(path, mistakes)
    for line in _beyond_ntu_60(table.rows):
        tell(f"{path}: {line}")
    return tuple(rows)


def _beyond_ntu_60(rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[str]:
    """A line for each action that somebody who knows the 60 may not have meant."""
    numbers: dict[str, int] = {}
    for number, cells in rows:
        action = NTU_ACTION.fullmatch(cells["label"])
        if action is not None and int(action[1]) > NTU_60:
            numbers.setdefault(_label(cells["label"]), number)
    return [
        f"row {number}: label A{NTU_NAMES.index(name) + 1} is {name!r}, of NTU RGB+D 120 alone"
        for name, number in numbers.items()
    ]


def _row(
    number: int, cells: Mapping[str, str], folders: Sequence[Path], wrong: list[str]
) -> Row | None:
    """A row; None, and in `wrong` every mistake in it, where there is one."""

    def read(column: str, reader: Callable[[str], Value]) -> Value | None:
        try:
            return reader(cells.get(column, ""))
        except ValueError as error:
            wrong.append(f"{column} {error}")
            return None

    source = read("video", lambda text: source_of(_filled(text), folders))
    label = read("label", lambda text: _label(_filled(text)))
    start, stop = read("start", _seconds), read("stop", _seconds)
    actor, split = read("actor", _actor), read("split", _split)
    if stop is not None and not (start or 0.0) < stop:
        wrong.append(f"start {cells.get('start') or 0} must come before stop {cells['stop']}")
    if wrong or source is None or label is None or actor is None or split is None:
        return None
    begin, end = start or 0.0, "end" if stop is None else f"{round(stop * 1000):07d}"
    name = f"{source.key}_{round(begin * 1000):07d}_{end}"
    licence, note = cells.get("licence", ""), cells.get("note", "")
    return Row(number, name, source, begin, stop, label, actor, split, licence, note)


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _seconds(text: str) -> float | None:
    """Seconds, as 75.5 or 1:15.5 or 0:01:15.5; None where nothing is said."""
    if not text:
        return None
    found = TIME.fullmatch(text)
    parts = [] if found is None else [float(part) for part in found.groups("0")]
    if not parts or (":" in text and parts[2] >= 60) or (text.count(":") > 1 and parts[1] >= 60):
        raise ValueError(f"{text!r} is no time: give seconds, 75.5, or 1:15.5")
    return math.fsum([3600 * parts[0], 60 * parts[1], parts[2]])


def _label(text: str) -> str:
    action = NTU_ACTION.fullmatch(text)
    if action is None:
        return text
    if not 1 <= int(action[1]) <= len(NTU_NAMES):
        raise ValueError(f"{text!r}: NTU RGB+D has the actions A1 to A{len(NTU_NAMES)}")
    return NTU_NAMES[int(action[1]) - 1]


def _actor(text: str) -> str:
    text = text.lower() or ACTORS[0]
    if text not in ACTORS and not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise ValueError(
            f"{text!r} is neither a number on the contact sheet nor one of {', '.join(ACTORS)}"
        )
    return text


def _split(text: str) -> Split:
    text = text.lower() or "test"
    if text not in SPLITS:
        raise ValueError(f"{text!r} is none of {', '.join(SPLITS)}")
    return cast("Split", text)


def _told_apart(rows: Sequence[Row]) -> list[Row]:
    """Rows of one range but for different people get names that say who."""
    times = Counter(row.name.casefold() for row in rows)
    return [
        replace(row, name=f"{row.name}_{row.actor}") if times[row.name.casefold()] > 1 else row
        for row in rows
    ]


def _repeated(rows: Sequence[Row]) -> list[str]:
    seen: dict[str, int] = {}
    return [
        f"row {row.number}: is row {seen[row.name.casefold()]} again: the same part of the same "
        "video, and the same actor"
        for row in rows
        if seen.setdefault(row.name.casefold(), row.number) != row.number
    ]


def _folders_shared(rows: Sequence[Row]) -> list[str]:
    """Labels whose folders would be one, also on disks that know no case."""
    labels: dict[str, str] = {}
    return [
        f"row {row.number}: label {row.label!r} and {labels[row.folder.casefold()]!r} would share "
        f"the folder {row.folder!r}: rename one"
        for row in rows
        if labels.setdefault(row.folder.casefold(), row.label) != row.label
    ]

"""What a ledger says, read without changing it, also while a run is at work."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.archive.database import FILE, open_for_reading, telling
from wildpose.archive.ledger import VIDEOS
from wildpose.archive.states import STATES


@dataclass(frozen=True)
class Row:
    """A video under one settings."""

    path: str
    """As it was given."""
    absolute: str
    sha256: str | None
    """Of its content, once that was read."""
    folder: Path | None
    """Where its results are; None where there are none."""
    state: str
    """One of `STATES`."""
    attempts: int
    failures: int
    error: str | None
    """One line, of the last attempt."""
    note: str | None
    started: float | None
    """s since 1970."""
    finished: float | None
    """s since 1970."""
    seconds: float | None
    worker: str | None
    people: int | None
    frames: int | None
    peak_bytes: int | None
    """The most memory that its worker had had by then."""


@dataclass(frozen=True)
class Kept:
    """What a ledger has of one settings."""

    settings: str
    """Hash."""
    record: dict[str, Any]
    """`Settings.record`, as JSON holds it."""
    counts: Counter[str]
    """Videos by state."""


@dataclass(frozen=True)
class LastRun:
    """The run that began last."""

    record: dict[str, Any]
    """`Settings.record`, as JSON holds it."""
    options: dict[str, Any] | None
    """What it was asked for, see `wildpose.archive.going_on`; None in ledgers of before."""


def last_run(folder: Path) -> LastRun | None:
    """What a ledger knows of its last run; None where none ever began.

    Raises:
        StoppedError: there is no ledger, or it cannot be read.
    """
    file = folder / FILE
    with telling(file), closing(open_for_reading(file)) as database:
        row = database.execute(
            "SELECT runs.*, record FROM runs JOIN settings ON hash = settings "
            "ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if row is None:
        return None
    options = row["options"] if "options" in row.keys() else None  # noqa: SIM118 - no mapping
    return LastRun(json.loads(row["record"]), None if options is None else json.loads(options))


def settings_in(folder: Path) -> list[Kept]:
    """What a ledger has, by settings, those of the last run at the end.

    Raises:
        StoppedError: there is no ledger, or it cannot be read.
    """
    file = folder / FILE
    with telling(file), closing(open_for_reading(file)) as database:
        counts: dict[str, Counter[str]] = {}
        for settings, state, videos in database.execute(
            "SELECT s.settings, s.state, count(*) FROM states s "
            "JOIN videos v ON v.content = s.content GROUP BY 1, 2"
        ):
            counts.setdefault(settings, Counter())[state] = videos
        return [
            Kept(settings, json.loads(record), counts.get(settings, Counter()))
            for settings, record in database.execute(
                "SELECT hash, record FROM settings JOIN runs ON runs.settings = settings.hash "
                "GROUP BY hash ORDER BY max(runs.id)"
            )
        ]


def rows(folder: Path, settings: str, *, states: Sequence[str] = STATES) -> Iterator[Row]:
    """Videos under a settings, in the order in which they were first named, one at a time.

    Raises:
        StoppedError: there is no ledger, or it cannot be read.
    """
    file = folder / FILE
    with telling(file), closing(open_for_reading(file)) as database:
        found = database.execute(
            "SELECT v.path, v.absolute, c.sha256, c.folder, s.* FROM videos v "
            "JOIN contents c ON c.id = v.content "
            "JOIN states s ON s.content = v.content AND s.settings = ? "
            "WHERE instr(?, s.state) ORDER BY v.id",  # no state is a part of another's name
            (settings, " ".join(states)),
        )
        for row in found:
            yield _row(row, folder / VIDEOS)


def _row(row: sqlite3.Row, results: Path) -> Row:
    values = {name: row[name] for name in Row.__dataclass_fields__}
    folder = values["folder"]
    return Row(**{**values, "folder": None if folder is None else results / folder})

"""Parquet tables of all results of an archive, brought in line with its ledger.

A content has its rows in one file of each table, chosen by its number in the ledger, and a file is
replaced as a whole: so nothing is ever in a table twice, whenever a run is killed. What a file
holds stands in its own metadata: so nothing but the files themselves has to be right.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from itertools import groupby
from pathlib import Path

from wildpose.archive.database import FILE, line, open_for_reading, telling
from wildpose.archive.jobs import StoppedError
from wildpose.archive.ledger import VIDEOS
from wildpose.archive.table_parts import DamagedError, Part, held, rewriting
from wildpose.archive.table_rows import Done, rows_of
from wildpose.archive.table_schema import (
    ABOUT,
    FOLDER,
    FORMAT,
    TABLES,
    part_path,
)
from wildpose.atomic import remove_leftovers, writing
from wildpose.results import parts


@dataclass(frozen=True)
class Updated:
    """What was done to the tables of an archive."""

    results: int = 0
    """Results that were read."""
    files: int = 0
    """Files written or removed."""
    unread: tuple[tuple[str, str], ...] = ()
    """Video, and one line that says why its result could not be read: it is not in the tables."""


def update_tables(archive: Path, *, stopped: Callable[[], bool] = lambda: False) -> Updated:
    """Bring the tables in line with what the ledger says is done; what is in line is left alone.

    Memory holds the results of one video, and names of as many as share a file. Nobody else may
    write the ledger or the tables meanwhile; they can be read.

    Args:
        archive: its folder.
        stopped: asked between videos; what is not in line then is left for the next time.

    Raises:
        StoppedError: there is no ledger, or the tables cannot be written. What is there is whole.
    """
    file = archive / FILE
    try:
        with telling(file), closing(open_for_reading(file)) as database:
            return _Update(archive, stopped).run(database)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise StoppedError(f"cannot write {archive / FOLDER}: {why}") from error


class _Update:
    """One pass over the ledger and all files."""

    def __init__(self, archive: Path, stopped: Callable[[], bool]):
        self._archive, self._stopped = archive, stopped
        self._results = self._files = 0
        self._unread: list[tuple[str, str]] = []

    def run(self, database: sqlite3.Connection) -> Updated:
        self._begin(database)
        wanted: set[Path] = set()
        for _, group in groupby(done_in(database), lambda done: self._path("videos", done)):
            contents = list(group)
            while not self._whole(contents):
                pass
            wanted |= {self._path(name, done) for name in TABLES for done in contents}
            if self._stopped():
                return self._outcome()
        for name in TABLES:
            self._remove(set(self._files_of(name)) - wanted)
        return self._outcome()

    def _outcome(self) -> Updated:
        return Updated(self._results, self._files, tuple(self._unread))

    def _begin(self, database: sqlite3.Connection) -> None:
        """Remove what is of another ledger, or of another version, and what killed runs left."""
        (first,) = database.execute("SELECT min(started) FROM runs").fetchone()
        about = {"format": FORMAT, "ledger": first}
        file = self._archive / FOLDER / ABOUT
        if _said(file) != about:
            for name in TABLES:
                self._remove(self._files_of(name))
            with writing(file) as temporary:
                temporary.write_text(json.dumps(about), encoding="utf-8")
        for name in TABLES:
            (self._archive / FOLDER / name).mkdir(exist_ok=True)
            remove_leftovers(self._archive / FOLDER / name)

    def _files_of(self, table: str) -> Iterable[Path]:
        return (self._archive / FOLDER / table).glob("*.parquet")

    def _remove(self, files: Iterable[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)
            self._files += 1

    def _path(self, table: str, done: Done) -> Path:
        return part_path(self._archive, table, done.content)

    def _whole(self, contents: list[Done]) -> bool:
        """Whether the files of a group could be written; one that is damaged is removed."""
        try:
            self._write(contents)
        except DamagedError as error:
            self._remove([error.path])
            return False
        return True

    def _write(self, contents: list[Done]) -> None:
        """Write the files of contents that share all but `frames`: each result is read once."""
        others = [name for name in TABLES if name != "frames"]
        with ExitStack() as stack:
            parts = {name: self._begun(stack, name, contents) for name in others}
            for _, group in groupby(contents, lambda done: self._path("frames", done)):
                some = list(group)
                with ExitStack() as inner:
                    self._fill({**parts, "frames": self._begun(inner, "frames", some)}, some)

    def _begun(self, stack: ExitStack, table: str, contents: list[Done]) -> Part | None:
        """A file that is not in line, being written; None where it is."""
        path = self._path(table, contents[0])
        wanted = {done.content: done.key(table) for done in contents}
        if held(path) == wanted:
            return None
        self._files += 1
        return stack.enter_context(rewriting(path, table, wanted))

    def _fill(self, parts: dict[str, Part | None], contents: list[Done]) -> None:
        for done in contents:
            into = {n: part for n, part in parts.items() if part and done.content in part.missing}
            if not into or self._stopped():
                continue
            try:
                rows = rows_of(self._archive, done)
            except (ValueError, OSError) as error:
                self._unread.append((done.files[0][1], _why(error)))
                continue
            self._results += 1
            for name, part in into.items():
                part.add(done.content, rows[name])


def done_in(database: sqlite3.Connection) -> Iterator[Done]:
    """Contents whose results are there, by their number, one at a time.

    Under one settings only each: the ledger has a content wait under all others before its results
    are replaced.
    """
    poses = {
        row["hash"]: _poses(row["record"]) for row in database.execute("SELECT * FROM settings")
    }
    rows = database.execute(
        "SELECT s.content, c.sha256, s.settings, s.finished, c.folder, v.path, v.absolute "
        "FROM states s JOIN contents c ON c.id = s.content JOIN videos v ON v.content = c.id "
        "WHERE s.state = 'done' AND c.folder IS NOT NULL ORDER BY s.content, s.settings, v.id"
    )
    for _, group in groupby(rows, lambda row: row["content"]):
        files = list(group)
        content, sha256, settings, finished, folder, *_ = files[0]
        yield Done(
            content,
            sha256,
            settings,
            poses[settings],
            finished,
            f"{VIDEOS}/{folder}",
            tuple((line(f["path"]) or "", line(f["absolute"]) or "") for f in files),
        )


def _poses(record: str) -> str:
    """A hash of what poses depend on in a record of settings."""
    said = json.dumps(parts(json.loads(record)).poses, sort_keys=True)
    return hash_of(said.encode()).hexdigest()


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot read its result: {error.strerror or error}"
    return f"{error}; remove it, and it is made again"


def _said(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

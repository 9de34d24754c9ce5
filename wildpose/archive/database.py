"""The ledger's SQLite file: its tables, opening it, and its errors as one line."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wildpose.archive.jobs import StoppedError
from wildpose.archive.states import STATES

FILE = "ledger.sqlite"
VERSION = 1
APPLICATION = 0x77706C64  # "wpld": how SQLite files of ours are told from others

# A content is what is labelled: the file of one video, or of several that are the same.
SCHEMA = f"""
CREATE TABLE settings (
    hash TEXT PRIMARY KEY,
    record TEXT NOT NULL            -- JSON, as wildpose.Settings.record
) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    settings TEXT NOT NULL REFERENCES settings,
    started REAL NOT NULL,          -- s since 1970, as all times
    finished REAL,                  -- NULL while it goes on, and where it was killed
    options TEXT                    -- JSON, what it was asked for; NULL in runs of before
);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    sha256 TEXT UNIQUE,             -- NULL until it was read
    size INTEGER,                   -- bytes; NULL where there was no file
    place TEXT NOT NULL,            -- folder of its results below DIR/videos, fixed when first seen
    place_key TEXT NOT NULL UNIQUE, -- the same where upper and lower case are
    folder TEXT                     -- where the results are; NULL until there are some
);
CREATE INDEX contents_by_size ON contents (size);
CREATE TABLE videos (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,             -- as it was given
    absolute TEXT NOT NULL UNIQUE,
    size INTEGER,                   -- of the file that its content is of, as mtime_ns, since 1970
    mtime_ns INTEGER,               -- both NULL: to be looked at afresh when it is named again
    content INTEGER NOT NULL REFERENCES contents,
    run INTEGER NOT NULL            -- the last one that it was named in
);
CREATE INDEX videos_by_content ON videos (content);
CREATE TABLE states (
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    settings TEXT NOT NULL REFERENCES settings,
    run INTEGER NOT NULL,           -- the last one that it was named in
    state TEXT NOT NULL CHECK (state IN {STATES}),
    attempts INTEGER NOT NULL DEFAULT 0,  -- how often it was begun
    failures INTEGER NOT NULL DEFAULT 0,  -- how often of these it failed, a killed run left out
    error TEXT,                     -- one line, of the last attempt
    note TEXT,                      -- one line
    started REAL,
    finished REAL,
    seconds REAL,
    worker TEXT,
    people INTEGER,
    frames INTEGER,
    peak_bytes INTEGER,             -- the most memory that the worker had had by then
    PRIMARY KEY (content, settings)
) WITHOUT ROWID;
CREATE INDEX states_open ON states (run, attempts, content)
    WHERE state IN ('waiting', 'failed');
"""
COLUMNS_OF_RUNS = "PRAGMA table_info(runs)"

# What SQLite says, and what a user understands by it.
_REASONS = (
    ("database or disk is full", "the disk is full"),
    ("readonly database", "it is read-only"),
    ("unable to open database file", "it cannot be opened"),
    ("disk i/o error", "the disk does not take it, and may be full"),
    ("database is locked", "another program holds it open"),
)
_DAMAGES = ("malformed", "not a database", "no such table", "no such column", "constraint failed")


@contextmanager
def telling(file: Path) -> Iterator[None]:
    """A block that uses the ledger.

    Raises:
        StoppedError: instead of an error of SQLite, in one line.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StoppedError(_line(file, error)) from error


def _line(file: Path, error: sqlite3.Error) -> str:
    said = str(error).lower()
    if any(damage in said for damage in _DAMAGES):
        return (
            f"{file} is damaged ({error}): move it away and run again, results that are there "
            "are known again"
        )
    reason = next((reason for text, reason in _REASONS if text in said), str(error))
    return f"cannot use {file}: {reason}"


def open_for_writing(file: Path) -> sqlite3.Connection:
    """The ledger, made where there is none.

    Raises:
        StoppedError: it is damaged, of another version, no ledger, or cannot be written.
    """
    with telling(file):
        database = _connected(f"{file.absolute().as_uri()}?mode=rwc")
        try:
            new = _is_new(database)
            if not new:
                check(database, file)
            database.execute("PRAGMA journal_mode = WAL")
            # Enough for a killed process; after a power cut a few last videos are done again.
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA foreign_keys = ON")
            with transaction(database):
                if new:
                    _create(database)
                elif "options" not in {row["name"] for row in database.execute(COLUMNS_OF_RUNS)}:
                    database.execute("ALTER TABLE runs ADD COLUMN options TEXT")
        except BaseException:
            database.close()
            raise
    return database


def open_for_reading(file: Path) -> sqlite3.Connection:
    """The ledger as it is, also while a run writes it, and on a disk that cannot be written.

    Raises:
        StoppedError: there is none, or it is damaged, of another version, or no ledger.
    """
    if not file.exists():
        raise StoppedError(f"nothing has been labelled in {file.parent}: there is no {file.name}")
    with telling(file):
        database = _connected(f"{file.absolute().as_uri()}?mode=ro")
        try:
            database.execute("SELECT * FROM sqlite_master LIMIT 1")
        except sqlite3.OperationalError:  # it may not make the files that go with a ledger
            database.close()
            database = _connected(f"{file.absolute().as_uri()}?immutable=1")
        try:
            check(database, file)
        except BaseException:
            database.close()
            raise
    return database


def _connected(address: str) -> sqlite3.Connection:
    database = sqlite3.connect(address, uri=True, isolation_level=None)
    database.row_factory = sqlite3.Row
    database.text_factory = os.fsdecode
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """A block of changes that are made all, or none of them."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk has ended it already
            database.execute("ROLLBACK")
        raise


def name(path: str | os.PathLike[str]) -> bytes:
    """A path to be stored with CAST(? AS TEXT): names of files need not be Unicode."""
    return os.fsencode(path)


def line(text: str | None) -> str | None:
    """A message to be stored: what is not Unicode in the name of a file in it is spelled out."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_new(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


def _create(database: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {VERSION}")


def check(database: sqlite3.Connection, file: Path) -> None:
    """See that a file is a ledger that can be read.

    Raises:
        StoppedError: it is not.
    """
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise StoppedError(f"{file} is not a ledger of wildpose: name another folder")
    if version != VERSION:
        raise StoppedError(
            f"{file} is of version {version}, and this wildpose reads version {VERSION}: use the "
            "wildpose that made it, or name another folder"
        )
    (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError("malformed: " + " ".join(said.split()))

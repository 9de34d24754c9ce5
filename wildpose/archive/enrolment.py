"""Videos into the ledger: which content each has, where its results go, what of it is still to do.

A content is what is labelled: the file of one video, or of several that are the same. Whether two
are the same shows only when both were read; `same` then makes them one.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.archive.database import name
from wildpose.archive.jobs import Stamp, stamp_of
from wildpose.archive.sources import Found
from wildpose.inputs import place_alone


@dataclass(frozen=True)
class Asked:
    """What a run is to make of the videos that it names."""

    run: int
    """Its number in the ledger."""
    settings: str
    """Hash of its settings."""
    results: Path
    """The folder that the places of results are in."""
    files: Sequence[str]
    """Names of the files that belong to a result."""


def enrol(database: sqlite3.Connection, asked: Asked, found: Found) -> None:
    """Put a video into the ledger, or see what has become of the one that is there.

    A file that is another than before is looked at afresh. One that is gone leaves the results that
    it had.
    """
    absolute = os.path.abspath(found.path)  # noqa: PTH100 - a link keeps its own name
    stamp = stamp_of(absolute)
    row = database.execute(
        "SELECT id, size, mtime_ns, content, run FROM videos WHERE absolute = CAST(? AS TEXT)",
        (name(absolute),),
    ).fetchone()
    if row is None:
        content = _new_content(database, asked, found, absolute, stamp)
        _insert_video(database, asked, found, absolute, stamp, content)
    elif row["run"] == asked.run:
        return  # named twice
    else:
        content = row["content"]
        if stamp is not None and stamp != (row["size"], row["mtime_ns"]):
            content = renewed(database, asked, row["id"], found, stamp)
        database.execute("UPDATE videos SET run = ? WHERE id = ?", (asked.run, row["id"]))
    mean(database, asked, content)


def mean(database: sqlite3.Connection, asked: Asked, content: int) -> None:
    """Say that this run is about a content, which is waiting unless all of its files are there."""
    database.execute(
        "INSERT INTO states (content, settings, run, state) VALUES (?, ?, ?, 'waiting') "
        "ON CONFLICT (content, settings) DO UPDATE SET run = excluded.run",
        (content, asked.settings, asked.run),
    )
    state, folder = database.execute(
        "SELECT s.state, c.folder FROM states s JOIN contents c ON c.id = s.content "
        "WHERE s.content = ? AND s.settings = ?",
        (content, asked.settings),
    ).fetchone()
    if state == "done" and not _all_there(asked, folder):
        _wait(database, content, "AND settings = ?", asked.settings)


def renewed(
    database: sqlite3.Connection, asked: Asked, video: int, found: Found, stamp: Stamp | None
) -> int:
    """The number of a video's content after its file has changed; it is waiting.

    Results of what the file was stay where they are: nothing of another video is overwritten.
    """
    (content,) = database.execute("SELECT content FROM videos WHERE id = ?", (video,)).fetchone()
    others = database.execute(
        "SELECT max(run) FROM videos WHERE content = ? AND id != ?", (content, video)
    ).fetchone()[0]
    if others is not None:  # which have not changed, and are perhaps not what this run is about
        values = others, content, asked.settings
        database.execute("UPDATE states SET run = ? WHERE content = ? AND settings = ?", values)
        absolute = os.path.abspath(found.path)  # noqa: PTH100
        content = _new_content(database, asked, found, absolute, stamp)
    else:
        database.execute(
            "UPDATE contents SET sha256 = NULL, folder = NULL, size = ? WHERE id = ?",
            (stamp and stamp.size, content),
        )
        _wait(database, content)
    database.execute(
        "UPDATE videos SET content = ?, size = ?, mtime_ns = ? WHERE id = ?",
        (content, *(stamp or (None, None)), video),
    )
    return content


def with_hash(database: sqlite3.Connection, sha256: str) -> set[int]:
    """The content that has a hash, if any is known to."""
    rows = database.execute("SELECT id FROM contents WHERE sha256 = ?", (sha256,))
    return {row["id"] for row in rows}


def same(database: sqlite3.Connection, asked: Asked, content: int, sha256: str) -> int:
    """The number of the content with a hash: this one, or another with which it is made one."""
    others = with_hash(database, sha256) - {content}
    if not others:
        database.execute("UPDATE contents SET sha256 = ? WHERE id = ?", (sha256, content))
        return content
    (other,) = others
    database.execute("UPDATE videos SET content = ? WHERE content = ?", (other, content))
    database.execute("DELETE FROM contents WHERE id = ?", (content,))  # and its states
    mean(database, asked, other)
    return other


def replaced(database: sqlite3.Connection, asked: Asked, content: int) -> None:
    """Results of other settings are about to be replaced: under those it is waiting again."""
    _wait(database, content, "AND settings != ? AND state = 'done'", asked.settings)


def known_videos(database: sqlite3.Connection, *, at_once: int = 1000) -> Iterator[Found]:
    """All videos of a ledger, few of them in memory at a time."""
    last = 0
    while True:
        rows = database.execute(
            "SELECT id, absolute FROM videos WHERE id > ? ORDER BY id LIMIT ?", (last, at_once)
        ).fetchall()
        if not rows:
            return
        yield from (Found(row["absolute"], "") for row in rows)
        last = rows[-1]["id"]


def _wait(database: sqlite3.Connection, content: int, where: str = "", *values: str) -> None:
    every = "UPDATE states SET state = 'waiting', attempts = 0, failures = 0, error = NULL"
    database.execute(f"{every} WHERE content = ? {where}", (content, *values))


def _all_there(asked: Asked, folder: str | None) -> bool:
    if folder is None:
        return False
    return all(os.path.exists(asked.results / folder / file) for file in asked.files)  # noqa: PTH110


def _insert_video(
    database: sqlite3.Connection,
    asked: Asked,
    found: Found,
    absolute: str,
    stamp: Stamp | None,
    content: int,
) -> None:
    database.execute(
        "INSERT INTO videos (path, absolute, size, mtime_ns, content, run) "
        "VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?)",
        (name(found.path), name(absolute), *(stamp or (None, None)), content, asked.run),
    )


def _new_content(
    database: sqlite3.Connection, asked: Asked, found: Found, absolute: str, stamp: Stamp | None
) -> int:
    for place in places(Path(absolute), found.root, reserved=asked.files):
        done = database.execute(
            "INSERT INTO contents (size, place, place_key) "
            "VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT)) ON CONFLICT (place_key) DO NOTHING",
            (stamp and stamp.size, name(place.as_posix()), name(place.as_posix().casefold())),
        )
        if done.rowcount:
            assert done.lastrowid is not None
            return done.lastrowid
    raise AssertionError(f"no place for {absolute}")  # the last ones never end


def places(absolute: Path, root: str, *, reserved: Iterable[str]) -> Iterator[Path]:
    """Where a video's results may go, best first; the first that is free is its place for good.

    As `wildpose run`: its stem, its folder too, its suffix too, a part of a hash. But nothing
    depends on which videos are named together: an archive grows, and what is there stays there.

    Args:
        absolute: the video.
        root: the folder that was named, in which it is; empty where it was named itself.
        reserved: names of files of results, which may not be names of folders beside them.
    """
    alone = place_alone(absolute)
    above = absolute.parent
    base = Path(os.path.abspath(root)) if root else above.parent  # noqa: PTH100
    near = above.relative_to(base) if above.is_relative_to(base) else Path(above.name)
    near = near if near.parts else Path(above.name)
    for place in (alone, near / alone, near / absolute.name):
        if not {part.casefold() for part in place.parts} & set(reserved):
            yield place
    for salt in range(1 << 20):
        text = os.fsencode(absolute) + (str(salt).encode() if salt else b"")
        # Names have a limit, which a long one with something added would pass.
        yield Path(f"{alone.name[:60]}-{hashlib.sha256(text).hexdigest()[:8]}")

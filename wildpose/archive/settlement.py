"""Jobs out of the ledger and reports into it: every change of state, as statements in SQL."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from wildpose.archive import enrolment
from wildpose.archive.database import line, name
from wildpose.archive.enrolment import Asked
from wildpose.archive.jobs import Job, Report, Stamp, stamp_of
from wildpose.archive.sources import Found
from wildpose.archive.states import Change, Standing, after, most_begun

ENDED = "the run was killed while it was read"


def recover(database: sqlite3.Connection, *, attempts: int) -> None:
    """What a killed run had at work is waiting again, unless it was begun too often by now."""
    database.execute(
        "UPDATE states SET error = ?, worker = NULL, "
        "state = CASE WHEN attempts < ? THEN 'waiting' ELSE 'quarantined' END "
        "WHERE state = 'running'",
        (ENDED, most_begun(attempts)),
    )


def tally(database: sqlite3.Connection, asked: Asked, contents: Iterable[int] | None) -> Counter:
    """Videos of a run by state: of all of it, or of some contents."""
    counts: Counter[str] = Counter()
    every = "SELECT s.state, count(*) FROM states s JOIN videos v ON v.content = s.content "
    where = "WHERE s.run = ? AND s.settings = ? AND v.run = ? "
    values = asked.run, asked.settings, asked.run
    if contents is None:
        counts.update(
            dict(tuple(r) for r in database.execute(f"{every} {where} GROUP BY 1", values))
        )
    for content in contents or ():
        rows = database.execute(f"{every} {where} AND s.content = ? GROUP BY 1", (*values, content))
        counts.update(dict(tuple(row) for row in rows))
    return counts


def done_otherwise(database: sqlite3.Connection, asked: Asked) -> list[tuple[str, int]]:
    """Records of other settings whose results a run is to replace, and of how many videos."""
    rows = database.execute(
        "SELECT t.record, count(*) FROM states s JOIN videos v ON v.content = s.content "
        "JOIN states o ON o.content = s.content AND o.settings != s.settings "
        "JOIN settings t ON t.hash = o.settings "
        "WHERE s.run = ? AND s.settings = ? AND v.run = ? "
        "AND s.state IN ('waiting', 'failed') AND o.state = 'done' GROUP BY t.hash",
        (asked.run, asked.settings, asked.run),
    )
    return [(record, videos) for record, videos in rows]


def next_content(database: sqlite3.Connection, asked: Asked) -> int | None:
    """What is to be done next: what was begun least comes first, so that nothing holds all up."""
    row = database.execute(
        "SELECT content FROM states WHERE run = ? AND state IN ('waiting', 'failed') "
        "ORDER BY attempts, content LIMIT 1",
        (asked.run,),
    ).fetchone()
    return None if row is None else row["content"]


def begin(database: sqlite3.Connection, asked: Asked, content: int, worker: str) -> Job:
    """The job of a content, which is running now."""
    database.execute(
        "UPDATE states SET state = 'running', attempts = attempts + 1, started = ?, "
        "finished = NULL, worker = ? WHERE content = ? AND settings = ?",
        (time.time(), line(worker), content, asked.settings),
    )
    # Of several that are the same, one that is there.
    video = database.execute(
        "SELECT id, absolute, size, mtime_ns FROM videos WHERE content = ? AND run = ? "
        "ORDER BY size IS NULL, id LIMIT 1",
        (content, asked.run),
    ).fetchone()
    stamp = None if video["size"] is None else Stamp(video["size"], video["mtime_ns"])
    if stamp is None:  # not there when it was named, and maybe a copy of another that has results
        stamp = stamp_of(video["absolute"])
        _note_stamp(database, content, video["id"], stamp)
    row = database.execute(
        "SELECT sha256, size, folder, place FROM contents WHERE id = ?", (content,)
    ).fetchone()
    twins = database.execute(
        "SELECT 1 FROM contents WHERE size = ? AND id != ? LIMIT 1", (row["size"], content)
    ).fetchone()
    only_hash = row["sha256"] is None and twins is not None
    if not only_hash:
        enrolment.replaced(database, asked, content)
    return Job(
        content=content,
        path=Path(video["absolute"]),
        folder=asked.results / (row["folder"] or row["place"]),
        stamp=stamp,
        task="hash" if only_hash else "label",
    )


def give_back(database: sqlite3.Connection, asked: Asked, job: Job) -> None:
    """A job that nobody does now, and that is not to be blamed for it, waits again."""
    database.execute(
        "UPDATE states SET state = 'waiting', attempts = attempts - 1, worker = NULL "
        "WHERE content = ? AND settings = ? AND state = 'running'",
        (job.content, asked.settings),
    )


def finish(
    database: sqlite3.Connection, asked: Asked, job: Job, report: Report, *, attempts: int
) -> tuple[int, Change]:
    """Write down what became of a job; the content that its video has now, and the change."""
    before = _standing(database, asked, job.content)
    video = database.execute(
        "SELECT id, path FROM videos WHERE absolute = CAST(? AS TEXT)", (name(job.path),)
    ).fetchone()
    _restamp(database, job.content, video["id"], report)
    content = job.content
    if report.verdict in ("changed", "stale"):
        found = Found(str(job.path), "")
        content = enrolment.renewed(database, asked, video["id"], found, report.stamp)
        enrolment.mean(database, asked, content)
        if content != job.content:  # other videos have it still
            give_back(database, asked, job)
    if report.sha256 is not None:
        content = enrolment.same(database, asked, content, report.sha256)
        if content != job.content:
            change = Change(
                video["path"],
                _standing(database, asked, content),
                report,
                same_as=_first_path(database, content),
            )
            return content, change
    standing = after(before, report.verdict, attempts=attempts)
    if report.verdict == "missing" and _has_other_file(database, asked, content):
        standing = after(before, "failed", attempts=attempts)
    _settle(database, asked, content, standing, report)
    if report.folder is not None:
        place = report.folder.relative_to(asked.results).as_posix()
        database.execute(
            "UPDATE contents SET folder = CAST(? AS TEXT) WHERE id = ?", (name(place), content)
        )
    return content, Change(video["path"], standing, report)


def _restamp(database: sqlite3.Connection, content: int, video: int, report: Report) -> None:
    """Which file was read. None where the next run that names it is to look at it in any case."""
    if report.verdict == "missing":
        database.execute("UPDATE videos SET size = NULL, mtime_ns = NULL WHERE id = ?", (video,))
    else:
        _note_stamp(database, content, video, report.stamp)


def _note_stamp(
    database: sqlite3.Connection, content: int, video: int, stamp: Stamp | None
) -> None:
    """The file that a video is now, if there is one that is known."""
    if stamp is not None:
        values = *stamp, video
        database.execute("UPDATE videos SET size = ?, mtime_ns = ? WHERE id = ?", values)
        database.execute("UPDATE contents SET size = ? WHERE id = ?", (stamp.size, content))


def _settle(
    database: sqlite3.Connection, asked: Asked, content: int, standing: Standing, report: Report
) -> None:
    database.execute(
        "UPDATE states SET state = ?, attempts = ?, failures = ?, error = ?, note = ?, "
        "finished = ?, seconds = ?, people = ?, frames = ?, peak_bytes = ? "
        "WHERE content = ? AND settings = ?",
        (
            *standing,
            line(report.error),
            line(report.note),
            time.time(),
            report.seconds,
            report.people,
            report.frames,
            report.peak_bytes,
            content,
            asked.settings,
        ),
    )


def _standing(database: sqlite3.Connection, asked: Asked, content: int) -> Standing:
    row = database.execute(
        "SELECT state, attempts, failures FROM states WHERE content = ? AND settings = ?",
        (content, asked.settings),
    ).fetchone()
    return Standing(*row)


def _has_other_file(database: sqlite3.Connection, asked: Asked, content: int) -> bool:
    row = database.execute(
        "SELECT 1 FROM videos WHERE content = ? AND run = ? AND size IS NOT NULL LIMIT 1",
        (content, asked.run),
    ).fetchone()
    return row is not None


def _first_path(database: sqlite3.Connection, content: int) -> str:
    """A video whose content was known first."""
    query = "SELECT path FROM videos WHERE content = ? ORDER BY id LIMIT 1"
    return database.execute(query, (content,)).fetchone()["path"]


def withdraw(database: sqlite3.Connection, asked: Asked) -> None:
    """Forget a run, and its settings unless other runs have had them; the videos stay known."""
    run, settings = (asked.run,), (asked.settings,)
    database.execute("DELETE FROM runs WHERE id = ?", run)
    for table in ("videos", "states"):  # the next run has its number
        database.execute(f"UPDATE {table} SET run = 0 WHERE run = ?", run)  # noqa: S608 - names of ours
    if database.execute("SELECT 1 FROM runs WHERE settings = ?", settings).fetchone() is None:
        database.execute("DELETE FROM states WHERE settings = ?", settings)
        database.execute("DELETE FROM settings WHERE hash = ?", settings)

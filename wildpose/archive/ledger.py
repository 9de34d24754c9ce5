"""What became of every video of an archive, in a file that the driver alone writes.

A video has a state under each settings it was asked for with. Nothing is held in memory but counts,
so an archive may have as many videos as there are.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from wildpose.archive import enrolment, settlement
from wildpose.archive.database import FILE, open_for_writing, telling, transaction
from wildpose.archive.enrolment import Asked
from wildpose.archive.jobs import Job, Report, StoppedError
from wildpose.archive.lock import Lock
from wildpose.archive.sources import Found
from wildpose.archive.states import ATTEMPTS, Change
from wildpose.named_files import recorded_now

LOCK, VIDEOS = "ledger.lock", "videos"
AT_ONCE = 500  # videos enrolled in one transaction


class Ledger:
    """The ledger of a folder, locked against other runs; `begin` comes before all else."""

    def __init__(self, folder: Path):
        """Open the ledger, or begin one.

        Args:
            folder: of the archive; made where there is none.

        Raises:
            StoppedError: it cannot be written, another run is at work in it, or the ledger is
                damaged, of another version or no ledger.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoppedError(f"cannot write to {folder}: {error.strerror or error}") from None
        self.folder = folder.absolute()
        self.counts: Counter[str] = Counter()
        """Videos of this run by state."""
        self._claimed = False
        self._lock = Lock(folder / LOCK)
        try:
            self._database = open_for_writing(folder / FILE)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def begin(
        self,
        record: Mapping[str, Any],
        files: Sequence[str],
        *,
        attempts: int = ATTEMPTS,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a run; what a killed one had at work is waiting again.

        Args:
            record: of the settings, `Settings.record`.
            files: names of the files that a result has to have.
            attempts: that may fail before a video is given up.
            options: what is asked for, for a run that goes on; see `wildpose.archive.going_on`.
        """
        asked = None if options is None else json.dumps(options)
        said = json.dumps(record, sort_keys=True)
        with self._changing() as database:
            settings = _known_as(database, record) or hashlib.sha256(said.encode()).hexdigest()[:16]
            database.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (settings, said))
            row = database.execute(
                "INSERT INTO runs (settings, started, options) VALUES (?, ?, ?)",
                (settings, time.time(), asked),
            )
            assert row.lastrowid is not None
            self._attempts = attempts
            self._asked = Asked(row.lastrowid, settings, self.folder / VIDEOS, tuple(files))
            settlement.recover(database, attempts=attempts)

    def enrol(self, videos: Iterable[Found]) -> Generator[int, None, None]:
        """Say what the run is about; afterwards `counts` is right.

        Returns:
            How many were looked at so far, now and then.
        """
        each, seen = iter(videos), 0
        try:
            while batch := list(islice(each, AT_ONCE)):
                with self._changing() as database:
                    for found in batch:
                        enrolment.enrol(database, self._asked, found)
                seen += len(batch)
                yield seen
        finally:
            self._recount()

    def known_videos(self) -> Iterator[Found]:
        """All videos of the ledger, for a run that goes on with them."""
        with telling(self.folder / FILE):
            yield from enrolment.known_videos(self._database)

    def to_replace(self) -> list[tuple[dict[str, Any], int]]:
        """How many videos of the run have results of other settings, with the record of those."""
        with telling(self.folder / FILE):
            found = settlement.done_otherwise(self._database, self._asked)
        return [(json.loads(record), videos) for record, videos in found]

    def retry_quarantined(self) -> None:
        """Give the run's videos that were given up another chance."""
        with self._changing() as database:
            database.execute(
                "UPDATE states SET state = 'waiting', attempts = 0, failures = 0 "
                "WHERE run = ? AND state = 'quarantined'",
                (self._asked.run,),
            )
        self._recount()

    @property
    def left(self) -> int:
        """Videos of the run that are neither done nor given up nor with a worker."""
        return self.counts["waiting"] + self.counts["failed"]

    def claim(self, worker: str) -> Job | None:
        """The next thing to do, now running: what was tried least comes first.

        Args:
            worker: who will do it.

        Returns:
            None where nothing waits, though something may when a running job is reported.
        """
        if not self.left:
            return None
        with self._changing() as database:
            content = settlement.next_content(database, self._asked)
            if content is None:
                return None
            self._claimed = True
            with self._counting({content}):
                return settlement.begin(database, self._asked, content, worker)

    def give_back(self, job: Job) -> None:
        """Have a job wait again that nobody does now, and that is not to be blamed for it."""
        with self._changing() as database, self._counting({job.content}):
            settlement.give_back(database, self._asked, job)

    def finish(self, job: Job, report: Report) -> Change:
        """Write down what became of a job.

        A failed video is tried again, in the end given up; one that is unusable or missing is
        given up at once. A file that is missing, or changed while it was read, is looked at again
        by the next run that names it, whatever its state.
        """
        with self._changing() as database:
            affected = {job.content}
            if report.sha256 is not None:
                affected |= enrolment.with_hash(database, report.sha256)
            with self._counting(affected):
                content, change = settlement.finish(
                    database, self._asked, job, report, attempts=self._attempts
                )
                affected.add(content)
        return change

    def withdraw(self) -> None:
        """Forget a run that stopped before anything was claimed: it asked for what cannot be."""
        if self._claimed:
            return
        with self._changing() as database:
            settlement.withdraw(database, self._asked)

    def end(self) -> None:
        """Write down that the run came to its end."""
        with self._changing() as database:
            values = time.time(), self._asked.run
            database.execute("UPDATE runs SET finished = ? WHERE id = ?", values)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with telling(self.folder / FILE), transaction(self._database):
            yield self._database

    @contextmanager
    def _counting(self, affected: set[int]) -> Iterator[None]:
        """A block that changes the states of some contents, more of which it may add."""
        before = settlement.tally(self._database, self._asked, affected)
        yield
        self.counts.subtract(before)
        self.counts.update(settlement.tally(self._database, self._asked, affected))

    def _recount(self) -> None:
        with telling(self.folder / FILE):
            self.counts = settlement.tally(self._database, self._asked, None)


def _known_as(database: sqlite3.Connection, record: Mapping[str, Any]) -> str | None:
    """The hash of settings that were asked for before, maybe told otherwise then; the last one."""
    rows = database.execute(
        "SELECT hash, record FROM settings JOIN runs ON runs.settings = settings.hash "
        "GROUP BY hash ORDER BY max(runs.id) DESC"
    )
    same = (row["hash"] for row in rows if recorded_now(json.loads(row["record"])) == record)
    return next(same, None)

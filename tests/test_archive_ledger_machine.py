"""The ledger against a model of it, in any order of jobs, reports, kills, changes and settings."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.made_archive import RECORD, RESULT, begun
from wildpose.archive.jobs import Job, Report, stamp_of
from wildpose.archive.ledger import Ledger

NAMES: list[str] = ["a", "b", "sub/a"]
WORDS = ("one", "two", "three")  # two of them are equally long


class Archive(RuleBasedStateMachine):
    """Videos of three contents under three names; what is done must be what the files are now."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.jobs: list[Job] = []
        self.written = 0
        self.ledger: Ledger | None = None

    def teardown(self) -> None:
        if self.ledger is not None:
            self.ledger.close()
        shutil.rmtree(self.root)

    @initialize(words=st.lists(st.sampled_from(WORDS), min_size=3, max_size=3))
    def begin(self, words: list[str]) -> None:
        self.words = dict(zip(NAMES, words, strict=True))
        for name in NAMES:
            self._write(name)
        self._begin(RECORD, set(NAMES))

    @rule(
        record=st.sampled_from([RECORD, {"smooth": "none"}]),
        names=st.sets(st.sampled_from(NAMES), min_size=1),
    )
    def kill_and_run_again(self, record: dict, names: set[str]) -> None:
        self._ledger.close()
        self._begin(record, names)

    @rule(name=st.sampled_from(NAMES), word=st.sampled_from(WORDS))
    def change(self, name: str, word: str) -> None:
        self.words[name] = word
        self._write(name)

    @precondition(lambda self: len(self.jobs) < 2)
    @rule()
    def claim(self) -> None:
        job = self._ledger.claim("1")
        if job is None:
            assert self._ledger.left == 0
        else:
            assert job.content not in [other.content for other in self.jobs]
            self.jobs.append(job)

    @precondition(lambda self: self.jobs)
    @rule()
    def give_back(self) -> None:
        self._ledger.give_back(self.jobs.pop(0))

    @rule()
    def do_what_is_waiting(self) -> None:
        while self.jobs:
            self.report("done")
        while self._ledger.left:
            self.claim()
            self.report("done")

    @precondition(lambda self: self.jobs)
    @rule(verdict=st.sampled_from(["done", "failed", "lost", "unusable", "changed"]))
    def report(self, verdict: str) -> None:
        job = self.jobs.pop(0)
        stamp = stamp_of(job.path)
        sha256 = job.path.read_text()
        if job.stamp is not None and job.stamp != stamp:
            report = Report("stale", stamp=stamp)
        elif job.task == "hash":
            report = Report("hashed", sha256=sha256, stamp=stamp)
        elif verdict == "done":
            job.folder.mkdir(parents=True, exist_ok=True)
            (job.folder / RESULT).write_text(f"{self.record} {sha256}")
            report = Report("done", sha256=sha256, stamp=stamp, folder=job.folder)
        else:
            report = Report(verdict, error=verdict, stamp=None if verdict == "lost" else stamp)  # type: ignore[arg-type]
        self._ledger.finish(job, report)

    @rule()
    def retry(self) -> None:
        self._ledger.retry_quarantined()
        assert self._ledger.counts["quarantined"] == 0

    @invariant()
    def each_video_has_one_state_and_they_are_counted(self) -> None:
        states = self._query(
            "SELECT s.state FROM videos v LEFT JOIN states s ON s.content = v.content "
            "AND s.settings = (SELECT settings FROM runs ORDER BY id DESC LIMIT 1) "
            "WHERE v.run = (SELECT max(id) FROM runs)"
        )
        assert len(states) == len(self.names)
        counts = Counter(state for (state,) in states)
        assert +self._ledger.counts == counts

    @invariant()
    def what_runs_is_with_a_worker(self) -> None:
        running = self._query("SELECT content FROM states WHERE state = 'running'")
        assert sorted(running) == sorted((job.content,) for job in self.jobs)

    @invariant()
    def what_is_done_has_the_results_of_its_content_and_settings(self) -> None:
        """As far as the ledger knows the file: what changed since is seen by the next run."""
        for absolute, size, mtime_ns, folder in self._query(
            "SELECT v.absolute, v.size, v.mtime_ns, c.folder FROM videos v "
            "JOIN contents c ON c.id = v.content JOIN states s ON s.content = c.id "
            "AND s.settings = (SELECT settings FROM runs ORDER BY id DESC LIMIT 1) "
            "WHERE s.state = 'done'"
        ):
            if stamp_of(absolute) == (size, mtime_ns):
                said = (self.root / "out" / "videos" / folder / RESULT).read_text()
                assert said == f"{self.record} {Path(absolute).read_text()}"

    @property
    def _ledger(self) -> Ledger:
        assert self.ledger is not None
        return self.ledger

    def _begin(self, record: dict, names: set[str]) -> None:
        self.record, self.names, self.jobs = record, names, []
        paths = [self.root / "in" / f"{name}.mp4" for name in sorted(names)]
        self.ledger = begun(self.root / "out", *paths, record=record)

    def _write(self, name: str) -> None:
        path = self.root / "in" / f"{name}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.words[name])
        self.written += 1  # times of files may be too coarse to tell two writings apart
        os.utime(path, ns=(self.written * 10**9, self.written * 10**9))

    def _query(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.root / "out" / "ledger.sqlite")) as database:
            return database.execute(query).fetchall()


TestArchive = Archive.TestCase
TestArchive.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

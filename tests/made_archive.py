"""Archives of files that only say what should become of them, and work that does as they say.

    python -m tests.made_archive VIDEOS --out DIR

runs one, so that a test can kill it.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.archive.jobs import Job, Report, StoppedError, stamp_of
from wildpose.archive.ledger import Ledger
from wildpose.archive.local_pool import LocalPool
from wildpose.archive.pool import Began, Event, Finished, Lost, Pool
from wildpose.archive.progress import JsonLines, Progress
from wildpose.archive.run import run_archive
from wildpose.archive.sources import Found, videos_of
from wildpose.archive.states import Change
from wildpose.archive.upkeep import UpdateTables
from wildpose.atomic import writing
from wildpose.hashing import sha256_of

RECORD = {"smooth": "viterbi", "revision": 1}
RESULT = "result.json"


@dataclass(frozen=True)
class MakeActing:
    """Makes `Acting` in a worker."""

    record: Mapping[str, Any]
    """Of the settings: it is in the result."""
    seconds: float = 0.0
    """That each video takes at least."""
    allowed_s: float = 60.0
    pids: Path | None = None
    """A folder where each worker leaves its number, and in that file its driver's."""
    wrong: str | None = None
    """Why no worker can work."""

    def __call__(self) -> Acting:
        if self.wrong is not None:
            raise StoppedError(self.wrong)
        if self.pids is not None:
            (self.pids / str(os.getpid())).write_text(str(os.getppid()))
        return Acting(self)


class Acting:
    """Does with a file what its first word says; the result tells its hash and the settings."""

    def __init__(self, made: MakeActing):
        self._made = made

    def allowed(self, job: Job) -> float:
        return self._made.allowed_s

    def __call__(self, job: Job) -> Report:
        stamp = stamp_of(job.path)
        if stamp is None:
            return Report("missing", error="no such file")
        if job.stamp is not None and stamp != job.stamp:
            return Report("stale", error="another file", stamp=stamp)
        sha256 = sha256_of(job.path)
        if job.task == "hash":
            return Report("hashed", sha256=sha256, stamp=stamp)
        time.sleep(self._made.seconds)
        what, *more = job.path.read_text().split()
        if what == "broken":
            return Report("unusable", error="is not a video", stamp=stamp)
        if what == "full":
            return Report("unwritable", error=f"cannot write to {job.folder}: the disk is full")
        if what == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "hangs":
            time.sleep(60)
        if what == "grows" and not job.path.with_suffix(".grown").exists():
            job.path.with_suffix(".grown").touch()
            job.path.write_text(f"{job.path.read_text()} more")
            return Report("changed", error="it changed while it was read")
        if what == "flaky" and _times(job.path) < int(more[0]):
            return Report("failed", error="try again", stamp=stamp)
        return self._labelled(job, sha256)

    def _labelled(self, job: Job, sha256: str) -> Report:
        content = {"sha256": sha256, "settings": dict(self._made.record)}
        file = job.folder / RESULT
        if not file.exists() or json.loads(file.read_text()) != content:
            try:
                job.folder.mkdir(parents=True, exist_ok=True)
                with writing(file) as partial:
                    partial.write_text(json.dumps(content))
            except OSError as error:
                why = f"cannot write to {job.folder}: {error.strerror}"
                return Report("unwritable", error=why)
        return Report(
            "done",
            sha256=sha256,
            stamp=stamp_of(job.path),
            folder=job.folder,
            people=1,
            frames=10,
            seconds=0.01,
        )


def _times(path: Path) -> int:
    """How often this was asked before of a file."""
    counter = path.with_suffix(".times")
    before = len(counter.read_text()) if counter.exists() else 0
    counter.write_text("." * (before + 1))
    return before


class HerePool:
    """Keeps the protocol `Pool` in this very process: one job is done at each `wait`."""

    def __init__(self, make_work: MakeActing, *, workers: int = 2):
        self._work = make_work()
        self._jobs: dict[str, Job | None] = {str(i): None for i in range(workers)}
        self.most_at_once = 0
        self.killed: list[Job | None] = []
        self.closed = False

    def start(self) -> None:
        return

    def free(self) -> list[str]:
        return [worker for worker, job in self._jobs.items() if job is None]

    def submit(self, worker: str, job: Job) -> None:
        assert self._jobs[worker] is None
        self._jobs[worker] = job
        self.most_at_once = max(self.most_at_once, len(self._jobs) - len(self.free()))

    def wait(self, timeout_s: float) -> list[Event]:
        for worker, job in list(self._jobs.items()):
            if job is not None:
                self._jobs[worker] = self._jobs.pop(worker)  # the others come first next time
                word = job.path.read_text().split()[0] if job.path.exists() else ""
                if word == "hangs" and job.task == "label":
                    return [Began(worker, -1.0)]  # its time is over
                self._jobs[worker] = None
                if word == "killer" and job.task == "label":
                    return [Lost(worker, "its worker was ended by SIGKILL")]
                return [Began(worker, self._work.allowed(job)), Finished(worker, self._work(job))]
        return []

    def kill(self, worker: str) -> None:
        self.killed.append(self._jobs[worker])
        self._jobs[worker] = None

    def close(self) -> None:
        self.closed = True


class Quiet:
    """Progress that is only remembered."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.inputs: list[tuple[str, str]] = []
        self.replaced: list[tuple[int, str]] = []
        self.counts: dict[str, int] = {}
        self.stopped: str | None = None

    def looked(self, videos: int) -> None:
        return

    def wrong(self, what: str, why: str) -> None:
        self.inputs.append((what, why))

    def replacing(self, videos: int, how: str) -> None:
        self.replaced.append((videos, how))

    def began(self, counts: Mapping[str, int]) -> None:
        return

    def told(self, change: Change, counts: Mapping[str, int]) -> None:
        self.changes.append(change)

    def ended(self, counts: Mapping[str, int], stopped: str | None) -> None:
        self.counts, self.stopped = {s: n for s, n in counts.items() if n}, stopped


def videos(folder: Path, contents: Mapping[str, str]) -> Path:
    """A folder of files of these contents; their names get a suffix of videos."""
    for name, content in contents.items():
        path = folder / f"{name}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def run(
    out: Path,
    *inputs: Path | str,
    progress: Progress | None = None,
    make_pool: Callable[..., Pool] = HerePool,
    record: Mapping[str, Any] = RECORD,
    attempts: int = 3,
    retry_quarantined: bool = False,
    update_tables: UpdateTables | None = None,
    **options: Any,
) -> int:
    """A run over an archive with two workers, `options` those of `MakeActing`; the exit code."""
    make = MakeActing(record, **options)
    return run_archive(
        [str(path) for path in inputs],
        out,
        lambda left: make_pool(make, workers=2),
        progress or Quiet(),
        record=record,
        files=[RESULT],
        attempts=attempts,
        retry_quarantined=retry_quarantined,
        update_tables=update_tables,
    )


def states(out: Path, columns: str = "s.state") -> dict[str, Any]:
    """Columns of each video's state by its name, read behind the ledger's back."""
    with closing(sqlite3.connect(out / "ledger.sqlite")) as database:
        rows = database.execute(
            f"SELECT v.path, {columns} FROM videos v JOIN contents c ON c.id = v.content "
            "JOIN states s ON s.content = c.id AND s.settings = "
            "(SELECT settings FROM runs ORDER BY id DESC LIMIT 1) ORDER BY v.id"
        ).fetchall()
    found = {Path(path).stem: values for path, *values in rows}
    assert len(found) == len(rows)
    return {name: v[0] if len(v) == 1 else tuple(v) for name, v in found.items()}


def results(out: Path) -> dict[str, str]:
    """What all results say, by the folder that each is in."""
    files = (out / "videos").rglob(RESULT)
    return {str(f.parent.relative_to(out / "videos")): f.read_text() for f in files}


def results_of_videos(out: Path) -> dict[str, str]:
    """What the results of each video say that has some, by its name."""
    said = results(out)
    folders = states(out, "c.folder").items()
    return {name: said[folder] for name, folder in folders if folder is not None}


def begun(out: Path, *inputs: Path | str, **options: Any) -> Ledger:
    """A ledger that has begun a run over these inputs."""
    ledger = Ledger(out)
    ledger.begin(options.pop("record", RECORD), [RESULT], **options)
    found = videos_of([str(path) for path in inputs], out=out)
    for _ in ledger.enrol(each for each in found if isinstance(each, Found)):
        pass
    return ledger


def main(arguments: Sequence[str]) -> int:
    folder, out, pids = map(Path, arguments)
    return run(
        out,
        folder,
        make_pool=LocalPool,
        progress=JsonLines(),
        seconds=0.01,
        pids=pids,
        attempts=20,  # whoever kills blindly may kill the worker of one video again and again
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Worker processes: what becomes of jobs when they die, and of them when the driver does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Any

import pytest

from tests.made_archive import Quiet, results, run, states, videos
from wildpose.archive.jobs import Job, Report, StoppedError
from wildpose.archive.listing import last_run, settings_in
from wildpose.archive.local_pool import LocalPool
from wildpose.archive.pool import Began, Event, Finished, Lost

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0


class Telling:
    """Work that tells of its process in a report."""

    def allowed(self, job: Job) -> float:
        return 5.0

    def __call__(self, job: Job) -> Report:
        os.write(1, b"a library that prints")
        if job.path.name == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        told = f"{os.environ['OMP_NUM_THREADS']} {signal.getsignal(signal.SIGINT).name}"  # type: ignore[union-attr]
        return Report("done", note=told)


def job(name: str = "a") -> Job:
    return Job(1, Path("/nowhere") / name, Path("/nowhere/results"))


def events(pool: LocalPool) -> Iterator[Event]:
    """What happens, for as long as anybody should have to wait."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        yield from pool.wait(0.1)


def until_free(pool: LocalPool, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(pool.free()) < count:
        assert time.monotonic() < deadline
        pool.wait(0.1)


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
def test_workers_do_jobs_and_one_that_dies_is_replaced(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with closing(LocalPool(Telling, workers=2, threads=3)) as pool:
        pool.start()
        until_free(pool, 2)
        pool.submit("1", job())
        pool.submit("2", job("dies"))
        assert pool.free() == []
        told: list[Event] = []
        for event in events(pool):
            told.append(event)
            if len(told) == 4:
                break
        assert Began("1", 5.0) in told and Began("2", 5.0) in told
        assert Finished("1", Report("done", note="3 SIG_IGN")) in told
        why = "its worker was ended by SIGKILL, as it is when memory runs out"
        assert Lost("2", why) in told
        until_free(pool, 2)
        pool.submit("2", job())
        pool.kill("2")  # of which nothing is heard any more
        until_free(pool, 2)
    assert "OMP_NUM_THREADS" not in os.environ or os.environ["OMP_NUM_THREADS"] != "3"
    assert capfd.readouterr().out == ""  # which belongs to the driver


def test_where_no_worker_can_work_the_run_stops_with_the_reason(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good"})
    progress = Quiet()
    options = {"make_pool": LocalPool, "wrong": "no such weights"}
    assert run(tmp_path / "out", folder, progress=progress, **options) == 1
    assert progress.stopped == "no such weights"
    assert last_run(tmp_path / "out") is None


def test_a_run_in_which_no_worker_can_work_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good", "b": "broken"})
    out = tmp_path / "out"
    pool: Any = {"make_pool": LocalPool}
    assert run(out, folder, **pool) == 1
    before, told, labelled = settings_in(out), last_run(out), results(out)
    videos(folder, {"c": "good"})
    assert run(out, folder, record={"smooth": "none"}, wrong="no such weights", **pool) == 1
    assert run(out, folder, wrong="no such weights", **pool) == 1
    assert (last_run(out), results(out)) == (told, labelled)
    assert [kept.record for kept in settings_in(out)] == [kept.record for kept in before]
    assert states(out) == {"a": "done", "b": "quarantined", "c": "waiting"}
    assert run(out, folder, **pool) == 1
    assert states(out) == {"a": "done", "b": "quarantined", "c": "done"}


class Dying:
    """Work that cannot even be made, and does not say why."""

    def __init__(self) -> None:
        os._exit(3)

    def allowed(self, job: Job) -> float:
        raise NotImplementedError

    def __call__(self, job: Job) -> Report:
        raise NotImplementedError


def test_workers_that_die_as_they_start_are_not_started_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wildpose.archive.local_pool.DIED_STARTING", 2)
    with closing(LocalPool(Dying, workers=2)) as pool:
        pool.start()
        with pytest.raises(StoppedError, match=r"no worker can be started: .* exit code 3"):
            next(events(pool))


def test_an_archive_of_all_kinds_is_done_by_processes(tmp_path: Path) -> None:
    contents = {f"good{i}": f"good {i}" for i in range(6)} | {"bad": "broken", "dup": "good 3"}
    folder = videos(tmp_path / "in", contents | {"worse": "killer"})
    progress = Quiet()
    assert run(tmp_path / "out", folder, make_pool=LocalPool, attempts=2, progress=progress) == 1
    assert progress.counts == {"done": 7, "quarantined": 2}
    assert len(results(tmp_path / "out")) == 6
    assert states(tmp_path / "out", "s.state, s.attempts")["worse"] == ("quarantined", 2)


FIRST = """
import sys
from tests.made_archive import RECORD, MakeActing
from wildpose.archive.local_pool import LocalPool
if __name__ == "__main__":
    pool = LocalPool(MakeActing(RECORD), workers=1)
    pool.start()
    while not pool.free():
        pool.wait(1)
    print("ready", flush=True)
    input()
"""


@pytest.mark.skipif(os.name == "nt", reason="sessions of processes are a POSIX notion")
def test_workers_end_when_their_driver_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "driver.py"
    program.write_text(FIRST)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with Popen(
        [sys.executable, str(program)],
        env=environment,
        stdin=PIPE,
        stdout=PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == "ready\n"
        first.kill()
        try:  # its output ends when the last of those that share it has ended
            assert first.communicate(timeout=PATIENCE_S) == ("", None)
        except TimeoutExpired:
            os.killpg(first.pid, signal.SIGKILL)
            raise

"""A lock that one process has, and what of it outlives a process that is killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from wildpose.archive.jobs import StoppedError
from wildpose.archive.lock import Lock, held
from wildpose.processes import lives

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are not forked there")

# Of a process that is killed amid starting another, the child has all open files for a moment.
STARTING = """
import os, sys, time
from pathlib import Path
from wildpose.archive.lock import Lock
lock = Lock(Path(sys.argv[1]))
if os.fork() == 0:
    print(flush=True)
    time.sleep(float(sys.argv[2]))
    os._exit(0)
time.sleep(60)
"""


@contextmanager
def starting(path: Path, seconds: float) -> Iterator[Popen[str]]:
    """A process that has the lock, and a child that has its files for that long."""
    command = [sys.executable, "-c", STARTING, str(path), str(seconds)]
    with Popen(command, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "\n"
            yield process
        finally:
            process.kill()


def test_one_has_it_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "ledger.lock"
    with Lock(path):
        assert held(path)
        with pytest.raises(StoppedError, match=rf"in .* \(process {os.getpid()}\): wait for it"):
            Lock(path)
    assert not held(path)
    Lock(path).release()


def test_a_holder_that_lives_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.lock"
    with starting(path, 0.0) as holder:
        began = time.monotonic()
        with pytest.raises(StoppedError, match=rf"\(process {holder.pid}\)"):
            Lock(path)
        assert time.monotonic() - began < 2


def test_it_is_had_after_a_holder_that_was_killed_amid_starting_a_process(tmp_path: Path) -> None:
    path = tmp_path / "ledger.lock"
    with starting(path, 1.0) as holder:
        holder.kill()
        holder.wait()
        assert held(path)
        Lock(path).release()


def test_a_zombie_does_not_count_as_a_holder_that_lives(tmp_path: Path) -> None:
    path = tmp_path / "ledger.lock"
    with starting(path, 1.0) as holder:
        holder.kill()
        deadline = time.monotonic() + 10
        while lives(holder.pid):  # nobody asks after it, as its parent would
            assert time.monotonic() < deadline
        Lock(path).release()


def test_what_keeps_the_files_of_a_dead_holder_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wildpose.archive.lock.PATIENCE_S", 0.2)
    path = tmp_path / "ledger.lock"
    with starting(path, 5.0) as holder:
        holder.kill()
        holder.wait()
        with pytest.raises(StoppedError, match=rf"\(process {holder.pid}\)"):
            Lock(path)


@pytest.mark.parametrize("signed", ["", "nobody", "9" * 20])
def test_a_holder_whose_number_cannot_be_read_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed: str
) -> None:
    monkeypatch.setattr("wildpose.archive.lock.PATIENCE_S", 0.1)
    path = tmp_path / "ledger.lock"
    with Lock(path):
        path.write_text(signed)
        with pytest.raises(StoppedError, match="another run is at work"):
            Lock(path)

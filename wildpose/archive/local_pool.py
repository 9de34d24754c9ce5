"""Workers that are processes of this machine, each with a pipe of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from wildpose.archive.jobs import Job, StoppedError
from wildpose.archive.pool import DIED_STARTING, Began, Event, Finished, Lost, MakeWork
from wildpose.archive.serving import READY, serve

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0  # before a worker is started that has just died so
PATIENCE_S = 5.0  # with a process that has been killed
# How many threads the libraries under NumPy take is settled when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _Worker:
    """A process, and what it is doing."""

    def __init__(self, name: str):
        self.name = name
        self.process: BaseProcess | None = None
        self.pipe: Connection | None = None
        self.ready = False
        """Whether it has loaded what it needs."""
        self.busy = False

    def end(self) -> None:
        """Kill the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.join(PATIENCE_S)
            with suppress(ValueError):  # a disk that does not answer keeps it alive
                self.process.close()
        if self.pipe is not None:
            self.pipe.close()
        self.process = self.pipe = None
        self.ready = self.busy = False


class LocalPool:
    """Keeps the protocol `Pool`."""

    def __init__(self, make_work: MakeWork, *, workers: int, threads: int = 1):
        """Prepare a pool.

        Args:
            make_work: makes, in each worker, what does the jobs.
            workers: processes.
            threads: of each, for libraries that ask the environment.
        """
        self._make_work, self._threads = make_work, threads
        self._workers = {name: _Worker(name) for name in map(str, range(1, workers + 1))}
        self._context = get_context("spawn")
        self._died_starting = 0
        self._any_was_ready = False
        self._not_before = 0.0

    def start(self) -> None:
        self._start_missing()

    def free(self) -> Sequence[str]:
        return [w.name for w in self._workers.values() if w.ready and not w.busy]

    def submit(self, worker: str, job: Job) -> None:
        chosen = self._workers[worker]
        assert chosen.ready and not chosen.busy and chosen.pipe is not None
        chosen.busy = True
        with suppress(OSError):  # it has died, as `wait` will find
            chosen.pipe.send(job)

    def wait(self, timeout_s: float) -> Sequence[Event]:
        self._start_missing()
        pipes = {w.pipe: w for w in self._workers.values() if w.pipe is not None}
        if not pipes:  # all of them died as they started
            time.sleep(min(timeout_s, max(0.0, self._not_before - time.monotonic())))
            return []
        events: list[Event] = []
        for pipe in wait(list(pipes), timeout_s):
            event = self._heard(pipes[pipe])  # type: ignore[index]  # what was waited for
            if event is not None:
                events.append(event)
        return events

    def kill(self, worker: str) -> None:
        self._workers[worker].end()

    def close(self) -> None:
        for worker in self._workers.values():
            worker.end()

    def _start_missing(self) -> None:
        """Start workers that there are not: the first one alone, since it may fetch weights."""
        if time.monotonic() < self._not_before:
            return
        for worker in self._workers.values():
            if worker.process is None:
                self._start(worker)
            if not self._any_was_ready:
                return

    def _start(self, worker: _Worker) -> None:
        worker.pipe, theirs = self._context.Pipe()
        worker.process = self._context.Process(
            target=serve, args=(theirs, self._make_work), name=f"worker {worker.name}", daemon=True
        )
        with _environment(dict.fromkeys(THREADS, str(self._threads))), _interrupts_held_back():
            worker.process.start()
        theirs.close()

    def _heard(self, worker: _Worker) -> Event | None:
        """What a worker says; None where it has become free, or died while it had no job."""
        assert worker.pipe is not None
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            return self._buried(worker)
        if isinstance(said, StoppedError):
            raise said
        if said == READY:
            worker.ready = self._any_was_ready = True
            self._died_starting = 0
            return None
        if isinstance(said, float):
            return Began(worker.name, said)
        worker.busy = False
        return Finished(worker.name, said)

    def _buried(self, worker: _Worker) -> Lost | None:
        """Clear away a process that has died."""
        assert worker.process is not None
        worker.process.join(PATIENCE_S)
        why, was_busy, was_ready = _why(worker.process.exitcode), worker.busy, worker.ready
        worker.end()
        if was_busy:
            return Lost(worker.name, f"its worker {why}")
        if not was_ready:
            self._died_starting += 1
            if self._died_starting == DIED_STARTING:
                raise StoppedError(f"no worker can be started: the last one {why}")
            pause = min(FIRST_PAUSE_S * 2**self._died_starting, LONGEST_PAUSE_S)
            self._not_before = time.monotonic() + pause
        return None


def _why(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None or code >= 0:
        return f"ended by itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", as it is when memory runs out" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """A block in which processes are started with other variables of the environment."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A block in which processes are started that leave Ctrl-C to this one.

    They would answer it while they import; what comes meanwhile, comes to this one afterwards.
    """
    if sys.platform == "win32":  # nothing is handed on there
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""Workers that are actors on a Ray cluster, each with cores of its own.

Nothing else here knows Ray, which is an extra: `pip install 'wildpose[cluster]'`. The nodes read
videos and write results under the same paths as the driver; the ledger is the driver's alone.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from wildpose.archive.jobs import Job, Report, StoppedError
from wildpose.archive.pool import DIED_STARTING, Began, Event, Finished, Lost, MakeWork

ANSWERS_S = 10.0  # a cluster that is there
STARTING_S = 600.0  # without any worker: the cluster has no room, or cannot load


class _Actor:
    """What a worker process of the cluster runs."""

    def __init__(self, make_work: MakeWork):
        self._make_work = make_work

    def load(self) -> str | None:
        """Make ready for work; why no worker could work."""
        try:
            self._work = self._make_work()
        except StoppedError as error:
            return str(error)
        return None

    def allowed(self, job: Job) -> float:
        return self._work.allowed(job)

    def do(self, job: Job) -> Report:
        return self._work(job)


class _Worker:
    """An actor, and the answers that it owes, in the order in which they come."""

    def __init__(self, name: str):
        self.name = name
        self.actor: Any = None  # what Ray makes of `_Actor`
        self.ready = False
        """Whether it has loaded what it needs."""
        self.answers: list[ray.ObjectRef] = []

    def end(self) -> None:
        """Kill the actor, if there is one."""
        if self.actor is not None and ray.is_initialized():
            ray.kill(self.actor)
        self.actor, self.ready, self.answers = None, False, []


class RayPool:
    """Keeps the protocol `Pool`."""

    def __init__(
        self,
        make_work: MakeWork,
        *,
        address: str | None = None,
        workers: int | None = None,
        most: int,
        threads: int = 1,
    ):
        """Prepare a pool.

        Args:
            make_work: makes, in each worker, what does the jobs.
            address: of the cluster, HOST:PORT; None: the one that this machine is a node of, or
                else one of this machine alone, which ends with the pool.
            workers: actors; None: as many as there are cores for.
            most: actors at most.
            threads: cores of each, which Ray tells libraries that ask the environment.
        """
        self._address, self._asked, self._most, self._threads = address, workers, most, threads
        self._make_work = make_work
        self._actors = ray.remote(num_cpus=threads, max_restarts=0, max_task_retries=0)(_Actor)
        self._workers: dict[str, _Worker] = {}
        self._died_starting = 0
        self._open = ExitStack()

    def start(self) -> None:
        self._open.enter_context(_silence())
        if not ray.is_initialized():
            _connect(self._address)
            self._open.callback(ray.shutdown)
        cores = int(ray.cluster_resources().get("CPU", 0))
        count = self._asked or max(1, cores // self._threads)
        names = map(str, range(1, min(count, self._most) + 1))
        self._workers = {name: _Worker(name) for name in names}
        self._any_since = time.monotonic()
        self._start_missing()

    def free(self) -> Sequence[str]:
        return [w.name for w in self._workers.values() if w.ready and not w.answers]

    def submit(self, worker: str, job: Job) -> None:
        chosen = self._workers[worker]
        assert chosen.ready and not chosen.answers and chosen.actor is not None
        chosen.answers = [chosen.actor.allowed.remote(job), chosen.actor.do.remote(job)]

    def wait(self, timeout_s: float) -> Sequence[Event]:
        self._start_missing()
        first = {w.answers[0]: w for w in self._workers.values() if w.answers}
        answered, _ = ray.wait(list(first), num_returns=len(first), timeout=0)
        if not answered:
            answered, _ = ray.wait(list(first), num_returns=1, timeout=timeout_s)
        heard = [self._heard(first[answer]) for answer in answered]
        return [event for event in heard if event is not None]

    def kill(self, worker: str) -> None:
        self._workers[worker].end()

    def close(self) -> None:
        for worker in self._workers.values():
            worker.end()
        self._open.close()

    def _start_missing(self) -> None:
        """Start actors that there are not; those that there is no room for come when there is."""
        for worker in self._workers.values():
            if worker.actor is None:
                worker.actor = self._actors.remote(self._make_work)
                worker.answers = [worker.actor.load.remote()]
        if any(worker.ready for worker in self._workers.values()):
            self._any_since = time.monotonic()
        elif time.monotonic() - self._any_since > STARTING_S:
            raise StoppedError(
                f"no worker could be started in {STARTING_S:.0f} s: are {self._threads} cores of "
                "a node free, as `ray status` tells?"
            )

    def _heard(self, worker: _Worker) -> Event | None:
        """What a worker says; None where it has become free, or died while it had no job."""
        answer = worker.answers.pop(0)
        try:
            said = ray.get(answer)
        except RayError as error:
            return self._buried(worker, error)
        if isinstance(said, float | int):
            return Began(worker.name, float(said))
        if isinstance(said, Report):
            return Finished(worker.name, said)
        if said is not None:
            raise StoppedError(said)
        worker.ready, self._died_starting = True, 0
        return None

    def _buried(self, worker: _Worker, error: RayError) -> Lost | None:
        """Clear away an actor that has died, or cannot be reached."""
        was_ready = worker.ready
        worker.end()
        if was_ready:
            return Lost(worker.name, f"its worker was lost: {_why(error)}")
        self._died_starting += 1
        if self._died_starting == DIED_STARTING or not isinstance(error, RayActorError):
            raise StoppedError(f"no worker can be started: {_why(error)}")
        return None


def _why(error: RayError) -> str:
    """The line of an error of Ray that says most: of a traceback in it, the last one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if any(line.startswith("File ") for line in lines) else lines[0]


def _connect(address: str | None) -> None:
    """Join a cluster, or start one on this machine.

    Raises:
        StoppedError: there is none at the address, or it is of another version.
    """
    # It would tell its makers of each cluster that is started.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        if address is not None:
            _knock(address)
        with _signals_kept():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # noqa: BLE001 - Ray has one of each kind, bare ones too
        where = f"at {address}" if address else "on this machine"
        line = " ".join(str(error).split()) or type(error).__name__
        raise StoppedError(f"no Ray cluster can be used {where}: {line}") from None


def _knock(address: str) -> None:
    """Raise OSError where nobody answers: Ray itself would go on trying for ten minutes."""
    host, port = address.removeprefix("ray://").rsplit(":", 1)
    socket.create_connection((host, int(port)), timeout=ANSWERS_S).close()


@contextmanager
def _silence() -> Iterator[None]:
    """A block in which what Ray tells of lost workers is not among the lines of the run.

    It prints to what is stdout at the time, from a thread of its own.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def _signals_kept() -> Iterator[None]:
    """A block in which others set handlers of signals that are not wanted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

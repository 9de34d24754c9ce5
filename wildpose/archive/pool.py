"""What a driver asks of a pool of workers, wherever they are, and what a pool asks of the work.

A worker is known by its name, which stays the same when it is lost and another takes its place. It
has one job at a time, so the name tells the job too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wildpose.archive.jobs import Job, Report

DIED_STARTING = 10  # workers in a row: then none will ever work


class Work(Protocol):
    """Does jobs, one after the other, in a worker; made there, once, by a `MakeWork`."""

    def allowed(self, job: Job) -> float:
        """Seconds that the job may take; quick, and raises nothing."""
        ...

    def __call__(self, job: Job) -> Report:
        """Do the job; whatever is wrong with it is in the report."""
        ...


MakeWork = Callable[[], Work]
"""Sent to workers; raises `StoppedError` where no worker could work."""


@dataclass(frozen=True)
class Began:
    """A worker has begun its job."""

    worker: str
    allowed_s: float
    """That it may take."""


@dataclass(frozen=True)
class Finished:
    """A worker has done its job, and takes another one."""

    worker: str
    report: Report


@dataclass(frozen=True)
class Lost:
    """A worker has died with its job; another takes its place."""

    worker: str
    why: str
    """One line."""


Event = Began | Finished | Lost


class Pool(Protocol):
    """Workers, each with one job at a time."""

    def start(self) -> None:
        """Begin to start workers."""
        ...

    def free(self) -> Sequence[str]:
        """Workers that are ready for a job now."""
        ...

    def submit(self, worker: str, job: Job) -> None:
        """Give a job to a free worker."""
        ...

    def wait(self, timeout_s: float) -> Sequence[Event]:
        """What has happened, after at most some seconds; nothing, where one has become free.

        Raises:
            StoppedError: no worker can work.
        """
        ...

    def kill(self, worker: str) -> None:
        """End a worker amid its job, of which no event comes any more; another takes its place."""
        ...

    def close(self) -> None:
        """End all workers at once."""
        ...

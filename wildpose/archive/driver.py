"""Hands jobs from the ledger to a pool, and what comes back to the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from wildpose.archive.interrupts import Interrupts
from wildpose.archive.jobs import Job, Report, StoppedError
from wildpose.archive.ledger import Ledger
from wildpose.archive.pool import Began, Event, Finished, Pool
from wildpose.archive.progress import Progress

POLL_S = 0.2  # how late an interrupt or a timeout may be noticed
GRACE_S = 3.0  # what is done by then after an interrupt is kept
SILENT_S = 600.0  # a job whose video does not even open is given up


@dataclass
class _Flight:
    """A job that is with a worker."""

    job: Job
    allowed_s: float
    deadline: float
    begun: bool = False

    def overdue(self) -> str:
        """Why it is given up, in a line."""
        if not self.begun:
            return f"its worker did not begin it within {self.allowed_s:.4g} s"
        return f"it took longer than {self.allowed_s:.4g} s; --timeout allows more"


class Driver:
    """Keeps each worker of a pool at one job, until nothing is left to do."""

    def __init__(
        self,
        ledger: Ledger,
        pool: Pool,
        progress: Progress,
        interrupts: Interrupts,
        *,
        at_turns: Callable[[], None] = lambda: None,
        silent_s: float = SILENT_S,
    ):
        """Bring together what a run needs.

        Args:
            ledger: that has begun a run and enrolled its videos.
            pool: not started.
            progress: told of every video.
            interrupts: counted in the block that this is in.
            at_turns: called again and again; workers that are done wait for it.
            silent_s: seconds after which a worker that does not even begin its job is given up.
        """
        self._ledger, self._pool, self._progress = ledger, pool, progress
        self._interrupts, self._at_turns, self._silent_s = interrupts, at_turns, silent_s
        self._flights: dict[str, _Flight] = {}

    def run(self) -> None:
        """Do what the ledger has waiting; ends early where somebody interrupts.

        Jobs that are with workers when it ends wait again, and are not blamed.

        Raises:
            StoppedError: it cannot go on.
        """
        try:
            with closing(self._pool):
                self._pool.start()
                while (self._ledger.left or self._flights) and not self._interrupts.count:
                    if not self._hand_out() and not self._flights and self._pool.free():
                        break  # nothing that is left is for this run
                    self._hear()
                    self._at_turns()
                self._let_end()
        finally:
            with suppress(StoppedError):  # the ledger cannot be written: the next run sees to it
                for flight in self._flights.values():
                    self._ledger.give_back(flight.job)

    def _hand_out(self) -> bool:
        """Give each free worker a job; whether there was one."""
        given = False
        for worker in self._pool.free():
            job = self._ledger.claim(worker)
            if job is None:
                break
            self._pool.submit(worker, job)
            self._flights[worker] = _Flight(job, self._silent_s, time.monotonic() + self._silent_s)
            given = True
        return given

    def _hear(self) -> None:
        for event in self._pool.wait(POLL_S):
            self._take(event)
        now = time.monotonic()
        for worker, flight in list(self._flights.items()):
            if now > flight.deadline:
                self._pool.kill(worker)
                report = Report("lost", error=flight.overdue(), seconds=flight.allowed_s)
                self._finish(worker, report)

    def _take(self, event: Event) -> None:
        if isinstance(event, Began):
            flight = self._flights[event.worker]
            flight.allowed_s, flight.begun = event.allowed_s, True
            flight.deadline = time.monotonic() + event.allowed_s
        elif isinstance(event, Finished):
            self._finish(event.worker, event.report)
        elif self._interrupts.count:  # what asks this process to end may end its workers at once
            self._ledger.give_back(self._flights.pop(event.worker).job)
        else:
            self._finish(event.worker, Report("lost", error=event.why))

    def _finish(self, worker: str, report: Report) -> None:
        if report.verdict == "unwritable":
            raise StoppedError(report.error or "the results cannot be written")
        change = self._ledger.finish(self._flights[worker].job, report)
        del self._flights[worker]
        self._progress.told(change, self._ledger.counts)

    def _let_end(self) -> None:
        """After an interrupt: what is nearly done is finished, a second one does not wait."""
        deadline = time.monotonic() + GRACE_S
        while self._flights and self._interrupts.count == 1 and time.monotonic() < deadline:
            self._hear()

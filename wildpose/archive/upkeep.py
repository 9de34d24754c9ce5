"""When the tables of an archive are brought up to date: now and then in a run, and at its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from wildpose.archive.interrupts import Interrupts
from wildpose.archive.jobs import StoppedError

UpdateTables = Callable[[Callable[[], bool]], Sequence[tuple[str, str]]]
"""Brings tables in line with the ledger, unless its argument says that there is no more time.

What comes back is a video and the reason, for each result that could not be read. Raises
`StoppedError` where tables cannot be written."""
EVERY_S = 600.0
TIMES = 50  # as long as an update took, nothing is updated: workers may have to wait for it


class Upkeep:
    """Keeps tables up to date in a run."""

    def __init__(self, update: UpdateTables | None, interrupts: Interrupts):
        """Set the clock.

        Args:
            update: of the tables; None: there are none.
            interrupts: one more of them than when an update began ends that.
        """
        self._update, self._interrupts = update, interrupts
        self._next = time.monotonic() + EVERY_S if update else math.inf

    def now_and_then(self) -> None:
        """Update, where that is due; what goes wrong is told at the end of the run alone."""
        if time.monotonic() < self._next:
            return
        try:
            self.now()
        except StoppedError:
            self._next = math.inf

    def now(self) -> Sequence[tuple[str, str]]:
        """Update; a video and the reason, for each result that could not be read.

        Raises:
            StoppedError: the tables cannot be written.
        """
        if self._update is None:
            return ()
        began, before = time.monotonic(), self._interrupts.count
        unread = self._update(lambda: self._interrupts.count > before)
        now = time.monotonic()
        self._next = now + max(EVERY_S, TIMES * (now - began))
        return unread

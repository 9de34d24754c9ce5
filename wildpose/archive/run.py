"""A run over an archive from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wildpose.archive.driver import Driver
from wildpose.archive.going_on import difference
from wildpose.archive.interrupts import Interrupts
from wildpose.archive.jobs import StoppedError
from wildpose.archive.ledger import Ledger
from wildpose.archive.pool import Pool
from wildpose.archive.progress import Progress
from wildpose.archive.sources import Found, Wrong, videos_of
from wildpose.archive.states import ATTEMPTS
from wildpose.archive.upkeep import UpdateTables, Upkeep
from wildpose.exit_codes import DONE, FAILED, INTERRUPTED

INTERRUPTION = "interrupted; what is done is kept, run it again to go on"


def run_archive(
    inputs: Sequence[str],
    out: Path,
    make_pool: Callable[[int], Pool],
    progress: Progress,
    *,
    record: Mapping[str, Any],
    files: Sequence[str],
    attempts: int = ATTEMPTS,
    retry_quarantined: bool = False,
    options: Mapping[str, Any] | None = None,
    update_tables: UpdateTables | None = None,
) -> int:
    """Label what is not labelled yet; the exit code.

    Args:
        inputs: as typed, see `videos_of`; none: all videos that the ledger knows.
        out: folder of the archive.
        make_pool: makes workers, given how many videos there are to do.
        progress: told of everything.
        record: of the settings, `Settings.record`.
        files: names of the files that a result has to have.
        attempts: that may fail before a video is given up.
        retry_quarantined: give what was given up another chance.
        options: what is asked for, kept for a run that goes on; see `options_of`.
        update_tables: of all results; None: there are no tables.

    Returns:
        0 all done, 1 some were given up or cannot be found, or it could not go on, 130 interrupted.

    Raises:
        StoppedError: it cannot begin.
    """
    stops: list[str] = []
    with Interrupts() as interrupts, Ledger(out) as ledger:
        named = _Named(inputs, out, progress)
        upkeep = Upkeep(update_tables, interrupts)
        with _noting(stops):
            ledger.begin(record, files, attempts=attempts, options=options)
            _enrol(ledger, named if inputs else ledger.known_videos(), progress, interrupts)
            if retry_quarantined and not interrupts.count:
                ledger.retry_quarantined()
            if not interrupts.count:
                for before, videos in ledger.to_replace():
                    progress.replacing(videos, difference(before, record))
                progress.began(ledger.counts)
            if ledger.left and not interrupts.count:
                pool, turns = make_pool(ledger.left), upkeep.now_and_then
                Driver(ledger, pool, progress, interrupts, at_turns=turns).run()
            ledger.end()
        with _noting(stops):
            if stops:
                ledger.withdraw()
            for video, why in upkeep.now():
                named.tell_wrong(video, why)
        if interrupts.count:
            stops.append(INTERRUPTION)
        progress.ended(ledger.counts, "; ".join(stops) or None)
        if interrupts.count:
            return INTERRUPTED
        all_done = ledger.counts["done"] == sum(ledger.counts.values())
        return DONE if all_done and not named.wrong and not stops else FAILED


@contextmanager
def _noting(stops: list[str]) -> Iterator[None]:
    """A block that may not come to its end; why not is added to a list."""
    try:
        yield
    except StoppedError as stop:
        stops.append(str(stop))


def _enrol(
    ledger: Ledger, videos: Iterable[Found], progress: Progress, interrupts: Interrupts
) -> None:
    """Say what the run is about, unless somebody interrupts."""
    with closing(ledger.enrol(videos)) as looked:
        for count in looked:
            progress.looked(count)
            if interrupts.count:
                return


class _Named:
    """The videos that inputs stand for, one at a time; what stands for none is told."""

    def __init__(self, inputs: Sequence[str], out: Path, progress: Progress):
        self._inputs, self._out, self._progress = inputs, out, progress
        self.wrong = 0

    def __iter__(self) -> Iterator[Found]:
        for each in videos_of(self._inputs, out=self._out):
            if isinstance(each, Wrong):
                self.tell_wrong(each.what, each.why)
            else:
                yield each

    def tell_wrong(self, what: str, why: str) -> None:
        self.wrong += 1
        self._progress.wrong(what, why)

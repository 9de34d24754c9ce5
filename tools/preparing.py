"""Files that several processes make: what the tools that prepare data sets share.

    def work() -> int:
        with beginning():  # what there is to do, and where the files go
            ...
        with working(folder):  # of clips in a cache: filling(cache)
            for part in results_of(make, jobs, workers=8):
                ...
        return DONE

    sys.exit(exit_code(work, tool="prepare_ntu", so_far="read"))

A run that ends early leaves what it has made, and one line that says why.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import TypeVar

from datasets.clip_cache import ClipCacheWriter
from wildpose.archive import jobs
from wildpose.archive.lines import write
from wildpose.archive.lock import Lock
from wildpose.exit_codes import FAILED, INTERRUPTED, USAGE
from wildpose.weights import WeightsError

LOCK = ".lock"  # in a folder on which one run works at a time
Job = TypeVar("Job")
Made = TypeVar("Made")


class StoppedError(Exception):
    """Why a run cannot go on, in one line, and its exit code."""

    def __init__(self, line: str, code: int):
        super().__init__(line)
        self.code = code


def exit_code(work: Callable[[], int], *, tool: str, so_far: str) -> int:
    """What a run ends with; where it ends early, after a line on the error output.

    Args:
        work: all of the run, which gives its exit code.
        tool: whose line it is.
        so_far: what was done to the files that are kept when somebody interrupts, or ends it.
    """
    try:
        with _ends_are_interrupts():
            return work()
    except StoppedError as stop:
        line, code = str(stop), stop.code
    except KeyboardInterrupt:
        line = f"interrupted; what was {so_far} is kept, run it again to go on"
        code = INTERRUPTED
    print(f"{tool}: {line}", file=sys.stderr)
    return code


@contextmanager
def _ends_are_interrupts() -> Iterator[None]:
    """A block in which a request to end, as `timeout` and schedulers send it, is a Ctrl-C."""
    if current_thread() is not main_thread():  # handlers are set there alone
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def beginning() -> Iterator[None]:
    """A block that finds out what there is to do: what it cannot use is for the user to mend.

    Raises:
        StoppedError: instead of what says so, as wrong usage.
    """
    try:
        yield
    except OSError as error:
        raise StoppedError(_told(error), USAGE) from None
    except (ValueError, WeightsError) as error:
        raise StoppedError(str(error), USAGE) from None


def _told(error: OSError) -> str:
    """Which file it is, and what is wrong with it, without the system's number."""
    if error.filename is None or error.strerror is None:
        return str(error)
    absent = "no such file or folder: check the spelling and the folder"
    what = absent if isinstance(error, FileNotFoundError) else error.strerror
    return f"{os.fspath(error.filename)}: {what}"


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """A block that makes files below a folder.

    Raises:
        StoppedError: a process was ended, or the disk takes no more.
    """
    try:
        yield
    except BrokenProcessPool:
        line = "a process was ended from outside; run it again to go on"
        raise StoppedError(line, FAILED) from None
    except OSError as error:
        line = f"cannot write to {folder}: {error.strerror or error}"
        raise StoppedError(line, FAILED) from None


@contextmanager
def filling(cache: ClipCacheWriter) -> Iterator[None]:
    """A block that adds clips to a cache, which is complete where it ends well.

    Raises:
        StoppedError: as `working`.
    """
    with working(cache.folder), cache:
        yield


def results_of(
    make: Callable[[Job], Made],
    jobs: Sequence[Job],
    *,
    workers: int,
    prepare: Callable[[], object] | None = None,
) -> Iterator[Made]:
    """What becomes of each job, in order; no more than a few are ever on their way.

    Args:
        make: does a job; it and the jobs are sent to other processes.
        jobs: in chunks that make it worth sending them.
        workers: processes; with one, all is done in this one.
        prepare: called in each other process before its first job.
    """
    if workers == 1:
        yield from map(make, jobs)
        return
    pool = ProcessPoolExecutor(
        min(workers, len(jobs) or 1), get_context("spawn"), initializer=_begin, initargs=(prepare,)
    )
    try:
        on_their_way = deque()
        for job in jobs:
            with _interrupts_ignored():  # a process may begin, which would answer while it imports
                on_their_way.append(pool.submit(make, job))
            if len(on_their_way) > 2 * workers:
                yield on_their_way.popleft().result()
        for ready in on_their_way:
            yield ready.result()
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts waits for what is begun alone


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin(prepare: Callable[[], object] | None) -> None:
    """Leave Ctrl-C to the first process, also where it is not handed on to others; end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_first, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_first() -> None:
    """A process whose first one was killed would wait for work forever."""
    first = parent_process()
    if first is not None:
        first.join()
        os._exit(FAILED)


def tell_step(line: str) -> None:
    """Say what is done, where no terminal shows tqdm's bar: runs of hours are not silent."""
    if not sys.stderr.isatty():
        write(sys.stdout, line)


@contextmanager
def alone(out: Path, *, option: str = "--out") -> Iterator[None]:
    """A block in which no other run works on a folder.

    Args:
        out: the folder, which is made where there is none.
        option: how it was named.

    Raises:
        ValueError: another one does, or it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = Lock(out / LOCK)
    except OSError as error:
        raise ValueError(f"cannot write to {option} {out}: {error.strerror or error}") from None
    except jobs.StoppedError as stop:
        raise ValueError(str(stop)) from None
    with lock:
        yield

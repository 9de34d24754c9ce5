"""Files that processes make: their order, how many wait, and how a run can end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired

import pytest

from datasets.clip_cache import ClipCache, ClipCacheWriter
from tests.test_clip_cache import CLIPS
from tools.preparing import beginning, exit_code, filling, results_of, working
from wildpose.exit_codes import DONE
from wildpose.weights import WeightsError

CHECKOUT = Path(__file__).resolve().parent.parent
# A process that has begun others, which have no work left and wait for more.
FIRST = """
from tools.preparing import results_of
results = results_of(abs, [-1] * 9, workers=2)
print(next(results), flush=True)
input()
"""


class Counted(list[int]):
    """Jobs, and how many were handed out."""

    handed_out = 0

    def __iter__(self) -> Iterator[int]:
        for job in super().__iter__():
            self.handed_out += 1
            yield job


def run(folder: Path, error: BaseException | None = None) -> int:
    """The exit code of a run that adds a clip, and then may meet an error."""

    cache = ClipCacheWriter(folder, settings={})

    def work() -> int:
        with filling(cache):
            cache.add(CLIPS[0])
            if error is not None:
                raise error
        return DONE

    return exit_code(work, tool="a tool", so_far="made")


# Jobs


def test_one_process_does_jobs_in_order_as_they_are_asked_for() -> None:
    jobs = Counted([-1, 2, -3])
    results = results_of(abs, jobs, workers=1)
    assert (next(results), jobs.handed_out) == (1, 1)
    assert list(results) == [2, 3]


def test_several_processes_do_jobs_in_order_and_few_are_on_their_way() -> None:
    jobs = Counted(range(-20, 0))
    results = results_of(abs, jobs, workers=2)
    assert next(results) == 20
    assert jobs.handed_out == 5  # two for each process, and the one that is back
    assert list(results) == list(range(19, 0, -1))


def test_other_processes_are_prepared_before_their_first_job_and_this_one_is_not() -> None:
    prepare = partial(os.chdir, "/")
    here = Path.cwd()
    assert list(results_of(os.path.abspath, ["a"], workers=2, prepare=prepare)) == ["/a"]
    assert list(results_of(os.path.abspath, ["a"], workers=1, prepare=prepare)) == [f"{here}/a"]


def test_an_interrupt_is_left_to_the_process_that_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    submit, handlers = ProcessPoolExecutor.submit, []

    def watched(pool: ProcessPoolExecutor, make: Callable[..., object], job: object) -> object:
        handlers.append(signal.getsignal(signal.SIGINT))  # which a process that begins inherits
        return submit(pool, make, job)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", watched)
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:  # in the background of a shell it may be ignored already
        results = results_of(signal.getsignal, [signal.SIGINT], workers=2)
        assert next(results) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert handlers == [signal.SIG_IGN]


def test_other_processes_end_when_the_first_one_is_killed() -> None:
    command = [sys.executable, "-c", FIRST]
    with Popen(
        command, cwd=CHECKOUT, stdin=PIPE, stdout=PIPE, text=True, start_new_session=True
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == "1\n"
        first.kill()
        try:  # its output ends when the last of those that share it has ended
            assert first.communicate(timeout=8) == ("", None)
        except TimeoutExpired:
            os.killpg(first.pid, signal.SIGKILL)
            raise
    assert first.returncode == -signal.SIGKILL


def test_no_jobs_are_no_results() -> None:
    assert list(results_of(abs, [], workers=2)) == []


# Ends


def test_a_run_that_ends_well_says_nothing_and_its_cache_is_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert ClipCache(tmp_path).complete
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code", "line", "kept"),
    [
        (KeyboardInterrupt(), 130, "interrupted; what was made is kept, run it again to go on", 1),
        (OSError(28, "No space left"), 1, "cannot write to FOLDER: No space left", 0),
        (OSError("odd"), 1, "cannot write to FOLDER: odd", 0),
    ],
)
def test_a_run_that_ends_early_says_why_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    line: str,
    kept: int,
) -> None:
    assert run(tmp_path, error) == code
    assert capsys.readouterr().err == f"a tool: {line.replace('FOLDER', str(tmp_path))}\n"
    assert (len(ClipCache(tmp_path)), ClipCache(tmp_path).complete) == (kept, False)


def test_a_process_that_is_ended_from_outside_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        with filling(ClipCacheWriter(tmp_path, settings={})):
            return len(list(results_of(os._exit, [1, 1], workers=2)))

    assert exit_code(work, tool="a tool", so_far="made") == 1
    line = "a tool: a process was ended from outside; run it again to go on\n"
    assert capsys.readouterr().err == line
    assert not ClipCache(tmp_path).complete


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (BrokenProcessPool(), "a process was ended from outside; run it again to go on"),
        (OSError(28, "No space left"), "cannot write to FOLDER: No space left"),
        (KeyboardInterrupt(), "interrupted; what was made is kept, run it again to go on"),
    ],
)
def test_a_run_that_makes_other_files_than_a_cache_ends_in_the_same_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: BaseException, line: str
) -> None:
    def work() -> int:
        with working(tmp_path):
            raise error

    assert exit_code(work, tool="a tool", so_far="made") > 0
    assert capsys.readouterr().err == f"a tool: {line.replace('FOLDER', str(tmp_path))}\n"


@pytest.mark.parametrize(
    "error", [FileNotFoundError("none"), ValueError("none"), WeightsError("none")]
)
def test_what_cannot_begin_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def work() -> int:
        with beginning():
            raise error

    assert exit_code(work, tool="a tool", so_far="made") == 2
    assert capsys.readouterr().err == "a tool: none\n"


def test_a_request_to_end_is_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> int:
        signal.raise_signal(signal.SIGTERM)
        return DONE

    assert exit_code(work, tool="a tool", so_far="made") == 130
    assert capsys.readouterr().err.startswith("a tool: interrupted; what was made is kept")
    assert signal.getsignal(signal.SIGTERM) is before


def test_our_own_mistakes_are_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a mistake"):
        run(tmp_path, ValueError("a mistake"))

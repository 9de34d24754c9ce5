"""Runs over an archive: retries, timeouts, quarantine, copies, interrupts, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.made_archive import (
    RECORD,
    HerePool,
    MakeActing,
    Quiet,
    begun,
    results,
    run,
    states,
    videos,
)
from wildpose import archive
from wildpose.archive.driver import Driver
from wildpose.archive.interrupts import Interrupts
from wildpose.archive.jobs import Job, Report, StoppedError
from wildpose.archive.ledger import Ledger
from wildpose.archive.pool import Event, Lost
from wildpose.archive.progress import JsonLines, Lines

BROKEN = "is not a video"
LOADING = {"worker", "command", "find_clips", "ray_pool"}  # the last one Ray, which is an extra


def test_all_good_videos_are_done_and_the_exit_code_is_0(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "good 22", "c/z": "good 333"})
    assert run(tmp_path / "out", folder) == 0
    found = states(tmp_path / "out", "s.state, s.attempts, s.people, s.frames")
    assert found == dict.fromkeys(["a", "b", "z"], ("done", 1, 1, 10))
    assert sorted(results(tmp_path / "out")) == ["a", "b", "z"]


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "good 22"})
    run(tmp_path / "out", folder)
    progress = Quiet()
    assert run(tmp_path / "out", folder, progress=progress) == 0
    assert (progress.changes, progress.counts) == ([], {"done": 2})
    assert run(tmp_path / "out", progress=progress) == 0  # all that the ledger knows
    assert (progress.changes, progress.counts) == ([], {"done": 2})


def test_a_copy_that_comes_when_the_run_has_begun_leaves_no_results_of_its_own(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1"})
    run(tmp_path / "out", folder)
    (tmp_path / "list.txt").write_text("in/late.mp4")

    class Late(HerePool):
        def start(self) -> None:
            videos(folder, {"late": "good 1"})

    progress = Quiet()
    assert run(tmp_path / "out", tmp_path / "list.txt", make_pool=Late, progress=progress) == 0
    assert [Path(change.same_as or "").stem for change in progress.changes] == ["a"]
    assert states(tmp_path / "out", "c.folder") == {"a": "a", "late": "a"}
    assert list(results(tmp_path / "out")) == ["a"]


def test_one_that_fails_is_tried_again_at_the_end_and_no_more_often_than_allowed(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "flaky 2", "b": "flaky 33", "c": "good"})
    progress = Quiet()
    assert run(tmp_path / "out", folder, progress=progress) == 1
    assert states(tmp_path / "out", "s.state, s.attempts, s.failures, s.error") == {
        "a": ("done", 3, 2, None),
        "b": ("quarantined", 3, 3, "try again"),
        "c": ("done", 1, 0, None),
    }
    told = [(Path(c.path).stem, c.standing.state) for c in progress.changes]
    assert told.index(("c", "done")) < told.index(("a", "done"))


def test_what_cannot_change_is_given_up_at_once_with_its_reason(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "broken", "b": "good"})
    assert run(tmp_path / "out", folder) == 1
    assert states(tmp_path / "out", "s.state, s.attempts, s.error") == {
        "a": ("quarantined", 1, BROKEN),
        "b": ("done", 1, None),
    }


def test_what_was_given_up_is_left_alone_until_somebody_asks(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "flaky 4"})
    progress = Quiet()
    run(tmp_path / "out", folder)
    assert run(tmp_path / "out", folder, progress=progress) == 1
    assert progress.changes == []
    assert run(tmp_path / "out", folder, retry_quarantined=True) == 0
    assert states(tmp_path / "out") == {"a": "done"}


def test_a_worker_that_dies_loses_its_video_alone(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "killer", "b": "good"})
    assert run(tmp_path / "out", folder) == 1
    assert states(tmp_path / "out", "s.state, s.attempts, s.error") == {
        "a": ("quarantined", 3, "its worker was ended by SIGKILL"),
        "b": ("done", 1, None),
    }


def test_one_that_takes_too_long_is_ended_and_the_others_go_on(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "hangs", "b": "good"})
    assert run(tmp_path / "out", folder, attempts=2) == 1
    state, error = states(tmp_path / "out", "s.state, s.error")["a"]
    assert (state, error) == (
        "quarantined",
        "it took longer than -1 s; --timeout allows more",
    )
    assert states(tmp_path / "out")["b"] == "done"


def test_a_file_that_changes_while_it_is_read_is_done_as_it_is_in_the_end(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "grows"})
    assert run(tmp_path / "out", folder) == 0
    assert states(tmp_path / "out", "s.state, s.attempts, s.failures")["a"] == ("done", 2, 1)
    (result,) = results(tmp_path / "out").values()
    assert states(tmp_path / "out", "c.sha256")["a"] == json.loads(result)["sha256"]


def test_copies_are_labelled_once(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {f"copy{i}": "good" for i in range(5)} | {"odd": "more"})
    progress = Quiet()
    assert run(tmp_path / "out", folder, progress=progress) == 0
    assert progress.counts == {"done": 6}
    assert len(results(tmp_path / "out")) == 2
    assert sum(change.same_as is not None for change in progress.changes) == 4


def test_other_settings_replace_results_and_the_first_ones_replace_them_again(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "good 22"})
    for record in (RECORD, {"smooth": "none"}, RECORD):
        assert run(tmp_path / "out", folder, record=record) == 0
        said = [json.loads(text)["settings"] for text in results(tmp_path / "out").values()]
        assert said == [record, record]


def test_each_worker_has_one_job_at_a_time_and_all_of_them_have_one(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 9)})
    pools: list[HerePool] = []

    def make_pool(*arguments: object, **options: int) -> HerePool:
        pools.append(HerePool(MakeActing(RECORD), workers=3))
        return pools[0]

    assert run(tmp_path / "out", folder, make_pool=make_pool) == 0
    assert pools[0].most_at_once == 3
    assert pools[0].closed


def test_an_input_that_stands_for_nothing_is_told_and_the_exit_code_is_1(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good"})
    progress = Quiet()
    assert run(tmp_path / "out", folder, tmp_path / "no.mp4", progress=progress) == 1
    assert progress.counts == {"done": 1}
    assert [what for what, _ in progress.inputs] == [str(tmp_path / "no.mp4")]


def test_a_missing_video_of_a_list_is_given_up_and_done_when_it_is_there(tmp_path: Path) -> None:
    manifest = tmp_path / "list.txt"
    manifest.write_text("a.mp4\n")
    assert run(tmp_path / "out", manifest) == 1
    assert states(tmp_path / "out", "s.state, s.error")["a"] == ("quarantined", "no such file")
    videos(tmp_path, {"a": "good"})
    assert run(tmp_path / "out", manifest) == 0


# Ends


def test_an_output_that_takes_no_more_stops_the_run_and_blames_nobody(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "full", "c": "good 333"})
    progress = Quiet()
    assert run(tmp_path / "out", folder, progress=progress) == 1
    assert progress.stopped == f"cannot write to {tmp_path / 'out/videos/b'}: the disk is full"
    found = states(tmp_path / "out", "s.state, s.attempts")
    assert found["a"] == ("done", 1)
    assert found["b"] == ("waiting", 0)
    (folder / "b.mp4").write_text("good 4444")
    assert run(tmp_path / "out", folder) == 0


class Interrupted(HerePool):
    """Somebody presses Ctrl-C when the third job is handed out."""

    jobs = 0
    presses = 1

    def submit(self, worker: str, job: Job) -> None:
        super().submit(worker, job)
        self.jobs += 1
        if self.jobs == 3:
            for _ in range(self.presses):
                os.kill(os.getpid(), signal.SIGINT)


class Impatient(Interrupted):
    presses = 2


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize(("make_pool", "done"), [(Interrupted, 3), (Impatient, 2)])
def test_an_interrupt_begins_nothing_new_and_keeps_what_is_done(
    tmp_path: Path, make_pool: type[HerePool], done: int
) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 9)})
    progress = Quiet()
    assert run(tmp_path / "out", folder, make_pool=make_pool, progress=progress) == 130
    assert progress.stopped == "interrupted; what is done is kept, run it again to go on"
    assert progress.counts == {"done": done, "waiting": 8 - done}
    assert set(states(tmp_path / "out", "s.attempts").values()) == {0, 1}
    assert run(tmp_path / "out", folder) == 0


class Ended(Interrupted):
    """What asks a run to end ends the workers too, as `timeout` and service managers do."""

    def wait(self, timeout_s: float) -> list[Event]:
        if self.jobs < 3:
            return super().wait(timeout_s)
        busy = [worker for worker in self._jobs if worker not in self.free()]
        self._jobs = dict.fromkeys(self._jobs)
        return [Lost(worker, "its worker was ended by SIGTERM") for worker in busy]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_a_video_is_not_blamed_for_a_worker_that_is_ended_with_its_run(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 9)})
    progress = Quiet()
    assert run(tmp_path / "out", folder, make_pool=Ended, progress=progress, attempts=1) == 130
    assert progress.counts == {"done": 1, "waiting": 7}
    assert set(states(tmp_path / "out", "s.attempts, s.failures").values()) == {(0, 0), (1, 0)}
    assert run(tmp_path / "out", folder) == 0


class Silent(HerePool):
    """A pool whose workers do not even begin the job of one video."""

    def wait(self, timeout_s: float) -> list[Event]:
        stuck = [job for job in self._jobs.values() if job and job.path.stem == "a"]
        return [] if stuck else super().wait(timeout_s)


def test_a_worker_that_does_not_begin_its_job_is_given_up_too(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good", "b": "better"})
    pool = Silent(MakeActing(RECORD), workers=1)
    with Interrupts() as interrupts, begun(tmp_path / "out", folder, attempts=1) as ledger:
        Driver(ledger, pool, Quiet(), interrupts, silent_s=0.0).run()
        assert +ledger.counts == {"quarantined": 1, "done": 1}
    assert [job.path.stem for job in pool.killed if job] == ["a"]
    why = "its worker did not begin it within 0 s"
    assert states(tmp_path / "out", "s.error")["a"] == why


def test_a_run_that_cannot_write_its_ledger_stops_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 30)})
    finish = Ledger.finish

    def full(ledger: Ledger, job: Job, report: Report) -> object:
        pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
        ledger._database.execute(f"PRAGMA max_page_count = {pages}")
        return finish(ledger, job, Report("failed", error="long " * 2000))

    monkeypatch.setattr(Ledger, "finish", full)
    progress = Quiet()
    assert run(tmp_path / "out", folder, progress=progress) == 1
    assert progress.stopped == (
        f"cannot use {tmp_path / 'out' / 'ledger.sqlite'}: the disk is full"
    )
    monkeypatch.undo()
    assert run(tmp_path / "out", folder) == 0


# Tables


class Tables:
    """Tables that only remember when they were updated."""

    def __init__(self, out: Path, *, problem: str | None = None):
        self.out, self.problem = out, problem
        self.done: list[int] = []

    def __call__(self, stopped: Callable[[], bool]) -> list[tuple[str, str]]:
        assert not stopped()
        self.done.append(list(states(self.out).values()).count("done"))
        if self.problem is not None:
            raise StoppedError(self.problem)
        return []


def test_tables_are_updated_at_the_end_of_every_run(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "broken"})
    tables = Tables(tmp_path / "out")
    for _ in range(2):
        assert run(tmp_path / "out", folder, update_tables=tables) == 1
    assert tables.done == [1, 1]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_tables_are_updated_after_an_interrupt_and_where_a_run_cannot_go_on(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 9)})
    tables = Tables(tmp_path / "out")
    run(tmp_path / "out", folder, make_pool=Interrupted, update_tables=tables)
    assert tables.done == [3]
    (folder / "video5.mp4").write_text("full")
    assert run(tmp_path / "out", folder, update_tables=tables) == 1
    assert len(tables.done) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_ends_an_update_of_tables(tmp_path: Path) -> None:
    def update(stopped: Callable[[], bool]) -> list[tuple[str, str]]:
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped()
        return []

    folder = videos(tmp_path / "in", {"a": "good"})
    assert run(tmp_path / "out", folder, update_tables=update) == 130


def test_tables_that_cannot_be_updated_are_a_line_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "good 22"})
    progress, tables = Quiet(), Tables(tmp_path / "out", problem="no room for tables")
    assert run(tmp_path / "out", folder, progress=progress, update_tables=tables) == 1
    assert progress.stopped == "no room for tables"
    assert progress.counts == {"done": 2}


def test_a_result_that_tables_cannot_have_is_told(tmp_path: Path) -> None:
    folder, progress = videos(tmp_path / "in", {"a": "good"}), Quiet()
    unread = [("a.mp4", "its result is damaged")]
    assert run(tmp_path / "out", folder, progress=progress, update_tables=lambda _: unread) == 1
    assert (progress.inputs, progress.stopped) == (unread, None)


@pytest.mark.parametrize(("problem", "updates"), [(None, 6), ("no room for tables", 2)])
def test_tables_are_updated_in_a_long_run_too_while_they_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str | None, updates: int
) -> None:
    monkeypatch.setattr("wildpose.archive.upkeep.EVERY_S", -1.0)
    monkeypatch.setattr("wildpose.archive.upkeep.TIMES", 0)  # thus at every turn
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(1, 6)})
    tables = Tables(tmp_path / "out", problem=problem)
    assert run(tmp_path / "out", folder, update_tables=tables) == (0 if problem is None else 1)
    assert set(states(tmp_path / "out").values()) == {"done"}
    assert len(tables.done) == updates and tables.done[-1] == 5


def test_only_workers_and_clips_load_networks_and_video_libraries() -> None:
    folder = Path(archive.__file__).parent
    names = {path.stem for path in folder.glob("*.py")} - LOADING
    program = (
        "import sys; from importlib import import_module; "
        "[import_module(f'wildpose.archive.{name}') for name in sys.argv[1:]]; "
        "print({'torch', 'cv2', 'av', 'scipy'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", program, *sorted(names)]
    assert subprocess.check_output(command, text=True) == "set()\n"


# What is told


def test_json_lines_tell_every_video_and_the_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = videos(
        tmp_path / "in", {"a": "good 1", "b": "broken", "c": "flaky 1 x", "d": "good 1"}
    )
    assert run(tmp_path / "out", folder, tmp_path / "no.mp4", progress=JsonLines()) == 1
    lines = capsys.readouterr()
    assert lines.err == ""
    told = [json.loads(line) for line in lines.out.splitlines()]
    events = [line["event"] for line in told if line["event"] != "looking"]
    assert events[:2] == ["wrong", "began"]
    assert sorted(events[2:-1]) == ["done", "done", "done", "failed", "quarantined"]
    (broken,) = [line for line in told if line["event"] == "quarantined"]
    assert broken["video"]["path"] == str(folder / "b.mp4")
    assert broken["video"]["error"] == BROKEN
    last = told[-1]
    assert (last["event"], last["stopped"]) == ("ended", None)
    assert last["totals"] == {
        "videos": 4,
        "waiting": 0,
        "running": 0,
        "done": 3,
        "failed": 0,
        "quarantined": 1,
    }
    assert last["videos_per_hour"] > 0 and last["eta_s"] == 0


def test_lines_tell_results_on_stdout_and_what_failed_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "broken", "c": "flaky 1 x"})
    run(tmp_path / "out", folder, progress=Lines())
    lines = capsys.readouterr()
    out = lines.out.splitlines()
    assert f"{folder}/a.mp4: 10 frames, 1 person, 0.0 s -> {tmp_path}/out/videos/a" in out
    assert out[-1].startswith("3 videos: 2 done, 1 quarantined; ")
    assert sorted(lines.err.splitlines()) == [
        f"{folder}/b.mp4: is not a video (given up)",
        f"{folder}/c.mp4: try again (attempt 1, will be tried again)",
    ]


@pytest.mark.parametrize("options", [{"bar": True}, {"quiet": True}])
def test_a_bar_or_quiet_still_tell_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, bool]
) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "broken"})
    run(tmp_path / "out", folder, progress=Lines(**options))
    lines = capsys.readouterr()
    assert f"{folder}/b.mp4: is not a video (given up)" in lines.err
    assert "frames" not in lines.out

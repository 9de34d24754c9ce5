"""The ledger: what it keeps through kills, other settings, copies, changed files and damage."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.made_archive import RECORD, RESULT, begun, states, videos
from wildpose.archive.jobs import Job, Report, StoppedError, stamp_of
from wildpose.archive.ledger import Ledger
from wildpose.archive.listing import rows, settings_in

OTHER = {"smooth": "none", "revision": 1}


def done(job: Job, *, sha256: str | None = None) -> Report:
    """A report on a job whose result is written now."""
    job.folder.mkdir(parents=True, exist_ok=True)
    (job.folder / RESULT).touch()
    return Report(
        "done", sha256=sha256 or str(job.path), stamp=stamp_of(job.path), folder=job.folder
    )


def claimed(ledger: Ledger) -> Job:
    job = ledger.claim("1")
    assert job is not None
    return job


def all_done(ledger: Ledger) -> list[Job]:
    """The jobs of all that was waiting, in the order in which they came."""
    jobs = []
    while job := ledger.claim("1"):
        ledger.finish(job, done(job))
        jobs.append(job)
    return jobs


# What there is to do


def test_videos_are_claimed_in_order_each_once(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22", "c": "333"})
    with begun(tmp_path / "out", folder, folder / "b.mp4") as ledger:
        assert ledger.counts == {"waiting": 3}
        assert [job.path.stem for job in all_done(ledger)] == ["a", "b", "c"]
        assert ledger.counts["done"] == 3 and ledger.left == 0


def test_what_is_done_is_not_done_again_while_its_files_are_there(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    with begun(tmp_path / "out", folder) as ledger:
        jobs = all_done(ledger)
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.claim("1") is None
    shutil.rmtree(jobs[1].folder)
    with begun(tmp_path / "out", folder) as ledger:
        assert [job.path.stem for job in all_done(ledger)] == ["b"]


def test_a_run_is_about_the_videos_that_it_names(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    begun(tmp_path / "out", folder).close()
    with begun(tmp_path / "out", folder / "b.mp4") as ledger:
        assert ledger.counts == {"waiting": 1}
        assert [job.path.stem for job in all_done(ledger)] == ["b"]
    assert states(tmp_path / "out") == {"a": "waiting", "b": "done"}


def test_what_was_tried_least_comes_first(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    with begun(tmp_path / "out", folder) as ledger:
        ledger.finish(claimed(ledger), Report("failed", error="a delegate failed"))
        assert [job.path.stem for job in all_done(ledger)] == ["b", "a"]


def test_a_place_is_kept_when_the_archive_grows(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"day1/clip": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        (first,) = all_done(ledger)
    videos(folder, {"day0/CLIP": "22", "day2/clip": "333", "new": "4444"})
    with begun(tmp_path / "out", folder) as ledger:
        jobs = all_done(ledger)
    videos_folder = tmp_path / "out" / "videos"
    assert first.folder == videos_folder / "clip"
    assert [str(job.folder.relative_to(videos_folder)) for job in jobs] == [
        "new",
        "day0/CLIP",
        "day2/clip",
    ]


# Kills


def test_what_a_killed_run_had_at_work_is_waiting_again_and_its_attempt_counts(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    with begun(tmp_path / "out", folder) as ledger:
        ledger.claim("1")
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.counts["waiting"] == 2
        assert states(tmp_path / "out", "s.state, s.attempts, s.failures") == {
            "a": ("waiting", 1, 0),
            "b": ("waiting", 0, 0),
        }
        assert [job.path.stem for job in all_done(ledger)] == ["b", "a"]


def test_a_video_with_which_every_run_is_killed_is_given_up_at_last(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    for _ in range(9):
        with begun(tmp_path / "out", folder) as ledger:
            assert ledger.claim("1") is not None
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.claim("1") is None
    assert states(tmp_path / "out", "s.state, s.error")["a"] == (
        "quarantined",
        "the run was killed while it was read",
    )


def test_what_is_given_back_waits_and_is_not_blamed(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        ledger.give_back(claimed(ledger))
        assert ledger.counts["waiting"] == 1
    assert states(tmp_path / "out", "s.state, s.attempts")["a"] == ("waiting", 0)


# Settings


def test_other_settings_are_to_be_done_and_nothing_known_is_lost(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    with begun(tmp_path / "out", folder) as ledger:
        all_done(ledger)
    with begun(tmp_path / "out", folder, record=OTHER) as ledger:
        first = claimed(ledger)  # whose results are replaced from now on
        assert first.folder == tmp_path / "out" / "videos" / "a"
    one, other = settings_in(tmp_path / "out")
    assert (one.record, one.counts) == (RECORD, {"done": 1, "waiting": 1})
    assert (other.record, other.counts) == (OTHER, {"running": 1, "waiting": 1})
    with begun(tmp_path / "out", folder) as ledger:
        assert [job.path.stem for job in all_done(ledger)] == ["a"]


def test_a_ledger_that_has_paths_of_files_as_they_were_typed_knows_what_is_done(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    told = f"m.safetensors sha256:{'0' * 16}"
    for path in ("models/", "./models/"):  # two settings, then
        with begun(
            tmp_path / "out", folder, record={**RECORD, "lifter": f"{path}{told}"}
        ) as ledger:
            all_done(ledger)
    with begun(tmp_path / "out", folder, record={**RECORD, "lifter": told}) as ledger:
        assert ledger.counts == {"done": 2}


# Copies


def hashed(ledger: Ledger, sha256: str) -> str:
    """The state of the next video after it was found to have a hash."""
    job = claimed(ledger)
    assert job.task == "hash"
    report = Report("hashed", sha256=sha256, stamp=stamp_of(job.path))
    return ledger.finish(job, report).standing.state


def found_to_be_copies(ledger: Ledger) -> None:
    """The next two videos were found to be the same."""
    for job in [claimed(ledger), claimed(ledger)]:
        assert job.task == "hash"
        ledger.finish(job, Report("hashed", sha256="s", stamp=stamp_of(job.path)))
    assert ledger.counts["waiting"] == 2


def test_only_videos_that_are_as_large_as_another_are_hashed_first(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22", "c": "33"})
    with begun(tmp_path / "out", folder) as ledger:
        assert [claimed(ledger).task for _ in "abc"] == ["label", "hash", "hash"]


def test_copies_are_done_once_and_point_to_the_same_results(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "same", "b": "same", "c": "else"})
    with begun(tmp_path / "out", folder) as ledger:
        assert hashed(ledger, "s") == "waiting"
        job = claimed(ledger)
        ledger.finish(job, done(job, sha256="s"))
        assert hashed(ledger, "s") == "done"
        assert hashed(ledger, "e") == "waiting"
        assert ledger.counts == {"done": 2, "waiting": 1, "running": 0}
        assert [job.path.stem for job in all_done(ledger)] == ["c"]
    found = states(tmp_path / "out", "c.folder, c.sha256")
    assert found["a"] == found["b"] == ("a", "s")


def test_a_video_that_was_moved_is_known_again(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "same"})
    with begun(tmp_path / "out", folder) as ledger:
        job = claimed(ledger)
        ledger.finish(job, done(job, sha256="s"))
    (folder / "a.mp4").rename(folder / "z.mp4")
    with begun(tmp_path / "out", folder) as ledger:
        assert hashed(ledger, "s") == "done"
        assert +ledger.counts == {"done": 1}
    with begun(tmp_path / "out", folder, record=OTHER) as ledger:
        assert claimed(ledger).path == folder / "z.mp4"  # the one that is there


def test_of_copies_one_that_is_missing_does_not_matter(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "same", "b": "same"})
    with begun(tmp_path / "out", folder) as ledger:
        found_to_be_copies(ledger)
        job = claimed(ledger)
        assert job.path.stem == "a"
        assert ledger.finish(job, Report("missing", error="gone")).standing.state == "failed"
        assert claimed(ledger).path.stem == "b"


# Files that change


def test_a_file_that_has_changed_is_done_again(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22"})
    with begun(tmp_path / "out", folder) as ledger:
        all_done(ledger)
    (folder / "a.mp4").write_text("quite another")
    with begun(tmp_path / "out", folder) as ledger:
        (job,) = all_done(ledger)
        assert job.path.stem == "a"
        assert job.stamp == stamp_of(folder / "a.mp4")


def test_the_copies_of_a_file_that_has_changed_keep_their_results(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "same", "b": "same"})
    with begun(tmp_path / "out", folder) as ledger:
        found_to_be_copies(ledger)
        job = claimed(ledger)
        ledger.finish(job, done(job, sha256="s"))
    (folder / "a.mp4").write_text("quite another")
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.counts == {"done": 1, "waiting": 1}
        (job,) = all_done(ledger)
        assert job.path.stem == "a"
    found = states(tmp_path / "out", "c.folder")
    assert (found["a"], found["b"]) == ("in/a", "a")


def test_a_broken_file_that_was_mended_is_tried_again(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        job = claimed(ledger)
        ledger.finish(job, Report("unusable", error="is no video", stamp=stamp_of(job.path)))
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.counts == {"quarantined": 1}
    (folder / "a.mp4").write_text("mended")
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.counts == {"waiting": 1}


@pytest.mark.parametrize("verdict", ["missing", "changed"])
def test_a_file_that_could_not_be_relied_upon_is_looked_at_again_by_the_next_run(
    tmp_path: Path, verdict: str
) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder, attempts=1) as ledger:
        change = ledger.finish(claimed(ledger), Report(verdict, error="odd"))  # type: ignore[arg-type]
        assert change.standing.state == "quarantined"
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.counts == {"waiting": 1}


def test_a_file_that_is_another_than_when_the_run_began_is_done_as_it_is_now(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        job = claimed(ledger)
        (folder / "a.mp4").write_text("another")
        now = stamp_of(folder / "a.mp4")
        change = ledger.finish(job, Report("stale", error="another", stamp=now))
        assert change.standing == ("waiting", 1, 0)
        assert claimed(ledger).stamp == now


def test_a_copy_that_changes_while_it_is_read_leaves_the_others_alone(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "same", "b": "same"})
    with begun(tmp_path / "out", folder) as ledger:
        found_to_be_copies(ledger)
        ledger.finish(claimed(ledger), Report("changed", error="it changed while it was read"))
        assert ledger.counts == {"waiting": 1, "failed": 1, "running": 0}
    assert states(tmp_path / "out") == {"a": "failed", "b": "waiting"}


def test_a_copy_that_is_not_asked_for_is_not_done_in_place_of_one_that_changed(
    tmp_path: Path,
) -> None:
    folder = videos(tmp_path / "in", {"a": "same", "b": "same"})
    with begun(tmp_path / "out", folder) as ledger:
        found_to_be_copies(ledger)
    with begun(tmp_path / "out", folder / "a.mp4") as ledger:
        job = claimed(ledger)
        (folder / "a.mp4").write_text("another")
        ledger.finish(job, Report("stale", stamp=stamp_of(folder / "a.mp4")))
        assert [job.path.stem for job in all_done(ledger)] == ["a"]
    assert settings_in(tmp_path / "out")[0].counts == {"done": 1, "waiting": 1}


def test_results_stay_when_the_video_is_gone(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        all_done(ledger)
    (folder / "a.mp4").unlink()
    with Ledger(tmp_path / "out") as ledger:
        ledger.begin(RECORD, [RESULT])
        list(ledger.enrol(ledger.known_videos()))
        assert ledger.counts == {"done": 1}


# The file itself


def test_the_rows_tell_all_that_is_known(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(tmp_path / "out", folder) as ledger:
        job = claimed(ledger)
        ledger.finish(job, done(job, sha256="s"))
        (kept,) = settings_in(tmp_path / "out")  # also while a run is at work
        (row,) = rows(tmp_path / "out", kept.settings, states=["done"])
    assert (row.path, row.absolute) == (str(folder / "a.mp4"), str(folder / "a.mp4"))
    assert (row.sha256, row.folder, row.state) == ("s", job.folder, "done")
    assert (row.attempts, row.failures, row.worker) == (1, 0, "1")
    assert row.started is not None and row.finished is not None and row.started <= row.finished


def test_a_second_run_on_the_same_folder_is_one_line(tmp_path: Path) -> None:
    line = r"another run is at work in .*out \(process \d+\): wait for it, or stop it"
    with begun(tmp_path / "out"), pytest.raises(StoppedError, match=line):
        Ledger(tmp_path / "out")
    Ledger(tmp_path / "out").close()


def overwritten(file: Path) -> None:
    file.write_text("this is no database at all, " * 100)


def spoilt(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    file.write_bytes(data)


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE birds (name TEXT)")


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 7")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (overwritten, "ledger.sqlite is damaged .*: move it away and run again"),
        (spoilt, "ledger.sqlite is damaged .*: move it away and run again"),
        (foreign, "ledger.sqlite is not a ledger of wildpose: name another folder"),
        (newer, "ledger.sqlite is of version 7, and this wildpose reads version 1"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_one_line_and_stays_as_it_is(
    tmp_path: Path, change: object, line: str
) -> None:
    assert callable(change)
    begun(tmp_path, videos(tmp_path / "in", {"a": "1"})).close()
    file = tmp_path / "ledger.sqlite"
    change(file)
    before = file.read_bytes()
    for use in (Ledger, settings_in):
        with pytest.raises(StoppedError, match=line) as stop:
            use(tmp_path)
        assert "\n" not in str(stop.value)
    assert file.read_bytes() == before


def test_no_ledger_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoppedError, match=r"nothing has been labelled in .*: there is no"):
        settings_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def fill(ledger: Ledger) -> None:
    """Let everything fail for long reasons."""
    while job := ledger.claim("1"):
        ledger.finish(job, Report("failed", error="long " * 100))


def test_a_full_disk_is_one_line_and_the_ledger_stays_consistent(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {f"video{i}": "x" * i for i in range(40)})
    ledger = begun(tmp_path / "out", folder)
    pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
    ledger._database.execute(f"PRAGMA max_page_count = {pages}")  # what a full disk looks like
    with ledger, pytest.raises(StoppedError, match=r"ledger.sqlite: the disk is full"):
        fill(ledger)
    with begun(tmp_path / "out", folder) as ledger:
        assert sum(ledger.counts.values()) == 40
        assert ledger.counts["running"] == 0


def test_an_output_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(StoppedError, match=f"cannot write to {tmp_path / 'out'}: "):
        Ledger(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "in the way"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_one_line_and_its_ledger_can_be_read(tmp_path: Path) -> None:
    with begun(tmp_path / "out", videos(tmp_path / "in", {"a": "1"})) as ledger:
        all_done(ledger)
    (tmp_path / "out").chmod(0o500)
    with pytest.raises(StoppedError, match="cannot write to"):
        Ledger(tmp_path / "out")
    assert settings_in(tmp_path / "out")[0].counts == {"done": 1}


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_names_that_are_not_unicode_are_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    (tmp_path / name).write_text("1")
    with begun(tmp_path / "out", tmp_path / name) as ledger:
        job = claimed(ledger)
        assert job.path == tmp_path / name
        error = f"cannot read {name}"
        change = ledger.finish(job, Report("failed", error=error))
        assert change.path == str(tmp_path / name)
    (kept,) = settings_in(tmp_path / "out")
    (row,) = rows(tmp_path / "out", kept.settings)
    assert row.path == str(tmp_path / name)
    assert row.error == "cannot read caf\\udce9.mp4"

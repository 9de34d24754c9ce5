"""`wildpose label` as a user meets it, and what its workers report of real videos."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.made_archive import begun, videos
from tests.media import write_sound
from wildpose.archive.jobs import Job, StoppedError, stamp_of
from wildpose.archive.worker import Labelling, MakeLabelling
from wildpose.cli import main
from wildpose.export.result_json import read_result
from wildpose.pipeline import Pipeline
from wildpose.results import Result, Settings

Rendered = tuple[Path, Result]
TOOL = Path(__file__).resolve().parent.parent / "tools" / "label_archive.py"


def label(*arguments: str | Path) -> int:
    return main(["label", "--offline", *map(str, arguments)])


# A worker


@pytest.fixture
def work(pipeline: Pipeline) -> Labelling:
    return Labelling(pipeline, ["json", "npz"])


def job(path: Path, *, out: Path) -> Job:
    return Job(1, path, out / "videos" / path.stem, stamp_of(path))


def test_a_video_is_reported_with_its_people_frames_hash_and_memory(
    work: Labelling, waving_briefly: Rendered, tmp_path: Path
) -> None:
    asked = job(waving_briefly[0], out=tmp_path)
    report = work(asked)
    assert (report.verdict, report.error) == ("done", None)
    assert (report.people, report.frames, report.folder) == (1, 9, asked.folder)
    assert report.stamp == asked.stamp and report.seconds > 0
    assert report.peak_bytes is None or 50e6 < report.peak_bytes < 50e9
    result = read_result(asked.folder / "result.json")
    assert report.sha256 == result.video.sha256
    again = work(asked)  # which was done already
    assert replace(again, seconds=0, peak_bytes=None) == replace(report, seconds=0, peak_bytes=None)


def test_a_video_may_take_time_in_proportion_to_its_length(
    work: Labelling, waving_briefly: Rendered, pipeline: Pipeline, tmp_path: Path
) -> None:
    asked = job(waving_briefly[0], out=tmp_path)
    assert 600 + 60 * 0.3 <= work.allowed(asked) < 600 + 60 * 0.4
    assert Labelling(pipeline, ["json"], 7.0).allowed(asked) == 7.0
    assert work.allowed(job(tmp_path / "no.mp4", out=tmp_path)) == 600


def test_only_the_hash_is_reported_where_it_is_all_that_was_asked(
    work: Labelling, waving_briefly: Rendered, tmp_path: Path
) -> None:
    report = work(replace(job(waving_briefly[0], out=tmp_path), task="hash"))
    assert (report.verdict, report.sha256) == ("hashed", waving_briefly[1].video.sha256)
    assert list(tmp_path.iterdir()) == []


def test_what_can_never_be_done_is_told_from_what_is_not_there(
    work: Labelling, tmp_path: Path
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    write_sound(tmp_path / "sound.mp4")
    names = ("text", "empty", "sound", "folder", "nothing")
    reports = [work(job(tmp_path / f"{name}.mp4", out=tmp_path)) for name in names]
    assert [report.verdict for report in reports] == [*["unusable"] * 3, "missing", "missing"]
    assert reports[0].error == "is text, not a video: check what this file is"
    assert reports[0].stamp == stamp_of(tmp_path / "text.mp4")
    assert work(replace(job(tmp_path / "no.mp4", out=tmp_path), task="hash")).verdict == "missing"
    assert not (tmp_path / "videos").exists()


def test_an_error_inside_may_be_tried_again(
    work: Labelling, waving_briefly: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("a delegate\nfailed")

    monkeypatch.setattr("wildpose.archive.worker.run_one", breaks)
    report = work(job(waving_briefly[0], out=tmp_path))
    assert report.verdict == "failed"
    assert report.error == "internal error, RuntimeError: a delegate failed"


def during(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen while a video is read."""
    track = Pipeline.track

    def disturbed(self: Pipeline, path: Path, **options: Any) -> object:
        tracking = track(self, path, **options)
        happens()
        return tracking

    monkeypatch.setattr(Pipeline, "track", disturbed)


def test_a_file_that_changes_while_it_is_read_leaves_no_results(
    work: Labelling, waving_briefly: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(waving_briefly[0], tmp_path / "growing.mp4"))
    asked = job(path, out=tmp_path)
    longer = path.read_bytes() + b"more"
    during(monkeypatch, lambda: path.write_bytes(longer))
    report = work(asked)
    assert (report.verdict, report.error) == ("changed", "it changed while it was read")
    assert report.stamp is None and list(asked.folder.iterdir()) == []
    assert work(asked).verdict == "stale"  # the ledger is to look at it first


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_an_output_that_cannot_be_written_is_no_fault_of_the_video(
    work: Labelling,
    waving_briefly: Rendered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(number, "takes no more")

    monkeypatch.setattr("wildpose.batch.write_result", full)
    asked = job(waving_briefly[0], out=tmp_path)
    report = work(asked)
    assert report.verdict == "unwritable"
    assert report.error == f"cannot write to {asked.folder}: takes no more"


def test_missing_weights_are_a_reason_for_which_no_worker_can_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("WILDPOSE_WEIGHTS", raising=False)
    with pytest.raises(StoppedError, match=r"pose_detection.tflite"):
        MakeLabelling(Settings(), ["json"], offline=True)()


# The command


def test_an_archive_is_labelled_once_and_its_status_told(
    waving_briefly: Rendered,
    two_actors_briefly: Rendered,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "in"
    (folder / "day 2").mkdir(parents=True)
    shutil.copy(waving_briefly[0], folder / "clip.mp4")
    shutil.copy(waving_briefly[0], folder / "copy.mp4")
    shutil.copy(two_actors_briefly[0], folder / "day 2" / "clip.mp4")
    (folder / "bad.mp4").write_text("no video")
    out = tmp_path / "out"
    # Frames are many more than these tests need.
    arguments = (folder, "--out", out, "--stop", "0.3", "--workers", "2", "--progress", "json")
    assert label(*arguments) == 1
    lines = capfd.readouterr()
    assert lines.err == ""
    told = [json.loads(line) for line in lines.out.splitlines()]
    assert told[-1]["totals"]["done"] == 3 and told[-1]["totals"]["quarantined"] == 1
    (broken,) = [line["video"] for line in told if line["event"] == "quarantined"]
    assert broken["path"] == str(folder / "bad.mp4")
    assert broken["error"] == "is text, not a video: check what this file is"
    found = {p.parent.relative_to(out).as_posix() for p in out.rglob("result.json")}
    assert len(found) == 2 and "videos/day 2/clip" in found
    people = read_result(out / "videos" / "day 2" / "clip" / "result.json").people
    assert len(people) == 2
    assert (out / "videos" / "day 2" / "clip" / "skeletons.npz").exists()

    assert label(*arguments) == 1
    events = [json.loads(line)["event"] for line in capfd.readouterr().out.splitlines()]
    assert set(events) == {"looking", "began", "ended"}

    assert label("--out", out, "--status") == 0
    table = capfd.readouterr().out.splitlines()
    assert table[0].split() == [
        *("settings", "videos", "waiting", "running", "done", "failed", "quarantined"),
    ]
    assert table[1].split()[1:] == ["4", "0", "0", "3", "0", "1", "of", "the", "last", "run"]
    assert table[2].startswith(f"{folder / 'bad.mp4'}: is text, not a video")
    assert label("--out", out, "--status", "--progress", "json") == 0
    status = json.loads(capfd.readouterr().out.splitlines()[0])
    assert status["settings"]["stop"] == 0.3 and status["totals"]["done"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "--workers must be at least 1, got 0"),
        (["--attempts", "0"], "--attempts must be at least 1, got 0"),
        (["--threads-per-worker", "-1"], "--threads-per-worker must be at least 1, got -1"),
        (["--timeout", "0"], "--timeout must be more than 0 seconds, got 0.0"),
        (
            ["--save", "jsn"],
            "--save takes a list of json, npz, activitynet, mmpose, video, got 'jsn'",
        ),
        (["--recognizer", "gru"], "unknown recognizer 'gru'"),
        (["--progress", "loud"], "invalid choice: 'loud'"),
        (["--ray", "more/"], "--ray takes the address of a cluster, HOST:PORT, got 'more/': name "),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        label("clip.mp4", "--out", tmp_path / "out", *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_no_input_and_no_ledger_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        label("--out", tmp_path / "out")
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"name the videos to label: {tmp_path / 'out'} knows none yet" in line
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_begin_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert label("--out", tmp_path, "--status") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"wildpose label: nothing has been labelled in {tmp_path}: ")
    (tmp_path / "out").write_text("in the way")
    assert label("clip.mp4", "--out", tmp_path / "out") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"wildpose label: cannot write to {tmp_path / 'out'}: ")


def test_a_device_that_is_not_here_is_wrong_usage_and_begins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit) as stop:
        label("clip.mp4", "--out", tmp_path / "out", "--device", "cuda")
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "device 'cuda': torch" in line and "finds no GPU here" in line
    assert list(tmp_path.iterdir()) == []


def test_status_tells_what_was_running_when_a_run_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = videos(tmp_path / "in", {"a": "good"})
    with begun(tmp_path / "out", folder) as ledger:
        assert ledger.claim("1") is not None
        assert label("--out", tmp_path / "out", "--status") == 0
        assert "no run is at work" not in capsys.readouterr().out
    assert label("--out", tmp_path / "out", "--status") == 0  # whoever is killed lets go as well
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "no run is at work: the next one begins anew what was running"


def test_a_cluster_without_ray_is_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wildpose.archive.command.find_spec", lambda name: None)
    assert label("clip.mp4", "--out", tmp_path / "out", "--ray", "localhost:6379") == 1
    line = "wildpose label: --ray needs Ray: pip install 'wildpose[cluster]'\n"
    assert capsys.readouterr().err == line
    assert list(tmp_path.iterdir()) == []


def test_the_tool_runs_from_another_folder(tmp_path: Path) -> None:
    command = [sys.executable, str(TOOL), "no.mp4", "--out", "archive", "--offline"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "no.mp4: no such file: check the spelling and the folder\n"
    assert done.stdout == "0 videos: none\n"

"""The tool that makes videos small: how a run ends, what it leaves out, and what it makes anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import prepare_footage
import pytest

from datasets import footage_files
from datasets.catalogue import dataset_named
from datasets.footage_files import read_footage
from datasets.footage_index import read_index
from datasets.recordings import Recording
from wildpose.video_writer import VideoWriter

T, SIDE = 3, 32
FOLDER = Path("ntu", "footage", "whole_16x16")


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Of a grey video with nobody in it."""
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, width=SIDE, height=SIDE, fps=30) as video:
        for t in range(T):
            video.write(np.full((SIDE, SIDE, 3), 90, dtype=np.uint8), t / 30)
    return Recording(path, np.arange(T), np.zeros((1, T, 25, 2)), np.zeros((1, T, 25), bool))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    clips: dict[str, Callable[[], object]],
    *,
    workers: int = 1,
) -> int:
    """The exit code for a data set of some clips, and what reads where each is."""
    chosen = replace(dataset_named("ntu60"), recordings=lambda _: iter(clips.items()))
    monkeypatch.setattr(prepare_footage, "dataset_named", lambda *_: chosen)
    given = ["ntu60", "--data", str(data), "--size", "16x16", "--workers", str(workers)]
    return prepare_footage.main(given)


def test_a_process_that_is_ended_from_outside_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, {"clip": partial(os._exit, 1)}, workers=2) == 1
    line = "prepare_footage: a process was ended from outside; run it again to go on\n"
    assert capsys.readouterr() == ("", line)


def test_a_full_disk_is_a_line_and_a_failure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert run(tmp_path, monkeypatch, {"clip": lambda: recording}) == 1
    line = f"prepare_footage: cannot write to {tmp_path / FOLDER}: No space left on device\n"
    assert capsys.readouterr() == ("", line)
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_clip_that_cannot_be_read_has_a_line_and_the_rest_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    gone = tmp_path / "gone.skeleton"
    cut_off = replace(recording, frames=np.arange(T) + 1)
    clips = {"gone": gone.read_text, "cut_off": lambda: cut_off, "good": lambda: recording}
    assert run(tmp_path, monkeypatch, clips) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"1 clip in {tmp_path / FOLDER}: 1 new; 2 left out;")
    first, second = err.splitlines()
    assert first == f"left out: {gone}: No such file or directory"
    assert second.startswith(f"left out: {recording.video}: ends before frame {T}")
    assert files_in(tmp_path / FOLDER) == ["good.npz", "index.json"]
    assert read_index(tmp_path / FOLDER) == {
        "gone": first.removeprefix("left out: "),
        "cut_off": second.removeprefix("left out: "),
    }


def test_a_run_goes_on_with_the_clips_that_are_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    # Whose pictures cannot be read: there are no more to be made of it.
    there = replace(recording, video=tmp_path / "put_away.mp4")
    clips: dict[str, Callable[[], object]] = {"one": lambda: recording}
    assert run(tmp_path, monkeypatch, clips) == 0
    assert run(tmp_path, monkeypatch, {"one": lambda: there, "two": lambda: recording}) == 0
    assert "2 clips in" in (out := capsys.readouterr().out) and "1 new; 0 left out" in out
    (tmp_path / FOLDER / ".two.npz.999999999.ab.partial").touch()  # of a run that was killed
    assert run(tmp_path, monkeypatch, {"one": lambda: there, "two": lambda: there}) == 0
    assert files_in(tmp_path / FOLDER) == ["index.json", "one.npz", "two.npz"]


def test_a_folder_says_that_it_is_complete_when_a_run_has_come_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    clips: dict[str, Callable[[], object]] = {"one": lambda: recording, "two": interrupted}
    assert run(tmp_path, monkeypatch, clips) == 130
    assert files_in(tmp_path / FOLDER) == ["one.npz"]
    assert run(tmp_path, monkeypatch, {**clips, "two": lambda: recording}) == 0
    assert read_index(tmp_path / FOLDER) == {}


def test_footage_of_another_skeleton_or_version_and_what_is_damaged_are_made_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    shorter = Recording(
        recording.video,
        np.arange(T - 1),
        np.zeros((1, T - 1, 25, 2)),
        np.zeros((1, T - 1, 25), bool),
    )
    two = replace(
        recording, joints_2d=np.zeros((2, T, 25, 2)), seen_2d=np.zeros((2, T, 25), dtype=bool)
    )
    file = tmp_path / FOLDER / "one.npz"

    def new(now: Recording) -> int:
        capsys.readouterr()
        assert run(tmp_path, monkeypatch, {"one": lambda: now}) == 0
        assert read_footage(file).seen_2d.shape == now.seen_2d.shape
        return int(capsys.readouterr().out.partition(": ")[2].split()[0])

    assert [new(one) for one in (recording, shorter, shorter, two, two)] == [1, 1, 0, 1, 0]
    file.write_bytes(file.read_bytes()[:-30])
    assert [new(two), new(two)] == [1, 0]
    monkeypatch.setattr(footage_files, "VERSION", 2)
    with pytest.raises(ValueError, match=r"one.npz: made by another version: run tools/prepare_f"):
        read_footage(file)
    assert [new(two), new(two)] == [1, 0]


def test_footage_of_before_versions_were_told_counts_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    clips: dict[str, Callable[[], object]] = {"one": lambda: recording}
    assert run(tmp_path, monkeypatch, clips) == 0
    file = tmp_path / FOLDER / "one.npz"
    with np.load(file) as kept:
        np.savez(file, **{name: kept[name] for name in kept if name != "version"})
    before = file.read_bytes()
    assert run(tmp_path, monkeypatch, clips) == 0
    assert file.read_bytes() == before
    assert len(read_footage(file).pictures) == T


def test_footage_whose_videos_were_put_away_is_as_complete_as_it_can_be(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    assert run(tmp_path, monkeypatch, {"one": lambda: recording}) == 0
    (tmp_path / "ntu" / "S001C001P001R001A001.skeleton").touch()  # and no videos
    monkeypatch.undo()
    given = ["ntu60", "--data", str(tmp_path), "--size", "16x16", "--workers", "1"]
    assert prepare_footage.main(given) == 2
    assert "no videos" in capsys.readouterr().err
    (tmp_path / FOLDER / "index.json").unlink()  # as of an earlier version
    assert prepare_footage.main(given) == 0
    assert f"1 clip in {tmp_path / FOLDER}: 0 new" in capsys.readouterr().out
    assert read_index(tmp_path / FOLDER) == {}


def test_each_of_several_processes_takes_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, {"clip": threads}, workers=2) == 1
    assert capsys.readouterr().err == "left out: of 1 threads\n"


def threads() -> Recording:
    """Tells how many OpenCV takes in the process that reads."""
    raise ValueError(f"of {cv2.getNumThreads()} threads")

"""The tool that makes videos small: how a run ends that cannot go on, and what it leaves out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import prepare_footage
import pytest

from datasets.catalogue import dataset_named
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


def run(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    clips: dict[str, Callable[[], object]],
    *,
    workers: int = 1,
) -> int:
    """The exit code for a data set of some clips, and what reads where each is."""
    chosen = replace(dataset_named("ntu60"), recordings=lambda _: iter(clips.items()))
    monkeypatch.setattr(prepare_footage, "dataset_named", lambda _: chosen)
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
    assert out.startswith(f"1 clips in {tmp_path / FOLDER}: 1 new; 2 left out;")
    first, second = err.splitlines()
    assert first == f"left out: {gone}: No such file or directory"
    assert second.startswith(f"left out: {recording.video}: ends before frame {T}")
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["good.npz"]


def test_a_run_goes_on_with_the_clips_that_are_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recording: Recording,
) -> None:
    clips: dict[str, Callable[[], object]] = {"one": lambda: recording}
    assert run(tmp_path, monkeypatch, clips) == 0
    assert run(tmp_path, monkeypatch, {"one": pytest.fail, "two": lambda: recording}) == 0
    assert "2 clips in" in (out := capsys.readouterr().out) and "1 new; 0 left out" in out
    (tmp_path / FOLDER / ".two.npz.999999999.ab.partial").touch()  # of a run that was killed
    assert run(tmp_path, monkeypatch, {"one": pytest.fail, "two": pytest.fail}) == 0
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == ["one.npz", "two.npz"]

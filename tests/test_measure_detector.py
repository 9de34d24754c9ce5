"""The tool that measures the pose backend keeps what is there and makes what is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import measure_detector
import numpy as np
import pytest

from datasets.detector_errors import Looks
from datasets.pose_sources import SOURCES, Motion
from tests.made_samples import pixels_of, some_poses
from wildpose.exit_codes import USAGE

BURSTS = measure_detector.BURSTS


def looks_of(burst: int) -> Looks:
    """Two looks that carry their burst's number."""
    poses = some_poses(2) + np.array([0, 0, 4.0])
    pixels = pixels_of(some_poses(2))
    return Looks(
        poses, pixels, np.ones(2), pixels, poses, np.ones((2, 13)), np.full(2, float(burst))
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with all sources, all of them empty."""
    for source in SOURCES:
        (tmp_path / "data" / source).mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[range, int]]:
    """Bursts and seeds that looks were asked for; nothing is read, rendered or estimated."""
    made: list[tuple[range, int]] = []

    def looks_at(motions: list[Motion], pose: object, *, bursts: range, seed: int) -> Iterator:
        assert motions == ["motions of", pose]
        made.append((bursts, seed))
        return map(looks_of, bursts)

    def prepare(data: Path, split: str) -> None:
        monkeypatch.setattr(measure_detector, "_motions", ["motions of", split])
        monkeypatch.setattr(measure_detector, "_pose", split)

    monkeypatch.setattr(measure_detector, "looks_at", looks_at)
    monkeypatch.setattr(measure_detector, "_prepare", prepare)
    monkeypatch.setattr(measure_detector, "ProcessPoolExecutor", ThreadPoolExecutor)
    return made


def measure(data: Path, out: Path, *options: Any) -> int:
    arguments = ("--data", data, "--out", out, "--workers", 1, *options)
    return measure_detector.main([str(argument) for argument in arguments])


def test_files_hold_consecutive_bursts(data: Path, tmp_path: Path, calls: list) -> None:
    assert measure(data, tmp_path, "--files", 2) == 0
    folder = tmp_path / "train"
    assert sorted(p.name for p in folder.iterdir()) == ["looks_0000.npz", "looks_0001.npz"]
    numbers = Looks.load(folder / "looks_0001.npz").burst
    np.testing.assert_array_equal(numbers, np.repeat(np.arange(BURSTS, 2 * BURSTS), 2))
    assert [bursts for bursts, _ in calls] == [range(BURSTS), range(BURSTS, 2 * BURSTS)]


def test_files_that_are_there_are_kept(data: Path, tmp_path: Path, calls: list) -> None:
    measure(data, tmp_path, "--files", 3)
    gone, kept = tmp_path / "train" / "looks_0001.npz", tmp_path / "train" / "looks_0002.npz"
    whole = gone.read_bytes()
    gone.unlink()
    replace(looks_of(0), burst=np.full(2, 77.0)).save(kept)
    calls.clear()
    assert measure(data, tmp_path, "--files", 3) == 0
    assert [bursts for bursts, _ in calls] == [range(BURSTS, 2 * BURSTS)]
    assert gone.read_bytes() == whole
    assert Looks.load(kept).burst.tolist() == [77, 77]


def test_splits_have_their_own_folders_and_seeds(data: Path, tmp_path: Path, calls: list) -> None:
    for split in ("train", "val", "test"):
        assert measure(data, tmp_path, "--files", 1, "--split", split) == 0
        assert (tmp_path / split / "looks_0000.npz").exists()
    assert len({seed for _, seed in calls}) == 3


def test_a_source_that_is_not_there_is_named_in_one_line(
    data: Path, tmp_path: Path, calls: list, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "bandai").rmdir()
    assert measure(data, tmp_path / "out", "--files", 1) == USAGE
    assert capsys.readouterr().err == f"{data} has no folder bandai\n"
    assert not calls and not (tmp_path / "out").exists()


def test_a_source_without_files_is_named_in_one_line(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure_detector, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(measure_detector, "_problem", None)
    assert measure(data, tmp_path / "out", "--files", 1) == USAGE
    last = capsys.readouterr().err.splitlines()[-1]  # after the bar
    assert str(data / "bandai") in last


def test_it_says_how_it_is_used(tmp_path: Path) -> None:
    tool = Path(measure_detector.__file__)
    done = subprocess.run(
        [sys.executable, str(tool), "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "--data" in done.stdout and "usage: measure_detector.py" in done.stdout

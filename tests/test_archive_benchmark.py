"""The benchmark of archives: what it times, what it reckons of it, and that it holds to cores."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pytest

from datasets.motions import MOTIONS
from tools.benchmarks import archive as bench
from tools.benchmarks.archive import Way
from wildpose.archive.listing import Row
from wildpose.video import read_frames

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < bench.CORES,
    reason="holds processes to two cores",
)
PACES = {
    "one_core": [100.0, 101.0, 400.0],
    "two_workers": [190.0, 180.0, 170.0],
    "one_process_1_thread": [120.0, 120.0, 120.0],
    "one_process_2_threads": [110.0, 150.0, 10.0],
    "ray": [171.0, 171.0, 1.0],
}


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_options(parser)
    return parser.parse_args(arguments)


def done(worker: str, *times: float, peaks: Sequence[int] = ()) -> list[Row]:
    """What a ledger says of videos that a worker finished at these seconds."""
    return [
        Row(
            path="",
            absolute="",
            sha256=None,
            folder=None,
            state="done",
            attempts=1,
            failures=0,
            error=None,
            note=None,
            started=None,
            finished=finished,
            seconds=None,
            worker=worker,
            people=1,
            frames=6,
            peak_bytes=peak,
        )
        for finished, peak in zip(times, peaks or [0] * len(times), strict=True)
    ]


# The clock


def test_the_first_video_of_a_worker_is_not_timed() -> None:
    assert bench.steady_pace(done("1", 50, 52, 54, 56), workers=1, count=3) == 1800


def test_it_is_timed_from_when_the_last_worker_had_finished_one() -> None:
    alone, late = done("1", 10, 11, 12, 13, 14), done("2", 12.5, 13.5, 14.5)
    assert bench.steady_pace([*late, *alone], workers=2, count=4) == 3600 * 4 / 2
    assert bench.steady_pace([*late, *alone], workers=2, count=2) == 3600 * 2 / 1


@pytest.mark.parametrize(("workers", "count"), [(2, 1), (1, 3)])
def test_there_is_no_pace_before_all_are_at_work_and_enough_is_done(
    workers: int, count: int
) -> None:
    assert bench.steady_pace(done("1", 1, 2, 3), workers=workers, count=count) is None


# What is reckoned


def test_ratios_are_of_medians_and_against_the_faster_process() -> None:
    told = bench.compared(PACES)  # the slower process was faster once
    assert told["ratio"] == {
        "one_core": round(180 / 101, 3),
        "one_process": round(180 / 120, 3),
        "ray": round(171 / 180, 3),
    }
    assert told["fastest_threads"] == 1
    assert told["videos_per_hour"]["one_process_2_threads"] == 110
    assert told["spread"]["one_core"] == [100, 400]
    assert bench.compared({**PACES, "one_process_2_threads": [130.0]})["fastest_threads"] == 2


def test_without_ray_there_is_no_ratio_of_it() -> None:
    told = bench.compared({name: paces for name, paces in PACES.items() if name != "ray"})
    assert told["ratio"]["ray"] is None
    assert "ray" not in told["videos_per_hour"]


def test_memory_is_each_workers_own_whatever_the_order_of_its_videos() -> None:
    steady = done("1", *range(20), peaks=[100_000_000] * 20)
    grows = done("2", *range(20), peaks=[10_000_000 * n for n in range(10, 30)])
    assert bench.memory_by_age([*steady, *grows[::-1]]) == {
        "videos": [20, 20],
        "first_mb": [100, 110],
        "last_mb": [100, 280],
        "ratio": round(280 / 110, 3),
    }


# What is run


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """50 videos of 2 frames each."""
    folder = tmp_path / "in"
    bench.write_videos(folder, 50, frames=2)
    return folder


def test_videos_cost_the_same_and_are_different_contents(tmp_path: Path) -> None:
    count = len(MOTIONS) + 1
    bench.write_videos(tmp_path / "in", count, frames=2)
    paths = sorted((tmp_path / "in").iterdir())
    assert len({path.stat().st_size for path in paths}) == len(paths) == count
    few = [*paths[:2], paths[len(MOTIONS)]]
    first, second, again = [[frame.image for frame in read_frames(path)] for path in few]
    assert np.shape(first) == (2, 480, 640, 3)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


def test_processes_are_held_to_as_many_cores_as_they_may_use() -> None:
    before = os.sched_getaffinity(0)
    program = "import os; print(len(os.sched_getaffinity(0)))"
    for cores in (1, 2):
        with bench._held_to(cores):
            said = subprocess.check_output([sys.executable, "-c", program])
        assert int(said) == cores
        assert os.sched_getaffinity(0) == before


@pytest.mark.thorough
def test_a_run_is_timed_and_then_interrupted(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict] = []
    events = bench._events
    monkeypatch.setattr(bench, "_events", lambda label: noted(events(label), told))
    assert bench.pace(Way(workers=1, cores=1), videos, 2) > 0
    assert told[-1]["event"] == "ended" and told[-1]["stopped"].startswith("interrupted")
    assert 3 <= told[-1]["totals"]["done"] < 50


def noted(events: Iterator[dict], told: list[dict]) -> Iterator[dict]:
    for event in events:
        told.append(event)
        yield event


def label_that(says: str, code: int) -> Callable[..., Popen[str]]:
    """In place of `wildpose label` a program that says a line and ends."""
    program = f"import sys; print({says!r}); sys.exit({code})"
    return lambda *_: Popen([sys.executable, "-c", program], stdout=PIPE, text=True)


@pytest.mark.parametrize(
    ("says", "code", "why"),
    [
        ('{"event": "ended", "stopped": null}', 0, "all workers had done 2 .*give --archive more"),
        ('{"event": "ended", "stopped": "the disk is full"}', 1, "label: the disk is full$"),
        ('{"event": "began"}', 2, "label: ended with 2$"),
    ],
)
def test_a_run_that_cannot_be_timed_is_one_line(
    says: str, code: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_label", label_that(says, code))
    with pytest.raises(SystemExit, match=why):
        bench.pace(Way(workers=1), tmp_path, 2)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Way]:
    """The ways in which videos are labelled, in order: nobody does it, all is as in `PACES`."""
    runs: list[Way] = []
    paces = {bench.WAYS[name]: iter(of) for name, of in PACES.items()}

    def pace(way: Way, videos: Path, count: int) -> float:
        runs.append(way)
        return next(paces[way])

    monkeypatch.setattr(bench, "pace", pace)
    monkeypatch.setattr(bench, "write_videos", lambda folder, count, frames: None)
    monkeypatch.setattr(bench, "whole", lambda way, videos: done("1", 1, 2, peaks=[100, 110]))
    return runs


def test_ways_take_turns_to_and_fro_and_all_is_told(runs: list[Way]) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'wildpose[cluster]'")
    told = bench.measure(options("--rounds", "3", "--videos", "8", "--archive", "10"))
    ways = list(bench.WAYS.values())
    assert runs == [*ways, *reversed(ways), *ways]
    assert told["videos_per_hour"].keys() == PACES.keys()
    assert (told["videos"], told["archive"], told["memory"]["videos"]) == (8, 10, [2])
    assert json.loads(json.dumps(told)) == told


def test_ray_is_left_out_where_it_is_not_installed(
    runs: list[Way], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    told = bench.measure(options("--rounds", "1"))
    assert not any(way.ray for way in runs) and len(runs) == len(bench.WAYS) - 1
    assert (told["ray"], told["ratio"]["ray"]) == ("not installed", None)
    said = capsys.readouterr()
    assert said.out == ""  # which is for the figures
    assert "round 1 of 1, two_workers: 190 videos an hour\n" in said.err


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--rounds", "0"], "--videos, --frames and --rounds are at least 1$"),
        (["--videos", "9", "--archive", "10"], "--archive is at least 2 more than --videos"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(arguments: list[str], wrong: str) -> None:
    with pytest.raises(SystemExit, match=f"^bench.py archive: {wrong}"):
        bench.measure(options(*arguments))


@pytest.mark.slow
def test_all_ways_are_measured() -> None:
    few = options("--videos", "4", "--archive", "60", "--frames", "6", "--rounds", "1")
    told = bench.measure(few)
    assert min(told["videos_per_hour"].values()) > 0
    assert sum(told["memory"]["videos"]) == 60 and min(told["memory"]["first_mb"]) > 50

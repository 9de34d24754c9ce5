"""The benchmark of recognizers takes the time of what configs describe, one network at a time."""

from __future__ import annotations

import argparse
import json
import weakref
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from recognizers.networks import outline_of
from recognizers.training.experiment import Experiment, read_experiment
from tools import bench, describe
from tools.benchmarks import recognizers
from tools.benchmarks.recognizers import CASES, Case
from tools.experiments.shapes import input_shapes

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
GRAPH = Case("graph", "graph_everyday_xsub", paper_ms=50.0, paper_device="an abacus")
RNN = Case("skeleton_rnn", "skeleton_rnn_ntu60_xsub", {"sampling.longest": 4}, "short")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small networks, of which one is of a paper."""
    monkeypatch.setattr(recognizers, "CASES", (GRAPH, RNN))


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    recognizers.add_options(parser)
    return parser.parse_args([*arguments, "--rounds", "1"])


def test_one_object_and_a_table(
    two: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    given = ["bench.py", "recognizers", "--device", "cpu", "--rounds", "1"]
    monkeypatch.setattr("sys.argv", given)
    assert bench.main() == 0
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    report = json.loads(line)
    graph, rnn = report["networks"]
    sizes = {
        case.family: describe.description(read_experiment(case.path))["parameters"]
        for case in (GRAPH, RNN)
    }
    for row in (graph, rnn):
        assert row["parameters"] == sizes[row["family"]]
        assert list(row["ms"]) == ["1"] and row["ms"]["1"] > 0
    assert report["ratio"] == graph["ratio"] == pytest.approx(50 / graph["ms"]["1"], abs=6e-4)
    assert (rnn["network"], rnn["ratio"]) == ("skeleton_rnn_ntu60_xsub, short", None)
    head, _, *rows = printed.err.splitlines()
    assert head.split()[0] == "network"
    for text, row in zip(rows, (graph, rnn), strict=True):
        assert text.startswith(row["network"]) and f"{row['parameters']:,}" in text
    assert "50 (an abacus)" in rows[0]


def test_families_are_chosen(two: None, capsys: pytest.CaptureFixture) -> None:
    report = recognizers.measure(options("--device", "cpu", "--families", "skeleton_rnn"))
    assert [row["family"] for row in report["networks"]] == ["skeleton_rnn"]
    assert report["ratio"] is None
    with pytest.raises(SystemExit):
        options("--families", "lifter")
    assert "invalid choice: 'lifter'" in capsys.readouterr().err


def test_rounds_that_warm_up_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now, seconds = 0.0, iter([100.0, 1.0, 9.0, 3.0])  # the first one warms up
    monkeypatch.setattr(recognizers.time, "perf_counter", lambda: now)

    def run() -> None:
        nonlocal now
        now += next(seconds)

    assert recognizers.median_seconds(run, CPU, rounds=3) == 3.0
    assert next(seconds, None) is None


def test_a_clip_s_time_is_its_share_of_the_batch_s(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def some_seconds(run: Callable[[], Tensor], device: torch.device, *, rounds: int) -> float:
        seen.append(run())
        return 2.0

    monkeypatch.setattr(recognizers, "median_seconds", some_seconds)
    experiment = read_experiment(GRAPH.path)
    network = recognizers.built(experiment)
    ms = recognizers.ms_per_clip(network, experiment, CPU, clips=5, rounds=1)
    assert ms == 400.0
    assert seen[0].shape == (5, 17)


def test_a_gpu_has_the_batch_of_the_training_too() -> None:
    experiment = read_experiment(GRAPH.path)
    assert recognizers.clips_at_once(experiment, CPU) == [1]
    assert recognizers.clips_at_once(experiment, CUDA) == [1, 64]
    alone = read_experiment(GRAPH.path, {"schedule.batch": 1})
    assert recognizers.clips_at_once(alone, CUDA) == [1]


def test_a_batch_that_is_too_large_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object, **__: object) -> float:
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(recognizers, "median_seconds", too_large)
    row = recognizers.row_of(GRAPH, CPU, 1)
    assert (row["ms"], row["ratio"]) == ({"1": None}, None)
    row["ms"] = {"1": 12.34, "64": None}
    assert recognizers.cells(row)[2:4] == ["12.3", "no memory (batch 64)"]


def test_each_network_is_gone_before_the_next_is_built(
    two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[weakref.ref[nn.Module]] = []
    build = recognizers.built

    def watched(experiment: Experiment) -> nn.Module:
        assert not [network for network in before if network() is not None]
        network = build(experiment)
        before.append(weakref.ref(network))
        return network

    monkeypatch.setattr(recognizers, "built", watched)
    recognizers.measure(options("--device", "cpu"))
    assert len(before) == 2


def looked_at() -> Iterator[tuple[str, set[str]]]:
    """Of each case its name, and what its network is shown besides joints and their speeds."""
    for case in CASES:
        experiment = read_experiment(case.path, case.changes)
        preparation = experiment.preparation
        network = outline_of(
            experiment.network,
            joint_set_name=preparation.joint_set,
            people=preparation.people,
            classes=2,
        )
        shapes = input_shapes(
            network, preparation, experiment.sampling, experiment.pictures, clips=1, frames=1
        )
        yield case.name, set(shapes) & {"frames", "hands", "hand_features"}


def test_the_cases_are_the_papers_and_small_ones() -> None:
    assert dict(looked_at()) == {
        "skeleton_rnn_ntu60_xsub": set(),
        "graph_everyday_xsub": set(),
        "sta_ntu60_xsub": {"hands"},
        "sta_ntu60_xsub, from features": {"hand_features"},
        "sta_synthetic_ntu_xsub": {"hands"},
        "glimpse_clouds_ntu60_xsub": {"frames"},
        "glimpse_clouds_synthetic_ntu_xsub": {"frames"},
        "vpn_ntu60_xsub": {"frames"},
        "vpn_synthetic_ntu_xsub": {"frames"},
    }
    papers = {case.name: case.paper_ms for case in CASES if case.paper_ms}
    assert papers == {"sta_ntu60_xsub, from features": 1.4, "glimpse_clouds_ntu60_xsub": 97}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (["--device", "cuda"], "no CUDA here: give --device cpu"),
        (["--device", "cpu", "--rounds", "0"], "--rounds must be 1 or more, got 0"),
    ],
)
def test_what_cannot_be_is_one_line(
    given: list[str], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    parser = argparse.ArgumentParser()
    recognizers.add_options(parser)
    with pytest.raises(SystemExit, match=wrong):
        recognizers.measure(parser.parse_args(given))

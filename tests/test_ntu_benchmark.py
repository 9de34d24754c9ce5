"""The benchmark of the reader compares with readers that find the same."""

from __future__ import annotations

import argparse

import pytest

from tools.benchmarks import ntu


@pytest.fixture
def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ntu.add_options(parser)
    return parser.parse_args(["--copies", "1", "--rounds", "1"])


def test_all_readers_find_the_same_and_ours_is_the_fastest(
    options: argparse.Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ntu, "FRAMES", (30, 20, 25))
    report = ntu.measure(options)
    assert report["same"]
    assert (report["files"], report["frames"]) == (3, 75)
    assert min(report["ratio"], report["ratio_to_lists"]) > 1
    assert 0 < report["wildpose_peak_mb"] < 40 * report["largest_file_mb"]

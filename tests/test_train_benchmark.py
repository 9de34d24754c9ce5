"""The benchmark of training counts what each side trains on."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator

import pytest

from tools.benchmarks import train


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """The benchmark silences the log of its process."""
    before = logging.root.manager.disable
    yield
    logging.disable(before)


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    train.add_options(parser)
    return parser.parse_args([*arguments, "--frames", "4", "--rounds", "1"])


def test_both_sides_train() -> None:
    report = train.measure(options("--clips", "5", "--batch", "2"))
    ours, bare = report["wildpose_clips_per_s"], report["bare_clips_per_s"]
    assert min(ours, bare) > 0
    assert report["ratio"] == pytest.approx(ours / bare, abs=0.01)
    assert (report["clips"], report["batch"], report["frames"]) == (5, 2, 4)


def test_the_bare_loop_is_credited_with_its_whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "_our_epoch", lambda options: 1.0)
    monkeypatch.setattr(train, "_bare_epoch", lambda options: 1.0)
    report = train.measure(options("--clips", "100", "--batch", "64"))
    assert (report["wildpose_clips_per_s"], report["bare_clips_per_s"]) == (100, 64)


@pytest.mark.parametrize("batch", ["0", "6"])
def test_fewer_clips_than_a_batch_are_refused_in_one_line(batch: str) -> None:
    with pytest.raises(SystemExit, match=rf"5 clips make no whole batch of {batch}"):
        train.measure(options("--clips", "5", "--batch", batch))

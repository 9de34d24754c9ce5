"""Clips per second of training a GRU, against a bare torch loop over nn.GRU of the same sizes.

Ours is all that tools/train.py does in an epoch: clips sampled and turned, batches made, mmengine's
Runner with its hooks, without validation; clips are prepared once, before the clock runs. The bare
loop takes batches that lie in memory as the GRU wants them, whole ones alone: forward, loss,
backward, clipping, Adam. In turns, medians of the rounds.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.networks import network_of
from wildpose.types import Clip

if TYPE_CHECKING:  # mmengine is needed by this benchmark alone
    from mmengine.hooks import Hook
    from mmengine.runner import Runner

    from recognizers.training.experiment import Experiment

CLASSES, PEOPLE, JOINTS, UNITS, LAYERS = 60, 2, 25, 100, 3  # the thesis' best model on NTU


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py train` understands."""
    parser.add_argument("--clips", type=int, default=512, help="default: %(default)s")
    parser.add_argument("--frames", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Clips per second of both, and the ratio of ours to the bare loop's."""
    if not 1 <= options.batch <= options.clips:
        raise SystemExit(
            f"bench.py train: {options.clips} clips make no whole batch of {options.batch}: give "
            "--clips at least as many as --batch"
        )
    whole = options.clips // options.batch * options.batch  # what the bare loop trains on
    logging.disable(logging.WARNING)
    rates: dict[str, list[float]] = {"wildpose": [], "bare": []}
    for _ in range(options.rounds):
        rates["wildpose"].append(options.clips / _our_epoch(options))
        rates["bare"].append(whole / _bare_epoch(options))
    ours, bare = median(rates["wildpose"]), median(rates["bare"])
    return {
        "against": f"a loop over torch {torch.__version__} nn.GRU, batches in memory",
        "wildpose_clips_per_s": round(ours, 1),
        "bare_clips_per_s": round(bare, 1),
        "ratio": round(ours / bare, 3),
        "clips": options.clips,
        "frames": options.frames,
        "batch": options.batch,
        "threads": torch.get_num_threads(),
    }


def _experiment(options: argparse.Namespace) -> Experiment:
    from recognizers.training.experiment import experiment_of

    values = {
        "data": {"name": "made", "protocol": "none"},
        "preparation": {"joint_set": "kinect25", "people": PEOPLE, "axes": "kinect"},
        "augmentation": {"turn": (0.3, 0.3, 0.3)},
        "network": {"type": "SkeletonRnn", "cell": "fast_gru", "units": UNITS, "layers": LAYERS},
        "schedule": {"epochs": 2, "batch": options.batch},
    }
    return experiment_of(values, where="bench")


def _our_epoch(options: argparse.Namespace) -> float:
    """Seconds of the second epoch's training; the first warms up."""
    from recognizers.training.run import runner_of

    experiment = _experiment(options)
    rng = np.random.default_rng(0)
    clips = [_clip(options.frames, rng) for _ in range(options.clips)]
    labels = rng.integers(0, CLASSES, options.clips).tolist()
    how = (experiment.preparation, experiment.sampling)
    train = ClipDataset(clips, labels, *how, experiment.augmentation)
    val = ClipDataset(clips[:1], labels[:1], *how)
    network = network_of(
        experiment.network, joint_set_name="kinect25", people=PEOPLE, classes=CLASSES
    )
    with tempfile.TemporaryDirectory() as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mmengine's own
        runner = runner_of(experiment, network, train, val, work=Path(work))
        seconds: list[float] = []
        runner.register_hook(_clock(seconds), priority="LOWEST")
        runner.train()
    return seconds[1]


def _clock(seconds: list[float]) -> Hook:
    """A hook that writes down how long each epoch's batches took."""
    from mmengine.hooks import Hook

    class Clock(Hook):
        def before_train_epoch(self, runner: Runner) -> None:  # noqa: ARG002
            seconds.append(0.0)
            self._started = time.perf_counter()

        def after_train_iter(self, runner: Runner, *_: object, **__: object) -> None:  # noqa: ARG002
            seconds[-1] = time.perf_counter() - self._started

    return Clock()


def _bare_epoch(options: argparse.Namespace) -> float:
    """Seconds of the second epoch; the first warms up."""
    rng = np.random.default_rng(0)
    count, width = options.clips // options.batch, PEOPLE * JOINTS * 3
    shape = (options.batch, options.frames, width)
    batches = [
        (
            torch.from_numpy(rng.standard_normal(shape, np.float32)),
            torch.from_numpy(rng.integers(0, CLASSES, options.batch)),
        )
        for _ in range(count)
    ]
    gru = nn.GRU(width, UNITS, LAYERS, batch_first=True, dropout=0.5)
    head = nn.Linear(UNITS, CLASSES)
    parameters = [*gru.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    started = time.perf_counter()
    for _ in range(2):
        started = time.perf_counter()
        for joints, labels in batches:
            states, _ = gru(joints)
            loss = nn.functional.cross_entropy(head(states[:, -1]), labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
    return time.perf_counter() - started


def _clip(frames: int, rng: np.random.Generator) -> Clip:
    """Two people who are there all the time."""
    return Clip(
        joints=rng.standard_normal((PEOPLE, frames, JOINTS, 3), np.float32),
        mask=np.ones((PEOPLE, frames), dtype=bool),
        joint_set="kinect25",
        frame_rate=30.0,
    )

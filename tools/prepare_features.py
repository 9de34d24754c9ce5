"""Look at hands once, for all trainings: python tools/prepare_features.py CONFIG --data DATA.

For a config whose image network for hands is frozen and begins with weights of a file, or with
torchvision's: shows it the squares around hands of each clip's footage, of all frames, and keeps
what it makes of them beside the footage, a file per clip. Trainings that are told
`pictures.hand_features=True` then read that. A clip that cannot be used gets a line and is left
out, clips without footage are counted alone; a run that was stopped goes on where it was, and clips
whose footage was made anew are looked at again. Exit code: 0 done, 1 some clips could not be used,
or it could not go on, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from datasets.catalogue import dataset_named
from datasets.footage_files import read_footage
from datasets.hand_feature_files import Features, are_kept, features_path, rounded, write_features
from recognizers.inputs.pictures import shown_hands
from recognizers.sta.hands import GlimpseSensor
from recognizers.training.experiment import Experiment, read_experiment
from tools import preparing
from tools.experiments.footage import footage_of
from tools.experiments.hand_features import sensor_of
from tools.experiments.options import add_config_changes
from tools.progress import shown, tell
from tools.train import work_of
from wildpose.atomic import remove_leftovers
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED
from wildpose.usage import Parser

_held: list[GlimpseSensor] = []  # the network of this process


@dataclass(frozen=True)
class Job:
    """A clip with footage, and where its features go."""

    footage: Path
    path: Path
    side: int
    """Px of its squares."""


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--variant", help="a row of the config's variants")
    add("--work", type=Path, help="of the training, where the config's paths of weights name it")
    add("--seed", type=int, default=0, help="of the training, the same; default: %(default)s")
    add("--workers", type=int, help="processes; default: the cores, or 1 with a GPU")
    add_config_changes(parser)
    options = parser.parse_args(arguments)
    if options.workers is None:
        options.workers = 1 if torch.cuda.is_available() else os.cpu_count() or 1
    if options.workers < 1:
        parser.error(f"--workers must be at least 1, got {options.workers}")
    return options


def run(options: argparse.Namespace) -> int:
    """Make what is missing; the exit code."""
    started = time.perf_counter()
    with preparing.beginning():
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        at = {"config": options.config, "work": work_of(options), "seed": options.seed}
        build = partial(sensor_of, experiment, **at, data=options.data)
        sensor = build()
        jobs, bare = _jobs(experiment, options.data, sensor.fingerprint())
        folder = jobs[0].path.parent
        remove_leftovers(folder)
        missing = [job for job in jobs if not are_kept(job.path, footage=job.footage)]
    _hold(lambda: sensor)
    with preparing.working(folder):
        failed = _make_all(missing, build, done=len(jobs) - len(missing), workers=options.workers)
    also = f"; {bare} without footage" if bare else ""
    print(
        f"{number_of(len(jobs) - failed, 'clip')} in {folder}: "
        f"{len(missing) - failed} new; {failed} left out"
        f"{also}; {time.perf_counter() - started:.0f} s"
    )
    return FAILED if failed else DONE


def _make_all(
    missing: Sequence[Job], build: Callable[[], GlimpseSensor], *, done: int, workers: int
) -> int:
    """How many clips were left out, each after a line."""
    outcomes = preparing.results_of(
        _make, missing, workers=workers, prepare=partial(_hold_alone, build)
    )
    failed = 0
    for wrong in shown(outcomes, total=done + len(missing), there=done, unit="clip"):
        if wrong is not None:
            failed += 1
            tell(f"left out: {wrong}")
    return failed


def _jobs(experiment: Experiment, root: Path, fingerprint: str) -> tuple[list[Job], int]:
    """All clips that trainings read, and how many more have no footage.

    Raises:
        ValueError: no such data set, or no clips.
        FileNotFoundError: it is not there, or its footage is not, or not complete.
    """
    data, pictures = experiment.data, experiment.pictures
    assert pictures is not None and pictures.hand_px is not None  # or there were no sensor
    footage = footage_of(data, pictures, root)
    names = [clip.name for clip in dataset_named(data.name, root).clips(root)]
    jobs = [
        Job(footage.file_of(n), features_path(footage.folder, fingerprint, n), pictures.hand_px)
        for n in names
        if footage.has(n)
    ]
    if not jobs:
        raise ValueError(f"{root}: no clips of {data.name} with footage in {footage.folder}")
    return jobs, len(names) - len(jobs)


def _hold(build: Callable[[], GlimpseSensor]) -> None:
    """Get ready to look."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    _held[:] = [build().to(device).eval()]


def _hold_alone(build: Callable[[], GlimpseSensor]) -> None:
    """Get ready as one process of several, each of which builds the network for itself."""
    torch.set_num_threads(1)
    _hold(build)


def _make(job: Job) -> str | None:
    """None, or why there are no features."""
    try:
        found = rounded(_looked(job))
    except (OSError, ValueError) as error:  # of what is read; one of what is written ends the run
        return f"{job.footage.stem}: {error}"
    write_features(job.path, found, footage=job.footage)
    return None


def _looked(job: Job) -> Features:
    """(T, 2 M, D) of all squares, also of people who are not there: who is asked for is told later.

    Raises:
        FileNotFoundError: there is no footage.
        ValueError: it is damaged, or no squares were kept.
    """
    (sensor,) = _held
    device = next(sensor.parameters()).device
    footage = read_footage(job.footage)
    squares = shown_hands(footage, np.arange(len(footage.pictures)), job.side)
    crops = torch.from_numpy(squares).to(device)
    with torch.inference_mode():
        everybody = torch.ones(1, *crops.shape[:2], dtype=torch.bool, device=device)
        found = sensor(crops[None], everybody)
    return found[0].float().cpu().numpy()


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the features; the exit code."""
    options = options_of(arguments)
    return preparing.exit_code(lambda: run(options), tool="prepare_features", so_far="made")


if __name__ == "__main__":
    sys.exit(main())

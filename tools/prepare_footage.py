"""Make the videos of a data set small, for all trainings: python tools/prepare_footage.py NAME.

Cuts each clip's pictures and the squares around hands out of its video, and keeps them as JPEG in
DATA/FOLDER/footage, a file per clip. A config says what it asks for; training names the
command where it is missing. A clip that cannot be used gets a line and is left out; a run that was
stopped goes on where it was, and footage of another skeleton, or by an earlier version, is made
anew. Exit code: 0 done, 1 some clips could not be used, or it could not go on, 2 usage, 130
interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import cv2

from datasets.catalogue import dataset_named
from datasets.footage_files import FOOTAGE, is_footage_of, write_footage
from datasets.footage_index import INDEX, write_index
from datasets.footage_making import footage_of_recording
from datasets.recordings import Recording
from tools import preparing
from tools.progress import shown, tell
from wildpose.atomic import remove_leftovers
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED
from wildpose.footage import Kept, Making
from wildpose.usage import Parser
from wildpose.video import VideoError


@dataclass(frozen=True)
class Job:
    """A clip, and where its footage goes."""

    recording: Callable[[], Recording]
    path: Path
    making: Making


@dataclass(frozen=True)
class Outcome:
    """What became of a clip."""

    new: bool
    """Its footage was not there before."""
    wrong: str | None = None
    """Why there is none."""


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("name", help="of a data set, as configs call it: ntu60, synthetic_ntu")
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--kept", choices=get_args(Kept), default="whole", help="default: %(default)s pictures")
    add("--size", type=_size, default=(256, 256), metavar="WxH", help="default: 256x256 px")
    add("--hands", type=int, metavar="PX", help="side of squares around hands, in the video")
    add(
        "--trunk",
        type=float,
        metavar="PX",
        help="of people of whom --hands is; others in proportion",
    )
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error(f"--workers must be at least 1, got {options.workers}")
    return options


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT, as 256x256, got {text!r}")
    return int(width), int(height)


def run(options: argparse.Namespace) -> int:
    """Make what is missing; the exit code."""
    started = time.perf_counter()
    with preparing.beginning():
        making = Making(
            size=options.size, kept=options.kept, hand_px=options.hands, trunk_px=options.trunk
        )
        jobs, folder = _jobs(options, making)
        remove_leftovers(folder)
    with preparing.working(folder):
        left_out, new = _made_all(jobs, workers=options.workers)
        write_index(folder, left_out)
    there = len(jobs) - len(left_out) if jobs else len(list(folder.glob("*.npz")))
    print(
        f"{number_of(there, 'clip')} in {folder}: {new} new; {len(left_out)} left out; "
        f"{time.perf_counter() - started:.0f} s"
    )
    return FAILED if left_out else DONE


def _made_all(jobs: Sequence[Job], *, workers: int) -> tuple[dict[str, str], int]:
    """Why each clip that was left out was so, after a line, and how many were made."""
    outcomes = preparing.results_of(
        _make, jobs, workers=workers, prepare=partial(cv2.setNumThreads, 1)
    )
    left_out, new = {}, 0
    outcomes = shown(outcomes, total=len(jobs), unit="clip")
    for job, outcome in zip(jobs, outcomes, strict=True):
        new += outcome.new
        if outcome.wrong is not None:
            left_out[job.path.stem] = outcome.wrong
            tell(f"left out: {outcome.wrong}")
    return left_out, new


def _jobs(options: argparse.Namespace, making: Making) -> tuple[list[Job], Path]:
    """All clips that have a video, and where their footage goes.

    Raises:
        ValueError: the data set has no videos.
        FileNotFoundError: it is not there, or its videos are not.
    """
    chosen = dataset_named(options.name, options.data)
    if chosen.recordings is None:
        raise ValueError(f"{options.name} has no videos that this tool could read")
    root = options.data / chosen.folder
    folder = root / FOOTAGE / making.folder
    try:
        clips = list(chosen.recordings(root))
    except FileNotFoundError:
        if (folder / INDEX).exists() or not any(folder.glob("*.npz")):
            raise
        clips = []  # made by a version without an index, and the videos were put away since
    return [Job(read, folder / f"{name}.npz", making) for name, read in clips], folder


def _make(job: Job) -> Outcome:
    """What became of a clip: its footage is made where there is none that fits its skeleton."""
    try:
        recording = job.recording()
        if is_footage_of(job.path, recording.seen_2d.shape):
            return Outcome(new=False)
        footage = footage_of_recording(recording, job.making)
    except OSError as error:  # of what is read; one of what is written ends the run
        why = f"{error.filename or job.path.stem}: {error.strerror or error}"
        return Outcome(new=False, wrong=why)
    except (ValueError, VideoError) as error:
        return Outcome(new=False, wrong=str(error))
    write_footage(job.path, footage)
    return Outcome(new=True)


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the footage; the exit code."""
    options = options_of(arguments)
    return preparing.exit_code(lambda: run(options), tool="prepare_footage", so_far="made")


if __name__ == "__main__":
    sys.exit(main())

"""Make the videos of a data set small, for all trainings: python tools/prepare_footage.py NAME.

Cuts each clip's pictures and the squares around hands out of its video, and keeps them as JPEG in
DATA/FOLDER/footage, a file per clip. A config says what it asks for; training names the
command where it is missing. A clip that cannot be used gets a line and is left out; a run that was
stopped goes on where it was. Exit code: 0 done, 1 some clips could not be used, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from datasets.catalogue import dataset_named
from datasets.footage_files import FOOTAGE, write_footage
from datasets.footage_making import made
from datasets.recordings import Recording
from tools import preparing
from tools.preparing import DONE, FAILED
from wildpose.atomic import remove_leftovers
from wildpose.footage import Kept, Making
from wildpose.video import VideoError


@dataclass(frozen=True)
class Job:
    """A clip whose footage is missing."""

    recording: Callable[[], Recording]
    path: Path
    making: Making


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
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
        missing = [job for job in jobs if not job.path.exists()]
    bar = tqdm(
        preparing.made(_make, missing, workers=options.workers),
        total=len(jobs),
        initial=len(jobs) - len(missing),
        unit="clip",
        disable=None,  # but on a terminal
    )
    failed = 0
    with preparing.working(folder):
        for wrong in bar:
            if wrong is not None:
                failed += 1
                tqdm.write(f"left out: {wrong}", file=sys.stderr)
    print(
        f"{len(jobs) - failed} clips in {folder}: {len(missing) - failed} new; {failed} left out; "
        f"{time.perf_counter() - started:.0f} s"
    )
    return FAILED if failed else DONE


def _jobs(options: argparse.Namespace, making: Making) -> tuple[list[Job], Path]:
    """All clips that have a video, and where their footage goes.

    Raises:
        ValueError: the data set has no videos.
        FileNotFoundError: it is not there.
    """
    chosen = dataset_named(options.name)
    if chosen.recordings is None:
        raise ValueError(f"{options.name} has no videos that this tool could read")
    root = options.data / chosen.folder
    folder = root / FOOTAGE / making.folder
    clips = chosen.recordings(root)
    return [Job(read, folder / f"{name}.npz", making) for name, read in clips], folder


def _make(job: Job) -> str | None:
    """None, or why there is no footage."""
    try:
        footage = made(job.recording(), job.making)
    except OSError as error:  # of what is read; one of what is written ends the run
        return f"{error.filename or job.path.stem}: {error.strerror or error}"
    except (ValueError, VideoError) as error:
        return str(error)
    write_footage(job.path, footage)
    return None


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the footage; the exit code."""
    options = options_of(arguments)
    return preparing.exit_code(lambda: run(options), tool="prepare_footage", so_far="made")


if __name__ == "__main__":
    sys.exit(main())

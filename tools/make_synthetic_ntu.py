"""Make clips of mannequins in NTU's format: python tools/make_synthetic_ntu.py --out DATA.

Writes mirrored videos, .skeleton files and what is known of hands and objects to
DATA/synthetic_ntu, which `datasets.synthetic_ntu` reads. The same options make the same files,
however many processes do; a run that was stopped goes on where it was, and more clips are added to
those there. Exit code: 0 done, 1 it could not go on, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2

from datasets.ntu_bodies import SHORTEST_BODY
from datasets.ntu_protocols import HIGHEST
from datasets.synthetic_actions import ACTIONS
from datasets.synthetic_captures import Captures, capture_for, fingerprint, read_captures
from datasets.synthetic_clips import write_clips
from datasets.synthetic_files import begin, complete, is_made
from datasets.synthetic_takes import CAMERAS, Take, Wishes, most_takes, takes_in_order
from tools.preparing import alone, beginning, exit_code, results_of, working
from tools.progress import shown, tell
from wildpose.exit_codes import DONE
from wildpose.geometry import Array
from wildpose.usage import Parser

SET = "synthetic_ntu"  # folder below DATA


# Of every action a take of five people, of whom one validates and one tests.
FEWEST = len(ACTIONS) * 5 * len(CAMERAS)


class Job(NamedTuple):
    """A take, the cameras whose clips are missing, and the capture that it shows."""

    take: Take
    cameras: tuple[int, ...]
    capture: Array | None


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DATA", help=f"clips go to DATA/{SET}")
    add(
        "--clips",
        type=int,
        default=1560,
        help=f"three per take; fewer than {FEWEST} leave splits without actions; "
        "default: %(default)s",
    )
    add("--subjects", type=int, default=20, help="default: %(default)s")
    add("--setups", type=int, default=6, help="rooms; default: %(default)s")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add(
        "--size",
        type=int,
        nargs=2,
        default=(480, 270),
        metavar=("W", "H"),
        help="of the videos, 16:9, W a multiple of 32; default: 480 270",
    )
    add(
        "--frames",
        type=int,
        nargs=2,
        default=(30, 42),
        metavar=("MIN", "MAX"),
        help="of a clip; default: 30 42",
    )
    add("--both-hands", type=float, default=0.5, metavar="SHARE", help="default: %(default)s")
    add("--data", type=Path, metavar="DIR", help="data sets: its captures are shown too")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if wrong := _wrong(options):
        parser.error(wrong)
    return options


def _wrong(options: argparse.Namespace) -> str | None:
    """What is not possible of the options."""
    limits = {"subjects": HIGHEST["subject"], "setups": HIGHEST["setup"], "workers": 1024}
    for name, limit in limits.items():
        if not 1 <= getattr(options, name) <= limit:
            return f"--{name} must be 1 to {limit}, got {getattr(options, name)}"
    most = len(CAMERAS) * most_takes(options.subjects, options.setups)
    if not 1 <= options.clips <= most:
        return f"--clips must be 1 to {most} of so many subjects and setups, got {options.clips}"
    width, height = options.size
    if width % 32 or width * 9 != height * 16 or not 64 <= width <= 1920:
        return f"--size must be 16:9 and W a multiple of 32 from 64 to 1920, got {width} {height}"
    fewest, most = options.frames
    if not SHORTEST_BODY <= fewest <= most <= 300:
        return f"--frames must be {SHORTEST_BODY} <= MIN <= MAX <= 300, got {fewest} {most}"
    if not 0 <= options.both_hands <= 1 or options.seed < 0:
        return "--both-hands must be 0 to 1 and --seed not negative"
    return None


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the set; the exit code."""
    options = options_of(arguments)
    return exit_code(partial(_prepare, options), tool="make_synthetic_ntu", so_far="made")


def _prepare(options: argparse.Namespace) -> int:
    root = options.out / SET
    with ExitStack() as stack:
        with beginning():
            stack.enter_context(alone(root))
            captures = read_captures(options.data) if options.data else {}
            settings = _settings(options, captures)
            clips = begin(root, settings, options.clips)
        return _fill(root, clips, options, captures, settings)


def _fill(
    root: Path,
    clips: int,
    options: argparse.Namespace,
    captures: Captures,
    settings: Mapping[str, Any],
) -> int:
    """Make what is missing of a set of so many clips."""
    started = time.perf_counter()
    if clips > options.clips:
        tell(f"{root} was begun with {clips} clips: it gets those, not {options.clips}")
    if clips < FEWEST:
        tell(f"fewer than {FEWEST} clips leave splits without some actions, got {clips}")
    jobs = _jobs(root, clips, options, captures)
    missing = sum(len(job.cameras) for job in jobs)
    make = partial(_make, root=root, wishes=_wishes(options), size=tuple(options.size))
    with working(root):
        found = results_of(make, jobs, workers=options.workers, prepare=_take_one_thread)
        for _ in shown(found, total=clips, there=clips - missing, unit="clip", size=int):
            pass
        complete(root, settings, clips)
    spent = time.perf_counter() - started
    print(f"{clips} clips in {root}: {missing} new, {clips - missing} from before; {spent:.0f} s")
    return DONE


def _settings(options: argparse.Namespace, captures: Captures) -> dict[str, Any]:
    """How clips are made: a run with others must not add to them."""
    return {
        "actions": [action.name for action in ACTIONS],
        "subjects": options.subjects,
        "setups": options.setups,
        "seed": options.seed,
        "size": options.size,
        "frames": options.frames,
        "both_hands": options.both_hands,
        "captures": fingerprint(captures),
    }


def _wishes(options: argparse.Namespace) -> Wishes:
    return Wishes(options.seed, tuple(options.frames), options.both_hands)


def _jobs(root: Path, clips: int, options: argparse.Namespace, captures: Captures) -> list[Job]:
    """What is still to be made."""
    takes = takes_in_order(options.subjects, options.setups)
    jobs = []
    for start, take in zip(range(0, clips, len(CAMERAS)), takes, strict=False):
        cameras = islice(CAMERAS, clips - start)
        missing = tuple(c for c in cameras if not is_made(root, take.name(c)))
        if missing:
            jobs.append(Job(take, missing, capture_for(take, _wishes(options), captures)))
    return jobs


def _make(job: Job, root: Path, wishes: Wishes, size: tuple[int, int]) -> int:
    """How many clips it made."""
    write_clips(root, job.take, job.cameras, wishes, size=size, capture=job.capture)
    return len(job.cameras)


def _take_one_thread() -> None:
    """Leave the other cores to the other processes."""
    cv2.setNumThreads(1)


if __name__ == "__main__":
    sys.exit(main())

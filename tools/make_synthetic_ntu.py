"""Make clips of mannequins in NTU's format: python tools/make_synthetic_ntu.py --out DATA.

Writes mirrored videos, .skeleton files and what is known of hands and objects to
DATA/synthetic_ntu, which `datasets.synthetic_ntu` reads. The same options make the same files,
however many processes do; a run that was stopped goes on where it was, and more clips are added to
those there. Exit code: 0 done, 1 it could not go on, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import cv2
from tqdm import tqdm

from datasets.ntu_bodies import SHORTEST_BODY
from datasets.ntu_protocols import HIGHEST
from datasets.synthetic_actions import ACTIONS
from datasets.synthetic_captures import Captures, capture_for, fingerprint, read_captures
from datasets.synthetic_clips import write_clips
from datasets.synthetic_files import begin, complete, is_made
from datasets.synthetic_takes import CAMERAS, Take, Wishes, most_takes, takes_in_order
from wildpose.geometry import Array

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
SET = "synthetic_ntu"  # folder below DATA


class Job(NamedTuple):
    """A take, the cameras whose clips are missing, and the capture that it shows."""

    take: Take
    cameras: tuple[int, ...]
    capture: Array | None


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DATA", help=f"clips go to DATA/{SET}")
    add("--clips", type=int, default=1560, help="three per take; default: %(default)s")
    add("--subjects", type=int, default=20, help="default: %(default)s")
    add("--setups", type=int, default=6, help="rooms; default: %(default)s")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--size", type=int, nargs=2, default=(480, 270), metavar=("W", "H"), help="of the videos")
    add("--frames", type=int, nargs=2, default=(30, 42), metavar=("MIN", "MAX"), help="of a clip")
    add("--both-hands", type=float, default=0.5, metavar="SHARE", help="default: %(default)s")
    add("--data", type=Path, metavar="DIR", help="data sets: its captures are shown too")
    add("--jobs", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if wrong := _wrong(options):
        parser.error(wrong)
    return options


def _wrong(options: argparse.Namespace) -> str | None:
    """What is not possible of the options."""
    limits = {"subjects": HIGHEST["subject"], "setups": HIGHEST["setup"], "jobs": 1024}
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
    started = time.perf_counter()
    root = options.out / SET
    try:
        captures = read_captures(options.data) if options.data else {}
        settings = _settings(options, captures)
        clips = begin(root, settings, options.clips)
    except (OSError, ValueError) as error:
        return _failed(str(error), USAGE)
    jobs = _jobs(root, clips, options, captures)
    missing = sum(len(job.cameras) for job in jobs)
    try:
        with tqdm(total=clips, initial=clips - missing, unit="clip", disable=None) as bar:
            for made in _made(root, jobs, options):
                bar.update(made)
        complete(root, settings, clips)
    except KeyboardInterrupt:
        return _failed("interrupted; what was made is kept, run it again to go on", INTERRUPTED)
    except BrokenProcessPool:
        return _failed("a process was ended from outside; run it again to go on", FAILED)
    except OSError as error:
        return _failed(f"cannot write to {root}: {error.strerror or error}", FAILED)
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


def _made(root: Path, jobs: list[Job], options: argparse.Namespace) -> Iterator[int]:
    """How many clips each job made, in order; no more than a few are ever on their way."""
    wishes, size = _wishes(options), tuple(options.size)
    if options.jobs == 1:
        for job in jobs:
            yield _make(root, job, wishes, size)
        return
    with ProcessPoolExecutor(
        min(options.jobs, len(jobs) or 1), get_context("spawn"), initializer=_begin
    ) as pool:
        on_their_way = deque()
        for job in jobs:
            on_their_way.append(pool.submit(_make, root, job, wishes, size))
            if len(on_their_way) > 2 * options.jobs:
                yield on_their_way.popleft().result()
        for ready in on_their_way:
            yield ready.result()


def _make(root: Path, job: Job, wishes: Wishes, size: tuple[int, int]) -> int:
    write_clips(root, job.take, job.cameras, wishes, size=size, capture=job.capture)
    return len(job.cameras)


def _begin() -> None:
    """Leave Ctrl-C to the first process, end with it, and leave other cores to other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    Thread(target=_end_with_first, daemon=True).start()


def _end_with_first() -> None:
    """A process whose first one was killed would wait for work forever."""
    first = parent_process()
    if first is not None:
        first.join()
        os._exit(FAILED)


def _failed(line: str, code: int) -> int:
    print(f"make_synthetic_ntu: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

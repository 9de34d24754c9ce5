"""Make the clips of everyday actions: python tools/prepare_everyday.py --data DIR --looks DIR.

Reads the skeleton sets below DATA, films every take of an everyday action with virtual cameras, and
keeps what our own lifter makes of it, and the true joints, in a cache that `datasets.everyday`
takes from then on. Looks are what `tools/measure_detector.py` made, of all three splits. A run that
was stopped goes on where it was. Exit code: 0 done, 1 it could not go on, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import logging
import os
import signal
import sys
import time
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache as cached
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from datasets.as_seen import Lenders
from datasets.clip_cache import ClipCacheWriter
from datasets.detector_errors import Looks
from datasets.everyday import CACHE
from datasets.everyday_actions import CHOICES
from datasets.everyday_takes import Take, takes
from datasets.everyday_variants import names_of, variants
from datasets.protocols import SPLITS, Split
from wildpose import weights
from wildpose.hashing import sha256_of
from wildpose.lifting.lcr import Lcr
from wildpose.types import Clip

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
CHUNK = 4  # takes that a process makes before it hands them over
Job = list[tuple[Take, list[str]]]


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of the skeleton sets")
    add("--looks", type=Path, required=True, metavar="DIR", help="with train, val and test in it")
    add("--out", type=Path, metavar="DIR", help=f"of the cache; default: DATA/everyday/{CACHE}")
    add("--views", type=int, default=6, help="of each take; default: %(default)s")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    for name in ("views", "workers"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(options, name)}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the cache; the exit code."""
    logging.basicConfig(format="prepare_everyday: %(message)s")
    options = options_of(arguments)
    started = time.perf_counter()
    try:
        model = weights.find("lcr_lifter", offline=True)
        folder = options.out or options.data / "everyday" / CACHE
        writer = ClipCacheWriter(folder, settings=_settings(options, model))
        jobs, done = _jobs(options, writer)
    except (OSError, ValueError, weights.WeightsError) as error:
        return _failed(str(error), USAGE)
    before = len(writer.names)
    try:
        with writer:
            left_out = _fill(writer, jobs, done, options, model)
    except KeyboardInterrupt:
        return _failed("interrupted; what was made is kept, run it again to go on", INTERRUPTED)
    except BrokenProcessPool:
        return _failed("a process was ended from outside; run it again to go on", FAILED)
    except OSError as error:
        return _failed(f"cannot write to {writer.folder}: {error.strerror or error}", FAILED)
    there, spent = len(writer.names), time.perf_counter() - started
    print(
        f"{there} clips in {writer.folder}: {there - before} new, {before} from before; "
        f"{left_out} views without a pose; {spent:.0f} s"
    )
    return DONE


def _settings(options: argparse.Namespace, model: Path) -> dict[str, Any]:
    """How the clips are made: a run with others must not add to them."""
    actions = [(s, c, choice.action) for s in CHOICES for c, choice in CHOICES[s].items()]
    return {
        "set": "everyday actions",
        "actions": zlib.crc32(repr(actions).encode()),
        "views": options.views,
        "lifter": sha256_of(model)[:16],
        "looks": {split: len(_files(options.looks, split)) for split in SPLITS},
    }


def _files(looks: Path, split: Split) -> list[Path]:
    """Files of looks of a split; those of another would show its people to the recognizer."""
    found = sorted((looks / split).glob("looks_*.npz"))
    if not found:
        raise FileNotFoundError(
            f"no looks_*.npz in {looks / split}: make them with tools/measure_detector.py "
            f"--split {split}"
        )
    return found


def _jobs(options: argparse.Namespace, writer: ClipCacheWriter) -> tuple[list[Job], int]:
    """What is to be made, in chunks, and how many takes are all there."""
    missing, there = [], 0
    for source in tqdm(CHOICES, desc="read", unit="set", disable=None):
        for take in takes(options.data, source):
            names = [n for n in names_of(take, options.views) if n not in writer.names]
            there += not names
            if names:
                missing.append((take, names))
    return [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)], there


def _fill(
    writer: ClipCacheWriter, jobs: list[Job], there: int, options: argparse.Namespace, model: Path
) -> int:
    """Add what is to be made; how many views had no pose."""
    wanted = sum(len(names) for job in jobs for _, names in job)
    total = there + sum(len(job) for job in jobs)
    with tqdm(total=total, initial=there, unit="take", disable=None) as bar:
        for job, clips in zip(jobs, _made(jobs, options, model), strict=True):
            for clip in clips:
                writer.add(clip)
            wanted -= len(clips)
            bar.update(len(job))
    return wanted


def _made(jobs: list[Job], options: argparse.Namespace, model: Path) -> Iterator[list[Clip]]:
    """The clips of each job, in order; no more than a few are ever on their way."""
    if options.workers == 1:
        for job in jobs:
            yield _variants_of(job, options.looks, model)
        return
    with ProcessPoolExecutor(
        min(options.workers, len(jobs) or 1), get_context("spawn"), initializer=_begin
    ) as pool:
        on_their_way = deque()
        for job in jobs:
            on_their_way.append(pool.submit(_variants_of, job, options.looks, model))
            if len(on_their_way) > 2 * options.workers:
                yield on_their_way.popleft().result()
        for ready in on_their_way:
            yield ready.result()


def _variants_of(job: Job, looks: Path, model: Path) -> list[Clip]:
    return [
        clip
        for take, names in job
        for clip in variants(take, names, _lenders(looks, take.split), _lifter(model))
    ]


@cached
def _lenders(looks: Path, split: Split) -> Lenders:
    """Read once in a process."""
    return Lenders(Looks.joined([Looks.load(path) for path in _files(looks, split)]))


@cached
def _lifter(model: Path) -> Lcr:
    """Read once in a process."""
    return Lcr(model=model, threads=1)


def _begin() -> None:
    """Leave Ctrl-C to the process that writes, and the other cores to the other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def _failed(line: str, code: int) -> int:
    print(f"prepare_everyday: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

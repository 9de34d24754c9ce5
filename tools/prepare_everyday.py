"""Make the clips of everyday actions: python tools/prepare_everyday.py --data DIR --looks DIR.

Reads the skeleton sets below DATA, films every take of an everyday action with virtual cameras, and
keeps what our own lifter makes of it, and the true joints, in a cache that `datasets.everyday`
takes from then on. Looks are what `tools/measure_detector.py` made, of all three splits. A run that
was stopped goes on where it was; one that would make clips otherwise than those in the cache adds
nothing. Exit code: 0 done, 1 it could not go on, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import hashlib
import inspect
import logging
import os
import sys
import time
import zlib
from collections.abc import Mapping, Set
from functools import cache as cached
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datasets import as_seen, everyday_takes, everyday_variants, everyday_windows, virtual_cameras
from datasets.as_seen import Lenders
from datasets.clip_cache import ClipCacheWriter
from datasets.detector_errors import Looks
from datasets.everyday import CACHE
from datasets.everyday_actions import CHOICES, Choice
from datasets.everyday_takes import Take, takes
from datasets.everyday_variants import names_of, variants
from datasets.protocols import SPLITS, Split
from tools.preparing import beginning, exit_code, filling, results_of
from tools.progress import shown
from wildpose import weights
from wildpose.exit_codes import DONE
from wildpose.hashing import sha256_of
from wildpose.lifting.lcr import Lcr
from wildpose.types import Clip
from wildpose.usage import Parser

CHUNK = 4  # takes that a process makes before it hands them over
SEED = 0  # of bodies, cameras and errors
# Modules whose constants decide what the clips are, with those that they take from elsewhere.
MAKERS = (everyday_takes, everyday_windows, everyday_variants, as_seen, virtual_cameras)
Job = list[tuple[Take, list[str]]]


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
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
    return exit_code(partial(_prepare, options), tool="prepare_everyday", so_far="made")


def _prepare(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with beginning():
        model = weights.find("lcr_lifter", offline=True)
        folder = options.out or options.data / "everyday" / CACHE
        writer = ClipCacheWriter(folder, settings=_settings(options, model))
        jobs, done = _jobs(options, writer)
    before = len(writer.names)
    with filling(writer):
        left_out = _fill(writer, jobs, done, options, model)
    there, spent = len(writer.names), time.perf_counter() - started
    print(
        f"{there} clips in {writer.folder}: {there - before} new, {before} from before; "
        f"{left_out} views without a pose; {spent:.0f} s"
    )
    return DONE


def _settings(options: argparse.Namespace, model: Path) -> dict[str, Any]:
    """How the clips are made: a run with others must not add to them."""
    constants = [
        f"{module.__name__}.{name} {_plain(value)}"
        for module in MAKERS
        for name, value in sorted(vars(module).items())
        if name.isupper()
    ]
    return {
        "set": "everyday actions",
        "views": options.views,
        "seed": SEED,
        "constants": zlib.crc32("\n".join(constants).encode()),
        "lifter": sha256_of(model)[:16],
        "looks": {split: _hash_of(_files(options.looks, split)) for split in SPLITS},
    }


def _plain(value: object) -> str:
    """A constant as text, the same in every process, and another where clips would be others."""
    if isinstance(value, Mapping):
        return _plain({(key, _plain(of_it)) for key, of_it in value.items()})
    if isinstance(value, Set):  # in an order of its own in each process
        return f"{{{', '.join(sorted(map(_plain, value)))}}}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, Choice):
        return _plain(value.action)  # whatever its reason
    return inspect.getsource(value) if inspect.isfunction(value) else repr(value)


def _hash_of(paths: list[Path]) -> str:
    """One for the content of some files, in their order."""
    return hashlib.sha256("".join(map(sha256_of, paths)).encode()).hexdigest()[:16]


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
    missing, there, asked = [], 0, set[str]()
    for source in shown(CHOICES, total=len(CHOICES), unit="set"):
        for take in takes(options.data, source):
            own = names_of(take, options.views)
            asked.update(own)
            names = [n for n in own if n not in writer.names]
            there += not names
            if names:
                missing.append((take, names))
    _check_asked(writer, asked)
    return [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)], there


def _check_asked(writer: ClipCacheWriter, asked: Set[str]) -> None:
    """Complain of clips in the cache that are none of those to make."""
    if others := sorted(writer.names - asked):
        raise ValueError(
            f"{writer.folder}: holds {len(others)} clips that are not to be made of these data, "
            f"such as {others[0]}; use another folder, or delete this one"
        )


def _fill(
    writer: ClipCacheWriter, jobs: list[Job], there: int, options: argparse.Namespace, model: Path
) -> int:
    """Add what is to be made; how many views had no pose."""
    wanted = sum(len(names) for job in jobs for _, names in job)
    total = there + sum(len(job) for job in jobs)
    make = partial(_variants_of, looks=options.looks, model=model)
    found = results_of(make, jobs, workers=options.workers, prepare=_take_one_thread)
    made = zip(jobs, found, strict=True)
    for _, clips in shown(made, total=total, there=there, unit="take", size=lambda m: len(m[0])):
        for clip in clips:
            writer.add(clip)
        wanted -= len(clips)
    return wanted


def _variants_of(job: Job, looks: Path, model: Path) -> list[Clip]:
    return [
        clip
        for take, names in job
        for clip in variants(take, names, _lenders(looks, take.split), _lifter(model), seed=SEED)
    ]


@cached
def _lenders(looks: Path, split: Split) -> Lenders:
    """Read once in a process."""
    return Lenders(Looks.joined([Looks.load(path) for path in _files(looks, split)]))


@cached
def _lifter(model: Path) -> Lcr:
    """Read once in a process."""
    return Lcr(model=model, threads=1)


def _take_one_thread() -> None:
    """Leave the other cores to the other processes."""
    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(main())

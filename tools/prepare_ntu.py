"""Read NTU RGB+D once, for all runs to come: python tools/prepare_ntu.py --root DATA/ntu.

Reads every .skeleton file below the folder and keeps the clips in a cache, which
`datasets.ntu.clips` takes from then on. The set's lists of missing skeletons are obeyed where they
lie in the folder, for clips that were kept before too. A file that cannot be used gets a line and
is left out; a run that was stopped goes on where it was. Exit code: 0 done, 1 some files are
malformed or it could not go on, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Set
from functools import partial
from itertools import chain
from pathlib import Path
from typing import get_args

from datasets import ntu
from datasets.clip_cache import ClipCacheWriter
from datasets.ntu_bodies import Fill
from tools.preparing import beginning, exit_code, filling, results_of
from tools.progress import shown, tell
from wildpose.exit_codes import DONE, FAILED
from wildpose.smoothing.gaps import MAX_GAP_S
from wildpose.types import Clip
from wildpose.usage import Parser

CHUNK = 32  # files that a process reads before it hands them over
Found = Clip | ValueError | OSError


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--root", type=Path, required=True, metavar="DIR", help="folder of the .skeleton files")
    add("--out", type=Path, metavar="DIR", help=f"of the cache; default: ROOT/{ntu.CACHE}")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    add(
        "--ignore-list",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="texts that name clips to leave out; default: ROOT/*missing_skeletons.txt",
    )
    add("--fill", choices=get_args(Fill), default="pchip", help="of gaps; default: %(default)s")
    add("--max-gap", type=float, default=MAX_GAP_S, metavar="S", help="default: %(default)s s")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error(f"--workers must be at least 1, got {options.workers}")
    if not options.max_gap >= 0:
        parser.error(f"--max-gap must be 0 s or more, got {options.max_gap}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the cache; the exit code."""
    logging.basicConfig(format="prepare_ntu: %(message)s")
    options = options_of(arguments)
    return exit_code(partial(_prepare, options), tool="prepare_ntu", so_far="read")


def _prepare(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with beginning():
        everything, ignored = _files(options)
        cache = _cache(options, ignored)
    before = len(cache.names - ignored)
    paths = [path for path in everything if path.stem not in ignored]
    with filling(cache):
        counts = _fill(cache, paths, options)
    print(
        f"{before + counts['kept']} clips in {cache.folder}: {counts['kept']} new, {before} from "
        f"before; left out: {len(everything) - len(paths)} by lists, {counts['nobody']} without "
        f"anybody, {counts['malformed']} malformed; {time.perf_counter() - started:.0f} s"
    )
    return FAILED if counts["malformed"] else DONE


def _files(options: argparse.Namespace) -> tuple[list[Path], Set[str]]:
    """All files, and the names that the lists leave out."""
    everything = ntu.files(options.root)
    lists = options.ignore_list or ntu.missing_lists(options.root)
    if not lists:
        print(
            f"prepare_ntu: no list of missing skeletons in {options.root}, so nothing is left out "
            "by name; datasets/README.md says where the set's own is",
            file=sys.stderr,
        )
    return everything, frozenset[str]().union(*map(ntu.ignored, lists))


def _cache(options: argparse.Namespace, ignored: Set[str]) -> ClipCacheWriter:
    settings = {"set": "NTU RGB+D", "fill": options.fill, "max_gap_s": options.max_gap}
    folder = options.out or options.root / ntu.CACHE
    return ClipCacheWriter(folder, settings=settings, ignored=ignored)


def _fill(cache: ClipCacheWriter, paths: list[Path], options: argparse.Namespace) -> Counter[str]:
    """Add the clips that are missing; how many were kept, held nobody, or are malformed."""
    missing = [path for path in paths if path.stem not in cache.names]
    counts: Counter[str] = Counter()
    there = len(paths) - len(missing)
    read = shown(_read_all(missing, options), total=len(paths), there=there, unit="file")
    for path, found in zip(missing, read, strict=True):
        if isinstance(found, Clip):
            cache.add(found)
            counts["kept"] += 1
        else:
            cache.leave_out(path.stem)
            counts["nobody" if isinstance(found, ntu.NobodyTrackedError) else "malformed"] += 1
            tell(f"left out: {found}")
    return counts


def _read_all(paths: list[Path], options: argparse.Namespace) -> Iterator[Found]:
    """What is in each file, in order."""
    read = partial(_read_chunk, fill=options.fill, max_gap_s=options.max_gap)
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    return chain.from_iterable(results_of(read, chunks, workers=options.workers))


def _read_chunk(paths: list[Path], *, fill: Fill, max_gap_s: float) -> list[Found]:
    """A clip of each file, or why there is none."""
    return [_read(path, fill, max_gap_s) for path in paths]


def _read(path: Path, fill: Fill, max_gap_s: float) -> Found:
    try:
        return ntu.read(path, fill=fill, max_gap_s=max_gap_s)
    except OSError as error:
        return OSError(f"{path}: {error.strerror or error}")
    except ValueError as error:
        return error


if __name__ == "__main__":
    sys.exit(main())

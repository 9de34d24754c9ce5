"""Measure the pose backend's errors on mannequins: python tools/measure_detector.py --data DIR.

Renders captures and Kinect poses as mannequins from random cameras, runs BlazePose on them, and
keeps truth and findings side by side in numbered files: what `tools/train_lifter.py` trains on.
Files that are there are kept, so a run can be stopped and taken up again.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from datasets.detector_errors import Looks, looks_at
from datasets.pose_sources import SOURCES, Motion, Split, read_motions
from tools.progress import shown
from wildpose.exit_codes import DONE, USAGE
from wildpose.pose import POSE_ESTIMATORS
from wildpose.registry import load
from wildpose.usage import Parser

BURSTS = 50  # in a file
SEEDS: dict[Split, int] = {"train": 1, "val": 2, "test": 3}

_motions: list[Motion] = []
_pose = None
_problem: str | None = None


def _prepare(data: Path, split: Split) -> None:
    """Load what a process needs, once."""
    global _motions, _pose, _problem
    try:
        _motions = read_motions(data, split)
    except FileNotFoundError as error:
        _problem = str(error)  # what is raised here would not be handed on
        return
    _pose = load("pose backend", "blazepose", POSE_ESTIMATORS)(threads=1)


def _measure(path: Path, number: int, split: Split) -> int:
    """Make one file; the number of looks in it."""
    if _problem is not None:
        raise FileNotFoundError(_problem)
    assert _pose is not None
    bursts = range(number * BURSTS, (number + 1) * BURSTS)
    looks = Looks.joined(list(looks_at(_motions, _pose, bursts=bursts, seed=SEEDS[split])))
    looks.save(path)
    return len(looks)


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the skeleton sets")
    add("--out", type=Path, default=Path("looks"), help="default: %(default)s")
    add("--split", choices=sorted(SEEDS), default="train", help="default: %(default)s")
    add("--files", type=int, default=100, help="of about 390 looks each; default: %(default)s")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if min(options.files, options.workers) < 1:
        parser.error("--files and --workers must be at least 1")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make the files that are missing; exit 0 made, 2 the data are not usable."""
    options = options_of(arguments)
    if absent := [source for source in SOURCES if not (options.data / source).is_dir()]:
        print(f"{options.data} has no folder {', '.join(absent)}", file=sys.stderr)
        return USAGE
    folder = options.out / options.split
    folder.mkdir(parents=True, exist_ok=True)
    paths = {n: folder / f"looks_{n:04}.npz" for n in range(options.files)}
    missing = {n: path for n, path in paths.items() if not path.exists()}
    with ProcessPoolExecutor(
        options.workers, initializer=_prepare, initargs=(options.data, options.split)
    ) as pool:
        jobs = [pool.submit(_measure, path, n, options.split) for n, path in missing.items()]
        try:
            for job in shown(
                as_completed(jobs), total=len(paths), there=len(paths) - len(jobs), unit="file"
            ):
                job.result()
        except FileNotFoundError as error:
            pool.shutdown(cancel_futures=True)
            print(error, file=sys.stderr)
            return USAGE
    return DONE


if __name__ == "__main__":
    sys.exit(main())

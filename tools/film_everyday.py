"""Film everyday actions with mannequins: python tools/film_everyday.py --data DIR --out VIDEOS.

Takes of the people who validate and test in `everyday`, each acted by another mannequin and seen
from another side, to VIDEOS/ACTION/NAME.mp4, the truth beside each. `tools/prepare_videos.py VIDEOS
--out DIR/everyday_videos` then makes the set of `datasets.everyday_videos`. A run that was stopped
goes on where it was. Exit code: 0 done, 1 it could not go on, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import logging
import os
import sys
import time
from functools import partial
from pathlib import Path

from datasets.everyday_actions import CHOICES
from datasets.everyday_films import Film, films
from datasets.everyday_takes import takes
from datasets.pose_sources import Motion
from tools.evaluation.mannequin_clips import ClipPlan, render
from tools.preparing import beginning, exit_code, results_of, working
from tools.progress import shown
from wildpose.exit_codes import DONE
from wildpose.usage import Parser


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of the skeleton sets")
    add("--out", type=Path, required=True, metavar="VIDEOS", help="of the videos")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error(f"--workers must be at least 1, got {options.workers}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the videos; the exit code."""
    logging.basicConfig(format="film_everyday: %(message)s")
    options = options_of(arguments)
    return exit_code(partial(_film, options), tool="film_everyday", so_far="filmed")


def _film(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    with beginning():
        chosen = films(take for source in CHOICES for take in takes(options.data, source))
    plans = [plan_of(film, options.out) for film in chosen]
    missing = [plan for plan in plans if not plan.path.exists()]
    with working(options.out):
        made = results_of(render, plans, workers=options.workers)
        for _ in shown(made, total=len(plans), unit="video"):
            pass
    spent = time.perf_counter() - started
    print(f"{len(plans)} videos in {options.out}: {len(missing)} new; {spent:.0f} s")
    return DONE


def plan_of(film: Film, out: Path) -> ClipPlan:
    """How and where a film is made."""
    motion = Motion(film.take.source, film.take.name, film.joints)
    return ClipPlan(motion, film.view, out / film.action / f"{film.name}.mp4")


if __name__ == "__main__":
    sys.exit(main())

"""Compare 3D poses with the truth: python tools/evaluate_pose.py --data DIR --out FOLDER.

Mannequins act captures that nobody trained on, seen from four sides; then one Kinect sample of
NTU, and stills of Human3.6M and MPI-INF-3DHP. Writes metrics.json, report.md and plots. Clips and
tracks are kept in FOLDER, so another lifter or smoother takes seconds, and a run that was stopped
goes on where it was.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _matplotlib  # says so where it is missing

import argparse
import os
import sys
from pathlib import Path

from tools.evaluation import mannequin_clips, plots, report, runs, variants
from tools.evaluation.compare import summary
from wildpose.exit_codes import DONE
from wildpose.usage import Parser
from wildpose.weights import WeightsError


def parser() -> argparse.ArgumentParser:
    """The tool's options."""
    made = Parser(description=(__doc__ or "").splitlines()[0])
    add = made.add_argument
    add("--data", type=Path, required=True, help="folder of the skeleton sets, ntu and stills")
    add("--out", type=Path, required=True, help="folder of clips, tracks, metrics and plots")
    default = [name for name in runs.SETS if name != "train"]
    add("--set", nargs="+", choices=runs.SETS, default=default, help="default: all but train")
    add("--variant", nargs="+", help="LIFTER+SMOOTHER; default: those there are")
    add("--motions", type=int, help="of each set; default: 45, 16 and 12")
    add("--seconds", type=float, default=3.0, help="of each motion; default: %(default)s")
    views = mannequin_clips.VIEWS
    add("--views", type=int, nargs="+", default=views, help="degrees; default: 0 60 180 300")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    return made


def check(options: argparse.Namespace) -> None:
    """Raise ValueError, one clear line, for options that make no sense."""
    for name in ("motions", "seconds", "workers"):
        value = getattr(options, name)
        if value is not None and not value > 0:
            raise ValueError(f"--{name} must be positive, got {value}")
    for name in options.variant:
        variants.check(name)


def main() -> int:
    """Evaluate, write the report and print the summary."""
    arguments = parser()
    options = arguments.parse_args()
    options.variant = options.variant or variants.registered()
    try:
        check(options)
        # What the others are measured by is always there.
        options.variant = list(dict.fromkeys([variants.BASE, *options.variant]))
        options.out.mkdir(parents=True, exist_ok=True)
        results = runs.evaluate(options)
    except (OSError, ValueError, WeightsError) as error:
        arguments.exit(2, f"{arguments.prog}: error: {error}\n")
    metrics = {name: summary(clips) for name, clips in results.items()}
    report.write(options.out, metrics, command=" ".join(sys.argv))
    for name, clips in results.items():
        plots.draw(options.out, name, clips, metrics[name])
    print(report.table(metrics))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

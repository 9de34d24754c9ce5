"""Render mannequins into a video with exact ground truth: python tools/make_demo.py demo.mp4.

Beside the video stand demo.truth.json and demo.truth.npz, in the format of run_video's results.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from datasets.mannequin import MannequinClip, random_actor
from datasets.mannequin_video import write_clip
from datasets.motions import MOTIONS
from wildpose.exit_codes import DONE
from wildpose.geometry import orbit_camera
from wildpose.progress import Bar
from wildpose.usage import Parser


def main() -> int:
    """Parse, render, and print one line."""
    options = _parser().parse_args()
    unknown = [name for name in options.motion if name not in MOTIONS]
    if unknown:
        _parser().error(f"unknown motion {unknown[0]!r}: there are {', '.join(MOTIONS)}")
    if not all(0 < n < 1e6 for n in (options.seconds, options.fps, options.focal)):
        _parser().error("--seconds, --fps and --focal must be positive numbers")
    if min(options.size) < 16 or not options.distance >= 1 or not abs(options.yaw) < 1e6:
        _parser().error("--size is at least 16 16, --distance at least 1 m, --yaw a number")
    if not 0.1 <= options.height <= 100 or options.seed < 0:
        _parser().error("--height is 0.1 to 100 m, --seed not negative")
    if options.fps > 1000 or options.seconds * options.fps < 1:
        _parser().error("--fps is at most 1000, and --seconds long enough for one frame")
    if options.out.suffix != ".mp4":
        _parser().error(f"the video is an .mp4, got {options.out.name!r}")
    rng = np.random.default_rng(options.seed)
    apart = 1.3 * (np.arange(len(options.motion)) - (len(options.motion) - 1) / 2)
    actors = tuple(
        random_actor(name, rng, position=(float(x), 0.0))
        for name, x in zip(options.motion, apart, strict=True)
    )
    width, height = options.size
    camera = orbit_camera(
        yaw=np.radians(options.yaw),
        distance=options.distance,
        camera_height=options.height,
        focal_px=options.focal * width,
        width=width,
        height=height,
    )
    times = np.arange(round(options.seconds * options.fps)) / options.fps
    started = time.perf_counter()
    with Bar(options.out.name, "rendered", quiet=False) as bar:
        write_clip(options.out, MannequinClip(actors, camera, times), progress=bar)
    spent = time.perf_counter() - started
    print(f"{options.out}: {len(times)} frames made in {spent:.0f} s, with their truth beside it")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("out", type=Path, nargs="?", default=Path("demo.mp4"), help="default: %(default)s")
    add(
        "--motion", nargs="+", default=["wave", "walk"], help=f"one per actor: {', '.join(MOTIONS)}"
    )
    add("--seconds", type=float, default=6.0)
    add("--fps", type=float, default=30.0)
    add("--size", type=int, nargs=2, default=[640, 480], metavar=("W", "H"))
    add("--yaw", type=float, default=20.0, help="degrees around the actors; 0 sees their front")
    add("--distance", type=float, default=3.4, help="metres from the actors")
    add("--height", type=float, default=1.4, help="of the camera over the floor, metres")
    add("--focal", type=float, default=0.86, help="focal length by the picture's width")
    add("--seed", type=int, default=5, help="of bodies, styles and looks")
    return parser


if __name__ == "__main__":
    sys.exit(main())

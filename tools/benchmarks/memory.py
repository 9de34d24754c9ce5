"""Peak memory of run_video on a clip and on the same clip ten times as long."""

from __future__ import annotations

import _checkout

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from wildpose.video import probe, read_frames
from wildpose.video_writer import VideoWriter

# A fresh process for each, so that the peak is its own; ru_maxrss counts kilobytes on Linux.
_PROGRAM = """
import resource, sys
from wildpose.cli import main
code = main(["run", sys.argv[1], "--out", sys.argv[2], "--quiet"])
scale = 1 if sys.platform == "darwin" else 1024
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale)
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py memory` understands."""
    parser.add_argument("clip", type=Path)
    parser.add_argument("--times", type=int, default=10, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Peak resident memory of both, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        once, repeated = Path(folder) / "once.mp4", Path(folder) / "repeated.mp4"
        frames = _repeat(options.clip, once, 1)
        _repeat(options.clip, repeated, options.times)
        short = _peak(once, Path(folder) / "out")
        long = _peak(repeated, Path(folder) / "out")
    return {
        "against": f"the same clip once; long is it {options.times} times",
        "ratio": round(long / short, 3),
        "frames": [frames, frames * options.times],
        "peak_mb": [round(short / 1e6, 1), round(long / 1e6, 1)],
    }


def _repeat(clip: Path, path: Path, times: int) -> int:
    """Write the clip so many times over into one video; the number of its frames."""
    info = probe(clip)
    step, start, count = 1 / (info.fps or 25.0), 0.0, 0
    with VideoWriter(path, width=info.width, height=info.height, fps=info.fps) as writer:
        for _ in range(times):
            last, count = 0.0, 0
            for frame in read_frames(clip):
                last, count = frame.time + step, count + 1
                writer.write(frame.image, start + frame.time)
            start += last
    return count


def _peak(video: Path, out: Path) -> int:
    """Peak resident memory of a run in bytes."""
    command = [sys.executable, "-c", _PROGRAM, str(video), str(out)]
    # From the checkout, which `-c` puts on the path: an installation is not needed.
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=_checkout.CHECKOUT)
    code, peak = done.stdout.decode().split()
    if code != "0":
        raise RuntimeError(f"run_video ended with {code} on {video}")
    return int(peak)

"""Frames per second with the default lifter and smoother, against BlazePose's own 3D.

Same clips, same run, taken in turns, without action labels: the whole way from decoding to
result.json. A third figure is what lifting and smoothing alone take of the time.
"""

from __future__ import annotations

import argparse

from tools.benchmarks.settings import add_clip_options, compared
from wildpose.results import Settings

OURS = Settings(recognizer=None)
PEER = Settings(recognizer=None, lifter="blazepose_world", smooth="track2d")

add_options = add_clip_options


def measure(options: argparse.Namespace) -> dict:
    """Median frames per second of both, and the smallest ratio of the clips."""
    return {"against": f"{PEER.lifter} with {PEER.smooth}", **compared(options, OURS, PEER)}

"""Frames per second with action labels, against none.

Same clips, same run, taken in turns, default settings: the whole way from decoding to result.json.
"""

from __future__ import annotations

import argparse

from tools.benchmarks.settings import add_clip_options, compared
from wildpose.results import Settings

add_options = add_clip_options


def measure(options: argparse.Namespace) -> dict:
    """Median frames per second of both, and the smallest ratio of the clips."""
    return {"against": "no labels", **compared(options, Settings(), Settings(recognizer=None))}

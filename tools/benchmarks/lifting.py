"""Frames per second with the default lifter and smoother, against BlazePose's own 3D.

Same clips, same run, taken in turns: the whole way from decoding to result.json. A third figure
is what lifting and smoothing alone take of the time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from wildpose.export.result_json import write_result
from wildpose.pipeline import Pipeline
from wildpose.results import Settings

PEER = Settings(lifter="blazepose_world", smooth="track2d")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py lifting` understands."""
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Median frames per second of both, and the smallest ratio of the clips."""
    ours, peer = Pipeline(Settings()), Pipeline(PEER)
    clips = [_compare(clip, ours, peer, options.rounds) for clip in options.clips]
    return {
        "against": f"{PEER.lifter} with {PEER.smooth}",
        "ratio": min(clip["ratio"] for clip in clips),
        "clips": clips,
    }


def _compare(clip: Path, ours: Pipeline, peer: Pipeline, rounds: int) -> dict:
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    shares = []
    for pipeline in (ours, peer):
        _timed(pipeline, clip)  # warm up
    for turn in range(rounds):
        pair = [("ours", ours), ("peer", peer)]
        for name, pipeline in pair if turn % 2 else reversed(pair):
            frames, seconds, lifted = _timed(pipeline, clip)
            rates[name].append(frames / seconds)
            if name == "ours":
                shares.append(lifted / seconds)
    return {
        "clip": clip.name,
        "wildpose_fps": round(median(rates["ours"]), 1),
        "peer_fps": round(median(rates["peer"]), 1),
        "ratio": round(median(rates["ours"]) / median(rates["peer"]), 3),
        "lifting_share": round(median(shares), 4),
    }


def _timed(pipeline: Pipeline, clip: Path) -> tuple[int, float, float]:
    """Frames, seconds from opening the video to the written result.json, seconds of lifting."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        tracking = pipeline.track(clip)
        tracked = time.perf_counter()
        result = pipeline.skeletons(tracking)
        lifted = time.perf_counter() - tracked
        write_result(Path(folder) / "result.json", result)
        return result.video.frames, time.perf_counter() - started, lifted

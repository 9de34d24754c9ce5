"""Frames per second of the whole pipeline under two settings: same clips, same run, in turns."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from wildpose.export.result_json import write_result
from wildpose.pipeline import Pipeline
from wildpose.results import Settings


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """Declare the clips, and how often each is run."""
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")


def compared(options: argparse.Namespace, ours: Settings, peer: Settings) -> dict:
    """Median frames per second of both, from decoding to result.json.

    Returns:
        The smallest ratio of the clips, and for each its figures: what follows after the people
        are tracked is `share_after_tracking` of our time.
    """
    pair = Pipeline(ours), Pipeline(peer)
    clips = [_compare(clip, *pair, options.rounds) for clip in options.clips]
    return {"ratio": min(clip["ratio"] for clip in clips), "clips": clips}


def _compare(clip: Path, ours: Pipeline, peer: Pipeline, rounds: int) -> dict:
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    shares = []
    for pipeline in (ours, peer):
        _timed(pipeline, clip)  # warm up
    for turn in range(rounds):
        pair = [("ours", ours), ("peer", peer)]
        for name, pipeline in pair if turn % 2 else reversed(pair):
            frames, seconds, after = _timed(pipeline, clip)
            rates[name].append(frames / seconds)
            if name == "ours":
                shares.append(after / seconds)
    return {
        "clip": clip.name,
        "wildpose_fps": round(median(rates["ours"]), 1),
        "peer_fps": round(median(rates["peer"]), 1),
        "ratio": round(median(rates["ours"]) / median(rates["peer"]), 3),
        "share_after_tracking": round(median(shares), 4),
    }


def _timed(pipeline: Pipeline, clip: Path) -> tuple[int, float, float]:
    """Frames, seconds from opening the video to the written result.json, seconds after tracking."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        tracking = pipeline.track(clip)
        tracked = time.perf_counter()
        result = pipeline.skeletons(tracking)
        after = time.perf_counter() - tracked
        write_result(Path(folder) / "result.json", result)
        return result.video.frames, time.perf_counter() - started, after

"""Frames per second from decoding to result.json against MediaPipe's Solutions API.

Same clip, same machine, taken in turns; both without their start-up. Ours runs landmarks on every
decoded frame, for everyone in view, with run_video's defaults; MediaPipe follows one person.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tools.benchmarks import mediapipe_peer
from wildpose.export.result_json import write_result
from wildpose.pipeline import Pipeline
from wildpose.results import Settings
from wildpose.video import read_frames


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py pipeline` understands."""
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--mediapipe-python", type=Path, help="an interpreter that has MediaPipe")


def measure(options: argparse.Namespace) -> dict:
    """Median frames per second of both, their ratio, and where our time goes."""
    peer = mediapipe_peer.python(options.mediapipe_python)
    pipeline = Pipeline(Settings())
    clips = [_compare(clip, pipeline, peer, options.rounds) for clip in options.clips]
    return {
        "against": f"{mediapipe_peer.PACKAGE} Solutions API, model_complexity=1, video mode",
        "ratio": min(clip["ratio"] for clip in clips),
        "clips": clips,
    }


def _compare(clip: Path, pipeline: Pipeline, peer: Path, rounds: int) -> dict:
    ours, theirs = [], []
    _timed_run(pipeline, clip)
    for _ in range(rounds):
        ours.append(_timed_run(pipeline, clip))
        (other,) = mediapipe_peer.run(peer, [clip])
        theirs.append(other["frames"] / other["seconds"])
    rate, other_rate = median(ours), median(theirs)
    return {
        "clip": clip.name,
        "wildpose_fps": round(rate, 1),
        "mediapipe_fps": round(other_rate, 1),
        "ratio": round(rate / other_rate, 3),
        "spread": [round(min(ours), 1), round(max(ours), 1)],
        "ms_per_frame": _stages(pipeline, clip),
    }


def _timed_run(pipeline: Pipeline, clip: Path) -> float:
    """Frames per second from opening the video to the written result.json."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        result = pipeline.run(clip)
        write_result(Path(folder) / "result.json", result)
        return result.video.frames / (time.perf_counter() - started)


def _stages(pipeline: Pipeline, clip: Path) -> dict[str, float]:
    """Milliseconds per frame of each stage, one after the other, by wrapping what does the work.

    Decoding runs beside the rest in a real run; here it is timed alone.
    """
    started = time.perf_counter()
    frames = sum(1 for _ in read_frames(clip))
    spent = {"decode (alone)": time.perf_counter() - started}
    with _timing(pipeline, spent):
        _timed_run(pipeline, clip)
    return {name: round(1000 * seconds / frames, 3) for name, seconds in spent.items()}


@contextmanager
def _timing(pipeline: Pipeline, spent: dict[str, float]) -> Iterator[None]:
    """Add the time of the stages' methods to `spent` while the block runs."""
    import wildpose.pose.blazepose as pose_module
    from wildpose.following import Follower

    whole = time.perf_counter()
    places = (
        (pipeline._detector, "detect", "detector"),  # noqa: SLF001  # a look inside, on purpose
        (pipeline._pose, "_network", "landmark network"),  # noqa: SLF001
        (pose_module.regions, "cut_out", "crop"),
        (Follower, "step", "frame loop (all of the above and tracking)"),
    )
    kept = []
    for owner, name, label in places:
        original = getattr(owner, name)
        kept.append((owner, name, original, name in vars(owner)))
        setattr(owner, name, _timed(original, label, spent))
    try:
        yield
    finally:
        for owner, name, original, own in kept:
            if own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)
        spent["whole run"] = time.perf_counter() - whole


def _timed(function, label: str, spent: dict[str, float]):  # noqa: ANN001, ANN202
    def wrapper(*args, **kwargs):  # noqa: ANN002, ANN003, ANN202
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[label] = spent.get(label, 0.0) + time.perf_counter() - started

    return wrapper

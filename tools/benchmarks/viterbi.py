"""Seconds to decode an hour of video, 100 states at 30 frames/s, against librosa's Viterbi.

Both get the same probabilities, take their logarithms, and must find the same path; in turns, both
warmed up, each on one thread. Two problems: poses that move in space, as the trellis is made for,
and numbers without any structure, where no bound helps.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from wildpose.trellis import Array, best_path

Path = npt.NDArray[np.integer]

INSTALL = "bench.py viterbi measures against librosa, which is not here: python -m pip install"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py viterbi` understands."""
    parser.add_argument("--states", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--frames", type=int, default=108_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)


def measure(options: argparse.Namespace) -> dict:
    """Best seconds of both, the ratio of theirs to ours, and our peak memory."""
    if find_spec("librosa") is None:
        raise SystemExit(f"{INSTALL} librosa")
    problems = {"poses": moving_poses, "unstructured": unstructured}
    rng = np.random.default_rng(options.seed)
    results = {
        name: _compare(*make(options.states, options.frames, rng), options.rounds)
        for name, make in problems.items()
    }
    return {
        "against": f"librosa {version('librosa')} sequence.viterbi (numba), best of its runs",
        "states": options.states,
        "frames": options.frames,
        "ratio": min(result["ratio"] for result in results.values()),
        "problems": results,
    }


def moving_poses(S: int, T: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Poses along a motion that goes to and fro, each seen with an error, some with a big one.

    Args:
        S: poses.
        T: frames.
        rng: of everything.

    Returns:
        (T, S) probability of what was seen under each pose, (S, S) probability of moves.
    """
    poses = np.cumsum(rng.normal(size=(S, 3)), axis=0)
    distance = np.linalg.norm(poses[:, None] - poses, axis=-1)
    moves = np.exp(-distance)
    moves /= moves.sum(axis=1, keepdims=True)
    shares = moves.cumsum(axis=1)
    states = np.zeros(T, dtype=int)
    for t, share in enumerate(rng.random(T - 1), start=1):
        states[t] = min(int(np.searchsorted(shares[states[t - 1]], share)), S - 1)
    error = np.where(rng.random((T, 1)) < 0.05, 3.0, 0.5)  # one frame in twenty is seen badly
    seen = poses[states] + error * rng.normal(size=(T, 3))
    squares = ((seen**2).sum(axis=1)[:, None] - 2 * seen @ poses.T) + (poses**2).sum(axis=1)
    return np.exp(-squares.clip(0, 300) / 2), moves


def unstructured(S: int, T: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Random numbers; shapes and meaning as in `moving_poses`."""
    moves = rng.random((S, S)) ** 8
    return rng.random((T, S)) ** 2, moves / moves.sum(axis=1, keepdims=True)


def _compare(seen: Array, moves: Array, rounds: int) -> dict:
    viterbi = import_module("librosa").sequence.viterbi
    columns = np.ascontiguousarray(seen.T)  # librosa's layout

    def ours() -> Path:
        with np.errstate(divide="ignore"):
            return best_path(np.log(seen), np.log(moves))[0]

    def theirs() -> Path:
        return viterbi(columns, moves)

    viterbi(columns[:, :10].copy(), moves)  # compiles
    best_path(np.log(seen[:10]), np.log(moves))
    seconds, paths = [np.inf, np.inf], [np.zeros(0, dtype=int)] * 2
    for _ in range(rounds):
        for i, run in enumerate((ours, theirs)):
            spent, paths[i] = _timed(run)
            seconds[i] = min(seconds[i], spent)
    return {
        "wildpose_s": round(seconds[0], 3),
        "librosa_s": round(seconds[1], 3),
        "ratio": round(seconds[1] / seconds[0], 3),
        "same_path": bool((paths[0] == paths[1]).all()),
        "wildpose_peak_mb": round(_peak(seen, moves) / 1e6, 1),
    }


def _timed(run: Callable[[], Path]) -> tuple[float, Path]:
    started = time.perf_counter()
    path = run()
    return time.perf_counter() - started, path


def _peak(seen: Array, moves: Array) -> int:
    """Bytes that decoding adds at its peak, when the observations come as a stream."""
    tracemalloc.start()
    stream = (np.log(seen[start : start + 256]) for start in range(0, len(seen), 256))
    best_path(stream, np.log(moves))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak

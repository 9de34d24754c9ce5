"""Frames per second of reading NTU's .skeleton files, against a reader that goes line by line.

The peer does as loaders of recognition projects do: each line is split, each field becomes a float,
each joint a dictionary of its twelve fields; then coordinates are gathered by body. A second peer
keeps lists of numbers instead of dictionaries. All read the same files in turns, on one thread, by
the processor's clock, and must find the same. Without FILE, walking mannequins are written in the
format, as many frames as six samples of the set have.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.ntu_skeleton_file import SkeletonFile, read_skeleton_file
from datasets.ntu_writing import tracked_body, write_skeleton_file

# Of a joint's line, and of a body's.
JOINT: tuple[str, ...] = tuple(
    "x y z depthX depthY colorX colorY orientationW orientationX orientationY orientationZ "
    "trackingState".split()
)
BODY: tuple[str, ...] = tuple(
    "clipedEdges handLeftConfidence handLeftState handRightConfidence handRightState isResticted "
    "leanX leanY trackingState".split()
)
FRAMES = (103, 82, 70, 100, 71, 124)  # of six samples; two people in the third
Found = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Reader = Callable[[Path], dict[str, Found]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py ntu` understands."""
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help=".skeleton files")
    parser.add_argument("--copies", type=int, default=4, help="of each; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Frames per second of all readers, the ratios of ours to theirs, and our peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or _written(Path(folder))
        paths = [path for _ in range(options.copies) for path in files]
        frames = sum(read_skeleton_file(path).frame_count for path in paths)
        readers: dict[str, Reader] = {"wildpose": ours, "fields": by_fields, "lists": by_lists}
        seconds = _best_seconds(readers, paths, options.rounds)
        peak = _peak(paths)
        largest = max(path.stat().st_size for path in files)
        same = all(_same([read(path) for read in readers.values()]) for path in files)
    return {
        "against": "a reader line by line, each field a float, each joint a dictionary",
        "files": len(paths),
        "frames": frames,
        "ratio": round(seconds["fields"] / seconds["wildpose"], 2),
        "ratio_to_lists": round(seconds["lists"] / seconds["wildpose"], 2),
        "frames_per_s": {name: round(frames / spent) for name, spent in seconds.items()},
        "same": same,
        "wildpose_peak_mb": round(peak / 1e6, 1),
        "largest_file_mb": round(largest / 1e6, 2),
    }


def ours(path: Path) -> dict[str, Found]:
    """By id: frames, joints, colour coordinates, tracking states."""
    bodies = read_skeleton_file(path).bodies
    return {body.id: (body.frames, body.joints, body.colour, body.states) for body in bodies}


def by_fields(path: Path) -> dict[str, Found]:
    """The same, as a reader finds it that names every field."""
    seen: dict[str, list[tuple[int, list[dict[str, float]]]]] = {}
    with path.open() as file:
        for frame in range(int(file.readline())):
            for _ in range(int(file.readline())):
                head = file.readline().split()
                dict(zip(BODY, map(float, head[1:]), strict=True))
                joints = [
                    dict(zip(JOINT, map(float, file.readline().split()), strict=True))
                    for _ in range(int(file.readline()))
                ]
                seen.setdefault(head[0], []).append((frame, joints))

    def gathered(rows: list[tuple[int, list[dict[str, float]]]], fields: list[str]) -> np.ndarray:
        return np.array([[[joint[f] for f in fields] for joint in joints] for _, joints in rows])

    return {
        body: (
            np.array([frame for frame, _ in rows]),
            gathered(rows, ["x", "y", "z"]),
            gathered(rows, ["colorX", "colorY"]),
            gathered(rows, ["trackingState"])[..., 0],
        )
        for body, rows in seen.items()
    }


def by_lists(path: Path) -> dict[str, Found]:
    """The same, as a reader finds it that keeps all numbers of a body in one array."""
    seen: dict[str, list[tuple[int, np.ndarray]]] = {}
    with path.open() as file:
        for frame in range(int(file.readline())):
            for _ in range(int(file.readline())):
                body = file.readline().split()[0]
                seen.setdefault(body, []).append((frame, _numbers(file)))
    found = {}
    for body, rows in seen.items():
        numbers = np.array([numbers for _, numbers in rows])
        frames = np.array([frame for frame, _ in rows])
        found[body] = frames, numbers[..., :3], numbers[..., 5:7], numbers[..., 11]
    return found


def _numbers(file: TextIO) -> np.ndarray:
    joints = int(file.readline())
    return np.array([[float(field) for field in file.readline().split()] for _ in range(joints)])


def _same(results: list[dict[str, Found]]) -> bool:
    """Whether all found the same bodies with the same numbers, to the last bit."""
    first, *others = results
    return all(
        other.keys() == first.keys() and all(map(np.array_equal, first[body], other[body]))
        for other in others
        for body in first
    )


def _best_seconds(readers: dict[str, Reader], paths: list[Path], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(readers, np.inf)
    gc.disable()  # what else this process holds would be looked through for each million objects
    try:
        for _ in range(rounds):
            for name, read in readers.items():
                started = time.process_time()
                for path in paths:
                    read(path)
                best[name] = min(best[name], time.process_time() - started)
    finally:
        gc.enable()
    return best


def _peak(paths: list[Path]) -> int:
    """Bytes that reading the files, one after the other, adds at its peak."""
    tracemalloc.start()
    for path in paths:
        read_skeleton_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _written(folder: Path) -> list[Path]:
    """Files of mannequins who walk in front of a Kinect."""
    paths = []
    for number, frames in enumerate(FRAMES):
        walk = MOTIONS["walk"](np.arange(frames) / 30, Body(), Style())
        walk = walk * np.array([-1, 1, -1]) + np.array([0, -0.9, 3])  # before the sensor
        people = [walk, walk + np.array([1, 0, 0])][: 2 if number == 2 else 1]
        bodies = [tracked_body(p, id=str(2**56 + i)) for i, p in enumerate(people)]
        paths.append(folder / f"S001C001P001R001A{number + 1:03}.skeleton")
        write_skeleton_file(paths[-1], SkeletonFile(frames, tuple(bodies)))
    return paths

"""Results made on the spot, and their files, for the tests of reading and writing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.export.result_json import write_result
from wildpose.results import Person, Result, Settings, VideoSummary
from wildpose.types import Segment, SkeletonSequence

WAVE = Segment(0.1, 1.5, "wave", 0.75, (("wave", 0.75), ("clap", 0.25)))


def person(id: int, *, frames: list[int], actions: tuple[Segment, ...] = ()) -> Person:
    """Somebody with arrays of random numbers that the file has to round."""
    rng = np.random.default_rng(id)
    T = len(frames)
    return Person(
        id=id,
        frames=np.array(frames, dtype=int),
        boxes=rng.uniform(0, 500, (T, 4)) + np.array([0, 0, 500, 500]),
        skeleton=SkeletonSequence(
            joints=rng.normal(size=(T, 13, 3)),
            scores=rng.uniform(size=(T, 13)),
            times=np.array(frames) / 29.97,
            joints_2d=rng.uniform(-20, 500, (T, 13, 2)),
            observed=np.arange(T) % 2 == 0,
            root=rng.normal(size=(T, 3)) + np.array([0, 0, 4]),
        ),
        actions=actions,
    )


def result(*people: Person) -> Result:
    return Result(
        video=VideoSummary(
            path="walk.mp4",
            sha256="0123456789abcdef" * 4,
            width=640,
            height=480,
            fps=29.97,
            frames=90,
            duration_s=3.003,
            rotation=90,
            corrupt_frames=2,
        ),
        people=people,
        settings=Settings(smooth="none", max_people=3, start=0.5),
        versions={"wildpose": "0.1.0"},
        focal_px=800.0,
    )


TWO = result(person(1, frames=[0, 1, 5], actions=(WAVE,)), person(4, frames=[2]))


def written(path: Path, content: Result = TWO) -> Path:
    write_result(path, content)
    return path


def tree_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))

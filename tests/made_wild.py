"""Clips in the wild whose people and scores are known, for tests of their evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tests.made_results import person, result
from tools.wild.clips import WildClip
from tools.wild.measures import Judged
from tools.wild.scoring import Said, said
from wildpose.pipeline import Progress
from wildpose.results import Result, Settings
from wildpose.types import Axes, Clip
from wildpose.video import read_frames
from wildpose.windows import BACKGROUND

NAMES = ("walk", "run", "wave", "clap", "sit down", BACKGROUND)


def scores_of(scores: Mapping[str, float]) -> np.ndarray:
    """(6,) scores of `NAMES`; those that are not named have none."""
    return np.array([scores.get(name, 0.0) for name in NAMES])


def words(**scores: float) -> Said:
    """What a recognizer of `NAMES` says with some scores, `sit_down` being sit down."""
    return said(scores_of({name.replace("_", " "): score for name, score in scores.items()}), NAMES)


def judged(label: str, *right: str, name: str = "a.mp4", **scores: float) -> Judged:
    """What was said of a clip; without scores there was nobody to look at."""
    clip = WildClip(name, name, label, Path(name))
    return Judged(clip, right, words(**scores) if scores else Said(reason="nobody"))


@dataclass
class StandInPipeline:
    """Finds somebody in every video who moves in its own way, and counts what it is asked for."""

    settings: Settings
    asked: list[tuple[str, Settings]]
    frames: int = 24

    def run(self, path: Path, *, sha256: str, progress: Progress | None = None) -> Result:
        """Somebody in 24 frames; nobody in a file of that name."""
        next(iter(read_frames(path)))
        self.asked.append((path.name, self.settings))
        found = [] if "nobody" in path.name else [person(1, frames=list(range(self.frames)))]
        video = replace(result().video, sha256=sha256, path=str(path), frames=self.frames)
        return replace(result(*found), video=video, settings=self.settings)


@dataclass(frozen=True)
class StandInRecognizer:
    """Says the same of every window."""

    scores: Sequence[float] = (0.2, 0.1, 0.6, 0.05, 0.0, 0.05)
    class_names: tuple[str, ...] = NAMES
    joint_set: str = "lcr13"
    axes: Axes = "body"
    frame_rate: float = 30.0
    window_s: float = 0.5
    min_score: float = 0.5
    needs_rgb: bool = False
    shown: list[int] = field(default_factory=list)
    """How many windows it was shown each time."""

    def predict(self, clips: Sequence[Clip]) -> np.ndarray:
        self.shown.append(len(clips))
        return np.array([self.scores for _ in clips])

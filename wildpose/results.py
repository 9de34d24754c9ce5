"""What a run gives: the video, its people with their skeletons and actions, and how it was made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields

import numpy as np
import numpy.typing as npt

from wildpose.types import Segment, SkeletonSequence

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Settings:
    """Everything that changes a result; two runs with equal settings give the same numbers."""

    detector: str = "blazepose"
    """Name in `wildpose.detection.DETECTORS`."""
    pose: str = "blazepose"
    """Name in `wildpose.pose.POSE_ESTIMATORS`."""
    lifter: str = "blazepose_world"
    """Name in `wildpose.lifting.LIFTERS`."""
    smooth: str = "track2d"
    """Name in `wildpose.smoothing.SMOOTHERS`."""
    recognizer: str | None = None
    """None: no action labels."""
    tiles: int | None = None
    """Rows of tiles for the detector, 1 for none; None: where people are small or many."""
    actor: str = "all"
    """Who is kept: all, largest, first, longest, or id=N."""
    max_people: int | None = None
    """At most so many people are kept, those most in view; None for all."""
    fps: float | None = None
    """Frames per second after resampling by time; None: every frame."""
    start: float | None = None
    """Seconds at which to begin; None: at the beginning."""
    stop: float | None = None
    """Seconds at which to end; None: at the end."""

    @property
    def digest(self) -> str:
        """A short hash of the settings, equal where they are equal."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class VideoSummary:
    """The video that a result belongs to."""

    path: str
    """As it was given."""
    sha256: str
    """Of the file's content."""
    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    fps: float
    """Average over the frames that were decoded."""
    frames: int
    """Frames decoded."""
    duration_s: float
    """Seconds from the first decoded frame to the end of the last."""
    rotation: int
    """Degrees clockwise that turned the stored picture upright."""
    corrupt_frames: int = 0
    """Frames that could not be decoded and were left out."""


@dataclass(frozen=True)
class Person:
    """One person of a video."""

    id: int
    """1-based, in order of appearance, unique in a video."""
    frames: npt.NDArray[np.integer]
    """(T,) zero-based index among the decoded frames; gaps where the person was out of sight."""
    boxes: Array
    """(T, 4) px, x0 y0 x1 y1."""
    skeleton: SkeletonSequence
    """T poses, camera axes, with `joints_2d` and `root`."""
    actions: tuple[Segment, ...] = ()
    """What the person does, in order of time."""

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Result:
    """Everything known about one video."""

    video: VideoSummary
    people: tuple[Person, ...]
    settings: Settings
    versions: dict[str, str] = field(default_factory=dict)
    """Name -> version of what made the result."""
    focal_px: float | None = None
    """The focal length under which `root` was placed; assumed, since videos do not tell it."""

    def same_work(self, sha256: str, settings: Settings) -> bool:
        """Whether a run of that video with those settings would give this result again."""
        return self.video.sha256 == sha256 and self.settings.digest == settings.digest


def settings_from(values: dict) -> Settings:
    """Settings from a mapping; names that this version does not know are left out."""
    known = {f.name for f in fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in known})

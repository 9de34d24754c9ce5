"""What a run gives: the video, its people with their skeletons and actions, and how it was made."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wildpose import __version__
from wildpose.named_files import NETWORKS, POSES, absolute, recorded_now
from wildpose.predictions import predictions_for
from wildpose.presets import with_preset
from wildpose.types import Segment, ShapedRepr, SkeletonSequence

Array = npt.NDArray[np.floating]
REVISION = 5
"""Of poses: goes up when the same settings give other ones; results made before are made anew."""
LABELS_REVISION = 1
"""Of labels alone: goes up when the same poses and settings give other ones; results made before
then keep their poses. It is not in the record where nobody asked for labels, nor in older ones."""
OF_LABELS = frozenset("recognizer window stride top_k min_score labels_revision".split())
"""Names in a record that poses do not depend on; all others, unknown ones too, may change poses."""
LOOKING = ("detector", "pose", "tiles")
"""Settings that are not used, nor in a record, where poses are given."""
DIGITS = {"times": 6, "boxes": 2, "joints_2d": 2, "joints_3d": 4, "root": 4, "scores": 4}
"""Digits after the point in result.json: microseconds, hundredths of a pixel, tenths of a
millimetre."""
LABELS_MARK = " (labels)"  # behind a name in `versions`
DEPENDENCIES = (
    *("ai-edge-litert", "av", "numpy", "opencv-python-headless", "scipy", "torch"),
    *("mmcv", "mmdet", "mmpose"),
)


class Parts(NamedTuple):
    """A record of settings, by what depends on them."""

    poses: dict[str, Any]
    """Who is found, and the skeletons."""
    labels: dict[str, Any]
    """Action labels, which depend on the poses besides."""


def parts(record: Mapping[str, Any]) -> Parts:
    """The two parts of a record, as `Settings.record` makes them, of any version of wildpose."""
    return Parts(
        {name: value for name, value in record.items() if name not in OF_LABELS},
        {name: value for name, value in record.items() if name in OF_LABELS},
    )


@dataclass(frozen=True)
class Settings:
    """Everything that changes a result; two runs with equal settings give the same numbers."""

    detector: str = "blazepose"
    """Name in `wildpose.detection.DETECTORS`; of mmdet mmdet:NETWORK, see `wildpose.openmmlab`."""
    pose: str = "blazepose"
    """Name in `wildpose.pose.POSE_ESTIMATORS`; of mmpose mmpose:NETWORK, likewise."""
    poses: str | None = None
    """File of 2D poses in mmpose's format, or folder with a <stem>.json for each video: they take
    the place of detector and pose; None: those look for people."""
    lifter: str = "lcr"
    """Name in `wildpose.lifting.LIFTERS`, of mmpose mmpose:NETWORK, or path of a file of
    tools/train_lifter.py."""
    smooth: str = "viterbi"
    """Name in `wildpose.smoothing.SMOOTHERS`."""
    recognizer: str | None = "default"
    """Name of an installed one, or path of a file of tools/train.py; None: no action labels."""
    window: float | None = None
    """Seconds of a person that the recognizer looks at, at once; None: as many as the clips had
    that it was trained on, 2 s for the one that comes with wildpose."""
    stride: float = 0.5
    """Seconds from one window to the next."""
    top_k: int = 5
    """Classes named for each segment."""
    min_score: float | None = None
    """Segments of a lower score are left out; None: as the recognizer was calibrated."""
    tiles: int | None = None
    """Rows of tiles for the detector, 1 for none; None: where people are small or many."""
    actor: str = "all"
    """Who is kept: all, largest (most box area summed over frames), first, longest, or id=N."""
    max_people: int | None = None
    """At most so many people are kept, the largest; None for all."""
    fps: float | None = None
    """Frames per second after resampling by time; None: every frame."""
    start: float | None = None
    """Seconds at which to begin; None: at the beginning."""
    stop: float | None = None
    """Seconds at which to end; None: at the end."""

    def __post_init__(self) -> None:
        # 1 and 1.0 are the same setting.
        for name in ("fps", "start", "stop", "window", "stride", "min_score"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, float(value))

    @property
    def record(self) -> dict[str, Any]:
        """What result.json tells of the settings, with the revisions of the pipeline.

        Files are told by their own names and contents' hashes: the same model elsewhere is the same
        setting, another one at the same path is another.
        """
        labels = {} if self.recognizer is None else {"labels_revision": LABELS_REVISION}
        record = {**recorded_now(asdict(self)), "revision": REVISION, **labels}
        absent = (POSES,) if self.poses is None else LOOKING
        return {name: value for name, value in record.items() if name not in absent}

    def with_absolute_paths(self) -> Settings:
        """The same, also in a process that begins in another folder, or on another machine."""
        named = {name: getattr(self, name) for name in (*NETWORKS, POSES)}
        paths = {name: absolute(name, value) for name, value in named.items() if value is not None}
        return replace(self, **paths)

    def for_video(self, video: Path) -> Settings:
        """These settings for one video: of a folder of poses, the file that is the video's."""
        if self.poses is None:
            return self
        return replace(self, poses=str(predictions_for(Path(self.poses), video)))

    @staticmethod
    def of(options: Mapping[str, Any]) -> Settings:
        """Settings from options as a user names them: 'auto' tiles, 'none' for no recognizer.

        Args:
            options: by name; `preset` names one of `wildpose.presets`, which fills in what is left
                out.

        Raises:
            ValueError: an option that there is not, or a value that is none.
        """
        values = dict(options)
        poses = values.get("poses")
        unused = [name for name in LOOKING if poses is not None and name in values]
        if unused:
            raise ValueError(
                f"poses come from {poses}, nobody is looked for in the video: leave out {unused[0]}"
            )
        values = with_preset(values, values.pop("preset", None))
        if poses is not None:  # a preset may name what is not used
            values = {n: v for n, v in values.items() if n not in LOOKING}
            values["poses"] = str(poses)
        known = [field.name for field in fields(Settings)]
        unknown = [name for name in values if name not in known]
        if unknown:
            raise ValueError(f"unknown setting {unknown[0]!r}: there are {', '.join(known)}")
        if values.get("recognizer") == "none":
            values["recognizer"] = None
        tiles = values.get("tiles")
        if tiles == "auto":
            values["tiles"] = None
        elif tiles is not None and not str(tiles).isdecimal():
            raise ValueError(f"tiles is auto or a number of rows, got {tiles!r}")
        elif tiles is not None:
            values["tiles"] = int(tiles)
        return Settings(**values)


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


@dataclass(frozen=True, eq=False, repr=False)
class Person(ShapedRepr):
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

    def __post_init__(self) -> None:
        T = len(self.skeleton)
        if self.frames.shape != (T,) or self.boxes.shape != (T, 4):
            raise ValueError(
                f"Person {self.id}: expected frames ({T},), boxes ({T}, 4) beside {T} poses; "
                f"got frames {self.frames.shape}, boxes {self.boxes.shape}"
            )
        if (self.boxes[:, 2:] < self.boxes[:, :2]).any():
            raise ValueError(f"Person {self.id}: boxes are x0 y0 x1 y1, with x0 <= x1, y0 <= y1")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, eq=False)
class Result:
    """Everything known about one video."""

    video: VideoSummary
    people: tuple[Person, ...]
    settings: Settings
    versions: dict[str, str] = field(default_factory=dict)
    """Name -> version of what made the result."""
    focal_px: float | None = None
    """The focal length under which `root` was placed; assumed, since videos do not tell it."""


def rounded(array: np.ndarray, name: str) -> np.ndarray:
    """An array with the digits that result.json has of it; rounding twice changes nothing more.

    Args:
        array: of any shape.
        name: as in result.json; numbers of a name without `DIGITS` stay as they are.
    """
    return np.round(array.astype(float), DIGITS[name]) if name in DIGITS else array


def as_kept(skeleton: SkeletonSequence) -> SkeletonSequence:
    """A skeleton as it comes back out of a result.json."""
    joints_2d, root = skeleton.joints_2d, skeleton.root
    return replace(
        skeleton,
        joints=rounded(skeleton.joints, "joints_3d"),
        scores=rounded(skeleton.scores, "scores"),
        times=rounded(skeleton.times, "times"),
        joints_2d=None if joints_2d is None else rounded(joints_2d, "joints_2d"),
        root=None if root is None else rounded(root, "root"),
    )


def versions() -> dict[str, str]:
    """Versions of what makes a result."""
    return {**_versions()}  # each result has its own


@cache
def _versions() -> dict[str, str]:
    """Read once, out of files of the packages: milliseconds, which many short videos would feel."""
    found = {"python": ".".join(str(n) for n in sys.version_info[:3]), "wildpose": __version__}
    for name in DEPENDENCIES:
        with suppress(PackageNotFoundError):  # another build of it, under another name
            found[name] = version(name)
    return found


def with_versions_of_labels(poses: Mapping[str, str]) -> dict[str, str]:
    """Versions of a result whose labels are made now, where those of its poses were others."""
    before = {name: text for name, text in poses.items() if not name.endswith(LABELS_MARK)}
    now = {f"{n}{LABELS_MARK}": text for n, text in versions().items() if before.get(n) != text}
    return {**before, **now}


def settings_from(values: dict) -> Settings:
    """Settings from a mapping; names that this version does not know are left out."""
    known = {f.name for f in fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in known})

"""The data that flow between the stages: frozen structs of arrays, checked where they are made.

Pixels count from the top-left corner of the upright image; metres; seconds. Absent values are
masks (`observed`, gaps in `frames`), never NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from wildpose.footage import Footage
from wildpose.joints import joint_set as joint_set_named

Array = npt.NDArray[np.floating]
Axes = Literal["camera", "kinect", "body"]
"""camera: x right, y down, z forward. kinect: x to the sensor's left, y up, z away from it.
body: origin torso, x from the right to the left shoulder, y up, z out of the chest."""


def _shape_text(array: np.ndarray) -> str:
    return "(" + ", ".join(str(n) for n in array.shape) + ")"


class ShapedRepr:
    """A repr that names shapes instead of printing arrays."""

    def __repr__(self) -> str:
        parts = []
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            text = _shape_text(value) if isinstance(value, np.ndarray) else repr(value)
            parts.append(f"{field.name}={text}")
        return f"{type(self).__name__}({', '.join(parts)})"


def _check(owner: object, **expected: tuple[int | str, ...]) -> dict[str, int]:
    """Compare named fields with their shapes; letters stand for sizes that must agree.

    Raises:
        ValueError: one line with every field's shape, as expected and as it came.
    """
    sizes: dict[str, int] = {}
    for name, shape in expected.items():
        array = getattr(owner, name)
        fits = array.ndim == len(shape)
        if fits:
            for want, came in zip(shape, array.shape, strict=True):
                if isinstance(want, str):
                    fits = fits and sizes.setdefault(want, came) == came
                else:
                    fits = fits and want == came
        if not fits:
            wanted = ", ".join(f"{k} ({', '.join(str(n) for n in s)})" for k, s in expected.items())
            came_text = ", ".join(f"{k} {_shape_text(getattr(owner, k))}" for k in expected)
            raise ValueError(f"{type(owner).__name__}: expected {wanted}; got {came_text}")
    return sizes


def _check_finite(owner: object, *names: str) -> None:
    """Raise ValueError for NaN or infinity in a field; None is no array."""
    for name in names:
        array = getattr(owner, name)
        if array is not None and not np.isfinite(array).all():
            raise ValueError(f"{type(owner).__name__}: {name} holds NaN or infinity")


@dataclass(frozen=True, repr=False)
class Frame(ShapedRepr):
    """One decoded picture, upright."""

    image: npt.NDArray[np.uint8]
    """(H, W, 3) RGB, rotation metadata already applied."""
    index: int
    """Zero-based count among the decoded frames."""
    time: float
    """Seconds, from the container's timestamp."""


@dataclass(frozen=True, repr=False)
class Detections(ShapedRepr):
    """All people found in one frame."""

    boxes: Array
    """(N, 4) px, x0 y0 x1 y1."""
    scores: Array
    """(N,) in [0, 1]."""
    rois: Array
    """(N, 4) regions: centre x, centre y, side (px) and rotation (radians, clockwise on the
    screen, 0 upright) of the square that a landmark network wants to see."""

    def __post_init__(self) -> None:
        _check(self, boxes=("N", 4), scores=("N",), rois=("N", 4))

    def __len__(self) -> int:
        return len(self.scores)

    @staticmethod
    def none() -> Detections:
        """Nobody in view."""
        return Detections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4)))


@dataclass(frozen=True, repr=False)
class Keypoints(ShapedRepr):
    """One person's landmarks in one frame, as a pose backend sees them."""

    joints_2d: Array
    """(J, 2) px."""
    scores: Array
    """(J,) in [0, 1]: how sure the backend is that the joint is seen where it says."""
    joint_set: str
    """Name of the joint set, as in `wildpose.joints`."""
    presence: float
    """In [0, 1]: how sure the backend is that a person is there at all."""
    joints_3d: Array | None = None
    """(J, 3) m, camera axes, origin as the backend gives it; None where it has no 3D."""
    roi: Array | None = None
    """(4,) the region (see `Detections.rois`) in which the backend expects the person next; None
    where it has no opinion and the joints' box serves."""

    def __post_init__(self) -> None:
        J = len(joint_set_named(self.joint_set))
        _check(self, joints_2d=(J, 2), scores=(J,))
        if self.joints_3d is not None:
            _check(self, joints_3d=(J, 3))


@dataclass(frozen=True, repr=False)
class Track(ShapedRepr):
    """One person through time; frames in which the person was not seen are absent."""

    id: int
    """1-based, unique in a video."""
    frames: npt.NDArray[np.integer]
    """(T,) zero-based index among the decoded frames, increasing; gaps allowed."""
    times: Array
    """(T,) s."""
    boxes: Array
    """(T, 4) px, x0 y0 x1 y1, around the body."""
    joints_2d: Array
    """(T, J, 2) px."""
    scores: Array
    """(T, J) in [0, 1]."""
    joint_set: str
    """Name of the joint set."""
    joints_3d: Array | None = None
    """(T, J, 3) m, camera axes, as the pose backend gave it; None where it has no 3D."""
    picture: tuple[int, int] | None = None
    """Width and height of the frames, px; None: not known."""
    appearance: Array | None = None
    """(R, 3) CIELAB, what the person wears as `wildpose.appearance` sees it; None: not known."""

    def __post_init__(self) -> None:
        J = len(joint_set_named(self.joint_set))
        T = len(self.frames)
        _check(self, frames=(T,), times=(T,), boxes=(T, 4), joints_2d=(T, J, 2), scores=(T, J))
        if self.joints_3d is not None:
            _check(self, joints_3d=(T, J, 3))
        for name in ("frames", "times"):
            if T > 1 and not (np.diff(getattr(self, name)) > 0).all():
                raise ValueError(f"Track {self.id}: {name} must increase")
        _check_finite(self, "times", "boxes", "joints_2d", "scores", "joints_3d")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, repr=False)
class Hypotheses(ShapedRepr):
    """Candidate 3D poses of one person in one frame."""

    joints: Array
    """(K, J, 3) m, camera axes, torso-centred."""
    joints_2d: Array
    """(K, J, 2) px."""
    scores: Array
    """(K,) in [0, 1]."""
    classes: npt.NDArray[np.integer]
    """(K,) anchor-pose index; zeros where the lifter has no anchor poses."""
    swapped: npt.NDArray[np.bool_] = None  # type: ignore[assignment]  # filled in below
    """(K,) True where the pose supposes that the pose backend took left for right in this frame
    (joints and joints_2d are put right already); all False when left out."""

    def __post_init__(self) -> None:
        if self.swapped is None:
            object.__setattr__(self, "swapped", np.zeros(len(self.scores), dtype=bool))
        _check(
            self,
            joints=("K", "J", 3),
            joints_2d=("K", "J", 2),
            scores=("K",),
            classes=("K",),
            swapped=("K",),
        )

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, repr=False)
class SkeletonSequence(ShapedRepr):
    """One pose per frame of one person."""

    joints: Array
    """(T, J, 3) m, torso-centred, in `axes`."""
    scores: Array
    """(T, J) in [0, 1]."""
    times: Array
    """(T,) s, increasing."""
    joint_set: str = "lcr13"
    """Name of the joint set."""
    axes: Axes = "camera"
    """Which way x, y and z point."""
    joints_2d: Array | None = None
    """(T, J, 2) px, or None where there was no video."""
    observed: npt.NDArray[np.bool_] = None  # type: ignore[assignment]  # filled in below
    """(T,) False where the pose was filled in; all True when left out."""
    root: Array | None = None
    """(T, 3) m, camera axes: the torso placed in the scene under a stated focal length."""

    def __post_init__(self) -> None:
        if self.axes not in get_args(Axes):
            raise ValueError(f"axes {self.axes!r} is none of {', '.join(get_args(Axes))}")
        if self.observed is None:
            object.__setattr__(self, "observed", np.ones(len(self.times), dtype=bool))
        J = len(joint_set_named(self.joint_set))
        T = len(self.times)
        _check(self, joints=(T, J, 3), scores=(T, J), times=(T,), observed=(T,))
        if self.joints_2d is not None:
            _check(self, joints_2d=(T, J, 2))
        if self.root is not None:
            _check(self, root=(T, 3))
        if T > 1 and not (np.diff(self.times) > 0).all():
            raise ValueError("SkeletonSequence: times must increase, in seconds")
        _check_finite(self, "joints", "scores", "times", "joints_2d", "root")

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, repr=False)
class Clip(ShapedRepr):
    """One sample of a data set: people through time, with what they do."""

    joints: Array
    """(M, T, J, 3) float32 m, in `axes`; zeros where the mask is False."""
    mask: npt.NDArray[np.bool_]
    """(M, T) True where the person was seen."""
    joint_set: str
    """Name of the joint set."""
    frame_rate: float
    """Frames per second."""
    axes: Axes = "kinect"
    """Which way x, y and z point."""
    name: str = ""
    """Unique within its data set, as its file is called."""
    subject: str = ""
    """The data set's actor id; empty where it names none."""
    label: int | None = None
    """Class index; None where nothing is known of the action."""
    footage: Footage | None = None
    """Its pictures, a frame each; None where there are none or nobody asked for them."""

    def __post_init__(self) -> None:
        if self.axes not in get_args(Axes):
            raise ValueError(f"axes {self.axes!r} is none of {', '.join(get_args(Axes))}")
        J = len(joint_set_named(self.joint_set))
        _check(self, joints=("M", "T", J, 3), mask=("M", "T"))
        if not 0 < self.frame_rate < float("inf"):
            raise ValueError(
                f"Clip {self.name}: frame_rate must be positive, got {self.frame_rate}"
            )
        if self.footage is not None and self.footage.joints_2d.shape[:3] != self.joints.shape[:3]:
            raise ValueError(
                f"Clip {self.name}: expected footage of people, frames and joints "
                f"{_shape_text(self.joints[..., 0])}, got {_shape_text(self.footage.seen_2d)}"
            )
        _check_finite(self, "joints")

    def __len__(self) -> int:
        return self.joints.shape[1]


@dataclass(frozen=True)
class Segment:
    """One action of one person, over a span of time."""

    start: float
    """Seconds."""
    stop: float
    """Seconds."""
    label: str
    """Class name."""
    score: float
    """In [0, 1]."""
    top: tuple[tuple[str, float], ...] = ()
    """Best class names with their scores, best first."""

"""What the pose backend makes of people whose joints are known: its errors, joint by joint.

The backend looks at rendered mannequins, moved by captures and seen by virtual cameras. Each look
is kept with the truth, so that a lifter can be trained on input as it comes: errors of neighbouring
joints go together, swapped sides swap together, and scores fall where joints are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from datasets.acting import mirrored
from datasets.figure import random_appearance
from datasets.kinematics import random_body
from datasets.mannequin import SceneFrame, render_scene
from datasets.pose_sources import SHARES, Motion
from datasets.pose_variety import varied
from datasets.retargeting import retargeted
from datasets.room import Room
from datasets.virtual_cameras import camera_on
from wildpose.atomic import writing
from wildpose.geometry import Array, Camera
from wildpose.joints import convert, convert_scores
from wildpose.pose import PoseEstimator
from wildpose.regions import body_box, region_from_box
from wildpose.types import Detections, Keypoints

BURST = 8  # frames of one motion that are seen by one camera
STEP = 3  # frames of the motion from one to the next
SIZE_PX = 320


@dataclass(frozen=True)
class Looks:
    """N times the backend looked at a person; all in lcr13."""

    joints: Array
    """(N, 13, 3) m, camera axes, from the camera: where the joints are."""
    joints_2d: Array
    """(N, 13, 2) px: where they appear."""
    metre_px: Array
    """(N,) px that a metre takes up at the joints' mean distance."""
    found_2d: Array
    """(N, 13, 2) px: where the backend sees them."""
    found_3d: Array
    """(N, 13, 3) m, camera axes, origin as the backend gives it."""
    scores: Array
    """(N, 13) in [0, 1], the backend's."""
    burst: Array
    """(N,) looks of one burst share a number: they are neighbours in time."""

    def __len__(self) -> int:
        return len(self.scores)

    def save(self, path: Path) -> None:
        """Write all of it, as an .npz."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        with writing(path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)

    @staticmethod
    def load(path: Path) -> Looks:
        """Read what `save` wrote."""
        with np.load(path) as file:
            return Looks(**{f.name: file[f.name] for f in fields(Looks)})

    @staticmethod
    def joined(parts: list[Looks]) -> Looks:
        """All looks of several, in order."""
        return Looks(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Looks)}
        )


def look(motion: Motion, pose: PoseEstimator, rng: np.random.Generator, burst: int) -> Looks | None:
    """What the backend makes of a moment of a motion; None where it sees nobody.

    Args:
        motion: of a person; the moment, the body, the looks and the camera are drawn.
        pose: the backend.
        rng: seeded.
        burst: the number of this call.
    """
    joints = _moment(motion, rng)
    camera = camera_on(joints, rng, size_px=SIZE_PX)
    truth_25 = camera.to_camera(joints)
    truth_2d = camera.project_camera(truth_25)
    said = _followed(_filmed(joints, camera, rng), truth_2d, pose, rng)
    rows = [t for t, keypoints in enumerate(said) if keypoints is not None]
    found = [keypoints for keypoints in said if keypoints is not None]
    return _looks(truth_25[rows], truth_2d[rows], found, camera, burst) if rows else None


def _filmed(joints: Array, camera: Camera, rng: np.random.Generator) -> Iterator[SceneFrame]:
    """A mannequin with (T, 25, 3) joints, world axes, in a room of random colours."""
    room = Room(
        half_size=(8.0, 8.0),
        wall_colour=tuple(rng.uniform(0.25, 0.95, 3)),
        floor_colour=tuple(rng.uniform(0.2, 0.8, 3)),
    )
    times = np.arange(len(joints), dtype=float)
    looks = [random_appearance(rng)]
    return render_scene(joints[None], looks, camera, times, room=room, supersample=1)


def _followed(
    frames: Iterator[SceneFrame], truth_2d: Array, pose: PoseEstimator, rng: np.random.Generator
) -> list[Keypoints | None]:
    """What the backend sees in each spoilt picture, following a person whom it saw in the last."""
    spoil = _Spoiler(rng)
    region = None
    said = []
    for frame, joints_2d in zip(frames, truth_2d, strict=True):
        if region is None:  # as a detector would: about the body's box
            region = region_from_box(body_box(joints_2d)) * (1, 1, rng.uniform(0.9, 1.2), 1)
        people = Detections(body_box(joints_2d)[None], np.ones(1), region[None])
        (keypoints,) = pose.estimate(spoil(frame.image), people)
        region = keypoints.roi if keypoints is not None else None
        said.append(keypoints)
    return said


def _looks(
    joints: Array, joints_2d: Array, found: list[Keypoints], camera: Camera, burst: int
) -> Looks:
    """The looks of one burst, of (T, 25, 3) m camera axes and (T, 25, 2) px that are true."""
    lcr = convert(joints, "kinect25", "lcr13")
    name = found[0].joint_set
    world = [k.joints_3d for k in found]
    assert all(w is not None for w in world)  # a backend with 3D is measured
    return Looks(
        joints=lcr.astype(np.float32),
        joints_2d=convert(joints_2d, "kinect25", "lcr13").astype(np.float32),
        metre_px=(camera.focal_px / lcr[..., 2].mean(axis=1)).astype(np.float32),
        found_2d=convert(np.stack([k.joints_2d for k in found]), name, "lcr13").astype(np.float32),
        found_3d=convert(np.stack(world), name, "lcr13").astype(np.float32),  # type: ignore[arg-type]
        scores=convert_scores(np.stack([k.scores for k in found]), name, "lcr13").astype(
            np.float32
        ),
        burst=np.full(len(found), burst),
    )


def _moment(motion: Motion, rng: np.random.Generator) -> Array:
    """(BURST or fewer, 25, 3) joints of somebody else doing a part of the motion, world axes."""
    T = len(motion.joints)
    first = int(rng.integers(max(1, T - STEP * (BURST - 1))))
    part = motion.joints[first : first + STEP * BURST : STEP]
    part = retargeted(part, random_body(rng))
    part = mirrored(part) if rng.random() < 0.5 else part
    middle = part.mean(axis=(0, 1)) * (1, 0, 1)
    part = part - middle
    return varied(part, rng)


class _Spoiler:
    """Spoils every picture of a burst alike: few pixels, blur, noise, bad light."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._share = rng.uniform(0.3, 1.0) if rng.random() < 0.5 else 1.0
        self._blur = rng.uniform(0.3, 1.5) if rng.random() < 0.4 else 0.0
        self._noise = rng.uniform(2, 12) if rng.random() < 0.5 else 0.0
        self._gain = rng.uniform(0.5, 1.2) if rng.random() < 0.5 else 1.0

    def __call__(self, image: np.ndarray) -> np.ndarray:
        H, W = image.shape[:2]
        if self._share < 1:
            small = (max(8, round(W * self._share)), max(8, round(H * self._share)))
            image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
            image = cv2.resize(image, (W, H), interpolation=cv2.INTER_LINEAR)
        if self._blur:
            image = cv2.GaussianBlur(image, (0, 0), self._blur)
        if self._noise or self._gain != 1:
            noise = self._rng.normal(0, self._noise, image.shape) if self._noise else 0.0
            image = np.clip(image * self._gain + noise, 0, 255).astype(np.uint8)
        return image


def looks_at(
    motions: list[Motion], pose: PoseEstimator, *, bursts: range, seed: int
) -> Iterator[Looks]:
    """Looks of numbered bursts: each number always gives the same.

    Args:
        motions: to draw from; a source is drawn first, by its share, then one of its motions.
        pose: the backend.
        bursts: numbers.
        seed: of everything that is drawn.
    """
    sources = sorted({motion.source for motion in motions})
    shares = np.array([SHARES[source] for source in sources])
    by_source = [[m for m in motions if m.source == source] for source in sources]
    for burst in bursts:
        rng = np.random.default_rng([seed, burst])
        own = by_source[rng.choice(len(sources), p=shares / shares.sum())]
        found = look(own[int(rng.integers(len(own)))], pose, rng, burst)
        if found is not None:
            yield found

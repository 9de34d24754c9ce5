"""Captures acted by mannequins, seen from four sides: videos with the truth beside them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.figure import Appearance, random_appearance
from datasets.kinematics import JOINT, random_body
from datasets.mannequin import render_scene
from datasets.pose_sources import FRAME_RATE, Motion
from datasets.retargeting import retargeted
from datasets.room import Room
from wildpose.atomic import writing
from wildpose.geometry import Array, Camera, orbit_camera, unit
from wildpose.joints import convert, torso
from wildpose.video_writer import VideoWriter

VIEWS = (0, 60, 180, 300)  # degrees around the actor; 0 is the front
SIZE_PX = (640, 480)
FOCAL_BY_HEIGHT = 550 / 480  # of the picture: a vertical field of view of 47 degrees
EDGE = 0.07  # of the picture's width and height that stays free on each side
NEAREST_M = 2.2
SEED = 20


@dataclass(frozen=True)
class ClipPlan:
    """One clip: who moves how, and the side from which it is seen."""

    motion: Motion
    view: int
    """Degrees around the actor, roughly: every clip turns a little further or less far."""
    path: Path
    """The video; its truth lies beside it."""


@dataclass(frozen=True)
class Truth:
    """Where the joints of a clip are."""

    joints: Array
    """(T, 13, 3) m, lcr13, torso-centred, camera axes."""
    joints_2d: Array
    """(T, 13, 2) px."""
    visible: Array
    """(T, 13) share of the joint that can be seen."""
    times: Array
    """(T,) s."""


def plans(
    motions: Sequence[Motion], folder: Path, *, views: Sequence[int] = VIEWS
) -> list[ClipPlan]:
    """Every motion from every view, as files in a folder."""
    return [
        ClipPlan(motion, view, folder / f"{_file_name(motion)}_{view:03}.mp4")
        for motion in motions
        for view in views
    ]


def truth_path(video: Path) -> Path:
    """Where the truth of a clip is."""
    return video.with_suffix(".truth.npz")


def read_truth(video: Path) -> Truth:
    """The truth beside a clip."""
    with np.load(truth_path(video)) as file:
        return Truth(file["joints"], file["joints_2d"], file["visible"], file["times"])


def render(plan: ClipPlan, *, size: tuple[int, int] = SIZE_PX) -> None:
    """Write a clip and then its truth, unless both are there.

    Body, look and camera are drawn anew for each clip, but always the same for one of its name.

    Args:
        plan: which.
        size: width and height, px.
    """
    if plan.path.exists() and truth_path(plan.path).exists():
        return
    rng = np.random.default_rng([SEED, zlib.crc32(plan.path.stem.encode())])
    joints = _acted(plan.motion.joints, rng)
    look = random_appearance(rng)
    camera = whole_path_camera(joints, plan.view, rng, size=size)
    times = np.arange(len(joints)) / FRAME_RATE
    visible = _write_video(plan.path, joints, look, camera, times)
    _write_truth(plan.path, joints, visible, camera, times)


def whole_path_camera(
    joints: Array, view: float, rng: np.random.Generator, *, size: tuple[int, int] = SIZE_PX
) -> Camera:
    """A camera at eye height or above that keeps an actor in the picture from first to last.

    Args:
        joints: (T, 25, 3) m, world axes.
        view: degrees around the actor from where the actor faces, on average over the time.
        rng: draws up to 15 degrees of yaw, the elevation, and up to half of distance more.
        size: width and height of the picture, px.
    """
    width, height = size
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    target = (low + high) / 2
    yaw = np.radians(view + rng.uniform(-15, 15)) + _heading(joints)
    elevation = np.radians(np.clip(rng.normal(6, 8), -4, 30))
    spare = rng.uniform(1.0, 1.5)

    def at(distance: float) -> Camera:
        up = target[1] + distance * np.tan(elevation)
        return orbit_camera(
            yaw=yaw,
            distance=distance,
            camera_height=max(0.2, up),
            target=target,
            focal_px=FOCAL_BY_HEIGHT * height,
            width=width,
            height=height,
        )

    distance = NEAREST_M
    while not _holds(at(distance), joints):
        distance *= 1.05
    return at(distance * spare)


def _holds(camera: Camera, joints: Array) -> bool:
    """Whether all (..., 3) points are in front of a camera and well inside its picture."""
    points = camera.to_camera(joints)
    size = np.array([camera.width, camera.height])
    pixels = camera.project_camera(points) / size
    return bool((points[..., 2] > 0.5).all() and (np.abs(pixels - 0.5) < 0.5 - EDGE).all())


def _heading(joints: Array) -> float:
    """Radians from world +z to where the chest points on average."""
    across = joints[:, JOINT["left_shoulder"]] - joints[:, JOINT["right_shoulder"]]
    across = across + joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]]
    forward = unit(np.cross(across, (0.0, 1.0, 0.0)) * (1, 0, 1)).mean(axis=0)
    return float(np.arctan2(forward[0], forward[2]))


def _acted(joints: Array, rng: np.random.Generator) -> Array:
    """(T, 25, 3) joints of somebody else doing a motion around the middle of the room."""
    own = retargeted(joints, random_body(rng))
    return own - (own.min(axis=(0, 1)) + own.max(axis=(0, 1))) / 2 * (1, 0, 1)


def _write_video(
    path: Path, joints: Array, look: Appearance, camera: Camera, times: Array
) -> Array:
    """Render to PATH; (T, 25) which joints can be seen."""
    reach = np.abs(joints[..., [0, 2]]).max(axis=(0, 1)) + 1.5
    room = Room(half_size=(max(5.0, reach[0]), max(5.0, reach[1])))  # nobody runs into a wall
    visible = []
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, width=camera.width, height=camera.height, fps=FRAME_RATE) as writer:
        for frame in render_scene(joints[None], [look], camera, times, room=room):
            writer.write(frame.image, frame.time)
            visible.append(frame.visible[0])
    return np.array(visible)


def _write_truth(path: Path, joints: Array, visible: Array, camera: Camera, times: Array) -> None:
    in_camera = camera.to_camera(joints)
    lcr = convert(in_camera, "kinect25", "lcr13")
    arrays: dict[str, Any] = {
        "joints": lcr - torso(lcr, "lcr13"),
        "joints_2d": convert(camera.project_camera(in_camera), "kinect25", "lcr13"),
        "visible": convert(visible[..., None].astype(float), "kinect25", "lcr13")[..., 0],
        "times": times,
    }
    with writing(truth_path(path)) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _file_name(motion: Motion) -> str:
    """A name for files: source and clip."""
    return f"{motion.source}_{motion.name}".replace("/", "-").removesuffix(".txt")

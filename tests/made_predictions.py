"""Files of 2D poses as mmpose writes them, of mannequins whose joints are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.figure import random_appearance
from datasets.mannequin import Actor, render_scene
from wildpose.geometry import orbit_camera
from wildpose.joints import convert, joint_set
from wildpose.predicted_joints import H36M
from wildpose.types import Frame

Array = npt.NDArray[np.floating]
LCR = joint_set("lcr13")
# Where the face is seen by the centre of the head, in widths of the shoulders' distance.
FACE = {
    "nose": (0, 0.1), "left_eye": (0.08, 0), "right_eye": (-0.08, 0), "left_ear": (0.15, 0),
    "right_ear": (-0.15, 0),
}  # fmt: skip
MIDDLES = {
    "root": ("left_hip", "right_hip"), "thorax": ("left_shoulder", "right_shoulder"),
    "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
}  # fmt: skip


def in_coco(joints_2d: Array) -> Array:
    """(..., 17, 2) px of (..., 13, 2) px; the ears have the head's centre in their middle."""
    own = {name: joints_2d[..., i, :] for i, name in enumerate(LCR.names)}
    wide = np.linalg.norm(own["left_shoulder"] - own["right_shoulder"], axis=-1)[..., None]
    face = {name: own["head"] + wide * np.array(at) for name, at in FACE.items()}
    return np.stack([{**own, **face}[name] for name in joint_set("coco17").names], axis=-2)


def in_h36m(joints_2d: Array) -> Array:
    """(..., 17, 2) px of (..., 13, 2) px, in mmpose's names; face and top have the head between."""
    own = {name: joints_2d[..., i, :] for i, name in enumerate(LCR.names)}
    for name, parts in MIDDLES.items():
        own[name] = np.mean([own[part] for part in parts], axis=0)
    own["neck_base"] = own["head"] + (0, 2)
    own["head"] = own["head"] - (0, 2)
    own |= {f"{side}_foot": own[f"{side}_ankle"] for side in ("left", "right")}
    return np.stack([own[name] for name in H36M], axis=-2)


def instance(joints: Array, **more: Any) -> dict[str, Any]:
    """Somebody as mmpose's `split_instances` has them; it counts from the first pixel's centre."""
    low, high = joints.min(axis=0).tolist(), joints.max(axis=0).tolist()
    return {
        "keypoints": (joints - 0.5).tolist(),
        "keypoint_scores": [0.9] * len(joints),
        "bbox": [[*low, *high]],
        "bbox_score": 0.98,
        **more,
    }


def frames_of(people: Sequence[Array], **more: Any) -> list[dict[str, Any]]:
    """The inferencer's list of (T, J, 2) px of people who are all there all the time."""
    return [
        {"frame_id": t, "instances": [instance(joints[t], **more) for joints in people]}
        for t in range(len(people[0]))
    ]


def written(path: Path, tree: object) -> Path:
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


def crossing(*, frames: int = 40, seed: int = 0) -> tuple[Array, list[Frame]]:
    """Two people who walk through each other's line of sight.

    Returns:
        (2, T, 13, 2) px, and the pictures.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(frames) / 30
    camera = orbit_camera(focal_px=206, width=240, height=180)
    walked = []
    for sign, z in ((1, 0.4), (-1, -0.4)):  # to the right behind, to the left in front
        own = Actor("walk", (0, z), heading=sign * np.pi / 2).joints(times)
        way = 1.5 * sign * (times - times.mean())  # m
        walked.append(own + (way[:, None] - own[:, 0, :1])[..., None] * [1, 0, 0])
    world = np.stack(walked)
    looks = [random_appearance(rng) for _ in walked]
    scene = render_scene(world, looks, camera, times, supersample=1)
    pictures = [Frame(shown.image, i, shown.time) for i, shown in enumerate(scene)]
    return convert(camera.project_camera(camera.to_camera(world)), "kinect25", "lcr13"), pictures

"""Axes of every bone from the 25 Kinect joints of one actor: where the parts of a figure lie.

In each bone x points to the actor's left, y towards the bone's nearer joint (up, when
standing), z forward; for a hand, x points to the thumb.
"""

from __future__ import annotations

import numpy as np

from datasets.kinematics import JOINT, SIDES
from wildpose.geometry import Array, unit


def body_size(joints: Array) -> float:
    """Size over that of an adult of 1.75 m, from the legs and the spine of (T, 25, 3) joints."""
    path = ("left_ankle", "left_knee", "left_hip", "spine_base", "spine_mid", "spine_shoulder")
    bones = np.diff(joints[:, [JOINT[name] for name in path]], axis=1)
    lengths = np.median(np.linalg.norm(bones, axis=-1), axis=0)
    return float((lengths[0] + lengths[1] + lengths[3] + lengths[4]) / 1.317)  # of Body(1.75)


def _axes(up: Array, left: Array) -> Array:
    """(T, 3, 3) axes in columns: y along `up`, x near `left`, z forward."""
    y = unit(up)
    left = left + 1e-4 * y[:, [1, 2, 0]]  # some left, should it be parallel to y
    x = unit(left - (left * y).sum(-1, keepdims=True) * y)
    return np.stack([x, y, np.cross(x, y)], -1)


def _tilted(axes: Array, degrees: float) -> Array:
    """Axes pitched forward by an angle about their own x."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return axes @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


HEAD_TILT = -8.4  # degrees; the head joint lies that far in front of the neck when upright
SOLE_TILT = -28.2  # degrees; the foot joint lies that far below the ankle on a flat foot


def bone_axes(joints: Array, size: float) -> tuple[dict[str, int], Array, Array, Array]:
    """Index by name, (T, F, 3) origins, (T, F, 3, 3) axes, (F, 3) units of all bones."""
    at = {name: joints[:, index] for name, index in JOINT.items()}
    hips = (at["left_hip"] + at["right_hip"]) / 2
    chest = _axes(
        at["spine_shoulder"] - at["spine_mid"], at["left_shoulder"] - at["right_shoulder"]
    )
    pelvis = _axes(at["spine_mid"] - hips, at["left_hip"] - at["right_hip"])
    head = _tilted(_axes(at["head"] - at["neck"], chest[..., 0]), HEAD_TILT)
    found = {
        "pelvis": (at["spine_base"], pelvis, 0.0),
        "chest": (at["spine_shoulder"], chest, 0.0),
        "head": (at["head"], head, 0.0),
    }
    for side in SIDES:
        found |= _limb_bones({n: at[f"{side}_{n}"] for n in LIMB_JOINTS}, side, chest, pelvis)
    origins, axes, lengths = zip(*found.values(), strict=True)
    units = np.array([(size, length or size, size) for length in lengths])
    names = {name: index for index, name in enumerate(found)}
    return names, np.stack(origins, 1), np.stack(axes, 1), units


LIMB_JOINTS = ("shoulder", "elbow", "wrist", "hand", "thumb", "hip", "knee", "ankle", "foot")
BoneFrame = tuple[Array, Array, float]


def _limb_bones(
    at: dict[str, Array], side: str, chest: Array, pelvis: Array
) -> dict[str, BoneFrame]:
    """Origin, axes and length (0 for hand and foot) of one side's bones, from its joints."""
    bones: dict[str, BoneFrame] = {}
    for name, near, far, left in (
        ("upper_arm", "shoulder", "elbow", chest[..., 0]),
        ("forearm", "elbow", "wrist", chest[..., 0]),
        ("thigh", "hip", "knee", pelvis[..., 0]),
        ("shin", "knee", "ankle", pelvis[..., 0]),
    ):
        bone = at[near] - at[far]
        length = float(np.median(np.linalg.norm(bone, axis=-1)))
        bones[f"{side}_{name}"] = (at[near], _axes(bone, left), length)
    hand = _axes(at["wrist"] - at["hand"], at["thumb"] - at["wrist"])
    # The ankle is a hinge: the shoe points where the shin and the foot bone span a plane.
    forward = unit(at["foot"] - at["ankle"])
    left = unit(np.cross(at["knee"] - at["ankle"], forward))
    foot = np.stack([left, np.cross(forward, left), forward], -1)
    bones[f"{side}_hand"] = (at["wrist"], hand, 0.0)
    bones[f"{side}_foot"] = (at["ankle"], _tilted(foot, SOLE_TILT), 0.0)
    return bones

"""Sequences of a mannequin in any joint set, for the tests of alignment."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from datasets.acting import Style
from datasets.kinematics import JOINT, Body
from datasets.motions import MOTIONS
from wildpose.alignment import Alignment
from wildpose.geometry import Array, unit
from wildpose.joints import joint_set
from wildpose.types import SkeletonSequence

T = 30
TIMES = np.arange(T) / 15
FACING = np.diag([1.0, -1.0, -1.0])  # actor axes -> camera axes of a camera that the actor faces
ON_FACE = {  # outwards, up and forward of the head's centre, metres
    "nose": (0.0, 0.0, 0.11), "head_top": (0.0, 0.12, 0.0), "eye": (0.03, 0.03, 0.09),
    "eye_inner": (0.02, 0.03, 0.09), "eye_outer": (0.05, 0.03, 0.08), "ear": (0.08, 0.0, 0.0),
    "mouth": (0.02, -0.04, 0.10),
}  # fmt: skip
ON_LIMBS = {"pinky": "hand_tip", "index": "hand_tip", "heel": "ankle"}


@cache
def acted(motion: str, joints_of: str) -> Array:
    """(T, J, 3) m, actor axes (y up, z forward): a mannequin's joints in any joint set."""
    figure = MOTIONS[motion](TIMES, Body(1.75), Style())
    across = unit(figure[:, JOINT["left_shoulder"]] - figure[:, JOINT["right_shoulder"]])
    spine = figure[:, JOINT["spine_shoulder"]] - figure[:, JOINT["spine_base"]]
    forward = unit(np.cross(across, spine))
    up = np.cross(forward, across)

    def joint(name: str) -> Array:
        if name in JOINT:
            return figure[:, JOINT[name]]
        side, part = name.split("_", 1) if name.startswith(("left", "right")) else ("", name)
        if part in ON_LIMBS:
            end = figure[:, JOINT[f"{side}_{ON_LIMBS[part]}"]]
            return end + 0.03 * (-1 if part == "heel" else 1) * forward
        outwards, high, ahead = ON_FACE[part]
        outwards = -outwards if side == "right" else outwards
        return figure[:, JOINT["head"]] + outwards * across + high * up + ahead * forward

    joints = np.stack([joint(name) for name in joint_set(joints_of).names], axis=1)
    joints.setflags(write=False)
    return joints


def sequence_of(joints: Array, joints_of: str = "lcr13", **others: object) -> SkeletonSequence:
    """Joints in camera axes, all well seen unless told otherwise."""
    values: dict = {"scores": np.full(joints.shape[:2], 0.9), "times": TIMES[: len(joints)]}
    return SkeletonSequence(joints, joint_set=joints_of, **{**values, **others})


def filmed(motion: str = "throw", joints_of: str = "lcr13") -> SkeletonSequence:
    """A mannequin that faces the camera, 4 m away."""
    return sequence_of(acted(motion, joints_of) @ FACING.T + (0.0, 0.9, 4.0), joints_of)


def facing_pose() -> Array:
    """(13, 3) m, camera axes (x right, y down, z forward): faces the camera, right arm to it."""
    joints = {
        "right_ankle": (-0.1, 0.9, 3.0), "left_ankle": (0.1, 0.9, 3.0),
        "right_knee": (-0.1, 0.5, 3.0), "left_knee": (0.1, 0.5, 3.0),
        "right_hip": (-0.1, 0.1, 3.0), "left_hip": (0.1, 0.1, 3.0),
        "right_wrist": (-0.2, -0.4, 2.5), "left_wrist": (0.2, 0.1, 3.0),
        "right_elbow": (-0.2, -0.4, 2.75), "left_elbow": (0.2, -0.1, 3.0),
        "right_shoulder": (-0.2, -0.4, 3.0), "left_shoulder": (0.2, -0.4, 3.0),
        "head": (0.0, -0.65, 3.0),
    }  # fmt: skip
    return np.array([joints[name] for name in joint_set("lcr13").names])


def at(sequence: SkeletonSequence, name: str) -> Array:
    return sequence.joints[:, joint_set(sequence.joint_set).index(name)]


def assert_rotates(alignment: Alignment) -> None:
    np.testing.assert_allclose(alignment.rotation @ alignment.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(alignment.rotation) == pytest.approx(1)

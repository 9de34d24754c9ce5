"""Poses that captures lack: limbs held another way, and bodies that lie, roll and fly.

Captures are of people who walk, dance and wave upright. In the wild they crawl, do cartwheels and
lie on sofas, and what was never seen is never recognised.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from datasets.kinematics import BONES, JOINT
from wildpose.geometry import Array, rotation_x, rotation_y

LIMBERED_SHARE = 0.3
LYING_SHARE = 0.08
TUMBLING_SHARE = 0.12
HIGHEST_M = 0.6  # above the floor, of what tumbles
ON_THE_FLOOR_M = 0.08  # of the lowest joint of who lies: flesh is around it
# Degrees by which the part beyond a joint is turned about it, as a deviation; knees and elbows
# are hinges, which bear less.
LIMBER = {
    "spine_mid": 12, "left_shoulder": 30, "right_shoulder": 30, "left_elbow": 15,
    "right_elbow": 15, "left_hip": 22, "right_hip": 22, "left_knee": 12, "right_knee": 12,
}  # fmt: skip


def _beyond(joint: int) -> list[int]:
    """Joints that move when the body turns in a joint, without the joint itself."""
    own = [child for parent, child in BONES if parent == joint]
    return own + [further for child in own for further in _beyond(child)]


BEYOND = {JOINT[name]: _beyond(JOINT[name]) for name in LIMBER}


def limbered(joints: Array, rng: np.random.Generator) -> Array:
    """The same motion with every limb held another way throughout; bones keep their lengths.

    Args:
        joints: (T, 25, 3) metres, Kinect v2 order.
        rng: seeded.

    Returns:
        (T, 25, 3), same axes.
    """
    bent = joints.copy()
    for name, degrees in LIMBER.items():
        turn = Rotation.from_rotvec(np.radians(rng.normal(0, degrees, 3) / np.sqrt(3)))
        middle, beyond = bent[:, JOINT[name], None], BEYOND[JOINT[name]]
        bent[:, beyond] = middle + (bent[:, beyond] - middle) @ turn.as_matrix().T
    return bent


def lying(rng: np.random.Generator) -> Array:
    """(3, 3) a turn onto the back, the face or a side, in world axes."""
    onto = rng.choice([-1, 1]) * rng.uniform(1.2, 1.7)
    return rotation_y(rng.uniform(-np.pi, np.pi)) @ rotation_x(onto)


def tumbling(rng: np.random.Generator) -> Array:
    """(3, 3) any turn."""
    return Rotation.random(rng=rng).as_matrix()


def raised(joints: Array, height: float) -> Array:
    """The same with the lowest joint of all at a height, metres."""
    return joints + np.array([0.0, height - joints[..., 1].min(), 0.0])


def varied(joints: Array, rng: np.random.Generator) -> Array:
    """A moment of a motion as it is, or limbered, laid down, or tumbling above the floor.

    Args:
        joints: (T, 25, 3) metres, y up, the floor at y = 0.
        rng: seeded.
    """
    if rng.random() < LIMBERED_SHARE:
        joints = raised(limbered(joints, rng), float(joints[..., 1].min()))
    drawn = rng.random()
    if drawn < LYING_SHARE:
        joints = joints @ lying(rng).T
        joints = raised(joints, ON_THE_FLOOR_M)
    elif drawn < LYING_SHARE + TUMBLING_SHARE:
        joints = joints @ tumbling(rng).T
        joints = raised(joints, rng.uniform(0.05, HIGHEST_M))
    return joints

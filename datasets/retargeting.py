"""Motion capture on the body of a mannequin: the motion's directions, the body's bone lengths.

Every capture has its own idea of where a hip or a shoulder is. On a mannequin's body all agree,
the flesh sits where it belongs, and one motion can be shown by many bodies.
"""

from __future__ import annotations

import numpy as np

from datasets.kinect25_rig import leg_size
from datasets.kinematics import BONES, JOINT, SIDES, SIGN, Body, Posture, joints_of
from wildpose.geometry import Array, unit

FEET = [JOINT[f"{side}_foot"] for side in SIDES]
LOWEST = 2.0  # percentile of the feet's heights that is taken for standing on the floor


def retargeted(joints: Array, body: Body) -> Array:
    """The same motion with another body's bones.

    Bones keep their directions; the hips keep the body's own place in the pelvis, since captures
    differ most there. The way over the floor grows with the legs, and the feet come to stand on
    the floor where they stood before.

    Args:
        joints: (T, 25, 3) metres, y up, the floor at y = 0, Kinect v2 order.
        body: whose bones.

    Returns:
        (T, 25, 3) metres, same axes.
    """
    own = {name: joints[:, index] for name, index in JOINT.items()}
    rest = joints_of(body, Posture(), np.zeros(1))[0]
    ratio = body.scale * body.leg_ratio / leg_size(own)
    new = np.zeros_like(joints, dtype=float)
    new[:, JOINT["spine_base"]] = ratio * own["spine_base"]
    hips = _hips(own, body)
    for parent, child in BONES:
        if child in hips:
            step = hips[child]
        else:
            length = np.linalg.norm(rest[child] - rest[parent])
            step = length * unit(joints[:, child] - joints[:, parent])
        new[:, child] = new[:, parent] + step
    lift = body.ball_height - np.percentile(new[:, FEET, 1].min(axis=1), LOWEST)
    if _floor_height(joints) < 0.25 * ratio:  # a motion that never stands keeps its height
        new[..., 1] += lift
    return new


def _hips(own: dict[str, Array], body: Body) -> dict[int, Array]:
    """(T, 3) steps from the spine base to each hip, by joint index."""
    middle = (own["left_hip"] + own["right_hip"]) / 2
    across = unit(own["left_hip"] - own["right_hip"])
    up = own["spine_mid"] - middle
    up = unit(up - (up * across).sum(-1, keepdims=True) * across)
    x, y, _ = body.hip
    return {
        JOINT[f"{side}_hip"]: sign * x * across + y * up
        for side, sign in zip(SIDES, SIGN, strict=True)
    }


def _floor_height(joints: Array) -> float:
    """How high the lowest foot stands above y = 0, metres."""
    return float(np.percentile(joints[:, FEET, 1].min(axis=1), LOWEST))

"""Our 2D joints as Human3.6M's 17, and people as large as they are seen there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.joints import convert, joint_set

Array = npt.NDArray[np.floating]
JOINT_SET = "h36m17"
OURS = "lcr13"
# Human3.6M has its thorax, face and top of the head on the line from the middle of the shoulders
# through the centre of the head, at these shares of the way to it: so lie the means of its joints
# in pictures, which mmpose's config of SimpleBaseline tells (keypoints_mean, upright on average).
THORAX, FACE, TOP = 0.33, 0.70, 1.30
PICTURE = (1000, 1000)
"""Pixels of Human3.6M's pictures, two of whose four cameras have two rows more."""
# Middle and longer side of the box around a person there, mmpose's stats_info; their boxes are 1.25
# times those around the joints.
CENTRE, SIDE, MARGIN = (528.0, 427.0), 400.0, 1.25


def as_h36m(joints_2d: Array) -> Array:
    """Joints that Human3.6M has and we have not are put where the others tell.

    The pelvis is between the hips, the spine between pelvis and thorax; thorax, face and top of the
    head are on the line from the shoulders' middle through the head.

    Args:
        joints_2d: (..., 13, 2) px, lcr13.

    Returns:
        (..., 17, 2) px.
    """
    own = {name: joints_2d[..., i, :] for i, name in enumerate(joint_set(OURS).names)}
    shoulders = (own["left_shoulder"] + own["right_shoulder"]) / 2
    neck = own["head"] - shoulders
    own["spine_base"] = (own["left_hip"] + own["right_hip"]) / 2
    own["spine_shoulder"] = shoulders + THORAX * neck
    own["spine_mid"] = (own["spine_base"] + own["spine_shoulder"]) / 2
    own["nose"] = shoulders + FACE * neck
    own["head_top"] = shoulders + TOP * neck
    return np.stack([own[name] for name in joint_set(JOINT_SET).names], axis=-2)


def as_ours(joints: Array) -> Array:
    """(..., 13, C) of (..., 17, C); the head is between face and top."""
    return convert(joints, JOINT_SET, OURS)


def as_filmed_there(joints_2d: Array) -> Array:
    """People moved and resized to where and how large they are on average in Human3.6M.

    A window as a whole, by its middle box, so that how somebody moves in it is kept; mmpose does it
    for every frame by itself.

    Args:
        joints_2d: (N, L, 17, 2) px, windows of any video.

    Returns:
        (N, L, 17, 2) px of a picture of Human3.6M.
    """
    low, high = joints_2d.min(axis=2), joints_2d.max(axis=2)  # (N, L, 2)
    side = MARGIN * np.median((high - low).max(axis=-1), axis=1)[:, None, None, None]
    centre = np.median((low + high) / 2, axis=1)[:, None, None]
    return (joints_2d - centre) * (SIDE / np.maximum(side, 1e-6)) + np.array(CENTRE)

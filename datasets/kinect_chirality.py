"""Whether left and right of a skeleton are those of the body: a mirrored data set fails this."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array
from wildpose.joints import joint_set

UPRIGHT = 0.8  # cosine to the vertical of torso and thighs, about 37 degrees: people who stand


def forward_agrees(joints: Array, joint_set_name: str) -> npt.NDArray[np.bool_]:
    """Whether shoulders and feet point to the same side, in each frame in which a person stands.

    (left - right shoulder) x up points out of the chest of a body whose sides are named right, and
    out of the back of one in a mirror; feet point forward in both. Knees would mislead: Kinect sees
    standing people's knees bent backwards at times.

    Args:
        joints: (T, J, 3) m, right-handed axes with y up (kinect); only frames with a person.
        joint_set_name: kinect20 or kinect25.

    Returns:
        (S,) one per frame of a standing person, in order.
    """
    at = {name: joints[:, i] for i, name in enumerate(joint_set(joint_set_name).names)}
    segments = [at["spine_shoulder"] - at["spine_base"]]
    segments += [at[f"{side}_hip"] - at[f"{side}_knee"] for side in ("left", "right")]
    lengths = [np.linalg.norm(segment, axis=-1) for segment in segments]
    stands = np.all([s[:, 1] > UPRIGHT * n for s, n in zip(segments, lengths, strict=True)], axis=0)
    chest = np.cross(at["left_shoulder"] - at["right_shoulder"], [0.0, 1.0, 0.0])
    feet = sum(at[f"{side}_foot"] - at[f"{side}_ankle"] for side in ("left", "right"))
    return ((chest * feet).sum(axis=-1) > 0)[stands]

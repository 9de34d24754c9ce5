"""How much people move in a clip, beside which VPN's authors set how often it is recognized."""

from __future__ import annotations

import numpy as np

from wildpose.pose_metrics import aligned_to, joint_errors
from wildpose.types import Clip


def dynamicity(clip: Clip) -> float:
    """How fast poses change: m/s of the mean joint, after each pose was fitted to the one before.

    The mean Procrustes distance of subsequent poses (Das et al., VPN, ECCV 2020, figure 6 a), in
    metres and by the second, so that sets of several frame rates can be compared. Walking counts by
    how limbs swing, not by where it leads; who turns, or comes nearer, changes no pose.

    Args:
        clip: in metres.

    Returns:
        The mean over all people and frames that follow a frame in which the person was seen too;
        zero where there are none.
    """
    pairs = [
        (joints[1:][both], joints[:-1][both])
        for joints, seen in zip(clip.joints, clip.mask, strict=True)
        for both in [seen[1:] & seen[:-1]]
    ]
    after, before = (np.concatenate(part).astype(float) for part in zip(*pairs, strict=True))
    if not len(after):
        return 0.0
    return float(joint_errors(aligned_to(after, before), before).mean() * clip.frame_rate)

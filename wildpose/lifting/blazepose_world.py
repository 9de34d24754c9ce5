"""BlazePose's own 3D landmarks as the single hypothesis of every frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wildpose.joints import convert, convert_scores, torso
from wildpose.types import Hypotheses, Track

JOINT_SET = "lcr13"


class BlazePoseWorld:
    """The pose backend's metres, centred on the torso; needs a backend that gives 3D."""

    def __init__(self, **runtime: Any):
        """Nothing to load.

        Args:
            runtime: what other lifters load their networks with; not looked at.
        """
        del runtime

    def lift(self, track: Track) -> Iterator[Hypotheses]:
        """One hypothesis per row of the track.

        Raises:
            ValueError: the track has no 3D joints.
        """
        if track.joints_3d is None:
            raise ValueError(
                "the lifter blazepose_world needs the pose backend's own 3D landmarks, and this "
                "backend gives none: use --pose blazepose, or another --lifter"
            )
        joints = convert(track.joints_3d, track.joint_set, JOINT_SET)
        joints = joints - torso(joints, JOINT_SET)
        joints_2d = convert(track.joints_2d, track.joint_set, JOINT_SET)
        scores = convert_scores(track.scores, track.joint_set, JOINT_SET).mean(axis=1)
        for t in range(len(track)):
            yield Hypotheses(
                joints[t, None], joints_2d[t, None], scores[t, None], np.zeros(1, dtype=int)
            )

"""2D pose estimators: a picture and its people in, landmarks out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from wildpose.types import Detections, Keypoints


class PoseEstimator(Protocol):
    """What the pipeline asks of a pose backend."""

    joint_set: str
    """Name of the joint set of its keypoints; must convert to lcr13."""

    def estimate(self, image: npt.NDArray[np.uint8], people: Detections) -> list[Keypoints | None]:
        """One entry per person of `people`, None where there is nobody after all.

        Args:
            image: (H, W, 3) RGB.
            people: boxes and regions (px) in which to look.
        """
        ...


# One line per backend: its name and where it is; imported when asked for.
POSE_ESTIMATORS = {
    "blazepose": "wildpose.pose.blazepose:BlazePose",
    "mmpose": "wildpose.pose.mmpose:MmposeEstimator",
}

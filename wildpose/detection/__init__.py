"""Person detectors: a picture in, boxes out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from wildpose.types import Detections


class Detector(Protocol):
    """What the pipeline asks of a person detector.

    One that finds small people in the whole picture may have `sees_small = True`: then it is shown
    tiles only where the user says how many.
    """

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        """People in one picture, best first, each once; `Detections.none()` for nobody.

        Args:
            image: (H, W, 3) RGB.
        """
        ...


# One line per backend: its name and where it is; imported when asked for.
DETECTORS = {
    "blazepose": "wildpose.detection.blazepose:BlazePoseDetector",
    "mmdet": "wildpose.detection.mmdet:MmdetDetector",
}

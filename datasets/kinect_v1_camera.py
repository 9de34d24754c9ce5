"""Where the colour camera of a Kinect v1 sees joints that its depth camera has measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array

WIDTH, HEIGHT = 640, 480  # px of its pictures
# px, of those: NUI_CAMERA_COLOR_NOMINAL_FOCAL_LENGTH_IN_PIXELS of Microsoft's SDK.
FOCAL = 531.15
Mask = npt.NDArray[np.bool_]


def colour_places(
    joints: Array, mask: Mask, *, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> tuple[Array, Mask]:
    """Joints projected into the colour picture, which is not mirrored: x falls as theirs grows.

    Every sensor is taken for the nominal one, and its two cameras for one. They are 2 cm apart and
    turned against each other by up to a degree, so places are right to within some 15 px: enough
    for boxes around people and for squares around hands.

    Args:
        joints: (..., T, J, 3) m, kinect axes, as the sensor measured them.
        mask: (..., T) whether the person was seen.
        size: width and height px of the pictures; smaller ones show the same.

    Returns:
        (..., T, J, 2) px from the top-left corner, and (..., T, J) whether the joint is in front of
        the camera; zeros where it is not.
    """
    seen = mask[..., None] & (joints[..., 2] > 0)
    depth = np.where(seen, joints[..., 2], 1.0)
    middle = np.array([WIDTH, HEIGHT]) / 2
    places = middle - FOCAL * joints[..., :2] / depth[..., None]  # x to the left, y up
    scaled = places * size / (WIDTH, HEIGHT)
    return np.where(seen[..., None], scaled, 0.0), seen

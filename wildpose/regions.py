"""Rotated square regions of a picture: cut out for a network, and back to picture coordinates.

A region is (centre x, centre y, side, rotation): px and radians, clockwise on the screen, as the
landmark networks want a person: upright, whole, in a square.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def region_from_circle(centre: Array, rim: Array, *, scale: float) -> Array:
    """The upright-person square around a circle given by its centre and a point above the head.

    BlazePose (Bazarevsky et al., 2020) aligns a person by the line from the mid-hip to the top of
    the circle around the body.

    Args:
        centre: (..., 2) px, mid-hip.
        rim: (..., 2) px, the point of the circle in the direction of the head.
        scale: side of the square by the circle's diameter.

    Returns:
        (..., 4) regions.
    """
    dx, dy = np.moveaxis(rim - centre, -1, 0)
    side = 2 * scale * np.hypot(dx, dy)
    return np.stack([centre[..., 0], centre[..., 1], side, np.arctan2(dx, -dy)], axis=-1)


def region_from_box(box: Array, *, scale: float = 1.25) -> Array:
    """The unrotated square around boxes.

    Args:
        box: (..., 4) px, x0 y0 x1 y1.

    Returns:
        (..., 4) regions.
    """
    x0, y0, x1, y1 = np.moveaxis(np.asarray(box, dtype=float), -1, 0)
    side = scale * np.maximum(x1 - x0, y1 - y0)
    return np.stack([(x0 + x1) / 2, (y0 + y1) / 2, side, np.zeros_like(side)], axis=-1)


def body_box(joints_2d: Array, *, margin: float = 0.05) -> Array:
    """The box around a person's joints, a little larger, since joints lie inside the body.

    Args:
        joints_2d: (J, 2) px.
        margin: on each side, of the longer side.

    Returns:
        (4,) px, x0 y0 x1 y1.
    """
    low, high = joints_2d.min(axis=0), joints_2d.max(axis=0)
    edge = margin * (high - low).max()
    return np.concatenate([low - edge, high + edge])


def crop_to_image(region: Array, size: int) -> Array:
    """The affine map from crop pixels to picture pixels.

    Args:
        region: (4,).
        size: side of the crop, px.

    Returns:
        (2, 3) matrix; continuous coordinates, so that (0, 0) is a corner in both.
    """
    x, y, side, rotation = region
    c, s = np.cos(rotation) * side / size, np.sin(rotation) * side / size
    half = size / 2
    return np.array([[c, -s, x - half * (c - s)], [s, c, y - half * (s + c)]])


def cut_out(image: npt.NDArray[np.uint8], region: Array, size: int) -> npt.NDArray[np.uint8]:
    """The region as an upright (size, size, 3) picture; black outside the frame."""
    matrix = crop_to_image(region, size)
    # OpenCV's integer coordinates are pixel centres: centre (0, 0) is the point (0.5, 0.5).
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, matrix, (size, size), flags=flags)  # type: ignore[return-value]


def to_image(points: Array, region: Array, size: int) -> Array:
    """Crop pixels as picture pixels.

    Args:
        points: (..., 2) px in the crop.
    """
    matrix = crop_to_image(region, size)
    return points @ matrix[:, :2].T + matrix[:, 2]

"""What somebody wears: colours from the shoulders to the knees, to know them again after a gap."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
TORSO_ROWS, THIGH_ROWS = 4, 3
ROWS = TORSO_ROWS + THIGH_ROWS
KNEES, HIPS, SHOULDERS = [2, 3], [4, 5], [10, 11]  # right, left, in lcr13
# Where to sample between the right and the left edge, inside the outline even if it is a bit off.
ACROSS = np.array([0.25, 0.4, 0.5, 0.6, 0.75])


def clothes(image: npt.NDArray[np.uint8], joints_2d: Array) -> Array:
    """Colours of a person's clothes, row by row from the shoulders down to the knees.

    Args:
        image: (H, W, 3) RGB.
        joints_2d: (13, 2) px, lcr13.

    Returns:
        (7, 3) CIELAB, lightness in [0, 100]: the median of each row of samples.
    """
    shoulders, hips, knees = joints_2d[SHOULDERS], joints_2d[HIPS], joints_2d[KNEES]
    down = (np.arange(TORSO_ROWS) + 0.5)[:, None, None] / TORSO_ROWS
    edges = (1 - down) * shoulders + down * hips  # (4, 2, 2): row, right or left, xy
    torso = edges[:, :1] + ACROSS[:, None] * (edges[:, 1:] - edges[:, :1])  # (4, 5, 2)
    along = (np.arange(THIGH_ROWS) + 0.5)[:, None, None] / THIGH_ROWS
    thighs = (1 - along) * hips + along * knees  # (3, 2, 2): along the bones
    H, W = image.shape[:2]
    rows = []
    for points in (torso, thighs):
        pixels = np.clip(np.floor(points).astype(int), 0, [W - 1, H - 1])
        colours = image[pixels[..., 1], pixels[..., 0]].astype(np.float32) / 255
        lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)
        rows.append(np.median(lab, axis=1))
    return np.concatenate(rows)


def difference(a: Array, b: Array) -> float:
    """How differently two people are dressed, as seen by a camera.

    Args:
        a: (7, 3) as `clothes` gives.
        b: (7, 3).

    Returns:
        Mean CIELAB distance of the rows, lightness at half: it changes with light and pose.
    """
    return float(np.linalg.norm((a - b) * [0.5, 1.0, 1.0], axis=-1).mean())

"""Speeds and accelerations of joints, at the rate at which a clip was taken."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]


def derivatives(joints: Array, mask: Mask, frame_rate: float) -> Array:
    """Velocity m/s and acceleration m/s2 of each joint.

    Central differences; one-sided ones where a person appears or vanishes, and zero where neither
    neighbour was seen.

    Args:
        joints: (M, T, J, 3) m.
        mask: (M, T) whether a person was seen.
        frame_rate: Hz.

    Returns:
        (M, T, J, 2, 3), zeros where the mask is False.
    """
    speed = _rate_of_change(joints, mask, frame_rate)
    return np.stack([speed, _rate_of_change(speed, mask, frame_rate)], axis=3)


def _rate_of_change(values: Array, mask: Mask, frame_rate: float) -> Array:
    ahead, behind = np.zeros_like(mask), np.zeros_like(mask)
    ahead[:, :-1] = mask[:, 1:] & mask[:, :-1]
    behind[:, 1:] = ahead[:, :-1]
    steps = np.zeros_like(values)
    steps[:, :-1] = values[:, 1:] - values[:, :-1]
    steps = np.where(ahead[..., None, None], steps, 0)
    before = np.zeros_like(values)
    before[:, 1:] = steps[:, :-1]
    sides = ahead.astype(values.dtype) + behind
    return (steps + before) * (frame_rate / np.maximum(sides, 1))[..., None, None]

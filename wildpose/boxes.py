"""Boxes in a picture, px, x0 y0 x1 y1: their middles, and what they share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def overlap(a: Array, b: Array) -> Array:
    """Intersection over union of every box with every other.

    Args:
        a: (N, 4) px, x0 y0 x1 y1.
        b: (M, 4) px.

    Returns:
        (N, M) in [0, 1]; 0 where both boxes are empty.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=-1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=-1)
    union = area_a[:, None] + area_b[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def centre(box: Array) -> Array:
    """(2,) px, the middle of a (4,) box."""
    return (box[:2] + box[2:]) / 2


def intersection(a: Array, b: Array) -> float:
    """Area that two boxes share, px squared.

    Args:
        a: (4,) px, x0 y0 x1 y1.
        b: (4,) px.
    """
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.clip(sides, 0, None)))

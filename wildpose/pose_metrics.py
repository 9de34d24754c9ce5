"""Errors of skeletons against ground truth, by the names of the literature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def joint_errors(found: Array, truth: Array) -> Array:
    """Distance of each joint from where it is.

    Averaged over joints and frames, this is the MPJPE ("protocol #1") where both are centred on
    the same root; in pixels, the mean 2D error.

    Args:
        found: (..., J, C).
        truth: (..., J, C), same unit and axes.

    Returns:
        (..., J), same unit.
    """
    return np.linalg.norm(found - truth, axis=-1)


def aligned_to(found: Array, truth: Array) -> Array:
    """Poses moved, turned and scaled onto the truth as well as can be, never mirrored.

    Orthogonal Procrustes (Schönemann 1966) with scale; errors after it are the PA-MPJPE
    ("protocol #2").

    Args:
        found: (..., J, 3).
        truth: (..., J, 3).

    Returns:
        (..., J, 3) in the truth's unit and axes.
    """
    found_mean = found.mean(axis=-2, keepdims=True)
    truth_mean = truth.mean(axis=-2, keepdims=True)
    a, b = found - found_mean, truth - truth_mean
    u, singular, vt = np.linalg.svd(np.swapaxes(a, -1, -2) @ b)
    sign = np.sign(np.linalg.det(u @ vt))
    flip = np.ones_like(singular)
    flip[..., -1] = sign
    rotation = (u * flip[..., None, :]) @ vt
    spread = np.maximum((a**2).sum(axis=(-1, -2)), 1e-12)
    scale = (singular * flip).sum(axis=-1) / spread
    return scale[..., None, None] * (a @ rotation) + truth_mean

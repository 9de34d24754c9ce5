"""Errors of skeletons against ground truth, by the names of the literature."""

from __future__ import annotations

from collections.abc import Sequence

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


def share_within(errors: Array, limit: float) -> float:
    """Share of the errors that are no larger than a limit: the PCK.

    With 0.15 m it is the PCK3D of Mehta et al., 3DV 2017. NaN where there are no errors.
    """
    return float((errors <= limit).mean()) if errors.size else float("nan")


def aligned_to(
    found: Array, truth: Array, *, counted: npt.NDArray[np.bool_] | None = None
) -> Array:
    """Poses moved, turned and scaled onto the truth as well as can be, never mirrored.

    Orthogonal Procrustes (Schönemann 1966) with scale; errors after it are the PA-MPJPE
    ("protocol #2").

    Args:
        found: (..., J, 3).
        truth: (..., J, 3).
        counted: (..., J) joints that are fitted, where the truth is not known of all, some in
            every pose; None counts all.

    Returns:
        (..., J, 3) in the truth's unit and axes.
    """
    weights = np.ones((*found.shape[:-1], 1)) if counted is None else counted[..., None] * 1.0
    total = np.maximum(weights.sum(axis=-2, keepdims=True), 1.0)
    found_mean = (weights * found).sum(axis=-2, keepdims=True) / total
    truth_mean = (weights * truth).sum(axis=-2, keepdims=True) / total
    a, b = weights * (found - found_mean), weights * (truth - truth_mean)
    u, singular, vt = np.linalg.svd(np.swapaxes(a, -1, -2) @ b)
    sign = np.sign(np.linalg.det(u @ vt))
    flip = np.ones_like(singular)
    flip[..., -1] = sign
    rotation = (u * flip[..., None, :]) @ vt
    spread = np.maximum((a**2).sum(axis=(-1, -2)), 1e-12)
    scale = (singular * flip).sum(axis=-1) / spread
    return scale[..., None, None] * ((found - found_mean) @ rotation) + truth_mean


def best_of(hypotheses: Array, truth: Array) -> float:
    """Mean joint error of the hypothesis that is nearest to the truth.

    What a perfect choice among the hypotheses would reach ("best of K", Li and Lee, CVPR 2019).

    Args:
        hypotheses: (K, J, C), K at least 1.
        truth: (J, C), same unit and axes.

    Returns:
        In the same unit.
    """
    return float(joint_errors(hypotheses, truth).mean(axis=-1).min())


def accelerations(joints: Array, times: Array) -> Array:
    """Second derivative at every time but the first and the last, by differences.

    Exact for motions of constant acceleration, at any spacing of the times.

    Args:
        joints: (T, J, C).
        times: (T,) s, increasing.

    Returns:
        (T - 2, J, C), the joints' unit over s^2; (0, J, C) for fewer than three times.
    """
    if len(times) < 3:
        return np.zeros((0, *joints.shape[1:]))
    steps = np.diff(times)[:, None, None]
    velocities = np.diff(joints, axis=0) / steps
    return np.diff(velocities, axis=0) / ((steps[1:] + steps[:-1]) / 2)


def acceleration_errors(
    found: Array, truth: Array, times: Array, frames: npt.NDArray[np.integer]
) -> Array:
    """Distance of each joint's acceleration from the true one: how a skeleton trembles.

    As the acceleration error of Kanazawa et al., CVPR 2019, but by the true times instead of per
    frame squared, and only over three frames in a row.

    Args:
        found: (T, J, C) m.
        truth: (T, J, C) m, same axes.
        times: (T,) s, increasing.
        frames: (T,) index of each frame; a gap in them is not differentiated over.

    Returns:
        (N, J) m/s^2 at the N frames that have both neighbours.
    """
    in_a_row = np.diff(frames, 2) == 0
    in_a_row &= np.diff(frames)[: len(in_a_row)] == 1
    off = accelerations(found, times) - accelerations(truth, times)
    return np.linalg.norm(off, axis=-1)[in_a_row]


def bone_length_spread(joints: Array, bones: Sequence[tuple[int, int]]) -> Array:
    """Standard deviation of each bone's length over time, by its mean: 0 for a rigid bone.

    Args:
        joints: (T, J, C).
        bones: E pairs of joints.

    Returns:
        (E,).
    """
    first, second = np.asarray(bones).T
    lengths = np.linalg.norm(joints[:, first] - joints[:, second], axis=-1)  # (T, E)
    return lengths.std(axis=0) / np.maximum(lengths.mean(axis=0), 1e-9)


def swapped_limbs(
    found: Array,
    truth: Array,
    joints: Sequence[tuple[int, int]],
    *,
    share: float = 0.25,
    metres: float = 0.05,
) -> npt.NDArray[np.bool_]:
    """Frames in which a pair of limbs is left for right.

    So it is where exchanging left and right of these joints would bring them nearer to the truth
    by more than a quarter of their mean distance, and by more than 5 cm: limbs close together, or
    wrong either way, are not swapped.

    Args:
        found: (T, J, 3) m.
        truth: (T, J, 3) m, same axes.
        joints: (left, right) of each joint of the limbs, as elbows and wrists.
        share: of the distance.
        metres: of the distance.

    Returns:
        (T,) True where swapped.
    """
    left, right = np.asarray(joints).T
    straight, crossed = np.concatenate([left, right]), np.concatenate([right, left])
    as_is = joint_errors(found[:, straight], truth[:, straight]).mean(axis=-1)
    exchanged = joint_errors(found[:, crossed], truth[:, straight]).mean(axis=-1)
    return as_is - exchanged > np.maximum(share * as_is, metres)

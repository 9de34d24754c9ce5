"""Anchor poses: the oriented, torso-centred 3D poses into which all poses are sorted.

LCR-Net (Rogez, Weinzaepfel, Schmid, CVPR 2017) names each person by the nearest of K such poses
and refines it. The camera's view is part of a class: a person seen from the front and from behind
are two. Each class comes twice, once for a box around the whole body and once for a box around the
upper body, with the same 3D and its own 2D; full-body classes are 0 to K - 1, their upper-body
twins K to 2 K - 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

Array = npt.NDArray[np.floating]
MARGIN = 0.1  # of a box's side, added around the joints: as LCR-Net takes boxes from poses
UPPER_BODY = tuple(range(4, 13))  # hips to head, in lcr13
LEGS = tuple(range(4))  # ankles and knees, in lcr13
SMALLEST_SIDE = 1e-3  # of a box, so that a joint seen edge on is no division by zero


@dataclass(frozen=True)
class Anchors:
    """K anchor poses, and where their joints appear in a person's box."""

    joints: Array
    """(K, 13, 3) m, camera axes, torso-centred."""
    joints_2d: Array
    """(2 K, 13, 2) in units of the box: (0, 0) its top left, (1, 1) its bottom right corner. First
    in boxes around the whole body, then in boxes around the upper body."""

    def __post_init__(self) -> None:
        K = len(self.joints)
        if self.joints.shape != (K, 13, 3) or self.joints_2d.shape != (2 * K, 13, 2):
            raise ValueError(
                f"Anchors: expected joints (K, 13, 3) and joints_2d (2 K, 13, 2); "
                f"got {self.joints.shape} and {self.joints_2d.shape}"
            )

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def flat(self) -> Array:
        """(2 K, 65) all numbers of each class: 13 x (x, y) in the box, 13 x (X, Y, Z) in metres."""
        K = len(self)
        both = np.concatenate([self.joints, self.joints]).reshape(2 * K, -1)
        return np.concatenate([self.joints_2d.reshape(2 * K, -1), both], axis=1)

    def nearest(self, joints: Array) -> npt.NDArray[np.intp]:
        """The class of each pose, by mean squared joint distance.

        Args:
            joints: (N, 13, 3) m, camera axes, torso-centred.

        Returns:
            (N,) in 0 to K - 1.
        """
        poses, anchors = joints.reshape(len(joints), 39), self.joints.reshape(len(self), 39)
        # |p - a|^2 = |p|^2 - 2 p a + |a|^2, of which |p|^2 does not matter.
        return (0.5 * (anchors**2).sum(axis=1) - poses @ anchors.T).argmin(axis=1)


def boxes_around(joints_2d: Array) -> Array:
    """Boxes around joints, with a margin of a tenth on each side.

    Args:
        joints_2d: (..., J, 2) px.

    Returns:
        (..., 4) px, x0 y0 x1 y1.
    """
    low, high = joints_2d.min(axis=-2), joints_2d.max(axis=-2)
    side = np.maximum(high - low, SMALLEST_SIDE)
    return np.concatenate([low - MARGIN * side, low + (1 + MARGIN) * side], axis=-1)


def input_boxes(joints_2d: Array) -> tuple[Array, Array]:
    """(N, 4) boxes around the whole and around the upper body of (N, 13, 2) joints as seen."""
    return boxes_around(joints_2d), boxes_around(joints_2d[:, UPPER_BODY])


def in_box(joints_2d: Array, boxes: Array) -> Array:
    """Joints in units of their boxes.

    Args:
        joints_2d: (..., J, 2) px.
        boxes: (..., 4) px.

    Returns:
        (..., J, 2).
    """
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    return (joints_2d - low) / (high - low)


def out_of_box(joints: Array, boxes: Array) -> Array:
    """Joints in units of their boxes as pixels: the inverse of `in_box`."""
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    return low + joints * (high - low)


def find_anchors(
    joints: Array, joints_2d: Array, K: int, rng: np.random.Generator, *, rounds: int = 30
) -> Anchors:
    """Anchor poses by k-means over the 39 coordinates of oriented, torso-centred poses.

    Args:
        joints: (N, 13, 3) m, camera axes, torso-centred; the views must be those to be met.
        joints_2d: (N, 13, 2) px, how the same poses appear.
        K: number of classes.
        rng: seeded.
        rounds: of Lloyd's algorithm, after k-means++.

    Raises:
        ValueError: fewer than K poses.
    """
    if len(joints) < K:
        raise ValueError(f"{len(joints)} poses cannot make {K} anchor poses")
    poses = joints.reshape(len(joints), -1).astype(float)
    centres, classes = kmeans2(poses, K, iter=rounds, minit="++", rng=rng)
    full = in_box(joints_2d, boxes_around(joints_2d))
    upper = in_box(joints_2d, boxes_around(joints_2d[:, UPPER_BODY]))
    means = [
        np.stack([part[classes == k].mean(axis=0) if (classes == k).any() else part.mean(axis=0)
                  for k in range(K)])
        for part in (full, upper)
    ]  # fmt: skip
    return Anchors(centres.reshape(K, 13, 3), np.concatenate(means))

"""What the LCR lifter looks at: a person's 2D joints, their scores, and 3D joints where known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set, torso

Array = npt.NDArray[np.floating]
JOINT_SET = "lcr13"
FEATURES = 13 * 2 + 13 + 13 * 3 + 1 + 2
FARTHEST = 3.0  # body sizes from the torso; wilder guesses of hidden joints are cut off there
MIRRORED = np.array(joint_set(JOINT_SET).mirrored)


def features(
    joints_2d: Array, scores: Array, joints_3d: Array | None, aside: Array | None
) -> npt.NDArray[np.float32]:
    """The network's input for N views of people.

    2D joints are given from the torso in body sizes (root mean square distance of the joints), so
    that neither place nor size in the picture matter; 3D joints from the torso, in metres.

    Args:
        joints_2d: (N, 13, 2) px.
        scores: (N, 13) in [0, 1].
        joints_3d: (N, 13, 3) m, camera axes, any origin, as the pose backend guesses; None: absent.
        aside: (N, 2) where the torso appears from the picture's centre, in picture diagonals;
            None: not known, taken for the centre.

    Returns:
        (N, FEATURES).
    """
    N = len(joints_2d)
    centred = joints_2d - torso(joints_2d, JOINT_SET)
    size = np.sqrt((centred**2).sum(axis=-1).mean(axis=-1))
    shape = np.clip(centred / np.maximum(size, 1e-6)[:, None, None], -FARTHEST, FARTHEST)
    if joints_3d is None:
        depth = np.zeros((N, 40))
    else:
        placed = joints_3d - torso(joints_3d, JOINT_SET)
        depth = np.concatenate([placed.reshape(N, 39), np.ones((N, 1))], axis=1)
    aside = np.zeros((N, 2)) if aside is None else aside
    parts = [shape.reshape(N, 26), scores - 0.5, depth, aside]
    return np.concatenate(parts, axis=1).astype(np.float32)


def aside_of(joints_2d: Array, picture: tuple[int, int] | None) -> Array | None:
    """Where the torso appears from the picture's centre, in picture diagonals.

    Args:
        joints_2d: (N, 13, 2) px.
        picture: width and height, px; None: not known.

    Returns:
        (N, 2), or None.
    """
    if picture is None:
        return None
    size = np.array(picture, dtype=float)
    return (torso(joints_2d, JOINT_SET)[:, 0] - size / 2) / np.hypot(*size)

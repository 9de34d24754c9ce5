"""Where in the scene a torso-centred skeleton stands, given its picture and a focal length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
NEAREST_M = 0.3  # no torso is nearer to the lens
FARTHEST_M = 200.0


def assumed_focal(width: int, height: int) -> float:
    """The focal length that is assumed where none is known: the picture's diagonal, px.

    A field of view of 53 degrees along the diagonal, as SPIN-like methods take for unknown
    cameras (Kissos et al., ECCV Workshops 2020).
    """
    return float(np.hypot(width, height))


def place(joints: Array, joints_2d: Array, weights: Array, focal: float, centre: Array) -> Array:
    """Least-squares place of the torso so that the skeleton projects onto its 2D joints.

    For each joint, f (X + x) / (Z + z) = u, linear in the unknown place (x, y, z) once
    multiplied out; the same for v. Solved for all frames at once.

    Args:
        joints: (T, J, 3) m, camera axes, torso-centred.
        joints_2d: (T, J, 2) px.
        weights: (T, J), how much each joint counts.
        focal: px.
        centre: (2,) px, the principal point.

    Returns:
        (T, 3) m, camera axes; z within [0.3, 200].
    """
    uv = (joints_2d - centre) / focal
    # Rows for u: [1, 0, -u] place = u Z - X; for v: [0, 1, -v] place = v Z - Y.
    w = weights + 1e-6
    right = uv * joints[..., 2:] - joints[..., :2]  # (T, J, 2)
    total = w.sum(axis=1)
    u, v = uv[..., 0], uv[..., 1]
    normal = np.zeros((len(joints), 3, 3))
    normal[:, 0, 0] = normal[:, 1, 1] = total
    normal[:, 0, 2] = normal[:, 2, 0] = -(w * u).sum(axis=1)
    normal[:, 1, 2] = normal[:, 2, 1] = -(w * v).sum(axis=1)
    normal[:, 2, 2] = (w * (u**2 + v**2)).sum(axis=1)
    target = np.stack(
        [
            (w * right[..., 0]).sum(axis=1),
            (w * right[..., 1]).sum(axis=1),
            -(w * (u * right[..., 0] + v * right[..., 1])).sum(axis=1),
        ],
        axis=-1,
    )
    # A pose collapsed to a point says nothing of its distance: keep the system solvable.
    normal += 1e-9 * np.eye(3)
    root = np.linalg.solve(normal, target[..., None])[..., 0]
    depth = np.clip(root[:, 2], NEAREST_M, FARTHEST_M)
    clipped = depth != root[:, 2]
    # With the depth bounded, x and y follow from the weighted mean of the joints' rays.
    across = ((uv * (joints[..., 2:] + depth[:, None, None]) - joints[..., :2]) * w[..., None]).sum(
        axis=1
    ) / total[:, None]
    return np.concatenate([np.where(clipped[:, None], across, root[:, :2]), depth[:, None]], axis=1)

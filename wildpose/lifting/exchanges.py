"""Signs that a pose backend took left for right: joints that fit the frame before crosswise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.lifting.lcr_input import MIRRORED

Array = npt.NDArray[np.floating]
# What backends exchange: everything (a back taken for a chest), the legs (seen from the side), all
# but the legs.
EXCHANGES = {
    "body": MIRRORED,
    "legs": np.array([*MIRRORED[:4], *range(4, 13)]),
    "upper body": np.array([*range(4), *MIRRORED[4:]]),
}
LONGEST_STEP_S = 0.5  # from row to row; after that, joints may be anywhere
LEAP = 0.05  # of the body's size, mean over the joints in question; less is jitter


def suspected(joints_2d: Array, times: Array) -> list[npt.NDArray[np.intp]]:
    """The exchanges that a track shows signs of, as orders of the 13 joints.

    A sign is a step from one row to the next over which the joints in question leap, and would leap
    less had they been exchanged: less from where they were, and less from where their motion before
    and after leads. A leg that swings past the other one is told from an exchange by its motion.
    Where there is no sign, nothing in time speaks for an exchange, and there is no need to lift it.

    Args:
        joints_2d: (T, 13, 2) px, as seen.
        times: (T,) s; a step over an absence is no sign.
    """
    if len(joints_2d) < 2:
        return []
    within = joints_2d - joints_2d.mean(axis=1, keepdims=True)
    size = np.sqrt((within**2).sum(axis=-1).mean(axis=-1))
    foretold = 2 * within[1:-1] - within[:-2]  # of rows 2 to T - 1, from the two before
    retold = 2 * within[1:-1] - within[2:]  # of rows 0 to T - 3, from the two after
    together = np.diff(times) <= LONGEST_STEP_S
    found = []
    for order in EXCHANGES.values():
        signs = _gain(within[:-1], within[1:], order) > LEAP * size[1:]  # over step t to t + 1
        signs[1:] &= _gain(foretold, within[2:], order) > LEAP * size[2:]
        signs[:-1] &= _gain(retold, within[:-2], order) > LEAP * size[:-2]
        if (signs & together).any():
            found.append(order)
    return found


def _gain(expected: Array, seen: Array, order: npt.NDArray[np.intp]) -> Array:
    """(N,) px by which (N, 13, 2) joints are nearer to the expected ones if exchanged."""
    moved = order != np.arange(len(order))
    straight = np.linalg.norm(seen[:, moved] - expected[:, moved], axis=-1)
    crossed = np.linalg.norm(seen[:, order[moved]] - expected[:, moved], axis=-1)
    return (straight - crossed).mean(axis=1)

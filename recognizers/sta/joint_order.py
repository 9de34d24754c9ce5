"""In which order the joints of a body stand in the pose tensor, and how other skeletons fill it.

Baradel, Wolf, Mille, 2017, section 3.1 and table 4. The orders are of kinect25, the skeleton of
NTU RGB+D.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from wildpose.joints import conversion, joint_set

Order = Literal["tour", "random", "topological"]
LAYOUT = "kinect25"

# NTU's numbers of the joints, from 1. Every bone is walked out and back, so that neighbours in the
# tensor are neighbours in the body: 49 entries. The root once more makes 50, which the tensor's
# 300 columns ask for. The order of the limbs is open: the paper's figure 2 says no number.
_TOUR = (
    2, 1, 13, 14, 15, 16, 15, 14, 13, 1, 17, 18, 19, 20, 19, 18, 17, 1,  # legs
    2, 21, 5, 6, 7, 8, 22, 8, 23, 8, 7, 6, 5,  # left arm
    21, 9, 10, 11, 12, 24, 12, 25, 12, 11, 10, 9,  # right arm
    21, 3, 4, 3, 21, 2, 2,  # head
)  # fmt: skip
# The tour shuffled, drawn once: written down, as a generator may draw otherwise in another version.
_RANDOM = (
    2, 8, 24, 15, 13, 14, 11, 22, 5, 23, 1, 18, 21, 7, 17, 4, 5, 8, 15, 6, 25, 21, 21, 17, 12,
    12, 7, 2, 13, 3, 2, 1, 9, 8, 3, 1, 11, 9, 20, 19, 14, 12, 2, 16, 19, 6, 10, 10, 18, 21,
)  # fmt: skip

ORDERS: dict[Order, tuple[int, ...]] = {
    "tour": tuple(number - 1 for number in _TOUR),
    "random": tuple(number - 1 for number in _RANDOM),
    # Every joint where the tour comes to it first, once.
    "topological": tuple(number - 1 for number in dict.fromkeys(_TOUR)),
}
"""Indices of kinect25 by name of the order; table 4's three rows."""

NEAREST = {
    "neck": "spine_shoulder",
    "left_hand_tip": "left_hand",
    "left_thumb": "left_hand",
    "right_hand_tip": "right_hand",
    "right_thumb": "right_hand",
}
"""Joints of kinect25 that a skeleton may lack: a copy of which joint of kinect20 stands there."""


def slots(source: str) -> npt.NDArray[np.float64]:
    """Weights that put a skeleton into the 25 places of kinect25.

    The paper says only that other skeletons "were adapted". Here a joint that both have is copied;
    others are what `wildpose.joints.conversion` makes them in kinect20, and what kinect20 lacks too
    is the nearest joint again.

    Args:
        source: name of the joint set that there is.

    Returns:
        (25, J), rows sum to 1.

    Raises:
        ValueError: no such joint set, or a joint that nothing stands in for.
    """
    have, want = joint_set(source), joint_set(LAYOUT)
    if source == LAYOUT:
        return np.eye(len(want))
    between = joint_set("kinect20")
    made = conversion(source, between.name)
    weights = np.zeros((len(want), len(have)))
    for row, name in enumerate(want.names):
        if name in have.names:
            weights[row, have.index(name)] = 1
        else:
            weights[row] = made[between.index(NEAREST.get(name, name))]
    return weights


def order_of(name: str) -> tuple[int, ...]:
    """The indices of an order of ORDERS.

    Raises:
        ValueError: no such order.
    """
    if name not in get_args(Order):
        raise ValueError(f"order {name!r} is none of {', '.join(get_args(Order))}")
    return ORDERS[name]  # type: ignore[index]  # just checked

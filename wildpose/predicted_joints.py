"""Joints that other tools predict, by the names that they give them, as the 13 that we track.

What mmpose calls a joint is in its data sets' descriptions (mmpose/configs/_base_/datasets); a file
tells the names in its `meta_info`, or they follow from the number of joints.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
Names = tuple[str, ...]
JOINT_SET = "lcr13"
PIXEL_CENTRE = (
    0.5  # px: OpenCV, and so mmpose, counts from the centre of the first pixel, we do not
)
COCO = joint_set("coco17").names
H36M: Names = tuple(
    "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head "
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist".split()
)
BY_NUMBER: dict[int, Names] = {
    17: COCO,
    26: COCO,  # Halpe-26, COCO-17 first
    133: COCO,  # COCO-WholeBody, likewise
    136: COCO,  # Halpe, likewise
}
"""The names of the first joints, where a file tells their number alone."""
# The head of lcr13 is its centre. The first of these that is there, the mean of its parts.
_HEAD: tuple[Names, ...] = (
    ("head_bottom", "head_top"),  # PoseTrack
    ("left_ear", "right_ear"),
    ("neck_base", "head"),  # Human3.6M: the face, and the top
    ("upper_neck", "head_top"),  # MPII
    ("neck", "head_top"),  # AI Challenger
    ("neck", "top_head"),  # CrowdPose
    ("nose",),
    ("left_eye", "right_eye"),
    ("left_ear",),
    ("right_ear",),
    ("head",),
)
# Whose place a joint takes that is absent, the first that is there; it then counts as not seen.
_TOWARDS_TORSO = {
    "shoulder": (),
    "elbow": ("shoulder",),
    "wrist": ("elbow", "shoulder"),
    "hip": (),
    "knee": ("hip",),
    "ankle": ("knee", "hip"),
}
_AS_H36M = 0.12  # of the body's size, how far joints may lie from where Human3.6M has them


def in_our_joints(joints_2d: Array, scores: Array, names: Names) -> tuple[Array, Array] | None:
    """One person's joints in lcr13.

    A joint that is absent, (0, 0) with score 0 as in COCO's annotations, gets score 0 and the place
    of its neighbour towards the torso.

    Args:
        joints_2d: (J, 2) px.
        scores: (J,) in [0, 1].
        names: of the first joints; others are not looked at.

    Returns:
        (13, 2) px and (13,) scores; None where neither hip or neither shoulder is there.
    """
    n = len(names)
    there = (scores[:n] > 0) | (joints_2d[:n] != 0).any(axis=1)
    weights = _weights(names, tuple(there.tolist()))
    if weights is None:
        return None
    places, seen = weights
    return places @ joints_2d[:n], seen @ scores[:n]


def can_be_ours(names: Names) -> str | None:
    """The first of our joints that a joint list has no place for; None: it has them all."""
    lacking = (name for name in joint_set(JOINT_SET).names if not _options(name, frozenset(names)))
    return next(lacking, None)


def looks_like_h36m(joints_2d: Array) -> bool:
    """Whether 17 joints are Human3.6M's and not COCO's, by where they lie.

    Human3.6M has the pelvis between the hips, the thorax between the shoulders and the spine
    between those two; what COCO has in their places lies all over the body.

    Args:
        joints_2d: (N, 17, 2) px, of N people and frames.
    """
    if not len(joints_2d):
        return False
    size = np.maximum(np.ptp(joints_2d, axis=1).max(axis=-1), 1e-9)
    middles = [(0, 1, 4), (8, 11, 14), (7, 0, 8)]
    off = [
        np.linalg.norm(joints_2d[:, a] - (joints_2d[:, b] + joints_2d[:, c]) / 2, axis=-1) / size
        for a, b, c in middles
    ]
    return bool((np.median(off, axis=1) < _AS_H36M).all())


@cache
def _weights(names: Names, there: tuple[bool, ...]) -> tuple[Array, Array] | None:
    """(13, J) weights of places, and of scores, where only some of the joints are there."""
    present = frozenset(name for name, is_there in zip(names, there, strict=True) if is_there)
    places = np.zeros((len(joint_set(JOINT_SET)), len(names)))
    seen = np.zeros_like(places)
    for row, name in enumerate(joint_set(JOINT_SET).names):
        own = _options(name, present)
        parts = own or _stand_in(name, present)
        if parts is None:
            return None
        for part in parts:
            places[row, names.index(part)] = 1 / len(parts)
        if own:
            seen[row] = places[row]
    return places, seen


def _options(name: str, present: frozenset[str]) -> Names | None:
    """The joints that are one of ours, or have it in their middle."""
    side, _, part = name.rpartition("_")
    options = _HEAD if part == "head" else ((name,),)
    if part == "ankle":
        options = ((name,), (f"{side}_foot",))  # Human3.6M's word for it
    return next((parts for parts in options if present.issuperset(parts)), None)


def _stand_in(name: str, present: frozenset[str]) -> Names | None:
    """Where one of ours is put that is absent."""
    if name == "head":
        shoulders = ("left_shoulder", "right_shoulder")
        return tuple(joint for joint in shoulders if joint in present) or None
    side, _, part = name.rpartition("_")
    other = "left" if side == "right" else "right"
    root = "shoulder" if part in ("shoulder", "elbow", "wrist") else "hip"
    places = [*(f"{side}_{nearer}" for nearer in _TOWARDS_TORSO[part]), f"{other}_{root}"]
    return next(((place,) for place in places if place in present), None)

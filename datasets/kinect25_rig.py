"""The 25 Kinect joints from the joints that motion capture names.

Motion capture has hips, knees, shoulders and so on, as the Kinect does, but seldom thumbs and
hand tips, and no spine joints in the same places. What is missing is put where the mannequins
of `datasets.kinematics` have it, scaled by the length of the legs.

Any right-handed axes, metres: up is the trunk's, not the world's, so people may lie or fly.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from datasets.kinematics import JOINT, SIDES, Body
from wildpose.geometry import Array, unit

NEEDED = (
    "head",
    *(
        f"{side}_{part}"
        for side in SIDES
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
    ),
)
"""Joints that `rigged` cannot work out."""

# Metres of an adult of 1.75 m, as in datasets.kinematics.
HIPS_TO_BASE = 0.057
SHOULDERS_TO_SPINE = 0.010
SPINE_TO_NECK = (0.055, 0.004)  # up, forward
WRIST_TO_HAND = 0.075
WRIST_TO_TIP = 0.16
WRIST_TO_THUMB = (0.07, 0.055)  # along the hand, to the thumb's side
STRAIGHT = 0.1  # sine of the elbow's angle below which its bend says little of the thumb


def rigged(named: Mapping[str, Array]) -> Array:
    """The 25 Kinect joints; those that are given stay where they are.

    Args:
        named: (T, 3) metres each, by their names in the joint set kinect25: at least
            those of `NEEDED`. `*_foot` is the ball of the foot, `*_hand` the knuckles, `head`
            the middle between the ears.

    Returns:
        (T, 25, 3) metres, same axes, Kinect v2 order.

    Raises:
        ValueError: a needed joint is missing, a name is none of kinect25, shapes disagree, or
            the legs have no length.
    """
    _check(named)
    at = {name: np.asarray(points, dtype=float) for name, points in named.items()}
    size = leg_size(at)
    if not size > 0:
        raise ValueError("hips, knees and ankles are all in one place: no skeleton")
    _add_trunk(at, size)
    left, up, forward = _chest_axes(at)
    for side, outwards in zip(SIDES, (left, -left), strict=True):
        _add_hand(at, side, size, forward + up - 0.3 * outwards)
    return np.stack([at[name] for name in JOINT], axis=1)


def leg_size(at: Mapping[str, Array]) -> float:
    """Size over that of an adult of 1.75 m, from the thighs and shins of (T, 3) joints."""
    reference = Body()
    lengths = [
        np.median(np.linalg.norm(at[f"{side}_{far}"] - at[f"{side}_{near}"], axis=-1))
        for side in SIDES
        for near, far in (("hip", "knee"), ("knee", "ankle"))
    ]
    return float(np.sum(lengths)) / (2 * (reference.thigh + reference.shin))


def _check(named: Mapping[str, Array]) -> None:
    missing = [name for name in NEEDED if name not in named]
    unknown = [name for name in named if name not in JOINT]
    if missing:
        raise ValueError(f"joints missing: {', '.join(missing)}")
    if unknown:
        raise ValueError(f"not joints of kinect25: {', '.join(unknown)}; it has {', '.join(JOINT)}")
    T = len(named["head"])
    for name, points in named.items():
        if np.shape(points) != (T, 3):
            raise ValueError(f"{name} must have shape ({T}, 3) as the head, got {np.shape(points)}")


def _add_trunk(at: dict[str, Array], size: float) -> None:
    """Adds those of spine base, spine mid, spine shoulder and neck that were not given."""
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    hips = (at["left_hip"] + at["right_hip"]) / 2
    if "spine_shoulder" not in at:
        up = unit(at.get("neck", at["head"]) - shoulders)
        at["spine_shoulder"] = shoulders + SHOULDERS_TO_SPINE * size * up
    if "spine_base" not in at:
        # Level with the hips: a pelvis that rolls to one side takes its spine base along.
        across = unit(at["left_hip"] - at["right_hip"])
        up = unit(_square(at.get("spine_mid", at["spine_shoulder"]) - hips, across))
        at["spine_base"] = hips + HIPS_TO_BASE * size * up
    if "spine_mid" not in at:
        at["spine_mid"] = (at["spine_base"] + at["spine_shoulder"]) / 2
    if "neck" not in at:
        _, up, forward = _chest_axes(at)
        rise, lead = SPINE_TO_NECK
        at["neck"] = at["spine_shoulder"] + size * (rise * up + lead * forward)


def _square(vectors: Array, axis: Array) -> Array:
    """(T, 3) vectors without what lies along (T, 3) unit axes."""
    return vectors - (vectors * axis).sum(-1, keepdims=True) * axis


def _chest_axes(at: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """(T, 3) each: to the left, up and forward, as the chest sees it."""
    up = unit(at["spine_shoulder"] - at["spine_mid"])
    left = unit(_square(at["left_shoulder"] - at["right_shoulder"], up))
    return left, up, np.cross(left, up)


def _add_hand(at: dict[str, Array], side: str, size: float, thumb_if_straight: Array) -> None:
    """Adds hand, tip and thumb of one side where they were not given.

    The thumb is on the inner side of the elbow's bend, as with hands that hang, reach forward
    or eat. A straight arm has no bend: there the thumb points forward and up.
    """
    wrist, elbow = at[f"{side}_wrist"], at[f"{side}_elbow"]
    if f"{side}_hand" not in at:
        at[f"{side}_hand"] = wrist + WRIST_TO_HAND * size * unit(wrist - elbow)
    along = unit(at[f"{side}_hand"] - wrist)
    at.setdefault(f"{side}_hand_tip", wrist + WRIST_TO_TIP * size * along)
    bend = _square(unit(at[f"{side}_shoulder"] - elbow), unit(wrist - elbow))
    inner = unit(_square(bend + STRAIGHT * thumb_if_straight, along))
    forth, aside = WRIST_TO_THUMB
    at.setdefault(f"{side}_thumb", wrist + size * (forth * along + aside * inner))

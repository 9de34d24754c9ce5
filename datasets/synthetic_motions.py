"""What one mannequin of a synthetic clip does: one hand acts, or both do the same.

A motion knows nothing of objects, so that poses cannot tell what is held; and where both hands
act, they cannot tell which of them holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from datasets.acting import REST, mirrored
from datasets.bone_axes import body_size, bone_axes
from datasets.kinematics import JOINT, SIDES, Body, Posture, joints_of
from datasets.motions import KICK, THROW
from datasets.synthetic_manner import (
    Manner,
    acted,
    both_sides,
    done,
    hump,
    phases,
    posture_at,
    risen,
    swung,
)
from datasets.walking import walk
from wildpose.geometry import Array, rotation_y

Motion = Callable[[Array, Body, Manner], Array]
ARM = ("shoulder", "elbow", "wrist", "hand", "hand_tip", "thumb")
ARMS = [[JOINT[f"{side}_{part}"] for part in ARM] for side in SIDES]


def raise_hand(times: Array, body: Body, manner: Manner) -> Array:
    """Brings a hand up beside the mouth or the ear, keeps it there, lowers it."""
    low, high = np.array([0.14, 0.06, 0.52]), np.array([0.30, 0.24, 0.36])
    place = low + manner.level * (high - low)
    up = replace(
        REST,
        wrists=both_sides(*place),
        elbows=both_sides(0.7, -1.0, 0.1),
        head_turn=(1.0, 0.0, 0.0),
    )
    keys = {0.0: REST, 0.26: up, 0.78: up, 1.0: REST}
    nod = np.sin(2 * np.pi * (0.5 * manner.rate * times + manner.phase))
    bob = np.stack([0 * nod, 0.03 * nod, -0.02 * nod], -1)
    bob *= hump(phases(times, manner), 0.26, 0.78)[:, None]
    return done(swung(acted(keys, times, manner), bob, manner), times, body, manner)


WAVING = replace(REST, wrists=both_sides(0.42, 0.54, 0.35), elbows=both_sides(0.8, -0.9, 0.0))


def wave(times: Array, body: Body, manner: Manner) -> Array:
    """Raises a hand and waves it from side to side."""
    keys = {0.0: REST, 0.20: WAVING, 0.85: WAVING, 1.0: REST}
    swing = np.sin(2 * np.pi * (manner.rate * times + manner.phase))
    swing *= hump(phases(times, manner), 0.20, 0.85)
    aside = swing[:, None] * np.array([0.18, -0.04, 0.0])
    return done(swung(acted(keys, times, manner), aside, manner), times, body, manner)


CLAPPING = replace(REST, wrists=both_sides(-0.10, -0.34, 0.55), elbows=both_sides(0.9, -0.8, -0.2))


def clap(times: Array, body: Body, manner: Manner) -> Array:
    """Claps the hands before the chest; the other hand always acts too."""
    manner = replace(manner, both=True, lag=np.zeros(2), reach=np.tile(manner.reach[1], (2, 1)))
    manner = replace(manner, reach=manner.reach * np.array([0.0, 1.0, 1.0]))
    keys = {0.0: REST, 0.18: CLAPPING, 0.85: CLAPPING, 1.0: REST}
    beat = np.cos(2 * np.pi * (1.2 * manner.rate * times + manner.phase))
    beat *= hump(phases(times, manner), 0.18, 0.85)
    apart = beat[:, None] * np.array([0.12, 0.0, 0.0])
    return done(swung(acted(keys, times, manner), apart, manner), times, body, manner)


def kick(times: Array, body: Body, manner: Manner) -> Array:
    """Kicks forward with a foot; the arms balance."""
    keys = {(moment - 0.06) / 0.90: key for moment, key in KICK.items()}
    return done(posture_at(keys, phases(times, manner)), times, body, manner)


BOWED = replace(
    REST,
    pelvis=(0.0, -0.03, -0.12),
    pelvis_turn=(34.0, 0.0, 0.0),
    chest_turn=(58.0, 0.0, 0.0),
    head_turn=(56.0, 0.0, 0.0),
    wrists=both_sides(0.14, -0.70, 0.62),
)


def bow(times: Array, body: Body, manner: Manner) -> Array:
    """Bows from the hips and rises again; the arms hang."""
    depth = 0.75 + 0.35 * manner.level
    keys = {0.0: REST, 0.42: _deepened(BOWED, depth), 0.58: _deepened(BOWED, depth), 1.0: REST}
    return done(posture_at(keys, phases(times, manner)), times, body, manner)


def _deepened(key: Posture, depth: float) -> Posture:
    """A posture `depth` times as far from standing."""
    rest, key_values = vars(REST), vars(key)
    return Posture(**{
        name: np.asarray(rest[name]) + depth * (np.asarray(value) - np.asarray(rest[name]))
        for name, value in key_values.items()
    })  # fmt: skip


RELEASE = 0.60
"""The share of a throw at which the hand opens."""


def throw(times: Array, body: Body, manner: Manner) -> Array:
    """Draws a hand back and throws overarm; with both hands, the trunk turns less."""
    turn = np.array([1.0, 0.3, 0.3] if manner.both else [1.0, 1.0, 1.0])
    keys = {
        (moment - 0.06) / 0.86: replace(
            key,
            wrists=(key.wrists[1],) * 2,
            elbows=(key.elbows[1],) * 2,
            chest_turn=np.asarray(key.chest_turn) * turn,
            pelvis_turn=np.asarray(key.pelvis_turn) * turn,
        )
        for moment, key in THROW.items()
        if moment > 0
    }
    return done(acted(keys, times, manner), times, body, manner)


READING = replace(
    REST,
    wrists=both_sides(0.20, -0.28, 0.50),  # apart, so that a small picture shows one hand
    elbows=both_sides(0.7, -1.0, -0.2),
    chest_turn=(5.0, 0.0, 0.0),
    head_turn=(24.0, 0.0, 0.0),
)


def read(times: Array, body: Body, manner: Manner) -> Array:
    """Brings a hand before the chest, looks down at it and stays so."""
    keys = {0.0: REST, 0.22: READING, 1.0: READING}
    slow = np.sin(2 * np.pi * (0.25 * manner.rate * times + manner.phase))
    drift = slow[:, None] * np.array([0.01, 0.015, 0.01])
    drift *= risen(phases(times, manner), 0.22)[:, None]
    return done(swung(acted(keys, times, manner), drift, manner), times, body, manner)


CARRYING = replace(REST, wrists=both_sides(0.18, -0.50, 0.56), elbows=both_sides(0.3, -0.5, -1.0))


def carry(times: Array, body: Body, manner: Manner) -> Array:
    """Walks on, past where it stands, with a bent arm as one that carries something."""
    style = replace(manner.style, tempo=0.42 * manner.rate, phase=manner.phase)
    joints = walk(times, body, style)
    return with_arms(faced(joints), CARRYING, body, manner)


def with_arms(joints: Array, key: Posture, body: Body, manner: Manner) -> Array:
    """The same motion with other arms: those that act as in a posture, the others hanging.

    Args:
        joints: (T, 25, 3) metres, y up, of the body.
        key: posture of the acting arms.
        body: whose.
        manner: which arms act, and how exactly.
    """
    T = len(joints)
    step = np.sin(2 * np.pi * np.arange(T) / max(T, 1) * 2 + 2 * np.pi * manner.phase)
    drift = 0.02 * step[:, None] * np.array([0.3, 1.0, 1.0])
    arms = posture_at({0.0: key}, np.zeros(T))
    reached = np.asarray(arms.wrists) + manner.reach + drift[:, None]
    acts = np.array([manner.both, True])[:, None]
    posture = replace(
        REST,
        chest_turn=(0.0, 0.0, 0.0),
        wrists=np.where(acts, reached, np.asarray(REST.wrists) + drift[:, None]),
        elbows=np.where(acts, np.asarray(arms.elbows), np.asarray(REST.elbows)),
    )
    upright = joints_of(body, posture, np.zeros(T))
    upright = mirrored(upright) if manner.left else upright
    upright -= upright[:, [JOINT["spine_shoulder"]]]
    names, origins, axes, _ = bone_axes(joints, body_size(joints))
    chest, collar = axes[:, names["chest"]], origins[:, names["chest"]]
    joints = joints.copy()
    for arm in ARMS:
        joints[:, arm] = collar[:, None] + np.einsum("tij,taj->tai", chest, upright[:, arm])
    return joints


def faced(joints: Array) -> Array:
    """The same motion, about the origin, facing forward in the middle of it."""
    across = (joints[:, JOINT["left_shoulder"]] - joints[:, JOINT["right_shoulder"]]).mean(0)
    middle = joints[:, JOINT["spine_base"]].mean(0) * np.array([1.0, 0.0, 1.0])
    return (joints - middle) @ rotation_y(np.arctan2(across[2], across[0])).T


MOTIONS: dict[str, Motion] = {
    "raise": raise_hand,
    "wave": wave,
    "clap": clap,
    "kick": kick,
    "bow": bow,
    "throw": throw,
    "read": read,
    "carry": carry,
}
"""What one person does: (T, 25, 3) joints in actor axes at (T,) times from 0 on."""

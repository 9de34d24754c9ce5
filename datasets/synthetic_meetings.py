"""What two mannequins of a synthetic clip do together, who face each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from datasets.acting import REST
from datasets.kinematics import Body
from datasets.synthetic_manner import Manner, acted, both_sides, done, phases, posture_at
from wildpose.geometry import Array

Meeting = Callable[[Array, Body, Manner, float], Array]
GAPS = {"give": (0.95, 1.12), "push": (0.76, 0.88)}
"""Least and most metres between the two, by the names of MEETINGS."""
HANDOVER = 0.5
"""The share of a meeting at which something goes from hand to hand."""


def give(times: Array, body: Body, manner: Manner, gap: float) -> Array:
    """Stretches a hand out to somebody `gap` metres ahead, and takes it back; so do both people."""
    ahead = (gap / 2 - 0.10 * body.scale) / (body.upper_arm + body.forearm)
    place = (-0.14, -0.30, float(np.clip(ahead, 0.4, 0.92)))
    out = replace(
        REST,
        wrists=both_sides(*place),
        elbows=both_sides(0.6, -0.9, -0.5),
        chest_turn=(7.0, 0.0, 0.0),
    )
    keys = {0.0: REST, 0.40: out, 0.60: out, 1.0: REST}
    # Hands have to meet, so they neither lag nor stray.
    manner = replace(manner, lag=np.zeros(2), reach=0.3 * manner.reach)
    return done(acted(keys, times, manner), times, body, manner)


def push(times: Array, body: Body, manner: Manner, gap: float) -> Array:
    """Pushes somebody `gap` metres ahead off with a hand, leaning forward."""
    lean = np.clip(gap - 0.75, 0.0, 0.3)
    step = ((0.0, 0.0, 0.12), (0.0, 0.0, -0.08))
    ready = replace(REST, wrists=both_sides(0.05, -0.30, 0.35), elbows=both_sides(0.6, -0.8, -0.6))
    out = replace(
        REST,
        pelvis=(0.0, -0.03, 0.08 + lean / 2),
        pelvis_turn=(6.0, 0.0, 0.0),
        chest_turn=(14.0, 0.0, 0.0),
        wrists=both_sides(-0.05, 0.05, 0.92),
        elbows=both_sides(0.7, -0.8, 0.0),
        balls=step,
    )
    keys = {0.0: REST, 0.28: ready, HANDOVER: out, 0.64: out, 1.0: REST}
    return done(acted(keys, times, manner), times, body, manner)


def pushed(times: Array, body: Body, manner: Manner, gap: float) -> Array:
    """Is pushed at the chest, and steps back."""
    back = 0.16 + 0.10 * manner.level + 0.05 * (1.0 - gap)
    hit = replace(
        REST,
        pelvis=(0.0, -0.02, -back),
        pelvis_turn=(-8.0, 0.0, 0.0),
        chest_turn=(-12.0, 0.0, 0.0),
        wrists=both_sides(0.30, -0.80, 0.30),
        balls=((0.0, 0.05, -0.6 * back), (0.0, 0.0, 0.0)),
    )
    stands = replace(
        REST,
        pelvis=(0.0, -0.02, -1.4 * back),
        balls=((0.0, 0.0, -1.6 * back), (0.0, 0.0, -1.2 * back)),
    )
    steps = replace(stands, balls=((0.0, 0.0, -1.6 * back), (0.0, 0.04, -0.6 * back)))
    keys = {0.0: REST, 0.46: REST, 0.64: hit, 0.80: steps, 1.0: stands}
    posture = posture_at(keys, phases(times, manner))
    return done(posture, times, body, manner)


MEETINGS: dict[str, tuple[Meeting, Meeting]] = {"give": (give, give), "push": (push, pushed)}
"""What two people do who face each other: who begins, and who answers."""

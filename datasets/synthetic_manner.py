"""How mannequins of synthetic clips do things: with which hand or both, when, and how exactly.

Motions are written for the right hand and mirrored for the left. Each fills its clip: it begins and
ends about where the clip does, however long that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from datasets.acting import REST, Style, between, finished, mirrored
from datasets.kinematics import Body, Posture
from wildpose.geometry import Array


@dataclass(frozen=True)
class Manner:
    """How somebody does something this time."""

    left: bool
    """Acts with the left hand or foot."""
    both: bool
    """The other hand does the same."""
    start: float
    """When the action begins, as a share of the clip; below 0 it has begun before."""
    stop: float
    """When it ends, as a share of the clip; above 1 the clip ends before."""
    lag: Array
    """(2,) by how much each arm comes later, as a share of the action: the other, the acting."""
    reach: Array
    """(2, 3) how far the wrists' places differ from the average, in arm lengths, as of
    `Posture.wrists`: the other arm, the acting arm."""
    level: float
    """How high a hand is raised, in [0, 1]: to the mouth, to the ear."""
    rate: float
    """Hz, of what is repeated."""
    phase: float
    """Of what is repeated, in [0, 1)."""
    style: Style
    """Lean and sway; its tempo and phase are not used."""


def random_manner(rng: np.random.Generator, style: Style, *, both_share: float = 0.5) -> Manner:
    """A manner drawn from a seeded generator.

    Args:
        rng: seeded.
        style: of who acts.
        both_share: of the takes in which both hands act.
    """
    return Manner(
        left=bool(rng.uniform() < 0.5),
        both=bool(rng.uniform() < both_share),
        start=float(rng.uniform(-0.08, 0.10)),
        stop=float(rng.uniform(0.90, 1.12)),
        lag=rng.uniform(0.0, 0.06, 2),
        reach=rng.uniform(-0.05, 0.05, (2, 3)),
        level=float(rng.uniform()),
        rate=float(rng.uniform(1.8, 2.6)),
        phase=float(rng.uniform()),
        style=replace(style, left_handed=False, sway_phase=float(rng.uniform(0, 2 * np.pi))),
    )


def both_sides(x: float, y: float, z: float) -> tuple:
    """The same vector for both sides; x points outwards on either."""
    return ((x, y, z), (x, y, z))


def phases(times: Array, manner: Manner, *, lag: float = 0.0) -> Array:
    """(T,) shares in [0, 1] of the action that are done, or of what comes later by `lag`.

    Args:
        times: (T,) s of the clip's frames, from 0 on.
        manner: of who acts.
        lag: share of the action.
    """
    moments = times / max(float(times[-1]), 1e-9)
    return np.clip((moments - manner.start) / (manner.stop - manner.start) - lag, 0.0, 1.0)


def moment_of(phase: float, manner: Manner) -> float:
    """When a share of the action is done, as a share of the clip; the inverse of `phases`."""
    return manner.start + phase * (manner.stop - manner.start)


def posture_at(keys: Mapping[float, Posture], phase: Array) -> Posture:
    """(T, ...) posture between keys at phases in [0, 1]; it starts and ends gently."""
    first, last = min(keys), max(keys)
    held = {first - 1.0: keys[first], **keys, last + 1.0: keys[last]}
    return between(held, phase)


def risen(phase: Array, until: float) -> Array:
    """Of (T,) phases: smoothly from 0 at phase 0 to 1 at `until`, and 1 from there on."""
    share = np.clip(phase / until, 0.0, 1.0)
    return share * share * (3 - 2 * share)


def hump(phase: Array, until: float, since: float) -> Array:
    """Of (T,) phases: as `risen`, and from `since` on smoothly back to 0 at phase 1."""
    return risen(phase, until) * risen(1 - phase, 1 - since)


def acted(keys: Mapping[float, Posture], times: Array, manner: Manner) -> Posture:
    """(T, ...) posture of a motion: each arm at its own pace; an arm that does not act hangs."""
    posture = posture_at(keys, phases(times, manner))
    arms = []
    for side in range(2):
        acts = manner.both or side == 1
        own = {k: _reached(key, manner.reach[side], side) for k, key in keys.items()}
        phase = phases(times, manner, lag=float(manner.lag[side]))
        arms.append(posture_at(own if acts else {0.0: REST}, phase))
    joined = {
        name: np.stack([getattr(arm, name)[:, side] for side, arm in enumerate(arms)], 1)
        for name in ("wrists", "elbows", "palms")
    }
    return replace(posture, **joined)


def _reached(key: Posture, reach: Array, side: int) -> Posture:
    """A key posture with one wrist moved, unless that arm hangs."""
    wrists = np.array(key.wrists, dtype=float)
    if np.any(wrists[side] != REST.wrists[side]):
        wrists[side] += reach
    return replace(key, wrists=wrists)


def swung(posture: Posture, offset: Array, manner: Manner) -> Posture:
    """A posture with (T, 3) offsets of the acting wrists, in arm lengths."""
    sides = np.array([float(manner.both), 1.0])[:, None]
    return replace(posture, wrists=np.asarray(posture.wrists) + offset[:, None] * sides)


def done(posture: Posture, times: Array, body: Body, manner: Manner) -> Array:
    """(T, 25, 3) joints, mirrored where the left hand acts."""
    joints = finished(posture, times, body, manner.style)
    return mirrored(joints) if manner.left else joints

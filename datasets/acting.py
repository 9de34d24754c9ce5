"""How key postures become a motion: interpolation, personal style, breathing and sway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from datasets.kinematics import Body, Posture, joints_of
from wildpose.geometry import Array
from wildpose.joints import joint_set

MIRRORED = joint_set("kinect25").mirrored
REST = Posture()


@dataclass(frozen=True)
class Style:
    """How one actor moves: the small differences between people."""

    tempo: float = 1.0
    """Speed over the average."""
    amplitude: float = 1.0
    """Size of the movement over the average."""
    phase: float = 0.0
    """Part of a cycle by which repeating motions start later, in [0, 1)."""
    lean: float = 0.0
    """Degrees by which the trunk leans forward more than the average."""
    sway: float = 1.0
    """Size of the idle sway and breathing over the average."""
    sway_phase: float = 0.0
    """Radians."""
    left_handed: bool = False
    """Waves, throws, kicks and picks up with the left."""


def random_style(rng: np.random.Generator) -> Style:
    """A style drawn from a seeded generator; one person in five is left-handed."""
    return Style(
        tempo=float(rng.uniform(0.88, 1.15)),
        amplitude=float(rng.uniform(0.88, 1.06)),
        phase=float(rng.uniform()),
        lean=float(rng.normal(0.0, 1.5)),
        sway=float(rng.uniform(0.5, 1.5)),
        sway_phase=float(rng.uniform(0.0, 2 * np.pi)),
        left_handed=bool(rng.uniform() < 0.2),
    )


Motion = Callable[[Array, Body, Style], Array]


def between(keys: Mapping[float, Posture], moments: Array) -> Posture:
    """The posture at each moment, between keys by PCHIP: smooth, no overshoot, holds hold."""
    moments_of_keys = list(keys)
    values = {}
    for field in fields(Posture):
        stops = np.stack([np.asarray(getattr(key, field.name), float) for key in keys.values()])
        values[field.name] = PchipInterpolator(moments_of_keys, stops)(moments)
    return Posture(**values)


def cycle(keys: Mapping[float, Posture], phase: Array) -> Posture:
    """The posture at each phase of a repeating motion; keys lie in [0, 1)."""
    wrapped = {start + turn: key for turn in (-1, 0, 1) for start, key in keys.items()}
    return between(wrapped, np.mod(phase, 1.0))


def sized(keys: Mapping[float, Posture], amplitude: float) -> dict[float, Posture]:
    """Keys whose pelvis and trunk differ from standing `amplitude` times as much."""
    sized = {}
    for moment, key in keys.items():
        changes = {}
        for name in ("pelvis", "pelvis_turn", "chest_turn"):
            rest = np.asarray(getattr(REST, name))
            changes[name] = rest + amplitude * (np.asarray(getattr(key, name)) - rest)
        sized[moment] = replace(key, **changes)
    return sized


def _alive(posture: Posture, times: Array, style: Style) -> Posture:
    """The posture with breathing and a slow sway of the pelvis, which never rises."""
    slow = 2 * np.pi * 0.21 * times + style.sway_phase
    breath = 2 * np.pi * 0.29 * times + style.sway_phase
    sway = np.stack([np.sin(slow), 0.15 * np.cos(2 * slow) - 0.3, 0.4 * np.sin(1.3 * slow)], -1)
    turn = np.stack([0.8 * np.sin(breath) + style.lean, 0.6 * np.sin(slow), 0 * times], -1)
    return replace(
        posture,
        pelvis=np.asarray(posture.pelvis) + 0.008 * style.sway * sway,
        chest_turn=np.asarray(posture.chest_turn) + style.sway * turn,
        head_turn=np.asarray(posture.head_turn) + 0.7 * style.sway * turn,
    )


def finished(posture: Posture, times: Array, body: Body, style: Style) -> Array:
    """(T, 25, 3) joints of an acted posture, mirrored for the left-handed."""
    joints = joints_of(body, _alive(posture, times, style), times)
    return mirrored(joints) if style.left_handed else joints


def mirrored(joints: Array) -> Array:
    """The same motion done with the other side: x negated, left and right exchanged."""
    return joints[..., MIRRORED, :] * np.array([-1.0, 1.0, 1.0])


def cycles_done(times: Array, seconds: float, style: Style) -> Array:
    """Cycles done at each time, for a cycle of `seconds` at average tempo."""
    return times * style.tempo / seconds + style.phase

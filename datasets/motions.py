"""Procedural motions of one actor: the 25 Kinect joints at any times.

A motion is a function of times, a body and a style; it returns joints in actor axes (x to
the actor's left, y up, z forward, origin on the floor where the actor stands). Most are a few
key postures over one cycle. To add one, write its function and its line in MOTIONS.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.acting import REST, Motion, Style, between, cycle, cycles_done, finished, sized
from datasets.kinematics import Body, Posture
from datasets.walking import walk
from wildpose.geometry import Array

HANG, BACK = REST.wrists[0], REST.elbows[0]  # a relaxed arm: its wrist and its elbow


def _both(x: float, y: float, z: float) -> tuple:
    """The same vector for left and right, mirrored: x points outwards on either side."""
    return ((x, y, z), (x, y, z))


def _repeated(
    keys: dict[float, Posture], seconds: float, times: Array, body: Body, style: Style
) -> Array:
    """(T, 25, 3) joints of one cycle of key postures, over and over."""
    posture = cycle(sized(keys, style.amplitude), cycles_done(times, seconds, style))
    return finished(posture, times, body, style)


WAVE_IN = replace(
    REST,
    wrists=(HANG, (0.26, 0.58, 0.36)),
    elbows=(BACK, (0.8, -0.9, 0.0)),
    palms=(0.0, 10.0),
    chest_turn=(1.0, -3.0, -2.0),
    head_turn=(0.0, 0.0, 2.0),
)
WAVE_OUT = replace(WAVE_IN, wrists=(HANG, (0.60, 0.50, 0.34)))


def wave(times: Array, body: Body, style: Style) -> Array:
    """Raises the right hand, waves it four times, lowers it; 4 s."""
    waving = {0.20 + 0.08 * k: (WAVE_IN, WAVE_OUT)[k % 2] for k in range(8)}
    return _repeated({0.0: REST, 0.06: REST, **waving, 0.92: REST}, 4.0, times, body, style)


SQUAT_STAND = replace(REST, foot_yaw=(16.0, 16.0))
SQUAT_READY = replace(SQUAT_STAND, wrists=_both(0.08, -0.08, 0.93), elbows=_both(0.6, -1.0, -0.3))
SQUAT_LOW = replace(
    SQUAT_STAND,
    pelvis=(0.0, -0.43, -0.19),
    pelvis_turn=(32.0, 0.0, 0.0),
    chest_turn=(38.0, 0.0, 0.0),
    head_turn=(14.0, 0.0, 0.0),
    wrists=_both(0.08, 0.42, 0.84),
    elbows=_both(0.6, -1.0, -0.1),
)
SQUAT = {
    0.0: SQUAT_STAND, 0.08: SQUAT_STAND, 0.22: SQUAT_READY, 0.46: SQUAT_LOW, 0.54: SQUAT_LOW,
    0.80: SQUAT_READY, 0.94: SQUAT_STAND,
}  # fmt: skip


def squat(times: Array, body: Body, style: Style) -> Array:
    """Squats with the arms stretched forward and rises; 2.8 s."""
    return _repeated(SQUAT, 2.8, times, body, style)


KICK_SHIFT = replace(REST, pelvis=(0.075, -0.03, 0.0), chest_turn=(3.0, 0.0, 2.0))
KICK_WINDUP = replace(
    KICK_SHIFT,
    pelvis=(0.085, -0.04, 0.02),
    pelvis_turn=(12.0, -10.0, 0.0),
    chest_turn=(10.0, 8.0, 0.0),
    balls=((0.0, 0.0, 0.0), (-0.02, 0.22, -0.42)),
    foot_pitch=(0.0, 60.0),
    wrists=((0.35, -0.75, 0.40), (0.40, -0.80, -0.30)),
)
KICK_STRIKE = replace(
    KICK_SHIFT,
    pelvis=(0.085, -0.03, 0.05),
    pelvis_turn=(-14.0, 12.0, 0.0),
    chest_turn=(-6.0, -14.0, 0.0),
    balls=((0.0, 0.0, 0.0), (0.06, 0.58, 0.78)),
    foot_pitch=(0.0, -30.0),
    wrists=((0.45, -0.80, -0.25), (0.40, -0.72, 0.42)),
)
KICK_LOWER = replace(
    KICK_SHIFT,
    pelvis=(0.085, -0.035, 0.0),
    balls=((0.0, 0.0, 0.0), (0.0, 0.28, 0.12)),
    foot_pitch=(0.0, 15.0),
)
KICK = {
    0.0: REST, 0.08: REST, 0.22: KICK_SHIFT, 0.40: KICK_WINDUP, 0.54: KICK_STRIKE,
    0.58: KICK_STRIKE, 0.72: KICK_LOWER, 0.84: KICK_SHIFT, 0.96: REST,
}  # fmt: skip


def kick(times: Array, body: Body, style: Style) -> Array:
    """Shifts onto the left foot and kicks forward with the right; 2.4 s."""
    return _repeated(KICK, 2.4, times, body, style)


SEAT_HEIGHT = 0.445  # of the stool that `sit_down` needs, metres for the reference height
SEAT_BACK = 0.40  # how far the stool's middle is behind the actor, same unit
SIT_CROUCH = replace(
    REST,
    pelvis=(0.0, -0.20, -0.22),
    pelvis_turn=(32.0, 0.0, 0.0),
    chest_turn=(40.0, 0.0, 0.0),
    head_turn=(22.0, 0.0, 0.0),
    wrists=_both(0.12, -0.80, 0.45),
)
SIT = replace(
    REST,
    pelvis=(0.0, -0.385, -0.40),
    pelvis_turn=(-4.0, 0.0, 0.0),
    chest_turn=(4.0, 0.0, 0.0),
    head_turn=(6.0, 0.0, 0.0),
    wrists=_both(0.10, -0.66, 0.48),
    elbows=_both(0.4, 0.0, -1.0),
    palms=(40.0, 40.0),
)
SIT_TOUCH = replace(SIT, pelvis_turn=(14.0, 0.0, 0.0), chest_turn=(24.0, 0.0, 0.0))


def sit_down(times: Array, body: Body, style: Style) -> Array:
    """Stands for half a second, sits down on a stool within 1.8 s, and stays seated."""
    keys = {0.0: REST, 0.5: REST, 1.2: SIT_CROUCH, 1.75: SIT_TOUCH, 2.3: SIT}
    return finished(between(keys, np.clip(times * style.tempo, 0.0, 2.3)), times, body, style)


PICK_DOWN = replace(
    REST,
    pelvis=(0.0, -0.38, -0.22),
    pelvis_turn=(52.0, 0.0, 0.0),
    chest_turn=(72.0, 12.0, 0.0),
    head_turn=(50.0, 0.0, 0.0),
    wrists=((0.15, -0.20, 0.62), (0.00, -0.10, 0.97)),
    elbows=((1.0, 0.2, -0.6), (1.0, 0.0, -0.4)),
)
PICK_HALFWAY = replace(
    REST,
    pelvis=(0.0, -0.16, -0.12),
    pelvis_turn=(26.0, 0.0, 0.0),
    chest_turn=(36.0, 4.0, 0.0),
    head_turn=(34.0, 0.0, 0.0),
    wrists=((0.17, -0.80, 0.40), (0.08, -0.62, 0.62)),
    elbows=((0.5, 0.0, -1.0), (0.6, -0.3, -1.0)),
)
PICK_HOLD = replace(
    REST,
    wrists=(HANG, (-0.02, -0.28, 0.58)),
    elbows=(BACK, (0.5, -0.8, -0.6)),
    head_turn=(16.0, 0.0, 0.0),
)
PICK_UP = {
    0.0: REST, 0.06: REST, 0.22: PICK_HALFWAY, 0.40: PICK_DOWN, 0.46: PICK_DOWN,
    0.60: PICK_HALFWAY, 0.74: PICK_HOLD, 0.86: PICK_HOLD, 0.97: REST,
}  # fmt: skip


def pick_up(times: Array, body: Body, style: Style) -> Array:
    """Bends down, takes something from the floor with the right hand, lifts it; 3.2 s."""
    # Not sized by the amplitude: the hand has to come down to the floor.
    return _repeated(PICK_UP, 3.2, times, body, replace(style, amplitude=1.0))


JUMP_CROUCH = replace(
    REST,
    pelvis=(0.0, -0.26, -0.12),
    pelvis_turn=(28.0, 0.0, 0.0),
    chest_turn=(36.0, 0.0, 0.0),
    head_turn=(12.0, 0.0, 0.0),
    wrists=_both(0.22, -0.85, -0.40),
)
JUMP_TAKEOFF = replace(
    REST,
    pelvis=(0.0, 0.03, 0.03),
    chest_turn=(4.0, 0.0, 0.0),
    head_turn=(-4.0, 0.0, 0.0),
    foot_pitch=(34.0, 34.0),
    wrists=_both(0.22, 0.55, 0.72),
    elbows=_both(0.9, -0.5, 0.2),
)
JUMP_FLIGHT = replace(
    JUMP_TAKEOFF,
    pelvis=(0.0, 0.30, 0.03),
    balls=_both(0.0, 0.285, 0.0),
    foot_pitch=(42.0, 42.0),
    wrists=_both(0.25, 0.75, 0.50),
)
JUMP_LANDING = replace(
    JUMP_TAKEOFF,
    pelvis=(0.0, -0.02, 0.0),
    foot_pitch=(22.0, 22.0),
    wrists=_both(0.35, -0.1, 0.80),
    elbows=_both(0.8, -0.9, -0.3),
)
JUMP_ABSORB = replace(JUMP_CROUCH, pelvis=(0.0, -0.20, -0.09), wrists=_both(0.25, -0.75, 0.45))
JUMP = {
    0.0: REST, 0.08: REST, 0.28: JUMP_CROUCH, 0.32: JUMP_CROUCH, 0.425: JUMP_TAKEOFF,
    0.54: JUMP_FLIGHT, 0.655: JUMP_LANDING, 0.75: JUMP_ABSORB, 0.92: REST,
}  # fmt: skip


def jump(times: Array, body: Body, style: Style) -> Array:
    """Crouches, jumps straight up with a swing of the arms, lands softly; 2.0 s."""
    # Not sized by the amplitude: pelvis and feet have to leave the floor together.
    return _repeated(JUMP, 2.0, times, body, replace(style, amplitude=1.0))


THROW_STAND = replace(
    REST, pelvis=(0.0, -0.04, 0.0), balls=((0.06, 0.0, 0.22), (-0.02, 0.0, -0.16))
)
THROW_READY = replace(
    THROW_STAND,
    pelvis=(0.0, -0.05, 0.0),
    pelvis_turn=(0.0, -8.0, 0.0),
    chest_turn=(2.0, -14.0, 0.0),
    wrists=((0.0, -0.45, 0.55), (0.1, -0.45, 0.50)),
    elbows=((0.8, -0.8, -0.5), (0.8, -0.8, -0.6)),
)
THROW_WINDUP = replace(
    THROW_READY,
    pelvis=(-0.03, -0.07, -0.06),
    pelvis_turn=(-2.0, -28.0, 0.0),
    chest_turn=(-8.0, -52.0, 3.0),
    head_turn=(0.0, -8.0, 0.0),
    wrists=((0.25, 0.05, 0.85), (0.48, 0.34, -0.30)),
    elbows=((0.8, -0.8, -0.3), (1.0, -0.25, 0.1)),
)
THROW_RELEASE = replace(
    THROW_READY,
    pelvis=(0.03, -0.05, 0.07),
    pelvis_turn=(8.0, 8.0, 0.0),
    chest_turn=(12.0, 18.0, -4.0),
    wrists=((0.35, -0.65, 0.25), (0.22, 0.42, 0.82)),
    elbows=((0.6, -0.3, -1.0), (1.0, -0.5, 0.0)),
    foot_pitch=(0.0, 22.0),
)
THROW_FOLLOW = replace(
    THROW_READY,
    pelvis=(0.03, -0.07, 0.09),
    pelvis_turn=(14.0, 18.0, 0.0),
    chest_turn=(28.0, 34.0, -4.0),
    head_turn=(12.0, 4.0, 0.0),
    wrists=((0.30, -0.80, -0.10), (-0.30, -0.55, 0.62)),
    elbows=((0.6, -0.2, -1.0), (0.9, -0.2, -0.2)),
    foot_pitch=(0.0, 32.0),
)
THROW = {
    0.0: THROW_STAND, 0.06: THROW_STAND, 0.24: THROW_READY, 0.44: THROW_WINDUP,
    0.48: THROW_WINDUP, 0.58: THROW_RELEASE, 0.68: THROW_FOLLOW, 0.74: THROW_FOLLOW,
    0.92: THROW_STAND,
}  # fmt: skip


def throw(times: Array, body: Body, style: Style) -> Array:
    """Draws the right hand back and throws overarm; 2.4 s."""
    return _repeated(THROW, 2.4, times, body, style)


MOTIONS: dict[str, Motion] = {
    "walk": walk,
    "wave": wave,
    "squat": squat,
    "kick": kick,
    "sit_down": sit_down,
    "pick_up": pick_up,
    "jump": jump,
    "throw": throw,
}

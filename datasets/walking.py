"""A walk whose feet stay where they land, round a circle so that it can go on forever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from datasets.acting import Style, cycles_done, finished
from datasets.kinematics import SIGN, Body, Posture
from wildpose.geometry import Array, rotation_y

WALK_RADIUS = 1.2  # of the circle that `walk` goes round, metres for the reference height
STRIDE = 1.12  # metres per two steps, same unit
STANCE = 0.62  # share of a foot's cycle on the floor: normal gait, Winter
BALL_TO_HEEL = 0.17  # metres for the reference height
# Degrees that the heel is above the toes, over a foot's cycle from landing at 0. Level for a
# moment before the toes rise: from there on the foot turns about its heel, not its ball.
FOOT_PITCH = {
    -0.38: 50.0, -0.20: 30.0, -0.14: 0.0, -0.11: 0.0, -0.015: -16.0, 0.0: -16.0, 0.09: 0.0,
    0.36: 0.0, STANCE: 50.0, 0.80: 30.0, 0.86: 0.0, 0.89: 0.0, 0.985: -16.0, 1.0: -16.0, 1.09: 0.0,
}  # fmt: skip


def walk(times: Array, body: Body, style: Style) -> Array:
    """Walks round a circle to the left, centred where the actor stands; 1.1 s per two steps.

    Each foot stays where it lands until it swings, so nothing slides.
    """
    phase = cycles_done(times, 1.1, style)
    stride = STRIDE * style.amplitude
    arc = stride * phase  # metres walked
    heading = arc / WALK_RADIUS
    step = 2 * np.pi * phase
    # Over the standing leg: sideways once, up and down twice per cycle (lowest at contact).
    pelvis = _on_circle(arc, heading, 0.018 * np.sin(step - 0.2))
    pelvis[:, 1] = -0.040 - 0.013 * np.cos(2 * step - 0.5)
    feet = [
        _walking_foot(phase, stride, heading, body.stance / body.scale, side) for side in range(2)
    ]
    swing = np.cos(step)  # +1 as the left foot lands
    zero = np.zeros_like(times)
    posture = Posture(
        pelvis=pelvis,
        pelvis_turn=np.stack([3 + zero, -4 * swing, 2 * np.sin(step)], -1),
        chest_turn=np.stack([3 + np.cos(2 * step), 6 * swing, -1.5 * np.sin(step)], -1),
        head_turn=np.stack([5 + zero, 1 * swing, zero], -1),
        wrists=np.stack([_walking_wrist(-swing), _walking_wrist(swing)], 1),
        balls=np.stack([ball for ball, _, _ in feet], 1),
        foot_pitch=np.stack([pitch for _, pitch, _ in feet], -1),
        foot_yaw=np.stack([yaw for _, _, yaw in feet], -1),
        heading=heading,
    )
    return finished(posture, times, body, replace(style, left_handed=False, sway=0.0))


def _on_circle(arc: Array, heading: Array, left: Array | float) -> Array:
    """(T, 3) points at `arc` metres along the walk, in axes turned by `heading`."""
    angle = arc / WALK_RADIUS
    radius = WALK_RADIUS - left
    world = np.stack([-radius * np.cos(angle), 0 * angle, radius * np.sin(angle)], -1)
    return np.einsum("tji,tj->ti", rotation_y(heading), world)


def _walking_foot(
    phase: Array, stride: float, heading: Array, stance: Array, side: int
) -> tuple[Array, Array, Array]:
    """(T, 3) ball offset, (T,) pitch and (T,) yaw outwards in degrees of one walking foot."""
    own = phase + 0.5 * side
    landed, moment = np.floor(own), np.mod(own, 1.0)
    swing = np.clip((moment - STANCE) / (1 - STANCE), 0.0, 1.0)
    ease = swing**3 * (10 - 15 * swing + 6 * swing**2)
    arc = stride * (landed + ease + 0.255 - 0.5 * side)
    turn = arc / WALK_RADIUS - heading  # of the foot against the trunk
    stance = stance * (0.88 * SIGN[side], 0.0, 1.0)  # narrower than in standing
    ball = _on_circle(arc, heading, 0.0) + rotation_y(turn) @ stance - stance / (0.88, 1.0, 1.0)
    pitch = PchipInterpolator(list(FOOT_PITCH), list(FOOT_PITCH.values()))(moment)
    raised = np.radians(np.maximum(-pitch, 0.0))
    ball[:, 1] += 0.8 * (swing * (1 - swing)) ** 2 + BALL_TO_HEEL * np.sin(raised)
    yaw = 6.0 + SIGN[side] * np.degrees(turn)
    return ball, pitch, yaw


def _walking_wrist(forward: Array) -> Array:
    """(T, 3) wrist of an arm that swings with `forward` in [-1, 1], see Posture.wrists."""
    ahead = 0.16 + 0.36 * forward
    return np.stack([0.16 - 0.04 * forward, -0.91 + 0.10 * np.abs(ahead) ** 2, ahead], -1)

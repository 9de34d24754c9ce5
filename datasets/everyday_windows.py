"""Which parts of a long take show its action, and which moment of a take shows rest.

A capture is labelled as a whole, but people stand before they bow, and walk between two kicks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from datasets.kinematics import JOINT
from wildpose.geometry import Array
from wildpose.joints import convert, torso

Flags = npt.NDArray[np.bool_]
FRAME_RATE = 30.0  # Hz
WINDOW_S = 2.0  # as recognizers look at videos
LONGEST_S = 3.0  # of what is never cut
REST_SPEED = 0.3  # m/s, of the fastest joint from the torso
REST_S = 0.3
STEADY = 5  # frames, over which joints are averaged before their rest is judged


def leaning(joints: Array) -> Flags:
    """(T,) the trunk of (T, 25, 3) joints is 20 degrees off the vertical or more."""
    trunk = _middle(joints, "shoulder") - _middle(joints, "hip")
    return trunk[:, 1] <= np.cos(np.radians(20)) * np.linalg.norm(trunk, axis=-1)


def waving(joints: Array) -> Flags:
    """(T,) a hand of (T, 25, 3) joints is higher than the middle of the trunk, and moves.

    Waves of less than about 5 cm either way are slower. That is less than a lifter's error.
    """
    chest = (_middle(joints, "shoulder") + _middle(joints, "hip"))[:, 1] / 2
    hands = [
        (joints[:, JOINT[f"{side}_wrist"], 1] > chest) & (_arm_speed(joints, side) > 0.3)
        for side in ("left", "right")
    ]
    return hands[0] | hands[1]


def striking(joints: Array) -> Flags:
    """(T,) a wrist of (T, 25, 3) joints moves at 2.5 m/s or more from its shoulder or about it."""
    return np.maximum(_arm_speed(joints, "left"), _arm_speed(joints, "right")) >= 2.5


def kicking(joints: Array) -> Flags:
    """(T,) an ankle of (T, 25, 3) joints is 0.4 m higher than the other one."""
    left, right = joints[:, JOINT["left_ankle"], 1], joints[:, JOINT["right_ankle"], 1]
    return np.abs(left - right) >= 0.4


def flying(joints: Array) -> Flags:
    """(T,) both ankles of (T, 25, 3) joints are 0.08 m higher than where they stand."""
    lower = joints[:, [JOINT["left_ankle"], JOINT["right_ankle"]], 1].min(axis=1)
    return lower >= np.percentile(lower, 10) + 0.08


def hands_low(joints: Array) -> Flags:
    """(T,) no wrist of (T, 25, 3) joints is higher than the shoulders."""
    wrists = joints[:, [JOINT["left_wrist"], JOINT["right_wrist"]], 1].max(axis=1)
    return wrists <= _middle(joints, "shoulder")[:, 1]


EVIDENCE: dict[tuple[str, str], tuple[Callable[[Array], Flags], float]] = {
    ("bandai", "bow"): (leaning, 0.25),
    **{
        ("bandai", content): (waving, 0.4)
        for content in ("bye", "byebye", "wave-both-hands", "wave-left-hand", "wave-right-hand")
    },
    ("bandai", "punch"): (striking, 0.03),
    ("bandai", "kick"): (kicking, 0.1),
    ("cmu_expmap", "jumping"): (flying, 0.15),
    ("cmu_expmap", "basketball_signal"): (hands_low, 1.0),
}
"""Data set and class -> what shows the action, and in what share of a window's frames at least;
where there is no line, every moment does. World axes, y up, 30 Hz."""


def windows(joints: Array, origin: tuple[str, str], *, stride_s: float | None) -> list[slice]:
    """The parts of a take that show its action: all of it, or windows of WINDOW_S.

    Args:
        joints: (T, 25, 3) m, y up, 30 Hz.
        origin: data set and class.
        stride_s: about so many seconds from one window to the next, the first and the last being at
            the ends; None: the take stays whole, and one of up to LONGEST_S always does.
    """
    T, length = len(joints), round(WINDOW_S * FRAME_RATE)
    found = [slice(0, T)]
    if stride_s is not None and T > LONGEST_S * FRAME_RATE:
        count = round((T - length) / (stride_s * FRAME_RATE)) + 1
        starts = np.linspace(0, T - length, count).round().astype(int).tolist()
        found = [slice(start, start + length) for start in starts]
    if origin not in EVIDENCE:
        return found
    shown, least = EVIDENCE[origin]
    flags = shown(joints)
    return [part for part in found if flags[part].mean() >= least]


def rest(joints: Array) -> Array | None:
    """The longest moment in which nothing moves, made to last for WINDOW_S; None without one.

    Args:
        joints: (T, 25, 3) m, 30 Hz.

    Returns:
        (60, 25, 3), slower than it was.
    """
    body = convert(joints, "kinect25", "lcr13")
    body = uniform_filter1d(body - torso(body, "lcr13"), STEADY, axis=0, mode="nearest")
    speed = FRAME_RATE * np.linalg.norm(np.gradient(body, axis=0), axis=-1).max(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (speed < REST_SPEED).astype(int), [0]])))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts) or (stops - starts).max() < REST_S * FRAME_RATE:
        return None
    longest = int((stops - starts).argmax())
    return stretched(joints[starts[longest] : stops[longest]], round(WINDOW_S * FRAME_RATE))


def stretched(joints: Array, frames: int) -> Array:
    """(frames, J, 3) of the same motion as (T, J, 3) joints, slower or faster."""
    wanted = np.linspace(0, len(joints) - 1, frames)
    before = np.minimum(wanted.astype(int), len(joints) - 1)
    after = np.minimum(before + 1, len(joints) - 1)
    share = (wanted - before)[:, None, None]
    return (1 - share) * joints[before] + share * joints[after]


def _arm_speed(joints: Array, side: str) -> Array:
    """(T,) m/s, of a wrist from its shoulder."""
    arm = joints[:, JOINT[f"{side}_wrist"]] - joints[:, JOINT[f"{side}_shoulder"]]
    return FRAME_RATE * np.linalg.norm(np.gradient(arm, axis=0), axis=-1)


def _middle(joints: Array, part: str) -> Array:
    """(T, 3) between the left and the right one."""
    return (joints[:, JOINT[f"left_{part}"]] + joints[:, JOINT[f"right_{part}"]]) / 2

"""Lifters and smoothers on one track, and BlazePose's joints by the mannequins' definition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array
from wildpose.joints import joint_set, torso
from wildpose.lifting import LIFTERS, Lifter
from wildpose.pose_metrics import best_of
from wildpose.registry import load
from wildpose.smoothing import SMOOTHERS, Smoother
from wildpose.types import Hypotheses, Track

BASE = "blazepose_world+none"
FITTED = "blazepose_world, fitted"
DEFAULT = (BASE, "blazepose_world+track2d", "lcr+none", "lcr+track2d", "lcr+viterbi")
MOST_HYPOTHESES = 5  # that count for the best of K
# Keeps weights near the identity where the training clips do not tell, as along the torso's mean,
# which is zero in every pose. The validation clips like 1e-3 and 1e-2 alike (0.3 mm apart); the
# larger keeps nearer to what BlazePose says.
RIDGE_M2 = 1e-2


@dataclass(frozen=True)
class Found:
    """What the variants made of one person, each by its own frames."""

    frames: dict[str, npt.NDArray[np.integer]]
    """Variant -> (T,) zero-based index among the decoded frames."""
    joints: dict[str, Array]
    """Variant -> (T, 13, 3) m, lcr13, torso-centred, camera axes."""
    hypotheses: dict[str, list[Hypotheses]]
    """Lifter -> of each row of the track."""
    rows: npt.NDArray[np.integer]
    """Frames of the track's rows."""


def registered(names: Sequence[str] = DEFAULT) -> list[str]:
    """Those of the variants whose lifter and smoother there are."""
    return [
        name for name in names if name.split("+")[0] in LIFTERS and name.split("+")[-1] in SMOOTHERS
    ]


def check(name: str) -> None:
    """Raise ValueError, one clear line, for a variant that is none."""
    if name.count("+") != 1:
        raise ValueError(f"a variant is LIFTER+SMOOTHER, as {BASE}; got {name!r}")
    lifter, smoother = name.split("+")
    load("lifter", lifter, LIFTERS)
    load("smoother", smoother, SMOOTHERS)


def run(track: Track, clock: Array, variants: Iterable[str]) -> Found:
    """Skeletons of one person by each variant; every lifter runs once.

    Args:
        track: the person.
        clock: (F,) s, of all frames of the video.
        variants: LIFTER+SMOOTHER; one without an admissible pose has no frames.
    """
    frames, joints, hypotheses = {}, {}, {}
    for name in variants:
        lifter, smoother = name.split("+")
        if lifter not in hypotheses:
            hypotheses[lifter] = list(_lifter(lifter).lift(track))
        smooth: Smoother = load("smoother", smoother, SMOOTHERS)
        smoothed = smooth(track, hypotheses[lifter], clock)
        frames[name] = smoothed.frames if smoothed else np.zeros(0, dtype=int)
        joints[name] = smoothed.skeleton.joints if smoothed else np.zeros((0, 13, 3))
    return Found(frames, joints, hypotheses, track.frames)


@cache
def _lifter(name: str) -> Lifter:
    return load("lifter", name, LIFTERS)()


def best_errors(
    hypotheses: Sequence[Hypotheses],
    rows: npt.NDArray[np.integer],
    frames: npt.NDArray[np.integer],
    truth: Array,
) -> Array:
    """Error of the best of a lifter's top hypotheses in each frame.

    Args:
        hypotheses: of each row of a track.
        rows: (R,) frames of those rows.
        frames: (T,) frames that are asked about.
        truth: (T, 13, 3) m, torso-centred, camera axes.

    Returns:
        (N,) m, of those frames that have a hypothesis.
    """
    by_frame = dict(zip(rows.tolist(), hypotheses, strict=True))
    errors = []
    for frame, real in zip(frames.tolist(), truth, strict=True):
        own = by_frame.get(frame)
        if own is not None and len(own):
            top = np.argsort(-own.scores, kind="stable")[:MOST_HYPOTHESES]
            errors.append(best_of(own.joints[top], real))
    return np.array(errors)


def fit_definitions(found: Array, truth: Array, *, ridge: float = RIDGE_M2) -> Array:
    """Weights that make the truth's joints of those found, as far as a fixed mixture can.

    Two sources mean different places by "hip" or "head", and this takes that difference out. Each
    joint becomes a weighted sum of all joints, with the same weights for x, y and z, so turning
    the person turns the result. Least squares, drawn to the identity; left and right are treated
    alike by fitting the mirrored poses too.

    Args:
        found: (N, 13, 3) m, lcr13, torso-centred.
        truth: (N, 13, 3) m, the same poses.
        ridge: m^2 per pose, what a weight's squared distance from the identity costs.

    Returns:
        (13, 13): truth is about weights @ found.
    """
    twin = list(joint_set("lcr13").mirrored)
    x, y = (_columns(np.concatenate([a, a[:, twin]])) for a in (found, truth))
    cost = ridge * 2 * len(found) * np.eye(x.shape[1])
    return np.linalg.solve(x.T @ x + cost, x.T @ y + cost).T


def mapped(joints: Array, weights: Array) -> Array:
    """(T, 13, 3) joints by the weights of `fit_definitions`, torso-centred again."""
    mixed = weights @ joints
    return mixed - torso(mixed, "lcr13")


def _columns(poses: Array) -> Array:
    """(3 N, J) from (N, J, 3): one row per pose and axis."""
    return np.swapaxes(poses, 1, 2).reshape(-1, poses.shape[1])

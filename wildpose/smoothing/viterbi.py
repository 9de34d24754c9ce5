"""The most probable sequence of pose classes, and the skeleton that follows it without jitter.

The thesis' 3D temporal smoothing (Le Roux 2017, section 4.2.1): the states are the classes of all
modes of all frames, a state's pose is its mean over the clip, moving between states costs by the
distance of their poses, and a frame speaks for a state by the score of its mode. We add: the cost
is of speed, so that dropped frames and low frame rates look like no leap; each class has a twin
state in which the pose backend took left for right; and what is chosen is filtered without delay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wildpose.joints import torso
from wildpose.smoothing.chosen import Chosen, SmoothedTrack, filled
from wildpose.smoothing.gaps import MAX_GAP_S
from wildpose.trellis import best_path
from wildpose.types import Hypotheses, Track
from wildpose.zero_phase import smoothed

Array = npt.NDArray[np.floating]
SPEED = 2.0  # m/s, deviation of the mean joint speed between states
FLOOR = 1e-4  # observation of a state whose class a frame does not propose
EXCHANGE = 0.02  # probability that the backend begins or ceases to take left for right in a frame
SHORTEST_STEP_S = 1 / 30  # states are coarse: who crosses from one to the next does so in one step
STEP_GRAIN = 0.05  # by which time steps are rounded, relatively: few different ones, few matrices
CUTOFF_HZ = 5.0  # of the filter, for 3D and 2D joints
BLOCK = 4096  # frames whose observations are made at once


@dataclass(frozen=True)
class _Modes:
    """All modes of all frames of one person, one below the other."""

    frame: npt.NDArray[np.intp]
    """(N,) row of the track."""
    state: npt.NDArray[np.intp]
    """(N,) 0 to S - 1."""
    joints: Array
    """(N, J, 3)."""
    joints_2d: Array
    """(N, J, 2)."""
    scores: Array
    """(N,) as share of the frame's sum."""
    swapped: npt.NDArray[np.bool_]
    """(S,) states in which the backend took left for right."""
    poses: Array
    """(S, J, 3) mean pose of each state."""


def smooth_viterbi(
    track: Track, hypotheses: Iterable[Hypotheses], clock: Array
) -> SmoothedTrack | None:
    """The skeleton along the best path, filtered; see `wildpose.smoothing.Smoother`."""
    chosen = decoded(track, hypotheses)
    whole = filled(track, chosen, clock)
    return None if whole is None else _filtered(whole)


def decoded(track: Track, hypotheses: Iterable[Hypotheses]) -> Chosen:
    """The pose of every row of a track on its most probable path.

    Where the path's state was not proposed, its mean pose is taken, and projected onto the row's
    2D joints.

    Args:
        track: T rows, in lcr13.
        hypotheses: of each row.
    """
    modes = _gathered(hypotheses)
    T, J = track.scores.shape
    if modes is None:
        return Chosen(np.zeros((T, J, 3)), np.zeros((T, J, 2)), np.zeros(T, dtype=bool))
    distances, log_turn = _distances(modes.poses), _turning(modes)
    initial = np.log(np.where(modes.swapped, EXCHANGE, 1 - EXCHANGE))
    path, _ = best_path(
        _observations(modes, T),
        lambda step: _transitions(distances, step) + log_turn,
        initial=initial,
        steps=_steps(track.times),
    )
    return _chosen(track, modes, path)


def _steps(times: Array) -> Array:
    """(T - 1,) seconds from row to row, rounded, none so short that leaving a class is a leap."""
    steps = np.maximum(np.diff(times), SHORTEST_STEP_S)
    grains = np.round(np.log(steps / SHORTEST_STEP_S) / STEP_GRAIN)
    return np.round(SHORTEST_STEP_S * np.exp(STEP_GRAIN * grains), 4)  # as the trellis does


def _gathered(hypotheses: Iterable[Hypotheses]) -> _Modes | None:
    """All modes with their states; None where there is none."""
    frames = list(hypotheses)
    counts = [len(frame) for frame in frames]
    if not sum(counts):
        return None
    scores = np.concatenate([f.scores / max(f.scores.sum(), 1e-12) for f in frames])
    joints = np.concatenate([f.joints for f in frames])
    swapped = np.concatenate([f.swapped for f in frames])
    names = 2 * np.concatenate([f.classes for f in frames]) + swapped
    states, state = np.unique(names, return_inverse=True)
    weights = scores + FLOOR  # a state of which nobody is sure has a pose too
    poses = np.zeros((len(states), *joints.shape[1:]))
    np.add.at(poses, state, weights[:, None, None] * joints)
    return _Modes(
        frame=np.repeat(np.arange(len(frames)), counts),
        state=state,
        joints=joints,
        joints_2d=np.concatenate([f.joints_2d for f in frames]),
        scores=scores,
        swapped=states % 2 == 1,
        poses=poses / np.bincount(state, weights)[:, None, None],
    )


def _observations(modes: _Modes, T: int) -> Iterator[Array]:
    """(n, S) log observation probabilities, block by block."""
    S = len(modes.poses)
    for start in range(0, T, BLOCK):
        stop = min(start + BLOCK, T)
        first, last = np.searchsorted(modes.frame, (start, stop))
        block = np.full((stop - start, S), FLOOR)
        rows = modes.frame[first:last] - start
        np.maximum.at(block, (rows, modes.state[first:last]), modes.scores[first:last])
        yield np.log(block / block.sum(axis=1, keepdims=True))


def _distances(poses: Array) -> Array:
    """(S, S) m, mean joint distance between states; known before any step, of which many differ."""
    return np.stack([np.linalg.norm(poses - pose, axis=-1).mean(axis=-1) for pose in poses])


def _transitions(distances: Array, step: float) -> Array:
    """(S, S) log probability of moving from each state to each, within `step` seconds."""
    cost = -((distances / step) ** 2) / (2 * SPEED**2)
    return cost - np.log(np.exp(cost).sum(axis=1, keepdims=True))


def _turning(modes: _Modes) -> Array:
    """(S, S) log probability that the backend begins, ceases, or goes on to exchange sides."""
    same = modes.swapped[:, None] == modes.swapped[None]
    return np.log(np.where(same, 1 - EXCHANGE, EXCHANGE))


def _chosen(track: Track, modes: _Modes, path: npt.NDArray[np.intp]) -> Chosen:
    """The best mode of the path's state in each row, or the state's mean pose."""
    T = len(path)
    on_path = np.flatnonzero(modes.state == path[modes.frame])
    order = on_path[np.argsort(modes.scores[on_path], kind="stable")]
    mode = np.full(T, -1)
    mode[modes.frame[order]] = order  # the best of several comes last, and stays
    proposed = mode >= 0
    joints = np.where(proposed[:, None, None], modes.joints[mode], modes.poses[path])
    missing = ~proposed
    joints_2d = modes.joints_2d[mode].copy()
    joints_2d[missing] = onto(joints[missing], track.joints_2d[missing], track.scores[missing])
    everywhere = np.ones(T, dtype=bool)
    return Chosen(joints, joints_2d, everywhere, proposed, modes.swapped[path])


def onto(joints: Array, joints_2d: Array, scores: Array) -> Array:
    """3D poses as they appear when moved and resized onto 2D joints (scaled orthographic).

    Both spread alike (the scale of Horn 1987, section 2.E), which does not look at sides: they may
    be exchanged in what is seen, and a pose that fits badly is not shrunk to a point.

    Args:
        joints: (N, J, 3) m, camera axes.
        joints_2d: (N, J, 2) px.
        scores: (N, J), how much each 2D joint counts.

    Returns:
        (N, J, 2) px.
    """
    weights = (scores + 1e-3)[..., None]
    total = weights.sum(axis=1, keepdims=True)
    flat = joints[..., :2]
    mean_3d = (weights * flat).sum(axis=1, keepdims=True) / total
    mean_2d = (weights * joints_2d).sum(axis=1, keepdims=True) / total
    spread_3d = (weights * (flat - mean_3d) ** 2).sum(axis=(1, 2), keepdims=True)
    spread_2d = (weights * (joints_2d - mean_2d) ** 2).sum(axis=(1, 2), keepdims=True)
    return np.sqrt(spread_2d / np.maximum(spread_3d, 1e-9)) * (flat - mean_3d) + mean_2d


def _filtered(track: SmoothedTrack) -> SmoothedTrack:
    """The same without jitter, each stretch between absences on its own."""
    skeleton = track.skeleton
    assert skeleton.joints_2d is not None
    joints, joints_2d = skeleton.joints.copy(), skeleton.joints_2d.copy()
    absences = np.flatnonzero(np.diff(skeleton.times) > MAX_GAP_S + 1e-6) + 1  # as `rows_to_fill`
    edges = [0, *absences, len(skeleton)]
    for start, stop in pairwise(edges):
        span = slice(start, stop)
        weights = skeleton.scores[span] + 0.05  # hidden joints follow the others more freely
        for values in (joints, joints_2d):
            values[span] = smoothed(
                skeleton.times[span], values[span], weights, cutoff_hz=CUTOFF_HZ
            )
    joints -= torso(joints, skeleton.joint_set)
    return replace(track, skeleton=replace(skeleton, joints=joints, joints_2d=joints_2d))

"""Pose proposal integration: the many proposals of a person joined to a few likely poses.

Rogez, Weinzaepfel and Schmid, LCR-Net, CVPR 2017, as their released code does it. Its proposals
show all the people of an image: `groups` or `groups_by_joints` parts these, `people` does the rest.
Where the person is known, as in a track, `modes` takes one group per frame, all frames at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wildpose.boxes import overlap
from wildpose.types import Hypotheses

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.intp]
RADIUS = 0.3  # metres; this and the three below are the released code's defaults
MIN_SCORE = 0.05
MIN_PERSON = 0.002
UPPER_WEIGHT = 0.1  # of an upper-body proposal's legs, which lie outside of its box
MAX_MODES = 5


@dataclass(frozen=True)
class Modes:
    """The poses that the proposals of each frame gather at, in the order of their seeds' scores."""

    joints: Array
    """(T, M, J, 3) m, camera axes, torso-centred; zeros where there is no mode."""
    joints_2d: Array
    """(T, M, J, 2) px; zeros where there is no mode."""
    scores: Array
    """(T, M) in [0, 1], at most 1 in sum over a frame; 0 exactly where there is no mode."""
    classes: npt.NDArray[np.integer]
    """(T, M) anchor-pose index of the seed; -1 where there is no mode."""
    seeds: Indices
    """(T, M) index of the proposal that began the mode; -1 where there is no mode."""
    sums: Array
    """(T, M) the scores before a frame's are scaled to at most 1 in sum."""

    def hypotheses(self, t: int) -> Hypotheses:
        """The modes of one frame: as many as there are, perhaps none."""
        there = self.seeds[t] >= 0
        arrays = (self.joints, self.joints_2d, self.scores, self.classes)
        return Hypotheses(*(array[t, there] for array in arrays))


def groups(boxes: Array, scores: Array, *, threshold: float = 0.2) -> list[Indices]:
    """Proposals that show the same person, by the overlap of their boxes.

    Greedy: the best proposal that is left takes all those left whose intersection over union with
    it is above the threshold. Of equal scores the first is the best.

    Args:
        boxes: (N, 4) px, x0 y0 x1 y1, around the poses or their torsos and heads, clipped to the
            image; not where the network looked, which differs much for one person.
        scores: (N,) a proposal of score 0 is none, and in no group.
        threshold: in [0, 1].

    Returns:
        One array of indices per person, best seed first, increasing within each.
    """
    return _greedy(scores, lambda seed: overlap(boxes[seed, None], boxes)[0] > threshold)


def groups_by_joints(
    joints_2d: Array,
    boxes: Array,
    scores: Array,
    *,
    joints: Sequence[int],
    threshold: float = 0.1,
    mirrored: Sequence[int] | None = None,
) -> list[Indices]:
    """Proposals that show the same person, by the distance of some joints.

    Greedy as `groups`; a member's chosen joints are on average nearer to the seed's than
    `threshold` times twice the longer side of the seed's box. Parts people whose boxes overlap.

    Args:
        joints_2d: (N, J, 2) px.
        boxes: (N, 4) px, x0 y0 x1 y1, around the poses.
        scores: (N,) a proposal of score 0 is none, and in no group.
        joints: the chosen ones, e.g. [10, 11, 12]: shoulders and head of lcr13.
        threshold: share of twice the longer side.
        mirrored: `JointSet.mirrored`, to count the smaller distance, as proposed or with left and
            right exchanged (both coordinates of one pose; the released code mixes up two).

    Returns:
        One array of indices per person, best seed first, increasing within each.
    """
    chosen = np.asarray(joints, dtype=np.intp)
    orders = [chosen] if mirrored is None else [chosen, np.asarray(mirrored, dtype=np.intp)[chosen]]

    def near(seed: int) -> npt.NDArray[np.bool_]:
        own = joints_2d[seed, chosen]
        distance = np.min([_distance(joints_2d[:, order], own) for order in orders], axis=0)
        return distance < threshold * 2 * (boxes[seed, 2:] - boxes[seed, :2]).max()

    return _greedy(scores, near)


def modes(
    joints: Array,
    joints_2d: Array,
    scores: Array,
    classes: npt.NDArray[np.integer],
    *,
    upper: npt.NDArray[np.bool_],
    legs: Sequence[int],
    radius: float = RADIUS,
    max_modes: int = MAX_MODES,
    min_score: float = MIN_SCORE,
) -> Modes:
    """The poses that one person's proposals gather at, in every frame.

    The best proposal in no mode yet is the seed of the next one. Its members are all proposals
    near it in 3D, those of earlier modes too; their mean, weighted by score, is the mode's pose.
    For the legs, proposals of upper-body classes weigh a tenth.

    A mode's score is the sum of its members' scores, without members of an earlier mode: the
    released code counts these twice. Where a frame's scores then exceed 1 in sum they are divided
    by it; where not they are left, so that poor proposals do not look like good ones.

    Args:
        joints: (T, N, J, 3) m, camera axes, torso-centred; finite, also in unused slots.
        joints_2d: (T, N, J, 2) px; finite, also in unused slots.
        scores: (T, N) each proposal's; 0 in unused slots.
        classes: (T, N) anchor-pose index, zero-based; anything in unused slots.
        upper: (P,) True for classes that show the upper body alone. Flags and no count of full-body
            classes: with the count that the released demo gives, none is treated as such.
        legs: joints below the hips: knees and ankles, 0 to 3 in lcr13.
        radius: metres, mean joint distance to the seed below which a proposal is a member.
        max_modes: M, of each frame.
        min_score: seeds below it begin no mode but a frame's first.

    Raises:
        ValueError: shapes disagree, something is not finite, a score is negative, a class has no
            flag, or radius or max_modes is not positive.
    """
    _check(joints, joints_2d, scores)
    if not (radius > 0 and max_modes > 0):
        raise ValueError(f"radius and max_modes must be positive, got {radius} and {max_modes}")
    known = _known(classes, scores, len(upper))
    scores = np.asarray(scores, dtype=joints.dtype)
    member, seeds, sums = _gather(joints, scores, radius, max_modes, min_score)
    weights = member * scores[:, None]  # (T, M, N)
    on_legs = weights * np.where(upper[known], UPPER_WEIGHT, 1).astype(weights.dtype)[:, None]
    # One more column, for seed -1: there is no mode.
    classes = np.pad(known, ((0, 0), (0, 1)), constant_values=-1)
    return Modes(
        joints=_means(joints, weights, on_legs, list(legs)),
        joints_2d=_means(joints_2d, weights, on_legs, list(legs)),
        scores=sums / np.maximum(sums.sum(axis=1, keepdims=True), 1),
        classes=np.take_along_axis(classes, seeds, axis=1),
        seeds=seeds,
        sums=sums,
    )


def people(
    joints: Array,
    joints_2d: Array,
    scores: Array,
    classes: npt.NDArray[np.integer],
    *,
    grouped: Sequence[Indices],
    upper: npt.NDArray[np.bool_],
    legs: Sequence[int],
    radius: float = RADIUS,
    max_modes: int = MAX_MODES,
    min_score: float = MIN_SCORE,
    min_person: float = MIN_PERSON,
) -> list[Hypotheses]:
    """The likely poses of each person in an image, the surest person first.

    How sure: by the best mode's score before scaling (`Modes.sums`); after it a person with two
    likely poses would look less like a person than one with a single poor pose. Each person's
    modes are as `modes` orders and scores them, which here takes each person for a frame.

    Args:
        joints: (N, J, 3) m, camera axes, each torso-centred: the proposals of the whole image.
        joints_2d: (N, J, 2) px; scores and classes are (N,), other options as of `modes`.
        grouped: the proposals of each person, from `groups` or `groups_by_joints`.
        min_person: people whose best mode is below it are left out.
    """
    grouped = [np.asarray(group, dtype=np.intp) for group in grouped]
    if not grouped:
        return []
    sizes = np.array([len(group) for group in grouped])[:, None]
    used = np.arange(sizes.max()) < sizes  # (people, proposals)
    index = np.zeros(used.shape, dtype=np.intp)
    index[used] = np.concatenate(grouped)
    found = modes(
        joints[index],
        joints_2d[index],
        np.where(used, scores[index], 0),
        classes[index],
        upper=upper,
        legs=legs,
        radius=radius,
        max_modes=max_modes,
        min_score=min_score,
    )
    best = found.sums.max(axis=1)
    order = np.argsort(-best, kind="stable")
    return [found.hypotheses(i) for i in order if best[i] > 0 and best[i] >= min_person]


def _greedy(scores: Array, near: Callable[[int], npt.NDArray[np.bool_]]) -> list[Indices]:
    """Groups from the top score down; `near` tells who is near to a seed, which always is."""
    free = np.asarray(scores) > 0
    found = []
    for seed in np.argsort(-np.asarray(scores), kind="stable"):
        if free[seed]:
            member = free & near(int(seed))
            member[seed] = True  # an empty box overlaps nothing, not even itself
            free &= ~member
            found.append(np.flatnonzero(member))
    return found


def _distance(a: Array, b: Array) -> Array:
    """Mean distance of joints: (..., J, C) and (..., J, C) to (...)."""
    step = a - b
    return np.sqrt(np.einsum("...c,...c->...", step, step)).mean(axis=-1)


def _check(joints: Array, joints_2d: Array, scores: Array) -> None:
    """Raise ValueError for arrays that `modes` cannot work with."""
    came, (*slots, _) = (joints.shape, joints_2d.shape, scores.shape), joints.shape
    if came != ((*slots, 3), (*slots, 2), tuple(slots[:2])):
        raise ValueError(
            "proposals: expected joints (T, N, J, 3), joints_2d (T, N, J, 2), scores (T, N); "
            f"got {', '.join(map(str, came))}"
        )
    if not all(np.isfinite(array).all() for array in (joints, joints_2d, scores)):
        raise ValueError("proposals hold NaN or infinity: unused slots too must be finite")
    if (scores < 0).any():
        raise ValueError(f"proposals: scores must not be negative, got {scores.min()}")


def _known(classes: npt.NDArray[np.integer], scores: Array, P: int) -> npt.NDArray[np.integer]:
    """The classes, 0 in unused slots; ValueError where they do not fit."""
    if classes.shape != scores.shape:
        raise ValueError(f"proposals: {classes.shape} classes for {scores.shape} scores")
    known = np.where(scores > 0, classes, 0)
    if ((known < 0) | (known >= P)).any():
        raise ValueError(f"proposals: classes {known.min()} to {known.max()}, upper has {P}")
    return known


def _gather(
    joints: Array, scores: Array, radius: float, max_modes: int, min_score: float
) -> tuple[npt.NDArray[np.bool_], Indices, Array]:
    """Members (T, M, N), seeds (T, M; -1 for none) and sums (T, M) of all modes."""
    T, N = scores.shape
    member = np.zeros((T, max_modes, N), dtype=bool)
    seeds = np.full((T, max_modes), -1, dtype=np.intp)
    sums = np.zeros((T, max_modes), dtype=scores.dtype)
    rows = np.arange(T)
    free = scores > 0  # in no mode yet
    for m in range(max_modes if N else 0):
        seed = np.where(free, scores, 0).argmax(axis=1)  # (T,)
        begun = free[rows, seed] & ((scores[rows, seed] >= min_score) | (m == 0))
        if not begun.any():
            break
        near = _distance(joints, joints[rows, seed][:, None]) < radius
        member[:, m] = near & begun[:, None]  # unused slots too: they weigh nothing
        seeds[begun, m] = seed[begun]
        sums[:, m] = (scores * (member[:, m] & free)).sum(axis=1)
        free &= ~member[:, m]
    return member, seeds, sums


def _means(values: Array, weights: Array, on_legs: Array, legs: Sequence[int]) -> Array:
    """(T, M, J, C) weighted means of (T, N, J, C), with other weights (T, M, N) for the legs."""
    means = _mean(values, weights)
    means[:, :, legs] = _mean(values[:, :, legs], on_legs)
    return means


def _mean(values: Array, weights: Array) -> Array:
    """(T, M, J, C) means of (T, N, J, C) by weights (T, M, N); zeros where all weights are 0."""
    J, C = values.shape[2:]
    total = weights.sum(axis=2, keepdims=True)
    shares = weights / np.where(total > 0, total, 1)
    return (shares @ values.reshape(*values.shape[:2], J * C)).reshape(*weights.shape[:2], J, C)

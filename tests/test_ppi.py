"""One person's proposals gather at modes, and weigh there what they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.lifting.ppi import Modes, modes

Array = npt.NDArray[np.floating]
J = 13
LEGS = [0, 1, 2, 3]
FULL, UPPER = 0, 1
KINDS = np.array([False, True])  # class 0 shows the whole body, class 1 the upper body
FRONT = np.random.default_rng(9).normal(0, 0.3, (J, 3))
BACK = FRONT * [-1, 1, -1]  # turned by half a turn about the vertical
ALL = {"upper": KINDS, "legs": LEGS}


def of_one_frame(
    poses: Sequence[Array], scores: Sequence[float], classes: list[int] | None = None
) -> dict:
    """Arguments of `modes` for one frame of (J, 3) poses; 2D is 100 px to the metre."""
    joints = np.array(poses, dtype=float).reshape(1, -1, J, 3)
    return {
        "joints": joints,
        "joints_2d": 100 * joints[..., :2],
        "scores": np.array([scores], dtype=float),
        "classes": np.array([classes or [FULL] * len(scores)], dtype=int),
    }


def found_in(poses: Sequence[Array], scores: Sequence[float], **options: Any) -> Modes:
    classes = options.pop("classes", None)
    return modes(**of_one_frame(poses, scores, classes), **{**ALL, **options})


def beside(pose: Array, metres: float) -> Array:
    """The pose with all its joints moved along x, which is its mean joint distance."""
    return pose + np.array([metres, 0, 0])


def many(seed: int, T: int = 6, N: int = 9) -> dict:
    """Proposals around three poses, some slots unused, in float64."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 0.3, (3, J, 3))
    joints = centres[rng.integers(0, 3, (T, N))] + rng.normal(0, 0.12, (T, N, J, 3))
    scores = rng.uniform(0.01, 0.4, (T, N)) * (rng.random((T, N)) < 0.8)
    return {
        "joints": joints,
        "joints_2d": rng.uniform(0, 500, (T, N, J, 2)),
        "scores": scores,
        "classes": rng.integers(0, 2, (T, N)),
    }


# Modes of one person


def test_front_and_back_poses_are_two_modes_at_their_weighted_means() -> None:
    poses = [FRONT, beside(BACK, 0.1), beside(FRONT, 0.1), BACK]
    found = found_in(poses, [0.3, 0.2, 0.1, 0.1])
    assert found.seeds.tolist() == [[0, 1, -1, -1, -1]]
    # front: (0.3 * 0 + 0.1 * 0.1) / 0.4 to the side; back: (0.2 * 0.1 + 0.1 * 0) / 0.3
    expected = np.array([beside(FRONT, 0.025), beside(BACK, 0.2 / 3)])
    np.testing.assert_allclose(found.joints[0, :2], expected, atol=1e-12)
    np.testing.assert_allclose(found.joints_2d[0, :2], 100 * expected[..., :2], atol=1e-10)
    np.testing.assert_allclose(found.scores, [[0.4, 0.3, 0, 0, 0]], atol=1e-12)


def test_a_proposal_between_two_seeds_counts_in_both_means_but_once_in_the_scores() -> None:
    poses = [FRONT, beside(FRONT, 0.2), beside(FRONT, 0.4)]
    found = found_in(poses, [0.4, 0.1, 0.3], radius=0.3)
    assert found.seeds[0, :3].tolist() == [0, 2, -1]
    expected = [beside(FRONT, 0.1 * 0.2 / 0.5), beside(FRONT, (0.1 * 0.2 + 0.3 * 0.4) / 0.4)]
    np.testing.assert_allclose(found.joints[0, :2], expected, atol=1e-12)
    np.testing.assert_allclose(found.scores[0, :2], [0.5, 0.3], atol=1e-12)


def test_members_are_nearer_than_the_radius_to_the_seed_and_not_to_the_mean() -> None:
    poses = [FRONT, beside(FRONT, 0.29), beside(FRONT, -0.31)]
    found = found_in(poses, [0.5, 0.2, 0.1])
    assert found.seeds[0, :3].tolist() == [0, 2, -1]


def test_one_far_joint_counts_by_its_share_of_the_mean_distance() -> None:
    waving = FRONT.copy()
    waving[6] += [0, 0, 3.8]  # 3.8 / 13 = 0.292
    assert (found_in([FRONT, waving], [0.5, 0.4]).scores > 0).sum() == 1
    waving[6] += [0, 0, 0.2]  # 4 / 13 = 0.308
    assert (found_in([FRONT, waving], [0.5, 0.4]).scores > 0).sum() == 2


def test_seeds_below_the_least_score_begin_no_mode_but_the_first() -> None:
    found = found_in([FRONT, BACK], [0.2, 0.04], min_score=0.05)
    assert found.seeds[0].tolist() == [0, -1, -1, -1, -1]
    assert found_in([FRONT, BACK], [0.2, 0.05], min_score=0.05).seeds[0, 1] == 1
    poor = found_in([FRONT, BACK], [0.03, 0.04], min_score=0.05)
    assert poor.seeds[0].tolist() == [1, -1, -1, -1, -1]
    np.testing.assert_allclose(poor.scores[0, 0], 0.04, atol=1e-12)


def test_there_are_no_more_modes_than_asked_for() -> None:
    apart = [beside(FRONT, metres) for metres in range(7)]
    scores = [0.1, 0.12, 0.14, 0.16, 0.13, 0.11, 0.09]
    assert found_in(apart, scores).seeds.tolist() == [[3, 2, 4, 1, 5]]
    assert found_in(apart, scores, max_modes=2).seeds.tolist() == [[3, 2]]
    assert found_in(apart, scores, max_modes=9).seeds.tolist() == [[3, 2, 4, 1, 5, 0, 6, -1, -1]]


def test_scores_are_scaled_to_one_in_sum_only_where_they_exceed_it() -> None:
    joined = found_in([FRONT, FRONT, BACK], [0.9, 0.6, 0.5])
    np.testing.assert_allclose(joined.scores[0, :2], [0.75, 0.25], atol=1e-12)
    np.testing.assert_allclose(joined.sums[0, :2], [1.5, 0.5], atol=1e-12)
    poor = found_in([FRONT, FRONT, BACK], [0.09, 0.06, 0.05])
    np.testing.assert_allclose(poor.scores[0, :2], [0.15, 0.05], atol=1e-12)


def test_a_mode_has_the_class_of_its_seed() -> None:
    poses = [FRONT, FRONT, FRONT, BACK, BACK]
    scores, classes = [0.3, 0.25, 0.25, 0.1, 0.2], [4, 2, 2, 3, 0]
    found = found_in(poses, scores, classes=classes, upper=np.zeros(5, dtype=bool))
    assert found.classes.tolist() == [[4, 0, -1, -1, -1]]


def wild_legs() -> tuple[Array, Array]:
    """A pose, and the same with its legs 0.6 m aside: a mean joint distance of 0.185 m."""
    wild = FRONT.copy()
    wild[LEGS] += [0.6, 0, 0]
    return FRONT, wild


def test_upper_body_proposals_with_wild_legs_hardly_move_the_legs() -> None:
    plain, wild = wild_legs()
    found = found_in([plain, wild], [0.2, 0.6], classes=[FULL, UPPER])
    assert found.seeds[0, 0] == 1
    # 0.06 / 0.26 of 0.6 m instead of 0.6 / 0.8 of it
    np.testing.assert_allclose(
        found.joints[0, 0, LEGS] - plain[LEGS], [[0.6 * 0.06 / 0.26, 0, 0]] * 4, atol=1e-12
    )
    np.testing.assert_allclose(found.scores[0, 0], 0.8, atol=1e-12)


def test_the_rule_for_legs_changes_the_legs_alone() -> None:
    clip = many(1)
    ruled = modes(**clip, **ALL)
    unruled = modes(**clip, upper=np.zeros(2, dtype=bool), legs=LEGS)
    others = [joint for joint in range(J) if joint not in LEGS]
    for name in ("joints", "joints_2d"):
        with_rule, without = getattr(ruled, name), getattr(unruled, name)
        np.testing.assert_allclose(with_rule[:, :, others], without[:, :, others], atol=1e-12)
        assert np.abs(with_rule[:, :, LEGS] - without[:, :, LEGS]).max() > 0.01
    np.testing.assert_array_equal(ruled.scores, unruled.scores)
    np.testing.assert_array_equal(ruled.classes, unruled.classes)


def test_where_all_show_the_upper_body_the_legs_are_their_mean() -> None:
    plain, wild = wild_legs()
    found = found_in([plain, wild], [0.2, 0.6], classes=[UPPER, UPPER])
    np.testing.assert_allclose(found.joints[0, 0], (plain + 3 * wild) / 4, atol=1e-12)


def test_without_legs_every_joint_is_weighted_alike() -> None:
    plain, wild = wild_legs()
    found = found_in([plain, wild], [0.2, 0.6], classes=[FULL, UPPER], legs=[])
    np.testing.assert_allclose(found.joints[0, 0], (plain + 3 * wild) / 4, atol=1e-12)


# All frames at once


def one_by_one(
    joints: Array, joints_2d: Array, scores: Array, classes: Array, max_modes: int
) -> list[tuple[int, int, float, Array, Array]]:
    """Seed, class, score and poses of one frame's modes, a proposal and a joint at a time."""
    left = {i for i in range(len(scores)) if scores[i] > 0}
    everyone, counted, found = set(left), set(), []
    while left and len(found) < max_modes:
        seed = max(left, key=lambda i: scores[i])
        if scores[seed] < 0.05 and found:
            break
        near = []
        for i in everyone:
            gaps = [np.linalg.norm(joints[i, j] - joints[seed, j]) for j in range(J)]
            if sum(gaps) / J < 0.3:
                near.append(i)
        poses = []
        for values in (joints, joints_2d):
            pose = np.zeros(values.shape[1:])
            for j in range(J):
                weight = [scores[i] * (0.1 if j < 4 and classes[i] == UPPER else 1) for i in near]
                pose[j] = np.average([values[i, j] for i in near], axis=0, weights=weight)
            poses.append(pose)
        score = sum(scores[i] for i in near if i not in counted)
        found.append((seed, int(classes[seed]), float(score), *poses))
        counted |= set(near)
        left -= set(near)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_all_frames_at_once_give_what_one_by_one_gives(seed: int) -> None:
    clip = many(seed)
    found = modes(**clip, **ALL, max_modes=4)
    for t in range(len(found.scores)):
        expected = one_by_one(**{name: array[t] for name, array in clip.items()}, max_modes=4)
        hypotheses, n = found.hypotheses(t), len(expected)
        seeds, classes, sums, joints, joints_2d = zip(*expected, strict=True)
        assert found.seeds[t].tolist() == [*seeds, *[-1] * (4 - n)]
        assert hypotheses.classes.tolist() == list(classes)
        np.testing.assert_allclose(hypotheses.scores, np.array(sums) / max(1, sum(sums)))
        np.testing.assert_allclose(hypotheses.joints, joints, atol=1e-12)
        np.testing.assert_allclose(hypotheses.joints_2d, joints_2d, atol=1e-9)


def test_the_order_of_the_proposals_does_not_matter() -> None:
    clip = many(4)
    order = np.random.default_rng(0).permutation(clip["scores"].shape[1])
    found = modes(**clip, **ALL)
    again = modes(**{name: array[:, order] for name, array in clip.items()}, **ALL)
    for name in ("joints", "joints_2d", "scores", "classes"):
        np.testing.assert_allclose(getattr(again, name), getattr(found, name), atol=1e-10)
    np.testing.assert_array_equal(np.where(again.seeds < 0, -1, order[again.seeds]), found.seeds)


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_in_range_and_tell_which_modes_are_there(seed: int) -> None:
    clip = {
        name: array.astype(np.float32) if name != "classes" else array
        for name, array in many(seed, T=50).items()
    }
    found = modes(**clip, **ALL)
    assert found.joints.dtype == found.joints_2d.dtype == found.scores.dtype == np.float32
    assert (found.scores.sum(axis=1) <= 1 + 1e-6).all()  # float32
    there = found.seeds >= 0
    np.testing.assert_array_equal(found.scores > 0, there)
    np.testing.assert_array_equal(found.classes >= 0, there)
    assert there.any() and not there.all()
    assert not found.joints[~there].any() and not found.joints_2d[~there].any()


def test_what_stands_in_unused_slots_does_not_matter() -> None:
    clip = many(2)
    unused = clip["scores"] == 0
    assert unused.any()
    filled = {name: array.copy() for name, array in clip.items()}
    filled["joints"][unused], filled["joints_2d"][unused] = 0, 1e6
    filled["classes"][unused] = 99
    expected, found = modes(**clip, **ALL), modes(**filled, **ALL)
    np.testing.assert_array_equal(found.seeds, expected.seeds)
    np.testing.assert_allclose(found.joints, expected.joints, atol=1e-12)
    np.testing.assert_allclose(found.joints_2d, expected.joints_2d, atol=1e-9)


def test_arguments_stay_as_they_are() -> None:
    clip = many(5)
    before = {name: array.copy() for name, array in clip.items()}
    modes(**clip, **ALL)
    for name, array in clip.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(("T", "N"), [(0, 4), (3, 0), (0, 0)])
def test_without_frames_or_proposals_there_are_no_modes(T: int, N: int) -> None:
    found = modes(**many(0, T=T, N=N), **ALL)
    assert found.joints.shape == (T, 5, J, 3) and found.joints_2d.shape == (T, 5, J, 2)
    assert not found.scores.any() and (found.seeds == -1).all() and (found.classes == -1).all()


def test_a_frame_without_proposals_among_others_has_no_hypotheses() -> None:
    clip = many(3)
    clip["scores"][2] = 0
    hypotheses = modes(**clip, **ALL).hypotheses(2)
    assert len(hypotheses) == 0 and hypotheses.joints.shape == (0, J, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": np.ones((1, 2))}, r"joints \(T, N, J, 3\).*got .*\(1, 2\)"),
        ({"joints_2d": np.zeros((1, 1, J, 3))}, r"joints_2d \(T, N, J, 2\)"),
        ({"classes": np.zeros((1, 4), dtype=int)}, r"\(1, 4\) classes for \(1, 1\) scores"),
        ({"classes": np.full((1, 1), 2)}, "classes 2 to 2, upper has 2"),
        ({"classes": np.full((1, 1), -1)}, "classes -1 to -1"),
        ({"scores": np.full((1, 1), -0.5)}, "negative, got -0.5"),
        ({"scores": np.full((1, 1), np.nan)}, "NaN"),
        ({"joints": np.full((1, 1, J, 3), np.nan)}, "NaN"),
        ({"radius": 0.0}, "radius and max_modes must be positive, got 0.0 and 5"),
        ({"max_modes": 0}, "got 0.3 and 0"),
    ],
)
def test_what_cannot_be_joined_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        modes(**{**of_one_frame([FRONT], [0.5]), **ALL, **change})

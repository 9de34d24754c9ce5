"""Proposals of a whole image are parted by person, and each person has modes of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set
from wildpose.lifting.ppi import groups, groups_by_joints, modes, people

Array = npt.NDArray[np.floating]
J = 13
SHOULDERS_AND_HEAD = [10, 11, 12]
LEGS = [0, 1, 2, 3]
FRONT = np.random.default_rng(9).normal(0, 0.3, (J, 3))
TURNED = FRONT * [1, 1, -1]  # looks the same in 2D
ALL = {"upper": np.array([False, True]), "legs": LEGS}


# Who belongs together


def boxes_of(*rows: tuple[float, ...]) -> Array:
    return np.array(rows, dtype=float).reshape(-1, 4)


def as_lists(found: list[npt.NDArray[np.intp]]) -> list[list[int]]:
    return [group.tolist() for group in found]


def test_two_people_apart_are_two_groups_the_better_first() -> None:
    boxes = boxes_of((0, 0, 10, 20), (50, 0, 60, 20), (1, 0, 11, 20), (51, 0, 61, 20))
    found = groups(boxes, np.array([0.3, 0.9, 0.4, 0.2]), threshold=0.2)
    assert as_lists(found) == [[1, 3], [0, 2]]


def test_boxes_join_only_where_they_overlap_by_more_than_the_threshold() -> None:
    boxes, scores = boxes_of((0, 0, 10, 10), (5, 0, 15, 10)), np.array([0.9, 0.8])  # 50 of 150
    assert as_lists(groups(boxes, scores, threshold=0.33)) == [[0, 1]]
    assert as_lists(groups(boxes, scores, threshold=0.34)) == [[0], [1]]
    half = boxes_of((0, 0, 10, 10), (0, 0, 10, 5))
    assert as_lists(groups(half, scores, threshold=0.5)) == [[0], [1]]


def test_a_child_before_an_adult_is_a_group_of_its_own() -> None:
    boxes = boxes_of((0, 0, 40, 100), (15, 60, 25, 100), (1, 0, 41, 100), (15, 61, 25, 101))
    found = groups(boxes, np.array([0.9, 0.8, 0.3, 0.2]), threshold=0.2)  # 400 of 4000
    assert as_lists(found) == [[0, 2], [1, 3]]


def test_a_proposal_goes_to_the_best_seed_that_it_overlaps() -> None:
    # The middle one overlaps both ends by a third; these do not touch. Were it the seed, it
    # would take both.
    boxes = boxes_of((0, 0, 10, 10), (5, 0, 15, 10), (10, 0, 20, 10))
    assert as_lists(groups(boxes, np.array([0.5, 0.1, 0.9]))) == [[1, 2], [0]]
    assert as_lists(groups(boxes, np.array([0.5, 0.9, 0.1]))) == [[0, 1, 2]]


def test_empty_boxes_are_groups_of_one_and_unused_slots_none() -> None:
    boxes = boxes_of((4, 4, 4, 4), (4, 4, 4, 4), (4, 4, 4, 4))
    assert as_lists(groups(boxes, np.array([0.5, 0.9, 0]))) == [[1], [0]]


def test_of_no_proposals_there_are_no_groups() -> None:
    assert groups(boxes_of(), np.zeros(0)) == []
    none = groups_by_joints(np.zeros((0, J, 2)), boxes_of(), np.zeros(0), joints=[12])
    assert none == []


def test_groups_part_the_proposals_whatever_their_order() -> None:
    rng = np.random.default_rng(3)
    corners = rng.uniform(0, 60, (30, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(10, 40, (30, 2))], axis=1)
    scores = rng.uniform(0.1, 1, 30)
    found = groups(boxes, scores)
    assert 1 < len(found) < 30
    assert sorted(np.concatenate(found)) == list(range(30))
    order = rng.permutation(30)
    again = [sorted(order[group].tolist()) for group in groups(boxes[order], scores[order])]
    assert again == as_lists(found)


def heads_at(*places: tuple[float, float]) -> Array:
    """(N, J, 2) px: 40 px wide shoulders under heads at those places, everything else at 0."""
    joints_2d = np.zeros((len(places), J, 2))
    joints_2d[:, SHOULDERS_AND_HEAD] = [[-20, 20], [20, 20], [0, 0]]
    joints_2d[:, SHOULDERS_AND_HEAD] += np.array(places, dtype=float)[:, None]
    return joints_2d


def test_joints_join_below_the_threshold_times_twice_the_seeds_longer_side() -> None:
    boxes = boxes_of((0, 0, 50, 100), (0, 0, 500, 1000))  # the second is no seed: not looked at
    joints_2d = heads_at((30, 10), (60, 50))  # 50 px apart: a quarter of 200
    chosen = {"joints": SHOULDERS_AND_HEAD}
    scores = np.array([0.9, 0.5])
    near = groups_by_joints(joints_2d, boxes, scores, threshold=0.26, **chosen)
    far = groups_by_joints(joints_2d, boxes, scores, threshold=0.24, **chosen)
    assert as_lists(near) == [[0, 1]]
    assert as_lists(far) == [[0], [1]]


def test_only_the_chosen_joints_part_people() -> None:
    joints_2d = heads_at((30, 10), (30, 10))
    joints_2d[1, LEGS] = 1e4
    boxes, scores = boxes_of((0, 0, 50, 100), (0, 0, 50, 100)), np.array([0.9, 0.5])
    assert len(groups_by_joints(joints_2d, boxes, scores, joints=SHOULDERS_AND_HEAD)) == 1
    assert len(groups_by_joints(joints_2d, boxes, scores, joints=LEGS)) == 2


def test_a_pose_with_left_and_right_exchanged_joins_where_that_is_allowed() -> None:
    mirrored = joint_set("lcr13").mirrored
    joints_2d = heads_at((30, 10), (30, 10))
    joints_2d[1] = joints_2d[1, list(mirrored)]  # shoulders 40 px off, head in place: 26.7 of 200
    boxes, scores = boxes_of((0, 0, 50, 100), (0, 0, 50, 100)), np.array([0.9, 0.5])
    apart = groups_by_joints(joints_2d, boxes, scores, joints=SHOULDERS_AND_HEAD)
    joined = groups_by_joints(
        joints_2d, boxes, scores, joints=SHOULDERS_AND_HEAD, mirrored=mirrored
    )
    assert as_lists(apart) == [[0], [1]]
    assert as_lists(joined) == [[0, 1]]


def test_exchanging_sides_still_joins_what_is_near_as_proposed() -> None:
    joints_2d = heads_at((30, 10), (31, 10))
    boxes, scores = boxes_of((0, 0, 50, 100), (0, 0, 50, 100)), np.array([0.9, 0.5])
    options = {"joints": SHOULDERS_AND_HEAD, "mirrored": joint_set("lcr13").mirrored}
    assert as_lists(groups_by_joints(joints_2d, boxes, scores, **options)) == [[0, 1]]


# A whole image


def image_of(*shown: tuple[Array, float, float]) -> dict:
    """Arguments of `people` for (pose, px to the right, score), grouped by overlap."""
    poses, places, scores = (np.array(column) for column in zip(*shown, strict=True))
    joints_2d = 100 * poses[..., :2]  # 100 px to the metre
    joints_2d[..., 0] += places[:, None]
    boxes = np.concatenate([joints_2d.min(axis=1), joints_2d.max(axis=1)], axis=-1)
    return {
        "joints": poses,
        "joints_2d": joints_2d,
        "scores": scores,
        "classes": np.zeros(len(scores), dtype=int),
        "grouped": groups(boxes, scores, threshold=0.5),
        **ALL,
    }


def test_each_person_has_its_own_modes_the_surest_person_first() -> None:
    image = image_of(
        (FRONT, 0, 0.5), (FRONT, 900, 0.4), (FRONT, 0, 0.1), (TURNED, 900, 0.1), (FRONT, 900, 0.4)
    )
    surest, other = people(**image)
    np.testing.assert_allclose(surest.scores, [0.8, 0.1], atol=1e-12)
    np.testing.assert_allclose(surest.joints, [FRONT, TURNED], atol=1e-12)
    expected_2d = 100 * FRONT[:, :2] + [900, 0]
    np.testing.assert_allclose(surest.joints_2d, [expected_2d] * 2, atol=1e-9)
    np.testing.assert_allclose(other.scores, [0.6], atol=1e-12)
    np.testing.assert_allclose(other.joints, [FRONT], atol=1e-12)


def test_a_person_with_two_likely_poses_is_not_less_sure_for_it() -> None:
    image = image_of((FRONT, 0, 0.7), (FRONT, 900, 0.9), (TURNED, 900, 0.8))
    first, second = people(**image, min_person=0.6)
    np.testing.assert_allclose(first.scores, [0.9 / 1.7, 0.8 / 1.7], atol=1e-12)
    np.testing.assert_allclose(second.scores, [0.7], atol=1e-12)


def test_people_whose_best_mode_is_poor_are_left_out() -> None:
    image = image_of((FRONT, 0, 0.5), (FRONT, 900, 0.2), (FRONT, 900, 0.25))
    assert len(people(**image, min_person=0.44)) == 2
    assert len(people(**image, min_person=0.46)) == 1
    assert people(**image, min_person=0.51) == []


def test_people_are_what_their_proposals_alone_give() -> None:
    rng = np.random.default_rng(7)
    proposals = {
        "joints": FRONT + rng.normal(0, 0.2, (12, J, 3)),
        "joints_2d": rng.uniform(0, 500, (12, J, 2)),
        "scores": rng.uniform(0.1, 0.4, 12),
        "classes": rng.integers(0, 2, 12),
    }
    parts = [np.array([0, 3, 6, 9, 11]), np.array([1, 4, 7, 10]), np.array([5, 2])]
    found = people(**proposals, grouped=parts, **ALL)
    alone = [modes(**{k: v[None, part] for k, v in proposals.items()}, **ALL) for part in parts]
    alone.sort(key=lambda one: -one.sums.max())
    assert len(found) == len(alone) == 3
    for person, expected in zip(found, alone, strict=True):
        np.testing.assert_allclose(person.joints, expected.hypotheses(0).joints, atol=1e-12)
        np.testing.assert_allclose(person.scores, expected.hypotheses(0).scores, atol=1e-12)


def test_groups_without_proposals_are_nobody() -> None:
    image = image_of((FRONT, 0, 0.5), (FRONT, 900, 0))
    nobody = [np.array([1]), np.array([], dtype=int)]
    found = people(**{**image, "grouped": [*nobody, np.array([0])]}, min_person=0)
    assert [len(person) for person in found] == [1]
    assert people(**{**image, "grouped": nobody}, min_person=0) == []


def test_in_an_empty_image_is_nobody() -> None:
    none = {"joints": np.zeros((0, J, 3)), "joints_2d": np.zeros((0, J, 2)), "scores": np.zeros(0)}
    grouped = groups(boxes_of(), none["scores"])
    assert people(**none, classes=np.zeros(0, dtype=int), grouped=grouped, **ALL) == []

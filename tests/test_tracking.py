"""Who is who: ids through walks, crossings, absences, doubles and uneven time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.boxes import overlap
from wildpose.tracking import (
    BoxFilter,
    Sighting,
    Tracker,
    joint_similarity,
    same_person,
    torso_distance,
)

Array = npt.NDArray[np.floating]
REPEATABLE = settings(deadline=None, derandomize=True, max_examples=40)

# Someone of height 1 seen from the front, feet at y = 1, lcr13.
STANDING = np.array(
    [
        [-0.1, 1], [0.1, 1], [-0.1, 0.75], [0.1, 0.75], [-0.1, 0.5], [0.1, 0.5],
        [-0.25, 0.5], [0.25, 0.5], [-0.22, 0.35], [0.22, 0.35], [-0.15, 0.2], [0.15, 0.2],
        [0, 0.05],
    ]
)  # fmt: skip
# The same in profile: narrow, one leg and one arm before the other.
STRIDING = STANDING * [0.3, 1] + np.array([[0.15, 0], [-0.15, 0]] * 4 + [[0, 0]] * 5)


def someone(
    x: float,
    *,
    y: float = 0,
    height: float = 100,
    pose: Array = STANDING,
    quality: float = 0.9,
    followed: int | None = None,
) -> Sighting:
    """A person whose middle is at x px and whose top is at y px."""
    joints = np.array([x, y]) + height * pose
    box = np.concatenate([joints.min(axis=0), joints.max(axis=0)])
    return Sighting(joints, box, quality, followed)


def ids_at(tracker: Tracker, time: float, *people: Sighting) -> list[int | None]:
    """The id that each sighting got, None for one that was dropped."""
    named = {index: id for id, index in tracker.step(time, people).items()}
    return [named.get(i) for i in range(len(people))]


def test_ids_stay_with_people_who_walk_in_step() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(0)
    assert ids_at(tracker, 0, someone(0), someone(80), someone(160)) == [1, 2, 3]
    for t in range(1, 50):
        order = rng.permutation(3)
        people = [someone(80 * i + 4 * t) for i in order]
        assert ids_at(tracker, t / 25, *people) == [i + 1 for i in order]


def test_two_people_who_cross_keep_their_ids() -> None:
    tracker = Tracker()
    most_overlap = 0.0
    for t in range(41):  # 1.25 heights per second each
        right = someone(5 * t, pose=STRIDING)
        left = someone(200 - 5 * t, y=-10, height=120, pose=STRIDING * [-1, 1])
        shared = overlap(right.box[None], left.box[None])[0, 0]
        most_overlap = max(most_overlap, shared)
        pair = (right, left) if t % 2 else (left, right)
        named = ids_at(tracker, t / 25, *pair)
        assert named == ([2, 1] if t % 2 else [1, 2])
    assert most_overlap > 0.6


def test_the_best_of_all_pairs_together_is_taken_not_the_nearest_pair_first() -> None:
    # Two people 20 px apart both step 12 px to the right. The second one's old place and the first
    # one's new place are the nearest pair; taking it would leave 32 px for the other.
    tracker = Tracker()
    assert ids_at(tracker, 0, someone(0), someone(20)) == [1, 2]
    assert ids_at(tracker, 0.04, someone(32), someone(12)) == [2, 1]


def test_the_one_hidden_by_the_other_while_they_cross_keeps_the_id() -> None:
    tracker = Tracker()
    for t in range(41):
        front = someone(200 - 5 * t, y=-10, height=120, pose=STRIDING * [-1, 1])
        behind = someone(5 * t, pose=STRIDING)
        hidden = abs(t - 20) <= 3
        named = ids_at(tracker, t / 25, front, *([] if hidden else [behind]))
        assert named == ([1] if hidden else [1, 2])


@pytest.mark.parametrize(("absent_s", "expected"), [(0.5, 1), (1.9, 1), (2.1, 2), (10.0, 2)])
def test_a_person_out_of_sight_is_remembered_for_a_while(absent_s: float, expected: int) -> None:
    tracker = Tracker(memory_s=2)
    tracker.step(0, [someone(50)])
    for time in np.arange(0.1, absent_s, 0.1):
        tracker.step(time, [])
    assert ids_at(tracker, absent_s, someone(55)) == [expected]


def test_someone_who_walks_on_behind_a_pillar_keeps_the_id() -> None:
    tracker = Tracker()
    for t in range(26):
        ids_at(tracker, t / 25, someone(4 * t))
    for t in range(26, 46):
        assert tracker.step(t / 25, []) == {}
    assert ids_at(tracker, 46 / 25, someone(4 * 46)) == [1]


@pytest.mark.parametrize(
    ("missed_s", "step", "expected"),
    [
        (1.0, 60, 1),  # a step aside, in a second
        (1.0, -60, 1),
        (0.04, 60, 2),  # in a moment nobody moves so far
        (1.0, 300, 2),  # nor three heights in a second
    ],
)
def test_who_comes_back_may_have_moved_as_far_as_people_do(
    missed_s: float, step: float, expected: int
) -> None:
    tracker = Tracker()
    for t in range(10):
        tracker.step(t / 25, [someone(500)])
    for t in range(10, 10 + round(25 * missed_s)):
        tracker.step(t / 25, [])
    assert ids_at(tracker, 10 / 25 + missed_s, someone(500 + step)) == [expected]


def test_while_one_is_out_of_sight_a_stranger_far_away_gets_an_id_of_their_own() -> None:
    tracker = Tracker()
    ids_at(tracker, 0, someone(0))
    tracker.step(0.1, [])
    assert ids_at(tracker, 0.2, someone(600)) == [2]
    assert ids_at(tracker, 0.3, someone(600), someone(0)) == [2, 1]


def test_a_newcomer_far_from_the_one_who_left_in_the_same_frame_gets_a_new_id() -> None:
    tracker = Tracker()
    ids_at(tracker, 0, someone(0))
    assert ids_at(tracker, 0.04, someone(500)) == [2]


def test_someone_small_is_not_taken_for_someone_tall_who_was_lost_there() -> None:
    tracker = Tracker()
    ids_at(tracker, 0, someone(0, height=300))
    tracker.step(0.1, [])
    assert ids_at(tracker, 0.2, someone(0, y=120, height=60)) == [2]


@pytest.mark.parametrize("dropped", [0, 1, 5])
def test_a_runner_keeps_the_id_through_dropped_frames(dropped: int) -> None:
    # 3 heights per second: over 6 frames 60 px, more than the box is wide.
    tracker = Tracker()
    times = [t / 30 for t in range(30)]
    del times[15 : 15 + dropped]
    for time in times:
        assert ids_at(tracker, time, someone(300 * time)) == [1]


def test_uneven_time_stamps_do_not_lose_a_walker() -> None:
    tracker = Tracker()
    times = np.cumsum([0.01, 0.2, 0.02, 0.15, 0.05, 0.01, 0.3, 0.02, 0.25, 0.01])
    for time in times:
        assert ids_at(tracker, time, someone(120 * time)) == [1]


def test_two_sightings_of_one_person_become_the_better_one() -> None:
    tracker = Tracker()
    poor, good = someone(50, quality=0.6), someone(51, quality=0.8)
    assert tracker.step(0, [poor, good]) == {1: 1}
    assert tracker.step(0.04, []) == {}
    assert tracker.step(0.08, [good]) == {1: 0}


def test_following_someone_counts_more_than_detecting_them_again() -> None:
    tracker = Tracker()
    tracker.step(0, [someone(50)])
    detected, followed = someone(50, quality=0.95), someone(52, quality=0.7, followed=1)
    assert tracker.step(0.04, [detected, followed]) == {1: 1}


@pytest.mark.parametrize(("place", "stays"), [(0, 1), (60, 2)])
def test_of_two_tracks_that_show_one_person_the_one_who_was_there_goes_on(
    place: float, stays: int
) -> None:
    tracker = Tracker()
    for t in range(5):
        tracker.step(t / 25, [someone(0), someone(60)])
    twice = [someone(place + 1, followed=1), someone(place, followed=2)]
    assert set(tracker.step(5 / 25, twice)) == {stays}
    assert set(tracker.missing()) == {3 - stays}


def test_people_near_each_other_are_not_doubles() -> None:
    assert not same_person(someone(0), someone(20))
    assert same_person(someone(0), someone(1))
    assert not same_person(someone(0), someone(0, height=60))


def test_limbs_guessed_in_another_way_on_the_same_torso_are_the_same_person() -> None:
    waving = STANDING.copy()
    waving[[0, 1, 2, 3, 6, 7, 8, 9]] += [0.6, -0.4]
    assert same_person(someone(0), someone(2, pose=waving))
    assert not same_person(someone(0), someone(40, pose=waving))


def test_torso_distance_counts_in_torso_lengths() -> None:
    a = someone(0).joints_2d  # from 20 to 50 px below the top
    assert torso_distance(a, a) == 0
    lower = someone(0, y=15).joints_2d
    assert torso_distance(a, lower) == pytest.approx(0.5, abs=1e-9)
    assert torso_distance(3 * a, 3 * lower) == pytest.approx(0.5, abs=1e-9)


def test_nobody_is_an_empty_answer() -> None:
    tracker = Tracker()
    assert tracker.step(0, []) == {}
    assert tracker.missing() == {}
    tracker.step(0.1, [someone(0)])
    assert tracker.step(0.2, []) == {}


def test_those_not_seen_are_missing_until_they_are_forgotten() -> None:
    tracker = Tracker(memory_s=1)
    tracker.step(0, [someone(0), someone(300)])
    assert set(tracker.missing()) == set()
    tracker.step(0.5, [someone(0)])
    assert set(tracker.missing()) == {2}
    tracker.step(1.4, [someone(0)])
    assert set(tracker.missing()) == set()


def test_who_is_missing_is_expected_to_have_walked_on() -> None:
    tracker = Tracker()
    for t in range(26):
        tracker.step(t / 25, [someone(4 * t)])  # 100 px per second
    tracker.step(1.5, [])
    np.testing.assert_allclose(tracker.missing()[1], [50, 0], atol=2)


def test_ids_are_never_used_again() -> None:
    tracker = Tracker(memory_s=0.5)
    given_ids = [ids_at(tracker, 10 * visit, someone(0))[0] for visit in range(4)]
    assert given_ids == [1, 2, 3, 4]


def test_similarity_of_a_pose_with_itself_is_one() -> None:
    poses = np.stack([someone(0).joints_2d, someone(500).joints_2d])
    similarity = joint_similarity(poses, poses, np.array([100.0, 100.0]))
    np.testing.assert_allclose(similarity, [[1, 0], [0, 1]], atol=1e-6)


def test_one_joint_off_by_its_tolerance_costs_what_coco_says() -> None:
    a = someone(0).joints_2d
    b = a.copy()
    b[12, 0] += 0.07 * 50  # the head's 2 x 0.035, of half of 100 px
    similarity = joint_similarity(a[None], b[None], np.array([100.0]))[0, 0]
    assert similarity == pytest.approx((12 + np.exp(-0.5)) / 13, abs=1e-9)


def test_similarity_falls_with_distance() -> None:
    a = someone(0).joints_2d[None]
    b = np.stack([someone(x).joints_2d for x in (0, 1, 3, 8, 20, 60)])
    similarity = joint_similarity(a, b, np.array([100.0]))[0]
    assert (np.diff(similarity) < 0).all()
    assert similarity[-1] < 1e-3


@REPEATABLE
@given(st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(0.2, 5), st.integers(0, 99))
def test_similarity_does_not_change_when_the_picture_is_moved_and_scaled(
    x: float, y: float, scale: float, seed: int
) -> None:
    a, b = 100 * STANDING + np.random.default_rng(seed).normal(scale=3, size=(2, 1, 13, 2))
    before = joint_similarity(a, b, np.array([100.0]))
    after = joint_similarity(scale * a + [x, y], scale * b + [x, y], np.array([100 * scale]))
    np.testing.assert_allclose(after, before, atol=1e-9)
    np.testing.assert_allclose(joint_similarity(b, a, np.array([100.0])), before, atol=1e-9)


def test_a_box_in_steady_motion_is_predicted_where_it_will_be() -> None:
    start, speed = np.array([0.0, 0, 50, 100]), np.array([100.0, 20, 100, 20])
    boxes = BoxFilter(start)
    for t in np.arange(1, 26) / 25:
        boxes.predict(1 / 25)
        boxes.update(start + speed * t)
    np.testing.assert_allclose(boxes.predict(0.5), start + speed * 1.5, atol=1)

"""Who is kept of the bodies that a Kinect tracked, in which order, and what is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.ntu_bodies import Actor, Fill, actors_of, cubic_fill, filled, main_bodies, motion
from datasets.ntu_skeleton_file import SkeletonFile, TrackedBody
from datasets.ntu_writing import tracked_body
from wildpose.geometry import Array
from wildpose.smoothing.gaps import MAX_GAP_S


def person(id: str, frames: Iterable[int], *, moves: float = 0.0, x: float = 0.0) -> TrackedBody:
    """Somebody who stands upright and goes to and fro by so many metres, at x m aside."""
    numbers = np.array(list(frames))
    standing = MOTIONS["wave"](np.zeros(1), Body(1.75), Style(sway=0.0))
    steps = np.zeros((len(numbers), 1, 3))
    steps[:, 0, 0] = moves * np.sin(numbers)
    return tracked_body(standing + steps + (x, -0.9, 3.0), id=id, frames=numbers)


def table(id: str, frames: Iterable[int], *, wide: int | None = None) -> TrackedBody:
    """A body twice as wide as high, which jumps about; upright from its frame `wide` on."""
    body = person(id, frames, moves=2.0)
    joints = body.joints.copy()
    joints[:wide, :, 0] = joints[:wide, :, 0].mean() + np.linspace(-1, 1, 25)
    joints[:wide, :, 1] = np.linspace(0, 1, 25)
    return replace(body, joints=joints)


def ids(bodies: list[TrackedBody]) -> list[str]:
    return [body.id for body in bodies]


def blank(body: TrackedBody, where: object) -> TrackedBody:
    """A body with joints unknown and zero."""
    joints, known = body.joints.copy(), body.joints_known.copy()
    joints[where], known[where] = 0.0, False
    return replace(body, joints=joints, joints_known=known)


def actor(joints: Array, known: object) -> Actor:
    """An actor of 25 joints at the same place: (T,) x, known in (T,) frames."""
    everywhere = np.repeat(np.array(known, dtype=bool)[:, None], 25, axis=1)
    points = np.zeros((len(joints), 25, 3))
    points[..., 0] = np.asarray(joints)[:, None] * everywhere
    return Actor(points, everywhere, np.zeros((len(joints), 25, 2)), everywhere)


def test_motion_is_the_variance_of_x_y_and_z_added() -> None:
    body = tracked_body(np.zeros((2, 25, 3)), id="1")
    body.joints[1] = (3.0, 1.0, 2.0)  # deviations of 1.5, 0.5 and 1 from the mean
    assert motion(body) == pytest.approx(1.5**2 + 0.5**2 + 1.0**2)
    assert motion(blank(body, 0)) == 0.0
    assert motion(body, np.array([False, False])) == 0.0


def test_who_moves_more_comes_first() -> None:
    bodies = [person("1", range(30), moves=0.1), person("2", range(30), moves=0.5, x=1)]
    assert ids(main_bodies(bodies)) == ["2", "1"]
    assert ids(main_bodies(bodies[::-1])) == ["2", "1"]


def test_a_body_of_eleven_frames_is_dropped_and_one_of_twelve_kept() -> None:
    long = person("1", range(30))
    assert ids(main_bodies([long, person("2", range(11), moves=1)])) == ["1"]
    assert ids(main_bodies([long, person("2", range(12), moves=1)])) == ["2", "1"]


def test_frames_in_which_nothing_is_known_do_not_count() -> None:
    half_empty = blank(person("2", range(20), moves=1), slice(0, 10))
    assert ids(main_bodies([person("1", range(30)), half_empty])) == ["1"]


def test_short_bodies_stay_where_there_are_no_others() -> None:
    assert ids(main_bodies([person("1", range(5))])) == ["1"]
    assert ids(main_bodies([person("1", range(5)), person("2", range(6), moves=1)])) == ["2", "1"]


def test_a_body_that_is_mostly_wide_is_furniture() -> None:
    someone = person("1", range(100))
    assert ids(main_bodies([someone, table("2", range(100))])) == ["1"]
    assert ids(main_bodies([someone, table("2", range(100), wide=70)])) == ["1"]  # 0.70 of frames
    assert ids(main_bodies([someone, table("2", range(100), wide=69)])) == ["2", "1"]


def test_the_last_body_stays_even_if_it_is_wide() -> None:
    assert ids(main_bodies([table("1", range(30))])) == ["1"]
    assert ids(main_bodies([table("1", range(30)), table("2", range(30), wide=29)])) == ["2"]


def test_motion_in_wide_frames_does_not_make_a_main_actor() -> None:
    calm = person("1", range(100))  # but for two thirds of the frames
    joints = calm.joints.copy()
    joints[:60] = table("1", range(60)).joints
    moving = person("2", range(100), moves=0.2)
    assert motion(replace(calm, joints=joints)) > motion(moving)
    assert ids(main_bodies([replace(calm, joints=joints), moving])) == ["2", "1"]


def test_a_body_seen_when_the_first_actor_is_not_is_the_first_actor() -> None:
    first, other = person("1", range(50), moves=0.5), person("2", range(100), moves=0.1, x=1)
    again = person("3", range(60, 100), moves=0.3)
    one, two = actors_of(SkeletonFile(100, (other, again, first)))
    assert np.flatnonzero(~one.seen).tolist() == list(range(50, 60))
    assert two.seen.all()
    np.testing.assert_array_equal(one.joints[60:], again.joints)
    np.testing.assert_array_equal(one.colour[:50], first.colour)
    assert not one.joints[50:60].any()


def test_a_body_that_vanished_makes_room_for_another_in_its_own_frames_only() -> None:
    back = person("1", [*range(20), *range(40, 60)], moves=0.5)
    between = person("2", range(20, 40), moves=0.3)
    (one,) = actors_of(SkeletonFile(60, (back, between)))
    assert one.seen.all()
    overlapping = person("2", range(20, 41), moves=0.3)
    assert len(actors_of(SkeletonFile(60, (back, overlapping)))) == 2


def test_a_third_person_is_left_out() -> None:
    bodies = [person(str(n), range(30), moves=n / 10, x=n) for n in (1, 2, 3)]
    actors = actors_of(SkeletonFile(30, tuple(bodies)))
    np.testing.assert_array_equal(actors[0].joints, bodies[2].joints)
    np.testing.assert_array_equal(actors[1].joints, bodies[1].joints)
    assert len(actors) == 2


@pytest.mark.parametrize("bodies", [(), (blank(person("1", range(3)), slice(None)),)])
def test_nobody_is_no_actor(bodies: tuple[TrackedBody, ...]) -> None:
    assert actors_of(SkeletonFile(3, bodies)) == []


@pytest.mark.parametrize("fill", ["pchip", "cubic"])
def test_what_moves_evenly_is_filled_as_it_moved(fill: Fill) -> None:
    known = [True] * 4 + [False] * 3 + [True] * 4
    line = filled(actor(np.arange(11) / 10, known), fill=fill)
    assert line.seen.all()
    np.testing.assert_allclose(line.joints[:, 0, 0], np.arange(11) / 10, atol=1e-12)


def test_what_is_known_is_never_changed() -> None:
    rng = np.random.default_rng(0)
    gappy = actor(rng.normal(size=60), rng.random(60) < 0.7)
    for fill in ("pchip", "cubic", "none"):
        after = filled(gappy, fill=fill)
        np.testing.assert_array_equal(after.joints[gappy.known], gappy.joints[gappy.known])
        assert after.known[gappy.known].all()


def test_the_default_stays_between_both_sides_of_a_gap_and_a_cubic_does_not() -> None:
    leap = np.r_[np.zeros(7), np.ones(9)]  # m, just before the gap
    known = np.ones(16, dtype=bool)
    known[8:12] = False
    steady = filled(actor(leap, known)).joints[..., 0]
    assert steady.min() >= 0 and steady.max() <= 1
    assert filled(actor(leap, known), fill="cubic").joints[..., 0].max() > 1.2


def test_gaps_up_to_half_a_second_are_filled_and_longer_ones_not() -> None:
    def seen(missing: int, *, max_gap_s: float = MAX_GAP_S) -> bool:
        known = np.ones(40, dtype=bool)
        known[10 : 10 + missing] = False
        return bool(filled(actor(np.zeros(40), known), max_gap_s=max_gap_s).seen.all())

    assert seen(14)  # 15 steps of 1/30 s from one sighting to the next
    assert not seen(15)
    assert seen(15, max_gap_s=np.inf)
    assert not seen(1, max_gap_s=0.0)


def test_nothing_is_filled_before_a_person_comes_or_after_she_left() -> None:
    known = [False] * 2 + [True] * 3 + [False] + [True] * 3 + [False] * 2
    assert np.flatnonzero(~filled(actor(np.zeros(11), known)).seen).tolist() == [0, 1, 9, 10]


def test_a_joint_alone_is_filled_and_held_where_its_person_comes_and_goes() -> None:
    body = actors_of(SkeletonFile(30, (person("1", range(30), moves=0.3),)))[0]
    known = body.known.copy()
    known[:3, 7] = known[10:13, 7] = known[28:, 7] = False
    after = filled(replace(body, known=known))
    assert after.seen.all()
    np.testing.assert_allclose(after.joints[:3, 7], body.joints[[3, 3, 3], 7], atol=1e-12)
    np.testing.assert_allclose(after.joints[28:, 7], body.joints[[27, 27], 7], atol=1e-12)
    np.testing.assert_array_equal(after.joints[:, :7], body.joints[:, :7])
    assert (after.joints[10:13, 7] != body.joints[10:13, 7]).any()


def test_a_joint_that_is_never_known_leaves_the_person_unseen() -> None:
    body = actors_of(SkeletonFile(30, (person("1", range(30)),)))[0]
    known = body.known.copy()
    known[:, 7] = False
    known[:29, 8] = False
    someone = replace(body, known=known)
    assert not filled(someone).seen.any()
    assert someone.never_known == ["left_hand"]
    assert body.never_known == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_cubic_needs_four_frames_and_is_straight_with_fewer(count: int) -> None:
    times, values = np.arange(count, dtype=float), np.arange(count)[:, None] ** 2.0
    filled_in = cubic_fill(times, values, np.array([-1.0, 0.5, 9.0]))[:, 0]
    expected = np.interp([-1.0, 0.5, 9.0], times, values[:, 0])
    np.testing.assert_allclose(filled_in, expected, atol=1e-12)


def test_a_cubic_follows_a_cubic() -> None:
    times = np.array([0.0, 1, 2, 5, 6, 7])
    values = (times**3 - 4 * times)[:, None]
    np.testing.assert_allclose(cubic_fill(times, values, np.array([3.5])), [[3.5**3 - 14]])

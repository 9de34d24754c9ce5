"""Virtual cameras turn without a mirror, look at people, and are spread as their docstring says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from datasets.virtual_cameras import LOWEST_M, NEAREST_M, Views, camera_on, random_views
from wildpose.geometry import Array, unit

N, SIZE, TALL = 5000, 384, 1.75


def people() -> Array:
    """(N, 3) m: middles of people on a floor."""
    return np.random.default_rng(1).uniform((-3, 0.7, -3), (3, 1.2, 3), (N, 3))


@cache
def views() -> Views:
    return random_views(people(), np.full(N, TALL), np.random.default_rng(0), size_px=SIZE)


def from_target() -> Array:
    """(N, 3) from each person to their camera, world axes."""
    return views().position - people()


def fills() -> Array:
    """(N,) how much of the picture's height a person takes up, seen from the side."""
    return views().focal_px * TALL / np.linalg.norm(from_target(), axis=1) / SIZE


def shown(points: Array) -> Array:
    """(N, 2) px of one world point per view."""
    return views().project(views().to_camera(points[:, None]))[:, 0]


def test_every_view_is_a_rotation_without_a_mirror() -> None:
    turns = views().rotation
    np.testing.assert_allclose(
        turns @ turns.swapaxes(1, 2), np.tile(np.eye(3), (N, 1, 1)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-9)


def test_pixels_and_axes_are_those_of_the_camera_of_each_view() -> None:
    points = people()[:, None] + np.random.default_rng(2).uniform(-0.4, 0.4, (N, 5, 3))
    seen = views().to_camera(points)
    pixels = views().project(seen)
    assert seen[:20, :, 2].min() > 0.05  # in front of the camera, where both project alike
    for i in range(20):
        camera = views().camera(i)
        assert (camera.width, camera.height) == (SIZE, SIZE)
        np.testing.assert_allclose(camera.to_camera(points[i]), seen[i], atol=1e-9)
        np.testing.assert_allclose(camera.project(points[i]), pixels[i], atol=1e-6)


def test_people_are_in_front_of_the_camera() -> None:
    head, foot = (people() + np.array([0, side * TALL / 2, 0]) for side in (1, -1))
    ends = views().to_camera(np.stack([people(), head, foot], axis=1))[..., 2]
    assert (ends[:, 0] > 0.5).all()
    assert (ends > 0.05).all(axis=1).mean() > 0.999


def test_people_are_upright_in_the_picture_but_for_a_roll_of_five_degrees() -> None:
    level = np.abs(from_target()[:, 1]) < 0.15 * np.linalg.norm(from_target(), axis=1)
    up = views().rotation[level, :, 1]  # the world's up in camera axes
    roll = np.degrees(np.arctan2(up[:, 0], -up[:, 1]))
    assert level.sum() > 1000
    assert abs(roll.mean()) < 0.5
    assert roll.std() == pytest.approx(5, abs=0.6)


def test_yaw_is_uniform() -> None:
    back = from_target()
    yaw = np.arctan2(back[:, 0], back[:, 2])
    counts, _ = np.histogram(yaw, 8, (-np.pi, np.pi))
    np.testing.assert_allclose(counts / N, 1 / 8, atol=0.02)


def test_elevation_is_about_five_degrees_and_seldom_steep() -> None:
    elevation = np.degrees(np.arcsin(unit(from_target())[:, 1]))
    assert np.median(elevation) == pytest.approx(5.5, abs=1)  # the steep ones lift it a little
    assert elevation.min() > -20.01 and elevation.max() < 65.01
    # 8 % lie evenly between 30 and 65 degrees, and nothing else above 36.
    assert (elevation > 36).mean() == pytest.approx(0.08 * 29 / 35, abs=0.012)


def test_the_field_of_view_is_between_25_and_60_degrees() -> None:
    field = np.degrees(2 * np.arctan(SIZE / 2 / views().focal_px))
    assert field.min() >= 25 and field.max() <= 60
    assert field.mean() == pytest.approx(42.5, abs=1)


def test_a_quarter_of_the_views_is_too_near_for_the_whole_person() -> None:
    fill = fills()
    assert (fill > 1).mean() == pytest.approx(0.25, abs=0.02)
    whole = fill[fill < 1]
    assert whole.min() > 0.349 and whole.max() < 0.951
    assert whole.mean() == pytest.approx(0.65, abs=0.02)  # the middle of 35 and 95 %
    assert 2 < fill.max() < 2.41


def test_whole_people_stand_in_the_picture_and_off_its_centre() -> None:
    whole = fills() < 1
    head, foot = (shown(people() + np.array([0, side * TALL / 2, 0]))[whole] for side in (1, -1))
    # A camera that is near shows what is nearer to it larger, so a few heads and feet are cut off.
    inside = [((p > -0.1 * SIZE) & (p < 1.1 * SIZE)).all(axis=1).mean() for p in (head, foot)]
    assert min(inside) > 0.97
    aside = shown(people())[whole] - SIZE / 2
    np.testing.assert_allclose(aside.mean(axis=0), 0, atol=0.02 * SIZE)
    assert (aside.std(axis=0) > 0.07 * SIZE).all()


def test_close_views_show_the_upper_body_rather_than_the_legs() -> None:
    close = fills() > 1
    head, middle, foot = (
        shown(people() + np.array([0, y * TALL, 0]))[close, 1] for y in (0.4, 0, -0.4)
    )
    assert (head < middle).all() and (middle < foot).all()
    assert (middle > SIZE / 2).mean() > 0.7
    cut = [((y < 0) | (y > SIZE)).mean() for y in (head, foot)]
    assert cut[1] > 2 * cut[0]


def test_somebody_who_faces_the_camera_has_the_left_on_the_right_of_the_picture() -> None:
    back = from_target()
    facing = np.abs(np.arctan2(back[:, 0], back[:, 2])) < 0.5  # people face world z
    left, right = (shown(people() + np.array([x, 0, 0]))[facing, 0] for x in (0.2, -0.2))
    assert facing.sum() > 500
    assert (left > right).all()


def test_no_camera_is_nearer_than_a_metre() -> None:
    near = random_views(people(), np.full(N, 0.5), np.random.default_rng(0))
    distance = np.linalg.norm(near.position - people(), axis=1)
    assert distance.min() == pytest.approx(NEAREST_M)


def test_taller_people_are_seen_from_farther_away() -> None:
    far = random_views(people(), np.full(N, 2 * TALL), np.random.default_rng(0), size_px=SIZE)
    distance = np.linalg.norm(far.position - people(), axis=1)
    own = np.linalg.norm(from_target(), axis=1)
    free = own > NEAREST_M * 1.001
    np.testing.assert_allclose(distance[free], 2 * own[free], rtol=1e-9)


def test_a_seed_gives_the_same_views_and_another_seed_others() -> None:
    again, other = (
        random_views(people(), np.full(N, TALL), np.random.default_rng(seed)) for seed in (0, 1)
    )
    np.testing.assert_array_equal(again.rotation, views().rotation)
    np.testing.assert_array_equal(again.position, views().position)
    assert np.abs(other.position - views().position).max() > 1


@pytest.mark.parametrize("height", [0.3, 1.7])
def test_a_camera_on_one_person_is_a_random_one_held_above_the_floor(height: float) -> None:
    joints = np.random.default_rng(3).uniform((0, 0, 1), (0.5, height, 1.4), (9, 25, 3))
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    tall = max(np.ptp(joints, axis=(0, 1)).max() + 0.15, 1.0)
    lifted = 0
    for seed in range(60):
        camera = camera_on(joints, np.random.default_rng(seed), size_px=SIZE)
        rng = np.random.default_rng(seed)
        views = random_views((low + high)[None] / 2, np.array([tall]), rng, size_px=SIZE)
        x, y, z = views.position[0]
        expected = replace(views, position=np.array([[x, max(y, LOWEST_M), z]])).camera(0)
        np.testing.assert_array_equal(camera.position, expected.position)
        np.testing.assert_array_equal(camera.rotation, expected.rotation)
        assert (camera.focal_px, camera.width) == (expected.focal_px, SIZE)
        lifted += y < LOWEST_M
    assert 0 < lifted < 30

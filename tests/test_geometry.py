"""Cameras and rotations turn the way the module says, by cases checked by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from wildpose.geometry import (
    NEAREST_DEPTH,
    Array,
    Camera,
    look_at,
    orbit_camera,
    rotation_x,
    rotation_y,
    rotation_z,
    unit,
)

X, Y, Z = np.eye(3)
QUARTER = np.pi / 2
TURNS = {"x": (rotation_x, Y, Z), "y": (rotation_y, Z, X), "z": (rotation_z, X, Y)}
"""Axis -> its rotation, and the two axes of which it turns the first towards the second."""


def plain_camera(**changes: object) -> Camera:
    """At the origin, looking along world z with x right and y down: camera axes = world axes."""
    values: dict = {
        "position": np.zeros(3),
        "rotation": np.eye(3),
        "focal_px": 100.0,
        "principal_px": np.array([80.0, 60.0]),
        "width": 160,
        "height": 120,
    }
    return Camera(**{**values, **changes})


def some_points(count: int = 20) -> Array:
    return np.random.default_rng(0).uniform(-2, 2, (count, 3))


def some_cameras() -> list[Camera]:
    return [
        look_at((1, 2, 3), (0.2, 0.9, 0.1)),
        look_at((-4, 0.3, 1), (0, 5, 0)),
        look_at((0, -3, 1e-3), (0, 1, 0)),  # almost straight up
        *(orbit_camera(yaw=yaw, camera_height=2.5) for yaw in (-3.0, -1.0, 0.0, 0.5, 2.0, 7.0)),
    ]


# Rotations


@pytest.mark.parametrize("axis", "xyz")
def test_a_quarter_turn_takes_the_first_axis_to_the_second(axis: str) -> None:
    rotation, first, second = TURNS[axis]
    np.testing.assert_allclose(rotation(QUARTER) @ first, second, atol=1e-12)
    np.testing.assert_allclose(rotation(QUARTER) @ second, -first, atol=1e-12)
    own = np.cross(first, second)
    np.testing.assert_allclose(rotation(1.234) @ own, own, atol=1e-12)


@pytest.mark.parametrize("axis", "xyz")
def test_rotations_about_one_axis_add_up_and_undo_each_other(axis: str) -> None:
    rotation = TURNS[axis][0]
    np.testing.assert_allclose(rotation(0.4) @ rotation(1.3), rotation(1.7), atol=1e-12)
    np.testing.assert_allclose(rotation(-0.4), rotation(0.4).T, atol=1e-12)
    np.testing.assert_allclose(rotation(2 * np.pi), np.eye(3), atol=1e-12)


def test_composed_rotations_act_from_the_right() -> None:
    # z first takes x to y, then x takes y to z.
    both = rotation_x(QUARTER) @ rotation_z(QUARTER)
    np.testing.assert_allclose(both @ X, Z, atol=1e-12)


@pytest.mark.parametrize("axis", "xyz")
def test_many_angles_give_one_proper_rotation_each(axis: str) -> None:
    rotation = TURNS[axis][0]
    angles = np.linspace(-4, 4, 6).reshape(2, 3)
    many = rotation(angles)
    assert many.shape == (2, 3, 3, 3)
    np.testing.assert_allclose(np.linalg.det(many), 1, atol=1e-12)
    np.testing.assert_allclose(many @ np.swapaxes(many, -1, -2), np.eye(3) + 0 * many, atol=1e-12)
    np.testing.assert_allclose(many[1, 2], rotation(angles[1, 2]), atol=0)


def test_unit_keeps_directions_and_zero() -> None:
    vectors = np.array([[3.0, 0, 4.0], [0, 0, 0], [0, -1e-6, 0]])
    wanted = [[0.6, 0, 0.8], [0, 0, 0], [0, -1, 0]]
    np.testing.assert_allclose(unit(vectors), wanted, atol=1e-12)


# Cameras that look at something


def test_every_camera_is_a_rotation_without_a_mirror() -> None:
    for camera in some_cameras():
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(camera.rotation) == pytest.approx(1)


def test_the_target_is_in_the_middle_at_its_distance() -> None:
    position, target = np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.9, 0.1])
    camera = look_at(position, target, width=200, height=120)
    np.testing.assert_allclose(camera.project(target), (100, 60), atol=1e-9)
    distance = float(np.linalg.norm(target - position))
    np.testing.assert_allclose(camera.to_camera(target), (0, 0, distance), atol=1e-9)


def test_up_in_the_world_is_up_in_the_picture() -> None:
    for camera in some_cameras():
        right, down, _ = camera.rotation
        assert right[1] == pytest.approx(0, abs=1e-9)  # the horizon is level
        assert down[1] < 0


def test_a_camera_on_the_z_axis_sees_x_on_its_right() -> None:
    camera = look_at((0, 1, 5), (0, 1, 0), focal_px=100, width=160, height=120)
    points = np.array([(0, 1, 0), (1, 1, 0), (0, 2, 0), (1, 1, 4), (0, 1, -5)], dtype=float)
    wanted = [(80, 60), (100, 60), (80, 40), (180, 60), (80, 60)]  # 100 px / 5 m, / 1 m
    np.testing.assert_allclose(camera.project(points), wanted, atol=1e-9)


@pytest.mark.parametrize("target", [(0, 5, 0), (0, -1, 0), (0, 1, 0)])
def test_a_camera_cannot_look_straight_up_down_or_at_itself(
    target: tuple[float, float, float],
) -> None:
    with pytest.raises(ValueError, match="needs a target beside the camera"):
        look_at((0, 1, 0), target)


@pytest.mark.parametrize(
    ("yaw", "place"),
    [(0, (0, 2, 3)), (QUARTER, (3, 2, 0)), (np.pi, (0, 2, -3)), (-QUARTER, (-3, 2, 0))],
)
def test_yaw_goes_from_the_front_to_the_actors_left(
    yaw: float, place: tuple[float, float, float]
) -> None:
    # An actor who faces +z has its left at +x.
    camera = orbit_camera(yaw=yaw, distance=3, camera_height=2)
    np.testing.assert_allclose(camera.position, place, atol=1e-12)
    np.testing.assert_allclose(camera.project(np.array([0, 0.9, 0])), (320, 240), atol=1e-9)


def test_from_the_front_the_actors_left_is_on_the_right_and_from_behind_on_the_left() -> None:
    left_hand = np.array([0.5, 0.9, 0.0])
    assert orbit_camera(yaw=0).project(left_hand)[0] > 320
    assert orbit_camera(yaw=np.pi).project(left_hand)[0] < 320
    near, far = (orbit_camera(yaw=yaw).to_camera(left_hand)[2] for yaw in (QUARTER, -QUARTER))
    assert near < far


def test_an_orbit_goes_around_its_target_and_leaves_it_alone() -> None:
    target = np.array([1.0, 0.5, -2.0])
    for yaw in (0.0, 1.0, 4.0):
        camera = orbit_camera(yaw=yaw, distance=2.5, camera_height=3.0, target=target)
        assert np.hypot(*(camera.position - target)[[0, 2]]) == pytest.approx(2.5)
        assert camera.position[1] == 3.0
    np.testing.assert_array_equal(target, (1.0, 0.5, -2.0))


# Projection


def test_world_and_camera_axes_convert_there_and_back() -> None:
    points = some_points().reshape(4, 5, 3)
    for camera in some_cameras():
        np.testing.assert_allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-9)
        np.testing.assert_allclose(camera.to_camera(camera.to_world(points)), points, atol=1e-9)


def test_axes_change_without_changing_lengths() -> None:
    for camera in some_cameras():
        seen = camera.to_camera(some_points())
        from_camera = np.linalg.norm(some_points() - camera.position, axis=1)
        np.testing.assert_allclose(np.linalg.norm(seen, axis=1), from_camera, atol=1e-9)


def test_a_pixel_and_a_depth_give_the_point_back() -> None:
    camera = look_at((1, 2, 6), (0.2, 0.9, 0.1), focal_px=300)
    points = some_points()
    seen = camera.to_camera(points)
    depth = seen[:, 2:]
    assert depth.min() > 0
    rays = (camera.project(points) - camera.principal_px) / camera.focal_px
    again = camera.to_world(np.concatenate([rays * depth, depth], axis=1))
    np.testing.assert_allclose(again, points, atol=1e-9)


def test_what_is_twice_as_far_is_half_as_large() -> None:
    camera = plain_camera()
    points = np.array([[0.5, -0.2, 1.0], [0.5, -0.2, 2.0], [0.5, -0.2, 4.0]])
    np.testing.assert_allclose(
        camera.project_camera(points), [(130, 40), (105, 50), (92.5, 55)], atol=1e-9
    )
    np.testing.assert_allclose(camera.project(points), camera.project_camera(points), atol=1e-12)


def test_points_behind_the_camera_stay_finite_and_on_their_side() -> None:
    points = np.array([[0.1, 0, 1e-9], [0.1, 0, 0], [0.1, 0, -3.0]])
    pixels = plain_camera().project_camera(points)
    np.testing.assert_allclose(pixels[:, 0], 80 + 100 * 0.1 / NEAREST_DEPTH, atol=1e-6)
    for before, after in pairwise(pixels):
        np.testing.assert_allclose(before, after, atol=1e-6)


# What a camera refuses


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position": np.zeros(2)}, r"Camera\.position must have shape \(3,\), got \(2,\)"),
        ({"position": np.zeros((1, 3))}, r"position must have shape \(3,\), got \(1, 3\)"),
        ({"rotation": np.eye(4)}, r"rotation must have shape \(3, 3\), got \(4, 4\)"),
        ({"principal_px": np.zeros(3)}, r"principal_px must have shape \(2,\), got \(3,\)"),
        ({"rotation": np.diag([-1.0, 1, 1])}, "mirrors"),
        ({"rotation": 2 * np.eye(3)}, "must be orthonormal"),
        ({"rotation": np.zeros((3, 3))}, "must be orthonormal"),
        ({"focal_px": 0.0}, r"positive focal length and size, got focal_px=0\.0"),
        ({"focal_px": -100.0}, "positive focal length"),
        ({"width": 0}, "width=0"),
        ({"height": -3}, "height=-3"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plain_camera(**changes)


def test_plain_lists_become_arrays() -> None:
    camera = plain_camera(position=[0, 0, 1], principal_px=(8, 6))
    assert camera.position.dtype == camera.principal_px.dtype == float

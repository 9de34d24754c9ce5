"""The colour camera of a Kinect v1: where it sees joints."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.kinect_v1_camera import FOCAL, colour_places
from wildpose.geometry import Array

SEEN = np.ones((1, 1), dtype=bool)


def at(*places: tuple[float, float, float]) -> Array:
    """(1, 1, J, 3) m."""
    return np.array(places, dtype=float)[None, None]


def test_what_is_straight_ahead_is_in_the_middle_and_the_sensors_left_is_on_the_left() -> None:
    places, seen = colour_places(at((0, 0, 2), (0.5, 0, 2), (0, 0.5, 2)), SEEN)
    quarter = FOCAL / 4
    expected = [(320, 240), (320 - quarter, 240), (320, 240 - quarter)]
    np.testing.assert_allclose(places[0, 0], expected)
    assert seen.all()


@pytest.mark.parametrize("angle", [62.0 / 2, 48.6 / 2])
def test_the_field_of_view_is_the_one_that_microsoft_names(angle: float) -> None:
    edge = np.tan(np.radians(angle))
    axis = 0 if angle > 30 else 1
    direction = np.eye(3)[axis] * edge + (0, 0, 1)
    places, _ = colour_places(at(tuple(direction)), SEEN)
    assert abs(places[0, 0, 0, axis]) < 2  # px


def test_farther_away_is_nearer_to_the_middle() -> None:
    places, _ = colour_places(at((0.4, 0.2, 2), (0.4, 0.2, 4)), SEEN)
    near, far = places[0, 0] - (320, 240)
    np.testing.assert_allclose(near, 2 * far)


def test_smaller_pictures_show_the_same() -> None:
    joints = at((0.4, 0.2, 2))
    whole, half = (colour_places(joints, SEEN, size=size)[0] for size in ((640, 480), (320, 240)))
    np.testing.assert_allclose(half, whole / 2)


def test_who_is_not_seen_and_what_is_behind_the_camera_has_no_place() -> None:
    joints = np.concatenate([at((0.4, 0.2, 2), (0, 0, 0), (0.1, 0.1, -1))] * 2)
    places, seen = colour_places(joints, np.array([[True], [False]]))
    assert seen[:, 0].tolist() == [[True, False, False], [False] * 3]
    assert not places[~seen].any() and np.isfinite(places).all()

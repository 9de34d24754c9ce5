"""Rotated squares: crop coordinates and picture coordinates are two names of one place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.regions import (
    crop_to_image,
    cut_out,
    region_from_box,
    region_from_circle,
    to_image,
)

Array = npt.NDArray[np.floating]
REPEATABLE = settings(deadline=None, derandomize=True, max_examples=60)
coordinates = st.floats(-500, 2500)
region_strategy = st.tuples(
    coordinates, coordinates, st.floats(20, 1500), st.floats(-np.pi, np.pi)
).map(np.array)
points_strategy = st.lists(
    st.tuples(st.floats(-50, 300), st.floats(-50, 300)), min_size=1, max_size=5
).map(np.array)


def to_crop(points: Array, region: Array, size: int) -> Array:
    """Picture to crop by trigonometry: turn back about the centre, then scale."""
    dx, dy = np.moveaxis(points - region[:2], -1, 0)
    c, s = np.cos(region[3]), np.sin(region[3])
    turned = np.stack([c * dx + s * dy, c * dy - s * dx], axis=-1)
    return turned * size / region[2] + size / 2


def spot(place: tuple[float, float], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A soft round spot; the centre of the first pixel is (0.5, 0.5)."""
    width, height = size
    y, x = np.mgrid[:height, :width] + 0.5
    distance2 = (x - place[0]) ** 2 + (y - place[1]) ** 2
    gray = np.round(255 * np.exp(-distance2 / (2 * 4.0**2)))
    return np.repeat(gray[..., None], 3, axis=-1).astype(np.uint8)


def centre_of_mass(image: npt.NDArray[np.uint8]) -> Array:
    gray = image[..., 0].astype(float)
    y, x = np.mgrid[: gray.shape[0], : gray.shape[1]] + 0.5
    return np.array([(gray * x).sum(), (gray * y).sum()]) / gray.sum()


@REPEATABLE
@given(region_strategy, points_strategy, st.integers(16, 512))
def test_crop_to_picture_to_crop_is_where_it_began(region: Array, points: Array, size: int) -> None:
    back = to_crop(to_image(points, region, size), region, size)
    np.testing.assert_allclose(back, points, atol=1e-7)


@REPEATABLE
@given(region_strategy, st.integers(16, 512))
def test_the_middle_of_the_crop_is_the_centre_of_the_region(region: Array, size: int) -> None:
    middle = to_image(np.array([size / 2, size / 2]), region, size)
    np.testing.assert_allclose(middle, region[:2], atol=1e-7)


def test_corners_of_a_region_turned_by_a_quarter() -> None:
    region = np.array([100.0, 50, 20, np.pi / 2])  # the crop's up is the picture's right
    corners = to_image(np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]]), region, 10)
    np.testing.assert_allclose(corners, [[110, 40], [110, 60], [90, 60], [90, 40]], atol=1e-12)


def test_the_map_is_the_same_as_its_points() -> None:
    region = np.array([30.0, 20, 12, 0.4])
    matrix = crop_to_image(region, 8)
    np.testing.assert_allclose(
        to_image(np.array([[3.0, 5]]), region, 8)[0], matrix @ [3, 5, 1], atol=1e-12
    )


@pytest.mark.parametrize("rotation", [0.0, 0.5, -2.0, np.pi / 2, np.pi])
@pytest.mark.parametrize("side", [40.0, 70.0, 150.0])  # enlarged, about equal, shrunk
def test_a_marked_place_appears_in_the_crop_where_it_should(rotation: float, side: float) -> None:
    place = (71.3, 60.8)
    region = np.array([68.0, 64.0, side, rotation])
    crop = cut_out(spot(place, (160, 120)), region, 64)
    expected = to_crop(np.array(place), region, 64)
    np.testing.assert_allclose(centre_of_mass(crop), expected, atol=0.05)


def test_a_region_that_is_the_whole_picture_gives_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(cut_out(image, np.array([16.0, 16, 32, 0]), 32), image)


def test_outside_the_picture_the_crop_is_black() -> None:
    white = np.full((40, 40, 3), 255, np.uint8)
    crop = cut_out(white, np.array([0.0, 20, 40, 0]), 40)  # its left half hangs over the edge
    assert crop[:, :19].max() == 0
    assert crop[:, 21:].min() == 255


def test_cutting_leaves_the_region_and_the_picture_alone() -> None:
    image, region = spot((20, 20), (40, 40)), np.array([20.0, 20, 30, 0.3])
    image_before, region_before = image.copy(), region.copy()
    cut_out(image, region, 16)
    np.testing.assert_array_equal(image, image_before)
    np.testing.assert_array_equal(region, region_before)


@pytest.mark.parametrize(
    ("rim", "degrees"),
    [
        ((100, 160), 0),  # standing
        ((140, 200), 90),  # lying, head to the right
        ((60, 200), -90),  # lying, head to the left
        ((100, 240), 180),  # head down
        ((140, 160), 45),
    ],
)
def test_rotation_counts_clockwise_from_head_up(rim: tuple[int, int], degrees: float) -> None:
    region = region_from_circle(np.array([100.0, 200]), np.array(rim, dtype=float), scale=1.25)
    turn = (np.degrees(region[3]) - degrees + 180) % 360 - 180
    assert turn == pytest.approx(0, abs=1e-9)


def test_a_region_is_so_many_times_its_circle() -> None:
    region = region_from_circle(np.array([100.0, 200]), np.array([103.0, 196]), scale=1.25)
    np.testing.assert_allclose(region[:3], [100, 200, 1.25 * 2 * 5], atol=1e-12)


def test_someone_lying_stands_upright_in_the_crop() -> None:
    hip, head = np.array([100.0, 60]), np.array([140.0, 60])
    region = region_from_circle(hip, head, scale=1.25)
    x, y = to_crop(head, region, 100)
    assert x == pytest.approx(50, abs=1e-9)
    assert y == pytest.approx(50 - 40, abs=1e-9)  # the radius is 40 of 100 px


def test_many_circles_give_what_each_gives() -> None:
    rng = np.random.default_rng(0)
    centres, rims = rng.normal(size=(2, 4, 2))
    together = region_from_circle(centres, rims, scale=1.5)
    alone = [region_from_circle(c, r, scale=1.5) for c, r in zip(centres, rims, strict=True)]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_the_square_of_a_box_has_its_centre_and_its_longer_side() -> None:
    boxes = np.array([[10, 20, 30, 60], [5, 0, 13, 4]])
    expected = [[20, 40, 50, 0], [9, 2, 10, 0]]
    np.testing.assert_allclose(region_from_box(boxes, scale=1.25), expected, atol=1e-12)

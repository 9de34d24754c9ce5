"""Tiles: they cover the picture, and show small people to a detector with a small input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.detection.tiles import OVERLAP, TileSchedule, detect_on_tiles, tile_corners
from wildpose.types import Detections

Image = npt.NDArray[np.uint8]
REPEATABLE = settings(deadline=None, derandomize=True, max_examples=80)
SIZES = {"width": st.integers(60, 900), "height": st.integers(60, 900), "rows": st.integers(1, 4)}


class Nearsighted:
    """Finds painted people, each in a gray of their own, that are large enough in the picture.

    Like a network with a small input: below a tenth of the picture's longer side they are missed.
    Of a person cut by the border it sees the part inside, and is less sure.
    """

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        boxes, scores = [], []
        for gray in np.unique(image[image > 0]):
            y, x = np.nonzero(image[..., 0] == gray)
            box = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], dtype=float)
            if (box[2:] - box[:2]).max() >= 0.1 * max(image.shape[:2]):
                boxes.append(box)
                whole = box.min() > 0 and (box[2:] < np.array(image.shape[1::-1])).all()
                scores.append(0.8 if whole else 0.6)
        if not boxes:
            return Detections.none()
        stacked = np.stack(boxes)
        centres = (stacked[:, :2] + stacked[:, 2:]) / 2
        sides = (stacked[:, 2:] - stacked[:, :2]).max(axis=1)
        rois = np.column_stack([centres, sides, np.full(len(boxes), 0.25)])
        return Detections(stacked, np.array(scores), rois)


def painted(*people: tuple[int, int, int, int], size: tuple[int, int] = (640, 480)) -> Image:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for gray, (x0, y0, x1, y1) in enumerate(people, start=100):
        image[y0:y1, x0:x1] = gray
    return image


@REPEATABLE
@given(**SIZES)
def test_tiles_cover_every_pixel_and_stay_inside(width: int, height: int, rows: int) -> None:
    covered = np.zeros((height, width), dtype=bool)
    for x0, y0, side in tile_corners(width, height, rows):
        assert x0 >= 0 and y0 >= 0 and x0 + side <= width and y0 + side <= height
        covered[y0 : y0 + side, x0 : x0 + side] = True
    assert covered.all()


@REPEATABLE
@given(**SIZES)
def test_neighbouring_tiles_overlap_by_their_share(width: int, height: int, rows: int) -> None:
    tiles = tile_corners(width, height, rows)
    side = tiles[0][2]
    for axis in (0, 1):
        starts = sorted({tile[axis] for tile in tiles})
        steps = np.diff(starts)
        assert (side - steps >= OVERLAP * side - 1).all()  # 1 px of rounding


def test_one_row_of_a_square_picture_is_the_picture() -> None:
    assert tile_corners(300, 300, 1) == [(0, 0, 300)]


def test_two_rows_of_a_square_picture_are_four_tiles() -> None:
    # 291 + 291 px less 0.35 of 291 are 480.
    expected = [(0, 0, 291), (189, 0, 291), (0, 189, 291), (189, 189, 291)]
    assert tile_corners(480, 480, 2) == expected


def test_tiles_of_an_upright_picture_are_those_of_the_lying_one_turned() -> None:
    upright = {(y, x, side) for x, y, side in tile_corners(480, 800, 3)}
    assert upright == set(tile_corners(800, 480, 3))


def test_a_small_person_is_found_on_a_tile_once_and_in_place() -> None:
    person = (330, 200, 350, 250)  # in the overlap of several tiles
    detector = Nearsighted()
    image = painted(person)
    assert len(detector.detect(image)) == 0
    found, _ = detect_on_tiles(detector, image, 3)
    np.testing.assert_allclose(found.boxes, [person], atol=1e-9)
    np.testing.assert_allclose(found.rois, [[340, 225, 50, 0.25]], atol=1e-9)
    np.testing.assert_allclose(found.scores, [0.8], atol=1e-9)


@pytest.mark.parametrize("corner", [(0, 0), (620, 0), (0, 430), (620, 430)])
def test_people_in_the_corners_are_found_in_place(corner: tuple[int, int]) -> None:
    x, y = corner
    person = (x, y, x + 20, y + 50)
    found, _ = detect_on_tiles(Nearsighted(), painted(person), 3)
    np.testing.assert_allclose(found.boxes, [person], atol=1e-9)


def test_two_people_side_by_side_stay_two() -> None:
    people = ((300, 200, 320, 250), (325, 205, 345, 255))
    found, _ = detect_on_tiles(Nearsighted(), painted(*people), 3)
    assert sorted(map(tuple, found.boxes)) == sorted(people)


def test_a_person_larger_than_a_tile_is_not_taken_from_tiles() -> None:
    class TallEverywhere(Nearsighted):
        """Sees on each tile a part of someone, and takes it for someone larger than the tile."""

        def detect(self, image: Image) -> Detections:
            if image.shape[:2] == (480, 640):
                return super().detect(image)
            H, W = image.shape[:2]
            box = np.array([[-5.0, -5, W + 5, H + 5]])
            return Detections(box, np.array([0.99]), np.array([[W / 2, H / 2, H, 0]]))

    person = (250, 10, 420, 470)
    found, _ = detect_on_tiles(TallEverywhere(), painted(person), 2)
    np.testing.assert_allclose(found.boxes, [person], atol=1e-9)


def test_one_row_looks_at_the_whole_picture_alone() -> None:
    detector = Nearsighted()
    found, _ = detect_on_tiles(detector, painted((100, 100, 200, 400)), 1)
    assert detector.shapes == [(480, 640, 3)]
    np.testing.assert_allclose(found.boxes, [(100, 100, 200, 400)], atol=1e-9)


def test_an_empty_picture_has_nobody_on_any_tile() -> None:
    found, _ = detect_on_tiles(Nearsighted(), painted(), 2)
    assert (len(found), found.boxes.shape, found.rois.shape) == (0, (0, 4), (0, 4))


LARGE, TINY = [400.0], [100.0]  # sides of regions in a picture of 480 px


def times_with_tiles(
    seconds: float, *, followed: list[float], found: list[float] | None = None
) -> list[float]:
    """When tiles are used by a schedule of its own accord that is asked ten times a second."""
    schedule = TileSchedule(None)
    used = []
    for tenth in range(round(10 * seconds)):
        if schedule.rows(tenth / 10, followed, 480) > 1:
            used.append(tenth / 10)
        schedule.learn(found or [], 480)
    return used


@pytest.mark.parametrize("rows", [1, 3])
def test_a_fixed_number_of_rows_is_kept_whoever_is_followed(rows: int) -> None:
    schedule = TileSchedule(rows)
    for time, sides in ((0.0, []), (0.1, TINY), (0.2, LARGE * 5)):
        assert schedule.rows(time, sides, 480) == rows
        schedule.learn(TINY, 480)


def test_a_new_video_begins_with_tiles() -> None:
    assert TileSchedule(None).rows(7.3, [], 480) == 2


@pytest.mark.parametrize("found", [[], LARGE])
def test_exploring_in_vain_becomes_rarer_up_to_a_bound(found: list[float]) -> None:
    waits = np.diff(times_with_tiles(60, followed=LARGE, found=found))
    assert (np.diff(waits[:4]) > 0).all()
    np.testing.assert_allclose(waits[-3:], 8, atol=0.11)


@pytest.mark.parametrize("found", [TINY, LARGE + TINY])
def test_where_exploring_shows_small_people_it_goes_on_as_often(found: list[float]) -> None:
    waits = np.diff(times_with_tiles(10, followed=LARGE, found=found))
    assert len(waits) > 20
    assert waits.max() < 0.5


@pytest.mark.parametrize("followed", [TINY, [*LARGE, *TINY], LARGE * 3])
def test_where_people_are_small_or_many_tiles_are_used_three_times_a_second(
    followed: list[float],
) -> None:
    used = times_with_tiles(10, followed=followed)
    assert 20 <= len(used) <= 30
    assert max(np.diff(used)) < 0.5


def test_a_person_is_small_below_half_of_the_shorter_side() -> None:
    assert len(times_with_tiles(10, followed=[235])) >= 20
    assert len(times_with_tiles(10, followed=[245])) <= 6


def test_where_people_are_few_and_large_tiles_are_rare() -> None:
    assert len(times_with_tiles(10, followed=LARGE * 2)) <= 6


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (3840, 2160), (340, 256)])
@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_there_are_as_many_rows_as_were_asked_for(size: tuple[int, int], rows: int) -> None:
    assert len({y for _, y, _ in tile_corners(*size, rows)}) == rows


def test_who_was_seen_on_a_tile_alone_is_marked() -> None:
    _, on_tile = detect_on_tiles(Nearsighted(), painted((320, 200, 340, 240)), 3)
    assert on_tile.tolist() == [True]

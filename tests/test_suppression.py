"""Overlap of boxes, and who is left when each person is kept once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.boxes import overlap
from wildpose.detection.suppression import keep_best

Array = npt.NDArray[np.floating]


def boxes_of(*rows: tuple[float, ...]) -> Array:
    return np.array(rows, dtype=float).reshape(-1, 4)


def by_counting_pixels(a: Array, b: Array) -> float:
    """Intersection over union of two boxes with whole-numbered corners."""
    y, x = np.mgrid[:20, :20]
    in_a, in_b = ((x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3]) for box in (a, b))
    return (in_a & in_b).sum() / max((in_a | in_b).sum(), 1)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1),  # itself
        ((5, 0, 15, 10), 1 / 3),  # half of each: 50 of 150
        ((0, 0, 10, 5), 1 / 2),  # contained
        ((10, 0, 20, 10), 0),  # touching
        ((20, 20, 30, 30), 0),  # apart in both directions
        ((0, 20, 10, 30), 0),  # apart in one
        ((3, 3, 3, 8), 0),  # empty, inside
        ((8, 2, 2, 8), 0),  # corners exchanged: no box
    ],
)
def test_overlap_with_a_square_of_ten(other: tuple[float, ...], expected: float) -> None:
    found = overlap(boxes_of((0, 0, 10, 10)), boxes_of(other))
    np.testing.assert_allclose(found, [[expected]], atol=1e-12)


def test_overlap_is_what_counting_pixels_gives() -> None:
    corners = np.sort(np.random.default_rng(0).integers(0, 20, (2, 12, 2, 2)), axis=2)
    a, b = corners.reshape(2, 12, 4).astype(float)
    expected = [[by_counting_pixels(one, other) for other in b] for one in a]
    np.testing.assert_allclose(overlap(a, b), expected, atol=1e-12)


def test_two_empty_boxes_do_not_overlap() -> None:
    np.testing.assert_array_equal(overlap(boxes_of((4, 4, 4, 4)), boxes_of((4, 4, 4, 4))), [[0]])


def test_overlap_of_none_with_some_has_their_shape() -> None:
    assert overlap(boxes_of(), boxes_of((0, 0, 1, 1), (2, 2, 3, 3))).shape == (0, 2)


def test_the_better_of_two_boxes_on_one_person_is_kept() -> None:
    boxes = boxes_of((0, 0, 10, 10), (1, 0, 11, 10))
    np.testing.assert_array_equal(keep_best(boxes, np.array([0.6, 0.9])), [1])


def test_boxes_come_best_first() -> None:
    boxes = boxes_of((0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10))
    np.testing.assert_array_equal(keep_best(boxes, np.array([0.5, 0.9, 0.7])), [1, 2, 0])


def test_a_box_that_was_dropped_drops_no_other() -> None:
    # Neighbours overlap by 7 / 13, the ends by 4 / 16.
    chain = boxes_of((0, 0, 10, 10), (3, 0, 13, 10), (6, 0, 16, 10))
    np.testing.assert_array_equal(keep_best(chain, np.array([0.9, 0.8, 0.7])), [0, 2])


def test_boxes_may_overlap_up_to_the_threshold_itself() -> None:
    boxes, scores = boxes_of((0, 0, 10, 10), (0, 0, 10, 5)), np.array([0.9, 0.8])
    np.testing.assert_array_equal(keep_best(boxes, scores, max_overlap=0.5), [0, 1])
    np.testing.assert_array_equal(keep_best(boxes, scores, max_overlap=0.49), [0])


def test_of_equal_scores_the_first_is_kept() -> None:
    boxes = boxes_of((0, 0, 10, 10), (0, 0, 10, 10))
    np.testing.assert_array_equal(keep_best(boxes, np.array([0.5, 0.5])), [0])


def test_of_nobody_nobody_is_kept() -> None:
    kept = keep_best(boxes_of(), np.zeros(0))
    assert kept.shape == (0,)
    assert boxes_of()[kept].shape == (0, 4)

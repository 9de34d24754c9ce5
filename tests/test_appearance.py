"""Colours of clothes: read where the body is, alike for one person, unlike for two."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from wildpose.appearance import ROWS, clothes, difference
from wildpose.tracking import OTHER_CLOTHES

Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.floating]
FIGURE = np.array(
    [[80, 190], [120, 190], [82, 150], [118, 150], [85, 110], [115, 110], [60, 110], [140, 110],
     [65, 80], [135, 80], [75, 50], [125, 50], [100, 20]], dtype=float,
)  # fmt: skip


def dressed(shirt: tuple[int, int, int], trousers: tuple[int, int, int], *, left: int = 0) -> Image:
    """Somebody in plain colours before a grey wall."""
    image = np.full((200, 400, 3), 128, np.uint8)
    image[45:110, 70 + left : 131 + left] = shirt
    image[110:200, 75 + left : 126 + left] = trousers
    return image


def lab(colour: tuple[int, int, int]) -> Array:
    pixel = np.array([[colour]], dtype=np.float32) / 255
    return cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0]


def test_rows_go_from_the_shirt_down_to_the_trousers() -> None:
    seen = clothes(dressed((200, 30, 30), (20, 20, 120)), FIGURE)
    assert seen.shape == (ROWS, 3)
    np.testing.assert_allclose(seen[:4], np.tile(lab((200, 30, 30)), (4, 1)), atol=1e-3)
    np.testing.assert_allclose(seen[4:], np.tile(lab((20, 20, 120)), (3, 1)), atol=1e-3)


def test_the_same_person_elsewhere_differs_by_nothing() -> None:
    here = clothes(dressed((200, 30, 30), (20, 20, 120)), FIGURE)
    there = clothes(dressed((200, 30, 30), (20, 20, 120), left=150), np.add(FIGURE, [150, 0]))
    assert difference(here, there) == pytest.approx(0, abs=1e-4)


def test_other_clothes_differ_more_than_other_light() -> None:
    seen = clothes(dressed((180, 40, 40), (30, 30, 120)), FIGURE)
    darker = clothes(dressed((150, 33, 33), (25, 25, 100)), FIGURE)
    other = clothes(dressed((40, 150, 60), (90, 80, 60)), FIGURE)
    assert 2 * difference(seen, darker) < difference(seen, other)
    assert difference(seen, darker) < OTHER_CLOTHES < difference(seen, other)


def test_a_body_partly_outside_the_picture_is_no_error() -> None:
    image = dressed((200, 30, 30), (20, 20, 120))
    for shift in ([-500, 0], [500, 500], [-80, -60]):
        assert np.isfinite(clothes(image, np.add(FIGURE, shift))).all()

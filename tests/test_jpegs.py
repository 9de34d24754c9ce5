"""Pictures that are kept as JPEG files come back as they were, but for a little."""

from __future__ import annotations

import numpy as np

from tests.media import smooth_picture
from wildpose.jpegs import Jpegs, jpeg

PICTURES = [smooth_picture((40, 30)), smooth_picture((40, 30))[::-1].copy()]


def test_pictures_come_back_in_their_order_and_colours() -> None:
    kept = Jpegs([jpeg(picture) for picture in PICTURES])
    assert len(kept) == 2
    for picture, back in zip(PICTURES, kept, strict=True):
        assert back.dtype == np.uint8
        np.testing.assert_allclose(back, picture, atol=12)  # of 256; JPEG, chroma halved
    np.testing.assert_array_equal(kept[-1], kept[1])
    np.testing.assert_array_equal(np.stack(kept[::-1]), np.stack([kept[1], kept[0]]))


def test_several_of_a_moment_come_back_together() -> None:
    kept = Jpegs([[jpeg(picture) for picture in PICTURES]])
    assert kept[0].shape == (2, 30, 40, 3)
    np.testing.assert_allclose(kept[0], np.stack(PICTURES), atol=12)


def test_they_take_a_fraction_of_the_room() -> None:
    picture = smooth_picture((256, 256))
    assert len(jpeg(picture)) < picture.nbytes / 8

"""Where views of a test clip are cut out of its pictures, and when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures, Place, shown
from recognizers.inputs.preparation import Preparation
from recognizers.training.experiment import read_experiment
from wildpose.footage import Footage
from wildpose.types import Clip

T, VIEWS = 40, 6
WIDE = Pictures(size=(64, 48), shown=40, frames=8, crops=3)


def footage(width: int = 64, height: int = 48) -> Footage:
    """Pictures whose red tells how far right a pixel is, green how far down, and blue when."""
    y, x = np.mgrid[:height, :width]
    pictures = [np.stack([x, y, np.full_like(x, t)], axis=-1).astype(np.uint8) for t in range(T)]
    return Footage(pictures, np.zeros((1, T, 13, 2)), np.zeros((1, T, 13), bool))


def corner_and_start(frames: np.ndarray) -> tuple[int, int, int]:
    """Of (F, 3, H, W): x and y of the first pixel, and the first frame."""
    x, y, t = (int(value) for value in frames[0, :, 0, 0])
    return x, y, t


def test_three_cuts_of_each_moment_take_turns() -> None:
    places = [WIDE.place(view, 30) for view in range(30)]
    assert [place.cut for place in places if place] == [0.0, 0.5, 1.0] * 10
    moments = [place.moment for place in places if place]
    np.testing.assert_allclose(moments, np.repeat(np.arange(10) / 9, 3))


def test_one_view_and_views_without_cuts_have_no_place() -> None:
    assert WIDE.place(0, 1) is None
    assert Pictures(size=(64, 48), shown=40).place(3, VIEWS) is None
    assert Pictures(size=(64, 48), shown=40, crops=1).place(3, VIEWS) == Place(0.5, 3 / 5)


def test_cuts_lie_along_the_longer_side_and_moments_from_beginning_to_end() -> None:
    found = set()
    for view in range(VIEWS):
        frames = shown(footage(), WIDE, np.arange(8), place=WIDE.place(view, VIEWS)).frames
        assert frames is not None and frames.shape == (8, 3, 40, 40)
        found.add(corner_and_start(frames))
        np.testing.assert_array_equal(np.diff(frames[:, 2, 0, 0].astype(int)), 2)
    last = T - 15  # eight frames, every second one
    assert found == {(x, 4, t) for x in (0, 12, 24) for t in (0, last)}


def test_cuts_of_upright_pictures_lie_one_above_the_other() -> None:
    asked = Pictures(size=(48, 64), shown=40, frames=8, crops=3)
    corners = []
    for view in range(3):
        place = asked.place(view, 3)
        frames = shown(footage(48, 64), asked, np.arange(8), place=place).frames
        assert frames is not None
        corners.append(corner_and_start(frames)[:2])
    assert corners == [(4, 0), (4, 12), (4, 24)]


def cuts_of(augmentation: Augmentation | None) -> list[tuple[int, int, int]]:
    """Of what a data set shows of one clip, at each look."""
    mask = np.ones((1, T), bool)
    clip = Clip(np.zeros((1, T, 13, 3), np.float32), mask, "lcr13", 30.0, footage=footage())
    samples = ClipDataset(
        [clip], [0], Preparation(axes="kinect"), Sampling(frames=4, moments="bins", views=VIEWS),
        augmentation, pictures=WIDE, repeats=1 if augmentation is None else VIEWS,
    )  # fmt: skip
    shows = [samples[view].shown.frames for view in range(len(samples))]
    return [corner_and_start(frames) for frames in shows if frames is not None]


def test_views_of_a_test_are_at_those_places_and_of_a_training_anywhere() -> None:
    tested = cuts_of(None)
    assert tested == [(x, 4, t) for t in (0, T - 15) for x in (0, 12, 24)]
    trained = cuts_of(Augmentation())
    assert len(trained) == VIEWS and set(trained) - set(tested)


def test_cuts_that_cannot_be_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="crops must be 1 or more, or None, got 0"):
        Pictures(size=(64, 48), shown=40, crops=0)
    config = Path(__file__).resolve().parent.parent / "configs" / "vpn" / "vpn_ntu60_xsub.py"
    with pytest.raises(ValueError, match=r"a multiple of pictures\.crops, 3: got 10"):
        read_experiment(config, {"sampling.views": 10})

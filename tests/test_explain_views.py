"""What is drawn is what the recognizer is shown: moments, pictures, places and sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax

from datasets.recordings import Recording
from recognizers.inputs.pictures import Pictures
from tests.made_explained import (
    HEIGHT,
    LEFT,
    PATCH,
    RIGHT,
    WIDTH,
    T,
    clip_of,
    footage_of,
    person,
    pixels,
    recognizer_of,
    shown_with,
)
from tests.made_samples import seeded
from tools.explaining.views import SIDE, Scene, as_filmed, as_kept, as_shown, nearest, view_of
from wildpose.cutting import trunk_length
from wildpose.footage import Footage
from wildpose.video import VideoError
from wildpose.video_writer import VideoWriter


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@pytest.mark.parametrize("family", ["sta", "glimpse_clouds", "vpn"])
def test_a_view_is_the_look_that_a_test_of_one_view_takes(family: str) -> None:
    recognizer, clip = recognizer_of(family), clip_of(person(), person(0.7))
    footage = footage_of(clip)
    view = view_of(recognizer, clip, footage)
    once = replace(recognizer, sampling=replace(recognizer.sampling, views=1))
    with torch.inference_mode():
        found = recognizer.network(view.batch)
    wanted = once.logits([clip], lambda _: footage)
    np.testing.assert_allclose(found.softmax(dim=1), softmax(wanted, axis=1), atol=1e-6)


def test_a_view_lies_on_the_device_of_the_network() -> None:
    recognizer, clip = recognizer_of("vpn"), clip_of(person())
    recognizer.network.to("meta")
    view = view_of(recognizer, clip, footage_of(clip))
    assert {part.device.type for part in view.batch if part is not None} == {"meta"}


def test_positions_are_the_middles_of_bins_and_moments_those_of_the_pictures() -> None:
    clip = clip_of(person())
    view = view_of(recognizer_of("sta"), clip, footage_of(clip))
    assert view.positions.tolist() == view.moments.tolist() == [2, 6, 10, 14, 18, 22]
    view = view_of(recognizer_of("vpn"), clip, footage_of(clip))
    assert view.positions.tolist() == [3, 9, 15, 21]
    assert view.moments.tolist() == [4, 6, 8, 10, 12, 14, 16, 18]  # 8 of 24, every second one
    assert view.batch.frames is not None
    footage = footage_of(clip)
    for f, t in enumerate(view.moments):
        cut = footage.pictures[t][4:36, 4:36]
        np.testing.assert_array_equal(view.batch.frames[0, f].permute(1, 2, 0), cut)


def test_a_recognizer_of_skeletons_needs_no_pictures() -> None:
    view = view_of(recognizer_of("skeleton_rnn"), clip_of(person()), None)
    assert view.footage is None and view.batch.frames is None
    assert view.positions.tolist() == [0, 8, 15, 23]


def bright(picture: np.ndarray) -> tuple[np.ndarray, int]:
    """Where the bright patch is, and of how many pixels."""
    rows, columns = np.nonzero(picture.min(axis=2) > 155)
    return np.array([columns.mean(), rows.mean()]) + 0.5, len(rows)


def test_pictures_as_shown_have_the_hand_where_its_joint_is() -> None:
    joints = person()[None]
    clip = clip_of(*joints)
    kept = Footage(
        shown_with(joints), pixels(joints) * WIDTH / 1920, np.ones((1, T, 25), dtype=bool)
    )
    asked = Pictures(size=(WIDTH, HEIGHT), shown=96)
    recognizer = replace(recognizer_of("glimpse_clouds"), pictures=asked)
    view = view_of(recognizer, clip, kept)
    scene = as_shown(view, asked)
    assert scene.footage.pictures[0].shape == (384, 384, 3)
    seen = [t for t in range(T) if scene.footage.seen_2d[0, t, LEFT]]
    assert len(seen) > 10
    for t in seen:
        middle, _ = bright(scene.footage.pictures[t])
        np.testing.assert_allclose(scene.footage.joints_2d[0, t, LEFT], middle, atol=6)


def filmed(tmp_path: Path, *, hand_px: int, trunk_px: float | None = None) -> Scene:
    """The scene of a mirrored video whose left hand is a bright patch."""
    joints = person()[None]
    with VideoWriter(tmp_path / "v.mp4", width=WIDTH, height=HEIGHT, fps=30) as video:
        for t, picture in enumerate(shown_with(joints)):
            video.write(np.ascontiguousarray(picture[:, ::-1]), t / 30)
    recording = Recording(
        tmp_path / "v.mp4", np.arange(T), pixels(joints), np.ones((1, T, 25), dtype=bool),
        size=(1920, 1080), mirrored=True,
    )  # fmt: skip
    recognizer = recognizer_of("sta")
    assert recognizer.pictures is not None
    asked = replace(recognizer.pictures, hand_px=hand_px, trunk_px=trunk_px)
    recognizer = replace(recognizer, pictures=asked)
    clip = clip_of(*joints)
    return as_filmed(view_of(recognizer, clip, footage_of(clip)), recording, recognizer)


def test_pictures_as_filmed_have_the_left_hand_on_its_side_and_squares_as_large_as_shown(
    tmp_path: Path,
) -> None:
    scene = filmed(tmp_path, hand_px=PATCH)
    assert scene.footage.pictures[0].shape == (SIDE, SIDE, 3)
    assert scene.footage.joints_2d.shape == (2, T, 25, 2)  # a second person who is not there
    assert not scene.footage.seen_2d[1].any()
    for t in range(0, T, 6):
        middle, count = bright(scene.footage.pictures[t])
        left, right = scene.footage.joints_2d[0, t, [LEFT, RIGHT]]
        assert scene.hand_sides is not None
        side = scene.hand_sides[0]
        assert side == pytest.approx(np.sqrt(count), rel=0.15)  # of a patch of PATCH px
        # Patches are put on whole pixels, and cuts too: two pixels of the video, at most.
        np.testing.assert_allclose(left, middle, atol=2 * side / PATCH)
        assert np.linalg.norm(right - middle) > 30


def test_squares_of_people_of_another_size_are_as_much_larger(tmp_path: Path) -> None:
    usual = filmed(tmp_path, hand_px=PATCH)
    places, seen = usual.footage.joints_2d[0], usual.footage.seen_2d[0]
    trunk = trunk_length(places, seen, "kinect25")
    assert trunk is not None and usual.hand_sides is not None
    video_px = usual.hand_sides[0] / PATCH
    half = filmed(tmp_path, hand_px=PATCH, trunk_px=trunk / video_px / 2)  # people half as large
    assert half.hand_sides is not None
    assert half.hand_sides[0] == pytest.approx(2 * usual.hand_sides[0])
    np.testing.assert_allclose(half.hand_sides[1], usual.hand_sides[1])  # nobody is there


def test_a_video_that_is_gone_is_said_and_footage_is_drawn_on(tmp_path: Path) -> None:
    joints = person()[None]
    clip, recognizer = clip_of(*joints), recognizer_of("sta")
    seen = np.ones((1, T, 25), dtype=bool)
    recording = Recording(tmp_path / "gone.mp4", np.arange(T), pixels(joints), seen)
    view = view_of(recognizer, clip, footage_of(clip, (32, 18)))
    with pytest.raises((VideoError, FileNotFoundError)):
        as_filmed(view, recording, recognizer)
    scene = as_kept(view)
    assert scene.hand_sides is None
    height = scene.footage.pictures[0].shape[0]
    assert height == 18 * round(SIDE / 18)
    np.testing.assert_allclose(scene.footage.joints_2d[0], height / 2)


def test_the_nearest_moment_is_the_earlier_of_two() -> None:
    moments = np.array([2, 6, 10])
    assert [nearest(t, moments) for t in (0, 3, 4, 5, 8, 30)] == [0, 0, 0, 1, 1, 2]

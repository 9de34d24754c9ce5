"""Parts of pictures, squares around hands, and how large people are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets import footage_making
from datasets.recordings import Recording
from tests.made_footage import BLUE, LCR, RED, drawn, hands_of, is_colour, standing
from tests.made_sequences import acted
from wildpose.cutting import (
    HAND_SHARE,
    cut,
    hand_places,
    hand_squares,
    part_kept,
    places_in,
    trunk_length,
)
from wildpose.footage import Making, Picture
from wildpose.joints import JOINT_SETS, joint_set

POSE = standing(np.array([[100.0, 50.0]]))[0]
SEEN = np.ones(13, dtype=bool)


def noise(height: int, width: int) -> Picture:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


# Parts


def test_a_whole_picture_is_squashed_as_it_is() -> None:
    part = part_kept(POSE[None], SEEN[None], "whole", 200, 160)
    np.testing.assert_array_equal(part, [0, 0, 200, 160])
    picture = noise(160, 200)
    np.testing.assert_array_equal(cut(picture, part, (200, 160)), picture)
    assert cut(picture, part, (50, 20)).shape == (20, 50, 3)


def test_a_square_holds_everybody_who_is_seen_and_a_margin() -> None:
    places = np.stack([POSE, POSE + np.array([40, 0])])
    seen = np.ones((2, 13), dtype=bool)
    seen[:, LCR.index("head")] = False
    places[:, LCR.index("head")] = 9999
    x0, y0, x1, y1 = part_kept(places, seen, "people", 200, 160)
    # Wrists from 72 to 168, shoulders at 50 to ankles at 130: 96 px wide, 1.3 times that is kept.
    assert x1 - x0 == pytest.approx(1.3 * 96)
    assert y1 - y0 == pytest.approx(1.3 * 96)
    assert (x0 + x1) / 2 == pytest.approx(120)
    assert (y0 + y1) / 2 == pytest.approx(90)


def test_nobody_seen_keeps_the_whole_picture() -> None:
    part = part_kept(POSE[None], ~SEEN[None], "people", 200, 160)
    np.testing.assert_array_equal(part, [0, 0, 200, 160])


def test_beyond_the_edges_a_part_is_black_and_places_lie_where_they_show() -> None:
    picture = np.full((40, 40, 3), 200, dtype=np.uint8)
    picture[10:12, 30:32] = RED
    part = np.array([20.0, 0.0, 60.0, 40.0])
    shown = cut(picture, part, (80, 80))
    assert (shown[:, 42:] == 0).all()
    assert (shown[:, :18] == 200).all()
    x, y = places_in(np.array([31.0, 11.0]), part, (80, 80))
    assert (x, y) == (22, 22)
    assert is_colour(shown[21:23, 21:23], RED)


# Hands


def test_hands_lie_beyond_wrists_as_forearms_point() -> None:
    places, known = hand_places(POSE, SEEN, "lcr13")
    # Elbow (120, 65), wrist (128, 73).
    np.testing.assert_allclose(places[0], np.array([128, 73]) + HAND_SHARE * np.array([8, 8]))
    np.testing.assert_allclose(places, hands_of(POSE))
    assert known.all()


def test_an_unseen_elbow_leaves_the_hand_at_the_wrist_and_an_unseen_wrist_loses_it() -> None:
    seen = SEEN.copy()
    seen[[LCR.index("left_elbow"), LCR.index("right_wrist")]] = False
    places, known = hand_places(POSE, seen, "lcr13")
    np.testing.assert_allclose(places[0], POSE[LCR.index("left_wrist")])
    assert known.tolist() == [True, False]


@pytest.mark.parametrize("name", sorted(JOINT_SETS))
def test_every_joint_set_tells_left_hands_from_right_ones(name: str) -> None:
    pixels = 100 * acted("wave", name)[..., :2]
    places, known = hand_places(pixels, np.ones(pixels.shape[:2], dtype=bool), name)
    assert places.shape == (len(pixels), 2, 2)
    assert known.all()
    own = joint_set(name).names
    for hand, side in enumerate(("left", "right")):
        if f"{side}_hand" in own:
            np.testing.assert_array_equal(places[:, hand], pixels[:, own.index(f"{side}_hand")])
        else:
            wrist = pixels[:, own.index(f"{side}_wrist")]
            assert (np.linalg.norm(places[:, hand] - wrist, axis=-1) < 0.3 * 35).all()


def test_squares_hold_as_much_of_the_picture_as_they_are_told() -> None:
    picture = drawn([POSE], reach=4)
    for side in (9, 18, 30):
        squares = hand_squares(
            picture, np.stack(hands_of(POSE)), np.ones(2, dtype=bool), side=side, shown=12
        )
        assert squares.shape == (2, 12, 12, 3)
        for square, colour in zip(squares, (RED, BLUE), strict=True):
            share = (np.abs(square.astype(int) - colour).max(axis=-1) < 60).mean()
            assert share == pytest.approx((9 / side) ** 2, abs=0.12)


def test_hands_that_nobody_knows_are_black() -> None:
    known = np.array([True, False])
    picture = np.full((160, 200, 3), 90, dtype=np.uint8)
    left, right = hand_squares(picture, np.stack(hands_of(POSE)), known, side=10, shown=12)
    assert (left == 90).all()
    assert not right.any()


def test_parts_beyond_the_picture_are_black_and_a_wild_joint_widens_none_without_end() -> None:
    picture = np.full((60, 80, 3), 90, np.uint8)
    for part in ([-100, -100, -50, -50], [200, 10, 300, 50]):
        assert not cut(picture, np.array(part, dtype=float), (8, 6)).any()
    places = np.array([[[40.0, 30.0], [1e9, -1e9]]])
    part = part_kept(places, np.ones((1, 2), dtype=bool), "people", 80, 60)
    assert np.abs(part).max() < 1000
    assert cut(picture, part, (8, 6)).shape == (6, 8, 3)


# Sizes


def test_a_trunk_is_as_long_as_from_shoulders_to_hips_whatever_the_joints() -> None:
    assert trunk_length(POSE[None], SEEN[None], "lcr13") == pytest.approx(40)
    twice = standing(np.array([[100.0, 50.0]]), size=2)
    assert trunk_length(twice, SEEN[None], "lcr13") == pytest.approx(80)
    seen = np.ones((30, 25), dtype=bool)
    kinect = trunk_length(100 * acted("wave", "kinect25")[..., :2], seen, "kinect25")
    lcr = trunk_length(100 * acted("wave", "lcr13")[..., :2], seen[:, :13], "lcr13")
    assert kinect == pytest.approx(lcr)


def test_bending_to_the_camera_makes_nobody_smaller() -> None:
    places = np.repeat(POSE[None], 20, axis=0)
    hips = [LCR.index("left_hip"), LCR.index("right_hip")]
    places[:15, hips, 1] -= 30  # for three quarters of the time
    assert trunk_length(places, np.ones((20, 13), dtype=bool), "lcr13") == pytest.approx(40)


def test_who_lies_with_the_head_to_the_camera_is_as_large_as_the_shoulders_say() -> None:
    places = POSE.copy()
    left, right = LCR.index("left_shoulder"), LCR.index("right_shoulder")
    places[[left, right], 0] = [128.0, 72.0]
    places[[LCR.index("left_hip"), LCR.index("right_hip")], 1] -= 30
    assert trunk_length(places[None], SEEN[None], "lcr13") == pytest.approx(80)


def test_an_unseen_trunk_has_no_length() -> None:
    seen = SEEN.copy()
    seen[LCR.index("left_hip")] = False
    assert trunk_length(POSE[None], seen[None], "lcr13") is None


# As in training


@pytest.mark.parametrize("kept", ["whole", "people"])
def test_pictures_are_cut_as_footage_of_data_sets_is(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [noise(90, 160), noise(90, 160)[::-1].copy()]
    monkeypatch.setattr(Recording, "pictures", lambda self: iter(pictures))
    joints = 90 * acted("wave", "kinect25")[None, :2, :, :2] * (1, -1) + (130.0, 60.0)
    seen = np.ones((1, 2, 25), dtype=bool)
    seen[0, 1, :5] = False
    making = Making(size=(32, 24), kept=kept, hand_px=9)  # type: ignore[arg-type]
    recording = Recording(Path("none.mp4"), np.arange(2), joints, seen)
    footage = footage_making.footage_of_recording(recording, making)
    part = part_kept(joints, seen, making.kept, 160, 90)
    inside = np.where(seen[..., None], places_in(joints, part, making.size), 0)
    np.testing.assert_allclose(footage.joints_2d, inside, atol=1e-4)
    assert footage.hands is not None
    for t, picture in enumerate(pictures):
        np.testing.assert_array_equal(footage.pictures[t], cut(picture, part, making.size))
        places, known = hand_places(joints[0, t], seen[0, t], "kinect25")
        squares = hand_squares(picture, places, known, side=9, shown=9)
        np.testing.assert_array_equal(footage.hands[t], squares)

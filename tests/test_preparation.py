"""Clips prepared for networks: people, joint set, origin and axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from recognizers.inputs.preparation import Preparation
from tests.made_clips import waving_or_squatting
from wildpose.joints import joint_set, torso
from wildpose.types import Clip

KINECT = Preparation(joint_set="kinect25", axes="kinect")
BODY = Preparation(joint_set="lcr13", axes="body").fitted(waving_or_squatting(8))


def one() -> Clip:
    return waving_or_squatting(1)[0]


def with_second_person(clip: Clip, mask: list[int]) -> Clip:
    """Somebody a metre to the side, there in some frames."""
    there = np.array(mask, dtype=bool)
    other = np.where(there[:, None, None], clip.joints[0] + [1.0, 0, 0], 0.0)
    joints = np.stack([other, clip.joints[0]]).astype(np.float32)
    return replace(clip, joints=joints, mask=np.stack([there, clip.mask[0]]))


def test_the_first_torso_is_the_origin_of_all_frames() -> None:
    clip = one()
    joints, mask = KINECT(clip)
    assert joints.dtype == np.float32
    assert mask.all()
    np.testing.assert_allclose(torso(joints[0, :1], "kinect25"), 0, atol=1e-6)
    moved = joints[0] - joints[0, 0, 0]
    np.testing.assert_allclose(moved, clip.joints[0] - clip.joints[0, 0, 0], atol=1e-5)


def test_every_torso_is_the_origin_where_that_is_asked_for() -> None:
    joints, _ = replace(KINECT, origin="frame")(one())
    np.testing.assert_allclose(torso(joints, "kinect25"), 0, atol=1e-6)


def test_people_keep_their_distance_to_each_other() -> None:
    clip = with_second_person(one(), [1] * 24)
    joints, _ = replace(KINECT, people=2)(clip)
    np.testing.assert_allclose(joints[0] - joints[1], clip.joints[0] - clip.joints[1], atol=1e-5)


def test_who_is_seen_longest_is_taken_and_absent_frames_are_zero() -> None:
    clip = with_second_person(one(), [1] * 10 + [0] * 14)
    joints, _ = KINECT(clip)
    alone, _ = KINECT(one())
    np.testing.assert_allclose(joints, alone, atol=1e-6)
    both, mask = replace(KINECT, people=3)(clip)
    assert mask.sum(axis=1).tolist() == [10, 24, 0]
    assert not both[~mask].any()


def test_camera_axes_become_kinect_axes_without_a_mirror() -> None:
    clip = one()
    turned = replace(
        clip, joints=clip.joints * np.array([-1, -1, 1], dtype=np.float32), axes="camera"
    )
    np.testing.assert_allclose(KINECT(turned)[0], KINECT(clip)[0], atol=1e-6)


def test_body_axes_do_not_know_from_where_or_how_large_the_person_was_seen() -> None:
    clip = one()
    turn = Rotation.from_euler("yxz", [2.0, 0.4, -0.2]).as_matrix().astype(np.float32)
    other = replace(clip, joints=1.7 * clip.joints @ turn + np.array([3, -1, 2], dtype=np.float32))
    np.testing.assert_allclose(BODY(other)[0], BODY(clip)[0], atol=1e-4)
    assert BODY(clip)[0].shape == (1, 24, 13, 3)


def test_everybody_has_the_size_of_the_training_set() -> None:
    clips = waving_or_squatting(8)
    assert BODY.lengths is not None
    height = np.ptp(BODY(clips[0])[0][0, 0, :, 1])
    assert 1.2 < height < 1.6  # ankle to head
    small = replace(clips[0], joints=clips[0].joints / 2)
    np.testing.assert_allclose(BODY(small)[0], BODY(clips[0])[0], atol=1e-4)
    plain = Preparation(resize=False).fitted(clips)
    assert plain.lengths is None
    assert np.ptp(plain(small)[0][0, 0, :, 1]) < 0.85


def test_body_axes_are_found_from_the_frames_in_which_the_person_was_seen() -> None:
    clip = one()
    joints = np.concatenate([np.zeros_like(clip.joints), clip.joints], axis=1)
    mask = np.concatenate([~clip.mask, clip.mask], axis=1)
    found, seen = BODY(replace(clip, joints=joints, mask=mask))
    np.testing.assert_allclose(found[:, 24:], BODY(clip)[0], atol=1e-6)
    assert not found[:, :24].any()
    assert seen.tolist() == mask.tolist()


def test_nobody_is_no_error() -> None:
    clip = one()
    empty = replace(clip, joints=np.zeros_like(clip.joints), mask=np.zeros_like(clip.mask))
    for preparation in (KINECT, BODY):
        joints, mask = preparation(empty)
        assert not joints.any()
        assert not mask.any()
        assert joints.shape[2] == len(joint_set(preparation.joint_set))


def test_body_axes_cannot_become_kinect_axes() -> None:
    with pytest.raises(ValueError, match="lost where the sensor was"):
        KINECT(replace(one(), axes="body"))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"axes": "world"}, "axes 'world' is none of kinect, body"),
        ({"origin": "last"}, "origin 'last' is none of first, frame"),
        ({"people": 0}, "people must be at least 1, got 0"),
        ({"joint_set": "coco71"}, "coco71"),
    ],
)
def test_what_there_is_not_is_refused(changes: dict, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Preparation(**changes)

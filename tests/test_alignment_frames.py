"""The rotation comes from a frame that can be trusted; upright keeps who lies lying."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_sequences import (
    FACING,
    T,
    acted,
    assert_rotates,
    at,
    facing_pose,
    filmed,
    sequence_of,
)
from wildpose.alignment import aligned, restored
from wildpose.geometry import Array, rotation_x, rotation_y, rotation_z, unit
from wildpose.joints import joint_set, torso
from wildpose.types import SkeletonSequence

# Frames that cannot be trusted


def from_the_side(yaw: float = np.pi / 2) -> SkeletonSequence:
    """A still actor whose shoulder line lies along the view, or turned by another yaw."""
    still = np.repeat(acted("wave", "lcr13")[:1], T, axis=0)
    return sequence_of(still @ rotation_y(yaw).T @ FACING.T)


def test_shoulders_of_uncertain_depth_in_the_first_frames_are_passed_over() -> None:
    sequence = from_the_side()
    names = joint_set("lcr13")
    left, right = names.index("left_shoulder"), names.index("right_shoulder")
    joints = sequence.joints.copy()
    depth = joints[0, left, 2] - joints[0, right, 2]
    assert abs(depth) > 0.3
    joints[0:10:2, left, 2] += 1.3 * depth  # far too wide
    joints[1:10:2, left, 2] -= 1.8 * depth  # turned round, and about as wide as they are
    body, alignment = aligned(replace(sequence, joints=joints))
    assert alignment.reliable
    assert alignment.frame == 11  # beside 10 lies a flip
    np.testing.assert_allclose(body.joints[10:], aligned(sequence)[0].joints[10:], atol=1e-9)


def test_noise_in_depth_turns_the_sequence_less_than_its_first_frame_would() -> None:
    rng = np.random.default_rng(0)
    sequence = from_the_side(yaw=1.2)
    truth = aligned(sequence)[1].rotation
    errors = []
    for _ in range(60):
        joints = sequence.joints.copy()
        joints[..., 2] += rng.normal(0, 0.15, (T, 13))  # metres
        both = replace(sequence, joints=joints), sequence_of(joints[:1])
        cosines = [np.trace(aligned(s)[1].rotation @ truth.T) / 2 - 0.5 for s in both]
        errors.append(np.degrees(np.arccos(np.clip(cosines, -1, 1))))
    ours, of_first = np.percentile(errors, 90, axis=0)
    assert ours < 0.75 * of_first


def test_a_shoulder_line_that_flips_front_to_back_is_passed_over() -> None:
    sequence = from_the_side()
    order = joint_set("lcr13").mirrored
    joints = sequence.joints.copy()
    joints[0] = joints[0, order]  # lengths and angles all look right
    alone, alignment = aligned(replace(sequence, joints=joints))
    assert (alignment.frame, alignment.reliable) == (2, True)
    np.testing.assert_allclose(alone.joints[1:], aligned(sequence)[0].joints[1:], atol=1e-9)


def test_a_fast_turn_at_a_low_frame_rate_is_no_flip() -> None:
    half_turns = rotation_y(np.pi / 2 * np.arange(4))  # a quarter turn between frames
    joints = np.einsum("tab,jb->tja", FACING @ half_turns, acted("walk", "lcr13")[0])
    slow = sequence_of(joints, times=np.arange(4) / 5)
    fast = sequence_of(joints, times=np.arange(4) / 30)
    assert aligned(slow)[1].reliable
    assert not aligned(fast)[1].reliable


def test_frames_filled_in_or_scored_low_are_passed_over() -> None:
    sequence = filmed("walk")
    scores, observed = sequence.scores.copy(), np.arange(T) >= 3
    scores[3:5, joint_set("lcr13").index("left_hip")] = 0.2
    scores[:, joint_set("lcr13").index("left_wrist")] = 0.0  # not of the torso
    later = replace(sequence, scores=scores, observed=observed)
    assert aligned(later)[1].frame == 5
    assert aligned(later, min_score=0.1)[1].frame == 3


def test_where_all_are_scored_low_the_first_of_the_best_is_taken() -> None:
    sequence = filmed("walk")
    scores = np.full((T, 13), 0.1)
    scores[7:] = 0.3
    _, alignment = aligned(replace(sequence, scores=scores))
    assert (alignment.frame, alignment.reliable) == (7, False)


def test_a_shoulder_line_along_the_spine_is_passed_over() -> None:
    sequence = filmed("walk")
    names = joint_set("lcr13")
    left, right = names.index("left_shoulder"), names.index("right_shoulder")
    joints = sequence.joints.copy()
    middle, along = joints[:4, [left, right]].mean(axis=1), np.array([0.04, -0.17, 0.0])
    joints[:4, left], joints[:4, right] = middle + along, middle - along
    assert aligned(replace(sequence, joints=joints))[1].frame == 5  # 4 lies beside a jump


def test_hips_that_face_the_other_way_are_passed_over() -> None:
    sequence = filmed("walk")
    names = joint_set("lcr13")
    left, right = names.index("left_hip"), names.index("right_hip")
    joints = sequence.joints.copy()
    joints[:4, [left, right]] = joints[:4, [right, left]]
    assert aligned(replace(sequence, joints=joints))[1].frame == 4


def test_shoulders_of_no_width_are_not_what_is_usual() -> None:
    sequence = filmed("walk")
    names = joint_set("lcr13")
    left, right = names.index("left_shoulder"), names.index("right_shoulder")
    joints = sequence.joints.copy()
    joints[:20, left] = joints[:20, right] + 0.02 * (joints[:20, left] - joints[:20, right])
    assert aligned(replace(sequence, joints=joints))[1].frame == 20


def stretched(frames: int) -> SkeletonSequence:
    """Walking, in the first frames with a trunk of three times its length."""
    sequence = filmed("walk")
    names = joint_set("lcr13")
    joints = sequence.joints.copy()
    above = [names.index(n) for n in ("left_shoulder", "right_shoulder", "head")]
    joints[:frames, above] -= (0.0, 1.0, 0.0)
    return replace(sequence, joints=joints)


def test_a_trunk_of_implausible_length_is_passed_over() -> None:
    assert aligned(stretched(4))[1].frame == 4


def test_frames_filled_in_do_not_say_what_is_usual() -> None:
    _, alignment = aligned(replace(stretched(20), observed=np.arange(T) >= 20))
    assert (alignment.frame, alignment.reliable) == (20, True)


def test_where_all_are_filled_in_the_other_measures_decide() -> None:
    _, alignment = aligned(replace(stretched(4), observed=np.zeros(T, dtype=bool)))
    assert (alignment.frame, alignment.reliable) == (4, False)


def collapsed(names: tuple[str, ...]) -> SkeletonSequence:
    """Walking, with the named joints all at the first of them."""
    sequence = filmed("walk")
    joints = sequence.joints.copy()
    index = [joint_set("lcr13").index(name) for name in names]
    joints[:, index] = joints[:, index[:1]]
    return replace(sequence, joints=joints)


SHOULDERS, HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")


@pytest.mark.parametrize(
    "names",
    [SHOULDERS, HIPS, SHOULDERS + HIPS, joint_set("lcr13").names],
    ids=["shoulders", "hips", "torso", "all joints"],
)
@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("frames", [1, T])
def test_joints_that_fall_together_still_give_a_rotation(
    names: tuple[str, ...], frames: int, *, upright: bool
) -> None:
    whole = collapsed(names)
    sequence = sequence_of(whole.joints[:frames])
    body, alignment = aligned(sequence, reference=np.full(14, 0.3), upright=upright)
    assert_rotates(alignment)
    assert alignment.reliable == (names == HIPS)
    assert np.isfinite(body.joints).all()
    np.testing.assert_allclose(restored(body, alignment).joints, sequence.joints, atol=1e-9)


def test_without_shoulders_the_hips_tell_left_from_right() -> None:
    body, _ = aligned(collapsed(SHOULDERS))
    assert (at(body, "left_hip") - at(body, "right_hip"))[0, 0] > 0.1
    assert (at(body, "left_shoulder") - at(body, "left_hip"))[0, 1] > 0.3


def test_shoulders_along_the_spine_still_give_a_rotation() -> None:
    pose = facing_pose()
    names = joint_set("lcr13")
    pose[names.index("left_shoulder")] = (0.0, -0.6, 3.0)
    pose[names.index("right_shoulder")] = (0.0, -0.2, 3.0)
    for turn in (np.eye(3), rotation_x(0.7), rotation_y(1.1) @ rotation_z(2.0)):
        body, alignment = aligned(sequence_of((pose @ turn.T)[None]))
        assert_rotates(alignment)
        assert not alignment.reliable
        assert np.isfinite(body.joints).all()


def test_nobody_in_view_is_an_empty_sequence() -> None:
    nobody = sequence_of(np.zeros((0, 13, 3)))
    body, alignment = aligned(nobody, reference=np.full(14, 0.3))
    assert (len(body), body.axes, alignment.frame) == (0, "body", None)
    assert len(restored(body, alignment)) == 0


# Lying, and upright


def lying(turn: Array) -> SkeletonSequence:
    """A still actor turned as a whole, in camera axes."""
    return sequence_of(np.repeat(acted("walk", "lcr13")[:1], 3, axis=0) @ (FACING @ turn).T)


ON_BACK, ON_LEFT_SIDE = rotation_x(-np.pi / 2), rotation_z(np.pi / 2)


@pytest.mark.parametrize("turn", [ON_BACK, ON_LEFT_SIDE], ids=["on the back", "on a side"])
def test_who_lies_stands_by_default_and_lies_if_upright(turn: Array) -> None:
    standing, _ = aligned(lying(np.eye(3)))
    body, _ = aligned(lying(turn))
    np.testing.assert_allclose(body.joints, standing.joints, atol=1e-9)
    flat, alignment = aligned(lying(turn), upright=True)
    assert_rotates(alignment)
    assert abs(at(flat, "head")[0, 1]) < 0.15
    assert abs(at(flat, "left_ankle")[0, 1]) < 0.3


def test_upright_on_a_side_faces_forward() -> None:
    # On the left side, the left shoulder is below: the chest tells where forward is.
    flat, _ = aligned(lying(ON_LEFT_SIDE), upright=True)
    shoulders = (at(flat, "left_shoulder") - at(flat, "right_shoulder"))[0]
    spine = (at(flat, "left_shoulder") - at(flat, "left_hip"))[0]
    assert abs(shoulders[1]) > 0.3
    chest = unit(np.cross(shoulders, spine))
    assert chest[2] > 0.99


@settings(max_examples=20, deadline=None)
@given(yaw=st.floats(-np.pi, np.pi))
def test_upright_turns_about_the_vertical_alone(yaw: float) -> None:
    sequence = sequence_of(acted("pick_up", "lcr13") @ (FACING @ rotation_y(yaw)).T)
    body, alignment = aligned(sequence, upright=True)
    np.testing.assert_allclose(alignment.rotation[1], [0, -1, 0], atol=1e-12)
    heights = -(sequence.joints - torso(sequence.joints, "lcr13"))[..., 1]
    np.testing.assert_allclose(body.joints[..., 1], heights, atol=1e-9)
    unturned, _ = aligned(sequence_of(acted("pick_up", "lcr13") @ FACING.T), upright=True)
    np.testing.assert_allclose(body.joints, unturned.joints, atol=1e-9)


def test_upright_and_default_agree_on_a_straight_trunk() -> None:
    straight = sequence_of(np.repeat(facing_pose()[None], 2, axis=0) @ rotation_y(0.6).T)
    both = [aligned(straight, upright=upright)[0].joints for upright in (False, True)]
    np.testing.assert_allclose(both[0], both[1], atol=1e-9)

"""Aligned skeletons look the same from everywhere, are never mirrored, and can be put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.motions import MOTIONS
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
from wildpose.alignment import aligned, restored, to_axes
from wildpose.bone_lengths import bone_lengths
from wildpose.geometry import Array, rotation_x, rotation_y, rotation_z, unit
from wildpose.joints import JOINT_SETS, joint_set, torso
from wildpose.types import SkeletonSequence

joint_sets = pytest.mark.parametrize("joints_of", JOINT_SETS)
seeds = st.integers(0, 2**32 - 1)


def any_rotation(rng: np.random.Generator) -> Array:
    angles = rng.uniform(-np.pi, np.pi, 3)
    return rotation_z(angles[0]) @ rotation_x(angles[1]) @ rotation_y(angles[2])


def chirality(sequence: SkeletonSequence) -> Array:
    """(T,) m^3, positive where (left - right shoulder) x up points where nose, toes or hands do."""
    names = joint_set(sequence.joint_set).names
    pairs = ("nose", "left_shoulder"), ("left_foot", "left_ankle"), ("left_wrist", "left_elbow")
    front, behind = next(
        (p for p in pairs if p[0] in names and p[1] in names), ("left_hand", "left_elbow")
    )
    across = at(sequence, "left_shoulder") - at(sequence, "right_shoulder")
    up = at(sequence, "left_shoulder") - at(sequence, "left_hip")
    return (np.cross(across, up) * (at(sequence, front) - at(sequence, behind))).sum(-1)


# What comes out


def test_who_faces_the_camera_has_left_at_x_head_at_y_and_the_camera_at_z() -> None:
    body, alignment = aligned(sequence_of(facing_pose()[None]))
    # The torso is (0, -0.15, 3): x stays, y and z turn round.
    np.testing.assert_allclose(at(body, "left_shoulder"), [[0.2, 0.25, 0.0]], atol=1e-12)
    np.testing.assert_allclose(at(body, "head"), [[0.0, 0.5, 0.0]], atol=1e-12)
    np.testing.assert_allclose(at(body, "right_wrist"), [[-0.2, 0.25, 0.5]], atol=1e-12)
    np.testing.assert_allclose(alignment.rotation, FACING, atol=1e-12)
    assert (body.axes, alignment.axes, alignment.frame) == ("body", "camera", 0)
    assert alignment.reliable


@joint_sets
@pytest.mark.parametrize("motion", ["walk", "pick_up", "throw"])
def test_the_first_frame_defines_the_axes_and_every_torso_is_the_origin(
    motion: str, joints_of: str
) -> None:
    body, alignment = aligned(filmed(motion, joints_of))
    assert alignment.frame == 0
    assert alignment.reliable
    across = at(body, "left_shoulder")[0] - at(body, "right_shoulder")[0]
    np.testing.assert_allclose(unit(across), (1, 0, 0), atol=1e-12)
    spine = at(body, "left_shoulder") + at(body, "right_shoulder")
    spine = (spine - at(body, "left_hip") - at(body, "right_hip"))[0]
    assert spine[1] > 0.8
    assert spine[2] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(torso(body.joints, joints_of), 0, atol=1e-12)


def test_the_other_fields_are_the_inputs() -> None:
    rng = np.random.default_rng(0)
    sequence = replace(
        filmed(), joints_2d=rng.normal(size=(T, 13, 2)), root=rng.normal(size=(T, 3)),
        observed=np.arange(T) != 5,
    )  # fmt: skip
    body, alignment = aligned(sequence)
    for one in (body, restored(body, alignment), to_axes(sequence, "kinect")):
        for name in ("joints_2d", "root", "observed", "scores", "times", "joint_set"):
            np.testing.assert_array_equal(getattr(one, name), getattr(sequence, name))


# What must not matter


@joint_sets
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_turning_moving_and_resizing_the_input_changes_nothing(joints_of: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sequence = filmed(str(rng.choice(list(MOTIONS))), joints_of)
    reference = bone_lengths(acted("walk", joints_of), joints_of)
    turned = sequence.joints @ any_rotation(rng).T
    changed = rng.uniform(0.2, 5) * turned + rng.normal(size=(T, 1, 3))
    before, _ = aligned(sequence, reference=reference)
    after, alignment = aligned(replace(sequence, joints=changed), reference=reference)
    np.testing.assert_allclose(after.joints, before.joints, atol=1e-5)
    assert_rotates(alignment)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_the_chosen_frame_is_the_same_from_every_side_in_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noisy = filmed().joints + rng.normal(0, 0.1, (T, 13, 3))
    before, alignment = aligned(sequence_of(noisy))
    after, again = aligned(sequence_of(2 * noisy @ any_rotation(rng).T))
    assert alignment.frame == again.frame
    np.testing.assert_allclose(after.joints, 2 * before.joints, atol=1e-5)


def test_without_a_reference_the_size_stays() -> None:
    sequence = filmed()
    body, alignment = aligned(replace(sequence, joints=1.3 * sequence.joints))
    np.testing.assert_allclose(body.joints, 1.3 * aligned(sequence)[0].joints, atol=1e-9)
    assert alignment.scale == 1


@joint_sets
@pytest.mark.parametrize("upright", [False, True])
def test_kinect_and_camera_axes_align_to_the_same_pose(joints_of: str, *, upright: bool) -> None:
    camera = filmed("kick", joints_of)
    kinect = to_axes(camera, "kinect")
    want, _ = aligned(camera, upright=upright)
    np.testing.assert_allclose(aligned(kinect, upright=upright)[0].joints, want.joints, atol=1e-9)


def test_aligning_twice_is_aligning_once() -> None:
    once, _ = aligned(filmed("squat"))
    twice, alignment = aligned(once)
    np.testing.assert_allclose(twice.joints, once.joints, atol=1e-12)
    np.testing.assert_allclose(alignment.rotation, np.eye(3), atol=1e-12)


# Never a mirror


@joint_sets
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_no_skeleton_is_mirrored(joints_of: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sequence = filmed("wave", joints_of)
    sequence = replace(sequence, joints=sequence.joints @ any_rotation(rng).T)
    before = chirality(sequence)
    assert (before > 0).all()
    for upright in (False, True):
        body, alignment = aligned(sequence, upright=upright)
        np.testing.assert_allclose(chirality(body), before, atol=1e-9)
        assert_rotates(alignment)


# Putting it back


@joint_sets
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_restored_gives_the_input_back(joints_of: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    camera = filmed(str(rng.choice(list(MOTIONS))), joints_of)  # 4 m away: not torso-centred
    reference = bone_lengths(1.2 * acted("walk", joints_of), joints_of)
    for sequence in (camera, to_axes(camera, "kinect"), replace(camera, axes="body")):
        for upright in (False, True):
            body, alignment = aligned(sequence, reference=reference, upright=upright)
            back = restored(body, alignment)
            assert back.axes == sequence.axes
            np.testing.assert_allclose(back.joints, sequence.joints, atol=1e-9)


def test_single_precision_comes_back_as_it_was() -> None:
    sequence = replace(filmed(), joints=filmed().joints.astype(np.float32))
    back = restored(*aligned(sequence))
    np.testing.assert_allclose(back.joints, sequence.joints, atol=1e-9)


def test_restored_needs_the_aligned_sequence() -> None:
    _, alignment = aligned(filmed())
    with pytest.raises(ValueError, match="in body axes, got camera axes"):
        restored(filmed(), alignment)
    with pytest.raises(ValueError, match="of 30 frames, the sequence has 1"):
        restored(aligned(sequence_of(facing_pose()[None]))[0], alignment)


def test_camera_and_kinect_axes_are_half_a_turn_apart() -> None:
    camera = filmed()
    kinect = to_axes(camera, "kinect")
    np.testing.assert_array_equal(kinect.joints, camera.joints * (-1, -1, 1))
    assert kinect.axes == "kinect"
    np.testing.assert_array_equal(to_axes(kinect, "camera").joints, camera.joints)
    assert to_axes(kinect, "kinect") is kinect


def test_no_fixed_turn_leads_to_or_from_body_axes() -> None:
    body, _ = aligned(filmed())
    assert to_axes(body, "body") is body
    with pytest.raises(ValueError, match="from camera to body axes: use `aligned`"):
        to_axes(filmed(), "body")
    with pytest.raises(ValueError, match="from body to kinect axes"):
        to_axes(body, "kinect")
    with pytest.raises(ValueError, match="'world' is none of camera, kinect, body"):
        to_axes(body, "world")  # type: ignore[arg-type]


# Size


def test_the_scale_brings_the_bones_to_the_reference() -> None:
    child = filmed()
    child = replace(child, joints=0.7 * child.joints)
    body, alignment = aligned(child, reference=bone_lengths(acted("throw", "lcr13"), "lcr13"))
    assert alignment.scale == pytest.approx(1 / 0.7)
    np.testing.assert_allclose(body.joints, aligned(filmed())[0].joints, atol=1e-9)


def test_filled_in_and_unsure_frames_do_not_set_the_scale() -> None:
    sequence = filmed()
    joints, scores, observed = sequence.joints.copy(), sequence.scores.copy(), np.arange(T) >= 10
    joints[:20] *= 3
    scores[10:20] = 0.1
    broken = replace(sequence, joints=joints, scores=scores, observed=observed)
    reference = bone_lengths(sequence.joints[20:], "lcr13")
    assert aligned(broken, reference=reference)[1].scale == pytest.approx(1)

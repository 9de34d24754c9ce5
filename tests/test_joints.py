"""Joint sets: names, twins, bones, and conversions between them."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

from wildpose.joints import JOINT_SETS, conversion, convert, convert_scores, joint_set, torso

ALL_SETS = list(JOINT_SETS)


def convertible() -> list[tuple[str, str]]:
    """Every (source, target) that the package says it can convert."""
    found = []
    for source, target in product(ALL_SETS, ALL_SETS):
        try:
            conversion(source, target)
        except ValueError:
            continue
        found.append((source, target))
    return found


def test_lcr13_has_the_order_of_the_released_anchors() -> None:
    assert joint_set("lcr13").names == (
        "right_ankle", "left_ankle", "right_knee", "left_knee", "right_hip", "left_hip",
        "right_wrist", "left_wrist", "right_elbow", "left_elbow", "right_shoulder",
        "left_shoulder", "head",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "place", "joint"),
    [
        ("kinect25", 0, "spine_base"),  # Microsoft's JointType enumeration
        ("kinect25", 20, "spine_shoulder"),
        ("kinect25", 22, "left_thumb"),
        ("kinect20", 2, "spine_shoulder"),  # NUI_SKELETON_POSITION_SHOULDER_CENTER
        ("kinect20", 19, "right_foot"),
        ("coco17", 0, "nose"),  # COCO's keypoint list
        ("coco17", 16, "right_ankle"),
        ("h36m17", 1, "right_hip"),  # VideoPose3D's 17 joints
        ("h36m17", 10, "head_top"),
        ("h36m17", 16, "right_wrist"),
        ("blazepose33", 8, "right_ear"),  # MediaPipe's PoseLandmark
        ("blazepose33", 23, "left_hip"),
        ("blazepose33", 32, "right_foot"),
        ("sbu15", 2, "spine_mid"),  # SBU's torso
        ("sbu15", 14, "right_foot"),
    ],
)
def test_joints_stand_where_their_makers_put_them(name: str, place: int, joint: str) -> None:
    assert joint_set(name).names[place] == joint
    assert joint_set(name).index(joint) == place


@pytest.mark.parametrize("name", ALL_SETS)
def test_a_set_has_as_many_different_joints_as_its_name_says(name: str) -> None:
    names = joint_set(name).names
    assert len(joint_set(name)) == len(set(names)) == int(re.sub(r"^.*?(\d+)$", r"\1", name))


@pytest.mark.parametrize("name", ALL_SETS)
def test_every_sided_joint_is_in_exactly_one_pair(name: str) -> None:
    names = joint_set(name).names
    paired = [(names[left], names[right]) for left, right in joint_set(name).pairs]
    assert all(right == left.replace("left_", "right_") for left, right in paired)
    sided = {joint for joint in names if joint.startswith(("left_", "right_"))}
    assert sorted(sum(paired, ())) == sorted(sided)


@pytest.mark.parametrize("name", ALL_SETS)
def test_a_mirror_changes_every_sided_joint_and_a_second_one_changes_it_back(name: str) -> None:
    joints = joint_set(name)
    once = np.array(joints.mirrored)
    np.testing.assert_array_equal(once[once], np.arange(len(joints)))
    moved = {joints.names[i] for i in np.flatnonzero(once != np.arange(len(joints)))}
    assert moved == {joint for joint in joints.names if joint.startswith(("left_", "right_"))}


@pytest.mark.parametrize("name", ALL_SETS)
def test_the_bones_are_the_same_in_a_mirror(name: str) -> None:
    joints = joint_set(name)
    bones = {frozenset(edge) for edge in joints.edges}
    assert len(bones) == len(joints.edges)
    assert {frozenset(joints.mirrored[i] for i in bone) for bone in bones} == bones


def test_kinect25_becomes_lcr13_by_the_list_of_the_specification() -> None:
    one_based = [19, 15, 18, 14, 17, 13, 11, 7, 10, 6, 9, 5, 4]
    joints = np.arange(1, 26, dtype=float)[:, None]  # each joint is its own number
    np.testing.assert_array_equal(convert(joints, "kinect25", "lcr13")[:, 0], one_based)


def test_the_head_of_blazepose33_is_midway_between_the_ears() -> None:
    joints = np.zeros((33, 2))
    joints[7], joints[8] = (10, 40), (30, 44)  # MediaPipe's ears
    head = convert(joints, "blazepose33", "lcr13")[12]
    np.testing.assert_allclose(head, (20, 42), atol=1e-12)


def test_a_joint_between_two_gets_the_mean_of_their_scores() -> None:
    scores = np.ones((5, 33))
    scores[:, 7] = 0.5
    converted = convert_scores(scores, "blazepose33", "lcr13")
    assert converted.shape == (5, 13)
    np.testing.assert_allclose(converted[:, 12], 0.75, atol=1e-12)
    np.testing.assert_allclose(converted[:, :12], 1, atol=1e-12)


@pytest.mark.parametrize("source", ALL_SETS)
def test_every_set_can_become_the_default_one(source: str) -> None:
    assert conversion(source, "lcr13").shape == (13, len(joint_set(source)))


@pytest.mark.parametrize(("source", "target"), convertible())
def test_converting_a_pose_far_away_does_not_change_its_shape(source: str, target: str) -> None:
    joints = np.random.default_rng(0).normal(size=(len(joint_set(source)), 3))
    shift = np.array([3.0, -2.0, 7.0])
    moved = convert(joints + shift, source, target)
    np.testing.assert_allclose(moved, convert(joints, source, target) + shift, atol=1e-12)


@pytest.mark.parametrize(("source", "target"), convertible())
def test_converting_a_mirrored_pose_gives_the_converted_pose_mirrored(
    source: str, target: str
) -> None:
    joints = np.random.default_rng(1).normal(size=(len(joint_set(source)), 3))
    before = convert(joints[list(joint_set(source).mirrored)], source, target)
    after = convert(joints, source, target)[list(joint_set(target).mirrored)]
    np.testing.assert_allclose(before, after, atol=1e-12)


def test_converting_keeps_the_dimensions_in_front() -> None:
    joints = np.random.default_rng(2).normal(size=(2, 4, 17, 3))
    converted = convert(joints, "coco17", "lcr13")
    assert converted.shape == (2, 4, 13, 3)
    np.testing.assert_array_equal(converted[1, 3], convert(joints[1, 3], "coco17", "lcr13"))


def test_an_impossible_conversion_says_which_joint_is_missing() -> None:
    message = "sbu15 cannot be converted to coco17: nothing gives 'nose'"
    with pytest.raises(ValueError, match=message):
        conversion("sbu15", "coco17")


def test_a_conversion_cannot_be_changed_by_who_asked_for_it() -> None:
    with pytest.raises(ValueError, match="read-only"):
        conversion("kinect25", "lcr13")[0, 0] = 1


def test_an_unknown_set_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown joint set 'coco18': there are lcr13, .*sbu15"):
        joint_set("coco18")


def test_an_unknown_joint_is_answered_with_those_of_the_set() -> None:
    with pytest.raises(KeyError, match=r"coco17 has no joint 'neck': it has nose, .*right_ankle"):
        joint_set("coco17").index("neck")


def test_the_torso_is_the_mean_of_hips_and_shoulders() -> None:
    pose = np.full((13, 3), 99.0)
    pose[4], pose[5] = (-1, 2, 0), (1, 2, 0)  # hips
    pose[10], pose[11] = (-2, -4, 1), (2, -4, 3)  # shoulders
    np.testing.assert_allclose(torso(pose, "lcr13"), [[0, -1, 1]], atol=1e-12)


def test_a_pose_minus_its_torso_has_its_torso_at_the_origin() -> None:
    poses = np.random.default_rng(3).normal(size=(6, 25, 3))
    centred = poses - torso(poses, "kinect25")
    np.testing.assert_allclose(torso(centred, "kinect25"), np.zeros((6, 1, 3)), atol=1e-12)

"""Bone lengths and size ratios, by cases checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from wildpose.bone_lengths import REFERENCE_LENGTHS, bone_lengths, length_ratio
from wildpose.geometry import Array, rotation_y
from wildpose.joints import JOINT_SETS, convert, joint_set

SBU = joint_set("sbu15")


def walking(joints_of: str = "sbu15") -> Array:
    """(20, J, 3) m of a mannequin of 1.75 m."""
    return convert(MOTIONS["walk"](np.arange(20) / 15, Body(1.75), Style()), "kinect25", joints_of)


def edge(name: str) -> int:
    parent, child = name.split("-")
    return SBU.edges.index((SBU.index(parent), SBU.index(child)))


def test_lengths_come_in_the_order_of_the_edges_as_medians() -> None:
    joints = np.zeros((3, 15, 3))
    joints[:, SBU.index("head"), 1] = [0.2, 0.3, 9.0]  # one of them a failure
    lengths = bone_lengths(joints, "sbu15")
    want = np.zeros(len(SBU.edges))
    want[edge("head-neck")] = 0.3
    np.testing.assert_allclose(lengths, want, atol=1e-12)


def test_lengths_do_not_depend_on_place_turn_or_leading_axes() -> None:
    joints = walking()
    lengths = bone_lengths(joints, "sbu15")
    moved = (joints @ rotation_y(1.0).T + (3, 2, 1)).reshape(2, 10, 15, 3)
    np.testing.assert_allclose(bone_lengths(moved, "sbu15"), lengths, atol=1e-12)
    np.testing.assert_allclose(lengths[edge("right_hip-right_knee")], Body(1.75).thigh, atol=1e-9)


def test_a_bone_counts_where_both_its_joints_do() -> None:
    joints = walking()
    counted = np.ones((20, 15), dtype=bool)
    joints[:15, SBU.index("left_hand")] += 5.0
    counted[:15, SBU.index("left_hand")] = False
    lengths = bone_lengths(joints, "sbu15", counted=counted)
    np.testing.assert_allclose(lengths, bone_lengths(walking(), "sbu15"), atol=0.02)


def test_the_mask_of_a_clip_leaves_out_absent_people() -> None:
    people = np.stack([walking(), np.zeros((20, 15, 3))])
    mask = np.array([[True] * 20, [False] * 20])
    lengths = bone_lengths(people, "sbu15", counted=mask[..., None])
    np.testing.assert_array_equal(lengths, bone_lengths(walking(), "sbu15"))


def test_a_bone_that_never_counts_is_named() -> None:
    counted = np.ones((20, 15), dtype=bool)
    counted[:, SBU.index("right_foot")] = False
    with pytest.raises(ValueError, match="no pose counts for the bone right_knee-right_foot"):
        bone_lengths(walking(), "sbu15", counted=counted)
    with pytest.raises(ValueError, match="no pose counts for the bone head-neck"):
        bone_lengths(np.zeros((0, 15, 3)), "sbu15")


def test_joints_of_another_set_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(\.\.\., 13, 3\) of lcr13, got \(20, 15, 3\)"):
        bone_lengths(walking(), "lcr13")


def test_the_ratio_is_the_median_over_bones() -> None:
    reference = bone_lengths(walking(), "sbu15")
    assert length_ratio(reference, 0.5 * walking(), "sbu15") == pytest.approx(2)
    reference[:3] *= 40  # three of fourteen bones are wrong
    assert length_ratio(reference, 0.5 * walking(), "sbu15") == pytest.approx(2)


def test_bones_between_stand_ins_do_not_count() -> None:
    # lcr13 has neither hands nor feet: as kinect20, those four bones have no length.
    sparse = convert(walking("lcr13"), "lcr13", "kinect20")
    bare = bone_lengths(sparse, "kinect20")
    assert (bare < 1e-9).sum() == 4
    assert length_ratio(bare, 0.5 * sparse, "kinect20") == pytest.approx(2)
    whole = bone_lengths(walking("kinect20"), "kinect20")
    assert length_ratio(whole, 0.5 * sparse, "kinect20") == pytest.approx(2)
    assert length_ratio(bare, 0.5 * walking("kinect20"), "kinect20") == pytest.approx(2)


def test_without_any_bone_the_size_stays() -> None:
    reference = bone_lengths(walking(), "sbu15")
    assert length_ratio(reference, np.zeros((4, 15, 3)), "sbu15") == 1
    assert length_ratio(reference, np.zeros((0, 15, 3)), "sbu15") == 1
    assert length_ratio(0 * reference, walking(), "sbu15") == 1


def test_where_nothing_counts_everything_does() -> None:
    reference = 3 * bone_lengths(walking(), "sbu15")
    nothing = np.zeros((20, 15), dtype=bool)
    assert length_ratio(reference, walking(), "sbu15", counted=nothing) == pytest.approx(3)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (np.ones(13), r"expected \(14,\), one length for each edge of sbu15, got \(13,\)"),
        (np.full(14, np.nan), "finite and not negative"),
        (np.full(14, -0.1), "finite and not negative"),
    ],
)
def test_a_reference_that_cannot_be_one_is_refused(reference: Array, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        length_ratio(reference, walking(), "sbu15")


@pytest.mark.parametrize("joints_of", REFERENCE_LENGTHS)
def test_the_shipped_reference_is_an_adult_with_two_equal_sides(joints_of: str) -> None:
    lengths = np.array(REFERENCE_LENGTHS[joints_of])
    names = JOINT_SETS[joints_of]
    twins = {
        (names.mirrored[a], names.mirrored[b]): length
        for (a, b), length in zip(names.edges, lengths, strict=True)
    }
    for (a, b), length in zip(names.edges, lengths, strict=True):
        assert twins.get((a, b), twins.get((b, a))) == length
    assert 0.9 < length_ratio(lengths, walking(joints_of), joints_of) < 1.1

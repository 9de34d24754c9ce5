"""Anchor poses are the clusters that are there, and boxes take pixels to box units and back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.made_samples import pixels_of, some_anchors, some_poses
from wildpose.geometry import Array
from wildpose.joints import torso
from wildpose.lifting.anchors import (
    LEGS,
    MARGIN,
    UPPER_BODY,
    Anchors,
    boxes_around,
    find_anchors,
    in_box,
    out_of_box,
)


def clusters(K: int = 4, members: int = 25) -> tuple[Array, Array]:
    """(K * members, 13, 3) poses and (...) which of K different ones they are, a bit changed."""
    rng = np.random.default_rng(0)
    centres = some_poses(400, seed=3)[[0, 100, 200, 300][:K]]
    which = rng.permutation(np.repeat(np.arange(K), members))
    return centres[which] + rng.normal(0, 1e-3, (len(which), 13, 3)), which


# Boxes


def test_a_box_goes_a_tenth_beyond_the_outermost_joints() -> None:
    joints = np.array([[10.0, 40.0], [30.0, 20.0], [20.0, 60.0]])  # 20 wide, 40 high
    np.testing.assert_allclose(boxes_around(joints), (8, 16, 32, 64))
    assert MARGIN == 0.1


def test_box_units_are_zero_at_the_top_left_and_one_at_the_bottom_right() -> None:
    boxes = np.array([[10.0, 20.0, 30.0, 60.0]])
    corners = np.array([[[10.0, 20.0], [30.0, 60.0], [20.0, 40.0], [50.0, 20.0]]])
    np.testing.assert_allclose(in_box(corners, boxes), [[(0, 0), (1, 1), (0.5, 0.5), (2, 0)]])


def test_out_of_the_box_undoes_into_the_box() -> None:
    rng = np.random.default_rng(0)
    joints = rng.uniform(-500, 500, (6, 4, 13, 2))
    boxes = boxes_around(rng.uniform(-500, 500, (6, 4, 5, 2)))
    np.testing.assert_allclose(out_of_box(in_box(joints, boxes), boxes), joints, atol=1e-9)
    np.testing.assert_allclose(in_box(out_of_box(joints, boxes), boxes), joints, atol=1e-9)


def test_joints_lie_in_their_own_box_a_twelfth_from_its_sides() -> None:
    pixels = pixels_of(some_poses(50))
    own = in_box(pixels, boxes_around(pixels))
    np.testing.assert_allclose(own.min(axis=1), 0.1 / 1.2, atol=1e-9)
    np.testing.assert_allclose(own.max(axis=1), 1.1 / 1.2, atol=1e-9)


def test_where_a_person_stands_and_how_large_is_the_same_in_box_units() -> None:
    pixels = pixels_of(some_poses(20))
    moved = 3.5 * pixels - (400, 70)
    own, other = (in_box(p, boxes_around(p)) for p in (pixels, moved))
    np.testing.assert_allclose(own, other, atol=1e-9)


def test_joints_that_are_all_in_one_place_are_in_a_tiny_box() -> None:
    point = np.full((13, 2), 7.0)
    box = boxes_around(point)
    assert np.isfinite(in_box(point, box)).all()
    np.testing.assert_allclose(out_of_box(in_box(point, box), box), point, atol=1e-9)
    assert (box[2:] > box[:2]).all()


# Finding anchors


def test_separate_clusters_are_found() -> None:
    poses, which = clusters()
    anchors = find_anchors(poses, pixels_of(poses), 4, np.random.default_rng(1))
    means = np.stack([poses[which == k].mean(axis=0) for k in range(4)])
    distance = np.abs(anchors.joints[:, None] - means).max(axis=(2, 3))
    assert sorted(distance.argmin(axis=1)) == [0, 1, 2, 3]
    np.testing.assert_allclose(distance.min(axis=1), 0, atol=1e-9)


def test_2d_anchors_are_the_means_of_their_members_in_box_units() -> None:
    poses, _ = clusters()
    pixels = pixels_of(poses)
    anchors = find_anchors(poses, pixels, 4, np.random.default_rng(1))
    classes = anchors.nearest(poses)
    full = in_box(pixels, boxes_around(pixels))
    upper = in_box(pixels, boxes_around(pixels[:, UPPER_BODY]))
    for k in range(4):
        np.testing.assert_allclose(anchors.joints_2d[k], full[classes == k].mean(axis=0))
        np.testing.assert_allclose(anchors.joints_2d[4 + k], upper[classes == k].mean(axis=0))


def test_anchors_are_torso_centred_as_their_poses() -> None:
    np.testing.assert_allclose(torso(some_anchors(8).joints, "lcr13"), 0, atol=1e-9)


def test_full_bodies_fill_their_box_and_upper_bodies_leave_the_legs_below_it() -> None:
    K = 8
    anchors = some_anchors(K)  # of upright people
    full, upper = anchors.joints_2d[:K], anchors.joints_2d[K:]
    assert full.min() > 0 and full.max() < 1
    ankles, hips_to_head = upper[:, LEGS[:2], 1], upper[:, UPPER_BODY]
    assert (ankles > 1.2).all()
    assert hips_to_head.min() > 0 and hips_to_head.max() < 1


def test_the_same_seed_gives_the_same_anchors() -> None:
    np.testing.assert_array_equal(some_anchors(5).joints, some_anchors(5).joints)
    assert np.abs(some_anchors(5).joints - some_anchors(5, seed=1).joints).max() > 0.01


def test_fewer_poses_than_classes_are_refused() -> None:
    poses = some_poses(3)
    with pytest.raises(ValueError, match="3 poses cannot make 4 anchor poses"):
        find_anchors(poses, pixels_of(poses), 4, np.random.default_rng(0))


# Anchors


def test_the_nearest_anchor_is_the_one_that_trying_all_finds() -> None:
    anchors, poses = some_anchors(12), some_poses(300, seed=7)
    squares = ((poses[:, None] - anchors.joints) ** 2).sum(axis=-1).mean(axis=-1)
    np.testing.assert_array_equal(anchors.nearest(poses), squares.argmin(axis=1))


def test_an_anchor_is_nearest_to_itself_and_nobody_has_no_class() -> None:
    anchors = some_anchors(12)
    np.testing.assert_array_equal(anchors.nearest(anchors.joints), np.arange(12))
    assert anchors.nearest(np.zeros((0, 13, 3))).shape == (0,)


def test_flat_numbers_are_2d_then_3d_and_twins_share_their_3d() -> None:
    anchors = some_anchors(3)
    flat = anchors.flat
    assert flat.shape == (6, 65) and len(anchors) == 3
    np.testing.assert_array_equal(flat[:, :26].reshape(6, 13, 2), anchors.joints_2d)
    np.testing.assert_array_equal(flat[:3, 26:].reshape(3, 13, 3), anchors.joints)
    np.testing.assert_array_equal(flat[3:, 26:], flat[:3, 26:])


def test_anchors_without_their_twins_are_refused() -> None:
    with pytest.raises(ValueError, match=r"joints_2d \(2 K, 13, 2\); got .*\(3, 13, 2\)"):
        Anchors(np.zeros((3, 13, 3)), np.zeros((3, 13, 2)))

"""A skeleton is put back to where it was projected from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.joints import torso
from wildpose.placement import FARTHEST_M, NEAREST_M, assumed_focal, place

Array = npt.NDArray[np.floating]
FOCAL, CENTRE = 1100.0, np.array([640.0, 360.0])


def skeletons(count: int = 4) -> Array:
    """Torso-centred poses about as large as a person, metres."""
    joints = np.random.default_rng(0).uniform((-0.4, -0.9, -0.3), (0.4, 0.9, 0.3), (count, 13, 3))
    return joints - torso(joints, "lcr13")


def project(joints: Array, *, focal: float = FOCAL, centre: Array = CENTRE) -> Array:
    """A pinhole camera: metres in camera axes to px."""
    return focal * joints[..., :2] / joints[..., 2:] + centre


def test_people_are_placed_where_they_were_projected_from() -> None:
    joints = skeletons()
    roots = np.array([[0, 0, 3], [-1, 0.5, 4], [2, -0.3, 6], [0.1, 0.9, 1.8]], dtype=float)
    seen = project(joints + roots[:, None])
    found = place(joints, seen, np.ones((4, 13)), FOCAL, CENTRE)
    np.testing.assert_allclose(found, roots, atol=1e-6)


def test_another_camera_sees_the_same_place() -> None:
    joints, root = skeletons(1), np.array([[1.0, 0, 5]])
    focal, centre = 400.0, np.array([100.0, 500.0])
    seen = project(joints + root[:, None], focal=focal, centre=centre)
    found = place(joints, seen, np.ones((1, 13)), focal, centre)
    np.testing.assert_allclose(found, root, atol=1e-6)


def test_twice_the_focal_length_is_about_twice_the_distance() -> None:
    joints = skeletons(1) * [1, 1, 0]  # flat, so that it is exactly twice
    root = np.array([[0.5, 0, 4]])
    seen = project(joints + root[:, None])
    found = place(joints, seen, np.ones((1, 13)), 2 * FOCAL, CENTRE)
    np.testing.assert_allclose(found, [[0.5, 0, 8]], atol=1e-5)


def test_every_frame_is_placed_by_itself() -> None:
    joints, roots = skeletons(2), np.array([[0, 0, 3], [1.0, 0, 5]])
    seen = project(joints + roots[:, None])
    seen[1] += np.random.default_rng(1).normal(scale=40, size=(13, 2))
    found = place(joints, seen, np.ones((2, 13)), FOCAL, CENTRE)
    np.testing.assert_allclose(found[0], roots[0], atol=1e-6)


def test_a_wild_joint_of_no_weight_changes_nothing() -> None:
    joints, root = skeletons(1), np.array([[0.3, 0.1, 4]])
    seen, weights = project(joints + root[:, None]), np.ones((1, 13))
    seen[0, 6] += (900, -500)
    wild = place(joints, seen, weights, FOCAL, CENTRE)
    assert np.abs(wild - root).max() > 0.1
    weights[0, 6] = 0
    np.testing.assert_allclose(place(joints, seen, weights, FOCAL, CENTRE), root, atol=1e-3)


def test_the_less_a_joint_counts_the_less_it_disturbs() -> None:
    joints, root = skeletons(1), np.array([[0.3, 0.1, 4]])
    seen = project(joints + root[:, None])
    seen[0, 6] += (200, 0)
    errors = []
    for weight in (1.0, 0.3, 0.1, 0.01):
        weights = np.ones((1, 13))
        weights[0, 6] = weight
        errors.append(np.linalg.norm(place(joints, seen, weights, FOCAL, CENTRE) - root))
    assert (np.diff(errors) < 0).all()


def test_weights_that_are_all_zero_count_all_joints_alike() -> None:
    joints, root = skeletons(1), np.array([[0.3, 0.1, 4]])
    seen = project(joints + root[:, None])
    found = place(joints, seen, np.zeros((1, 13)), FOCAL, CENTRE)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, root, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(("size", "depth"), [(1e-3, 200), (200.0, 0.3)])
def test_depth_is_bounded_and_the_person_stays_in_the_line_of_sight(
    size: float, depth: float
) -> None:
    flat = skeletons(1) * [1, 1, 0]
    seen = CENTRE + [110, -55] + flat[..., :2] * size * FOCAL  # as at a depth of 1 / size
    expected = seen.copy()
    weights = np.ones((1, 13))
    weights[0, 6] = 0
    seen[0, 6] += (70, 0)  # a wild joint that does not count
    found = place(flat, seen, weights, FOCAL, CENTRE)
    assert found[0, 2] == depth
    seen, flat = np.delete(expected, 6, axis=1), np.delete(flat, 6, axis=1)
    across = seen.mean(axis=1)[0] - flat[0, :, :2].mean(axis=0) * FOCAL / depth
    np.testing.assert_allclose(found[0, :2], (across - CENTRE) * depth / FOCAL, rtol=1e-3)


def test_a_pose_seen_upside_down_is_still_in_front_of_the_camera() -> None:
    joints = skeletons(1)
    seen = 2 * CENTRE - project(joints + np.array([0, 0, 4]))
    found = place(joints, seen, np.ones((1, 13)), FOCAL, CENTRE)
    assert np.isfinite(found).all()
    assert NEAREST_M <= found[0, 2] <= FARTHEST_M


@pytest.mark.parametrize("spread", [0.0, 300.0])
def test_joints_that_are_all_at_one_point_are_placed_somewhere_finite(spread: float) -> None:
    seen = np.random.default_rng(2).normal(scale=spread, size=(1, 13, 2)) + CENTRE
    found = place(np.zeros((1, 13, 3)), seen, np.ones((1, 13)), FOCAL, CENTRE)
    assert np.isfinite(found).all()
    assert NEAREST_M <= found[0, 2] <= FARTHEST_M


def test_a_skeleton_whose_joints_are_all_seen_at_one_point_is_far_away() -> None:
    seen = np.zeros((1, 13, 2)) + CENTRE
    found = place(skeletons(1), seen, np.ones((1, 13)), FOCAL, CENTRE)
    assert np.isfinite(found).all()
    assert found[0, 2] >= NEAREST_M


def test_nobody_is_placed_nowhere() -> None:
    found = place(np.zeros((0, 13, 3)), np.zeros((0, 13, 2)), np.zeros((0, 13)), FOCAL, CENTRE)
    assert found.shape == (0, 3)


def test_the_assumed_camera_sees_53_degrees_along_the_diagonal() -> None:
    focal = assumed_focal(1200, 900)
    assert focal == pytest.approx(1500)
    assert 2 * np.degrees(np.arctan(1500 / 2 / focal)) == pytest.approx(53, abs=0.5)

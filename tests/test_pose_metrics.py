"""Errors of skeletons: by hand, and under every similarity transform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from wildpose.pose_metrics import aligned_to, joint_errors

Array = npt.NDArray[np.floating]
REPEATABLE = settings(deadline=None, derandomize=True, max_examples=60)
# One arm up, one arm forward: no mirror image of it can be turned onto it.
ASYMMETRIC = np.array([[0.0, 0, 0], [0.2, 0, 0], [-0.2, 0, 0], [0.2, 0.5, 0], [-0.2, 0, 0.4]])


def pa_error(found: Array, truth: Array) -> float:
    return float(joint_errors(aligned_to(found, truth), truth).mean())


def test_the_error_of_a_joint_is_its_distance() -> None:
    truth = np.zeros((2, 2, 3))
    found = np.array([[[3, 4, 0], [0, 0, 2]], [[1, 2, 2], [0, 0, 0]]], dtype=float)
    np.testing.assert_allclose(joint_errors(found, truth), [[5, 2], [3, 0]], atol=1e-12)
    assert joint_errors(found, truth).mean() == pytest.approx(2.5)  # the MPJPE


def test_the_error_in_pixels_is_the_distance_in_the_plane() -> None:
    errors = joint_errors(np.array([[10.0, 10.0]]), np.array([[16.0, 2.0]]))
    np.testing.assert_allclose(errors, [10], atol=1e-12)


@REPEATABLE
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.1, 10),
    shift=st.tuples(*[st.floats(-10, 10)] * 3),
)
def test_a_moved_turned_and_scaled_pose_has_no_aligned_error(
    seed: int, scale: float, shift: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(13, 3))
    rotation = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    found = scale * truth @ rotation.T + shift
    np.testing.assert_allclose(aligned_to(found, truth), truth, atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_pose_is_not_mirrored_back(axis: int) -> None:
    mirror = np.ones(3)
    mirror[axis] = -1
    assert pa_error(ASYMMETRIC * mirror, ASYMMETRIC) > 0.05


def test_a_flat_pose_is_turned_over_rather_than_mirrored() -> None:
    flat = ASYMMETRIC * [1, 1, 0]
    assert pa_error(flat * [-1, 1, 1], flat) == pytest.approx(0, abs=1e-9)


def test_alignment_keeps_the_shape() -> None:
    rng = np.random.default_rng(0)
    found, truth = rng.normal(size=(2, 13, 3))
    aligned = aligned_to(found, truth)

    def distances(pose: Array) -> Array:
        return np.linalg.norm(pose[:, None] - pose[None], axis=-1)

    ratio = distances(aligned)[0, 1] / distances(found)[0, 1]
    np.testing.assert_allclose(distances(aligned), ratio * distances(found), atol=1e-9)
    turn = np.linalg.lstsq(found - found.mean(axis=0), aligned - aligned.mean(axis=0))[0]
    assert np.linalg.det(turn) > 0


@REPEATABLE
@given(st.integers(0, 10_000))
def test_no_small_turn_scale_or_move_makes_an_aligned_pose_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, truth = rng.normal(size=(2, 8, 3))
    aligned = aligned_to(found, truth)
    best = ((aligned - truth) ** 2).sum()
    turn = Rotation.from_rotvec(rng.normal(scale=0.1, size=3)).as_matrix()
    centre = aligned.mean(axis=0)
    nudged = (aligned - centre) @ turn.T * rng.uniform(0.9, 1.1) + centre
    nudged = nudged + rng.normal(scale=0.05, size=3)
    assert ((nudged - truth) ** 2).sum() >= best


def test_each_pose_of_a_batch_is_aligned_by_itself() -> None:
    rng = np.random.default_rng(1)
    found, truth = rng.normal(size=(2, 3, 4, 13, 3))
    together = aligned_to(found, truth)
    assert together.shape == (3, 4, 13, 3)
    np.testing.assert_allclose(together[2, 1], aligned_to(found[2, 1], truth[2, 1]), atol=1e-12)


def test_a_pose_collapsed_to_a_point_goes_to_the_middle_of_the_truth() -> None:
    aligned = aligned_to(np.full((5, 3), 2.0), ASYMMETRIC)
    np.testing.assert_allclose(aligned, np.tile(ASYMMETRIC.mean(axis=0), (5, 1)), atol=1e-9)

"""Errors of skeletons: by hand, and under every similarity transform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from wildpose.pose_metrics import (
    acceleration_errors,
    accelerations,
    aligned_to,
    best_of,
    bone_length_spread,
    joint_errors,
    share_within,
    swapped_limbs,
)

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


def test_a_joint_at_the_limit_counts_as_found() -> None:
    assert share_within(np.array([0.1, 0.15, 0.1501, 0.2]), 0.15) == pytest.approx(0.5)
    assert np.isnan(share_within(np.zeros(0), 0.15))


def test_the_best_hypothesis_is_the_nearest_on_average_over_the_joints() -> None:
    truth = np.zeros((2, 3))
    one_far = np.array([[0.0, 0, 0], [0, 0, 3]])  # mean 1.5, and the smallest single error
    both_near = np.array([[1.0, 0, 0], [0, 1, 0]])  # mean 1
    assert best_of(np.stack([one_far, both_near]), truth) == pytest.approx(1)
    assert best_of(one_far[None], truth) == pytest.approx(1.5)


@REPEATABLE
@given(st.integers(0, 10_000))
def test_the_acceleration_of_a_thrown_joint_is_exact_at_uneven_times(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.01, 0.1, 9))
    start, speed, pull = rng.normal(size=(3, 4, 3))
    t = times[:, None, None]
    thrown = start + speed * t + pull * t**2 / 2
    np.testing.assert_allclose(accelerations(thrown, times), np.tile(pull, (7, 1, 1)), atol=1e-6)


def test_acceleration_needs_three_frames() -> None:
    assert accelerations(np.zeros((2, 5, 3)), np.arange(2.0)).shape == (0, 5, 3)
    none = np.zeros((0, 5, 3))
    assert acceleration_errors(none, none, np.zeros(0), np.zeros(0, int)).shape == (0, 5)


def test_the_acceleration_error_is_in_metres_per_second_squared() -> None:
    times = np.arange(5) / 10
    truth = np.zeros((5, 1, 3))
    found = np.zeros((5, 1, 3))
    found[:, 0, 1] = 4.5 * times**2  # 9 m/s^2
    errors = acceleration_errors(found, truth, times, np.arange(5))
    np.testing.assert_allclose(errors, np.full((3, 1), 9.0), atol=1e-9)


def test_acceleration_is_not_taken_over_a_gap() -> None:
    frames = np.array([0, 1, 2, 5, 6, 7, 9, 11])  # in a row: 0 1 2 and 5 6 7
    found = np.random.default_rng(0).normal(size=(8, 2, 3))
    errors = acceleration_errors(found, np.zeros((8, 2, 3)), frames / 30, frames)
    apart = [
        acceleration_errors(found[s], np.zeros((3, 2, 3)), frames[s] / 30, frames[s])
        for s in (slice(0, 3), slice(3, 6))
    ]
    np.testing.assert_allclose(errors, np.concatenate(apart), atol=1e-9)


def test_a_rigid_bone_has_no_spread_and_a_stretching_one_has() -> None:
    joints = np.zeros((2, 3, 3))
    joints[:, 1] = [[1, 0, 0], [0, 1, 0]]  # turns about the first joint
    joints[:, 2] = [[2, 0, 0], [0, 4, 0]]  # 1 and 3 from the second: mean 2, deviation 1
    np.testing.assert_allclose(bone_length_spread(joints, [(0, 1), (1, 2)]), [0, 0.5], atol=1e-9)


# Two limbs of two joints, 0.6 m apart: left, right of the near and of the far joint.
LIMBS = np.array([[0.3, 0, 0], [-0.3, 0, 0], [0.3, 0.4, 0], [-0.3, 0.4, 0]])
LIMB_PAIRS = ((0, 1), (2, 3))


@pytest.mark.parametrize(
    ("found", "swapped"),
    [
        (LIMBS, False),
        (LIMBS[[1, 0, 3, 2]], True),
        (LIMBS[[1, 0, 2, 3]], False),  # one of the two joints: no nearer either way
        (LIMBS * [0, 1, 1], False),  # both in the middle
        (LIMBS * [-0.04, 1, 1], False),  # crossed by 2.4 cm: nearer by 8 %
        (LIMBS * [-0.2, 1, 1], True),  # 0.36 m off, 0.24 m when exchanged
    ],
    ids=["right", "swapped", "half", "middle", "barely", "clearly"],
)
def test_limbs_are_swapped_when_exchanging_them_helps_much(found: Array, *, swapped: bool) -> None:
    assert swapped_limbs(found[None], LIMBS[None], LIMB_PAIRS).tolist() == [swapped]


def test_limbs_close_together_are_never_swapped() -> None:
    near = LIMBS * [0.08, 1, 1]  # 4.8 cm apart, so exchanging gains less than 5 cm
    assert not swapped_limbs(near[None, [1, 0, 3, 2]], near[None], LIMB_PAIRS).any()
    further = LIMBS * [0.09, 1, 1]  # 5.4 cm
    assert swapped_limbs(further[None, [1, 0, 3, 2]], further[None], LIMB_PAIRS).all()


def test_alignment_passes_by_joints_that_do_not_count() -> None:
    truth = np.random.default_rng(4).normal(size=(6, 5, 3))
    found = 0.7 * truth @ Rotation.from_rotvec([0.2, -1.0, 0.4]).as_matrix() + 3.0
    counted = np.ones((6, 5), dtype=bool)
    counted[:, 2] = False
    found[:, 2] += 9.0
    aligned = aligned_to(found, truth, counted=counted)
    np.testing.assert_allclose(aligned[counted], truth[counted], atol=1e-9)
    np.testing.assert_allclose(
        np.linalg.norm(aligned[:, 2] - truth[:, 2], axis=-1), 9 * np.sqrt(3) / 0.7, rtol=1e-6
    )

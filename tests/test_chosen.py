"""What was chosen becomes a skeleton: short gaps filled, and what is not seen half as sure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.made_samples import pixels_of, some_poses
from wildpose.smoothing.chosen import FILLED_SCORE, Chosen, filled, gathered
from wildpose.types import Hypotheses, Track

CLOCK = np.arange(80) / 30


def track_of(rows: list[int], scores: float = 0.8) -> Track:
    T = len(rows)
    pixels = pixels_of(some_poses(T))
    return Track(
        1, np.array(rows), CLOCK[rows], np.zeros((T, 4)), pixels, np.full((T, 13), scores), "lcr13"
    )


def chosen_of(T: int, missing: tuple[int, ...] = (), supposed: tuple[int, ...] = ()) -> Chosen:
    """Poses of T rows; in some nothing was chosen, in some the pose is no hypothesis."""
    rows = np.arange(T)
    taken, proposed = ~np.isin(rows, missing), ~np.isin(rows, supposed)
    poses = some_poses(T) * taken[:, None, None]
    return Chosen(poses, pixels_of(poses), taken, proposed)


def test_all_is_proposed_unless_told_otherwise() -> None:
    poses = some_poses(2)
    assert Chosen(poses, pixels_of(poses), np.array([True, False])).proposed.tolist() == [True] * 2


def test_where_all_is_seen_all_is_kept() -> None:
    chosen = chosen_of(5)
    result = filled(track_of([2, 3, 4, 5, 6]), chosen, CLOCK)
    assert result is not None and result.frames.tolist() == [2, 3, 4, 5, 6]
    np.testing.assert_allclose(result.skeleton.joints, chosen.joints, atol=1e-12)
    assert result.skeleton.joints_2d is not None
    np.testing.assert_allclose(result.skeleton.joints_2d, chosen.joints_2d, atol=1e-9)
    np.testing.assert_allclose(result.skeleton.scores, 0.8, atol=1e-12)
    assert result.skeleton.observed.all()
    np.testing.assert_array_equal(result.skeleton.times, CLOCK[2:7])


def test_rows_that_are_filled_are_half_as_sure_and_not_observed() -> None:
    # Frames 0 to 5 of which 2 has no row, and 4 nothing chosen; 60 is beyond any gap.
    result = filled(track_of([0, 1, 3, 4, 5, 60]), chosen_of(6, missing=(3,)), CLOCK)
    assert result is not None and result.frames.tolist() == [0, 1, 2, 3, 4, 5, 60]
    sure = [0.8, 0.8, 0.8 * FILLED_SCORE, 0.8, 0.8 * FILLED_SCORE, 0.8, 0.8]
    np.testing.assert_allclose(result.skeleton.scores, np.repeat([sure], 13, 0).T, atol=1e-12)
    assert np.flatnonzero(~result.skeleton.observed).tolist() == [2, 4]
    assert np.isfinite(result.skeleton.joints).all()


def test_a_supposed_pose_is_half_as_sure_and_not_observed_but_kept() -> None:
    chosen = chosen_of(4, supposed=(1,))
    result = filled(track_of([0, 1, 2, 3]), chosen, CLOCK)
    assert result is not None
    assert result.skeleton.observed.tolist() == [True, False, True, True]
    sure = [0.8, 0.8 * FILLED_SCORE, 0.8, 0.8]
    np.testing.assert_allclose(result.skeleton.scores[:, 0], sure, atol=1e-12)
    np.testing.assert_allclose(result.skeleton.joints[1], chosen.joints[1], atol=1e-12)


def test_what_is_filled_beside_a_supposed_pose_is_less_sure_than_it() -> None:
    result = filled(track_of([0, 1, 3, 4]), chosen_of(4, supposed=(1, 2)), CLOCK)
    assert result is not None
    assert result.skeleton.scores[2, 0] == pytest.approx(0.8 * FILLED_SCORE**2, abs=1e-12)


@pytest.mark.parametrize("T", [0, 1, 4])
def test_without_any_pose_there_is_no_skeleton(T: int) -> None:
    assert filled(track_of(list(range(T))), chosen_of(T, missing=tuple(range(T))), CLOCK) is None


def test_one_pose_is_one_row() -> None:
    result = filled(track_of([3, 4, 5]), chosen_of(3, missing=(0, 2)), CLOCK)
    assert result is not None and result.frames.tolist() == [4]


def test_gathered_takes_what_is_named() -> None:
    poses = some_poses(2)
    frame = Hypotheses(poses, pixels_of(poses), np.array([0.5, 0.4]), np.array([1, 2]))
    chosen = gathered([(frame, 1), (frame, None), (frame, 0)])
    np.testing.assert_array_equal(chosen.joints, [poses[1], 0 * poses[0], poses[0]])
    np.testing.assert_array_equal(chosen.joints_2d[[0, 2]], pixels_of(poses)[[1, 0]])
    assert chosen.taken.tolist() == [True, False, True]

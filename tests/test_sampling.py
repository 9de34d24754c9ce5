"""Frames of clips: the whole, a part, another rate; and what lies between frames."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.inputs.sampling import at_rate, part, resampled


def test_a_part_is_inside_the_clip_and_no_shorter_than_asked() -> None:
    rng = np.random.default_rng(0)
    spans = []
    for _ in range(200):
        positions = part(11, 5, 0.4, rng)
        assert positions[0] >= 0
        assert positions[-1] <= 10 + 1e-9
        np.testing.assert_allclose(np.diff(positions), np.diff(positions)[0])
        spans.append(positions[-1] - positions[0])
    assert min(spans) >= 4
    assert min(spans) < 4.5
    assert max(spans) > 9.5


def test_half_the_rate_takes_every_second_frame() -> None:
    assert at_rate(7, 30.0, 15.0, 100).tolist() == [0, 2, 4, 6]
    assert at_rate(3, 15.0, 30.0, 100).tolist() == [0, 0.5, 1, 1.5, 2]


def test_of_a_long_clip_the_middle_is_taken() -> None:
    assert at_rate(10, 30.0, 30.0, 4).tolist() == [3, 4, 5, 6]


def test_between_two_frames_joints_move_in_a_straight_line() -> None:
    joints = np.arange(3, dtype=np.float32).reshape(1, 3, 1, 1) * np.ones((1, 1, 2, 3), np.float32)
    mask = np.ones((1, 3), dtype=bool)
    found, seen = resampled(joints, mask, np.array([0.0, 0.25, 1.5, 2.0]))
    np.testing.assert_allclose(found[0, :, 0, 0], [0, 0.25, 1.5, 2])
    assert seen.all()
    assert found.dtype == np.float32


def test_beside_a_hole_nothing_is_mixed_with_zeros() -> None:
    joints = np.array([4.0, 0.0, 0.0, 8.0], dtype=np.float32).reshape(1, 4, 1, 1)
    mask = np.array([[True, False, False, True]])
    found, seen = resampled(joints, mask, np.array([0.0, 0.4, 0.6, 1.5, 2.4, 2.6, 3.0]))
    assert seen[0].tolist() == [True, True, False, False, False, True, True]
    assert found[0, :, 0, 0].tolist() == [4, 4, 0, 0, 0, 8, 8]


def test_all_frames_at_their_own_places_change_nothing() -> None:
    rng = np.random.default_rng(1)
    joints = rng.standard_normal((2, 9, 4, 3)).astype(np.float32)
    mask = rng.random((2, 9)) < 0.7
    joints *= mask[..., None, None]
    found, seen = resampled(joints, mask, np.arange(9.0))
    np.testing.assert_array_equal(found, joints)
    np.testing.assert_array_equal(seen, mask)


@pytest.mark.parametrize("positions", [np.array([-0.4]), np.array([8.7])])
def test_positions_outside_are_the_nearest_frame(positions: np.ndarray) -> None:
    joints = np.arange(9, dtype=np.float32).reshape(1, 9, 1, 1)
    found, seen = resampled(joints, np.ones((1, 9), dtype=bool), positions)
    assert seen.all()
    assert found.item() in (0, 8)

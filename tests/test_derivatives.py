"""Speeds and accelerations by hand."""

from __future__ import annotations

import numpy as np

from recognizers.inputs.derivatives import derivatives


def moving(T: int, rate: float, acceleration: float) -> np.ndarray:
    """(1, T, 2, 3) m, from rest."""
    times = np.arange(T) / rate
    joints = np.zeros((1, T, 2, 3))
    joints[0, :, 0, 0] = 2 * times
    joints[0, :, 1, 1] = acceleration / 2 * times**2
    return joints


def test_steady_and_falling_bodies() -> None:
    found = derivatives(moving(20, 30.0, 9.8), np.ones((1, 20), bool), 30.0)
    assert found.shape == (1, 20, 2, 2, 3)
    np.testing.assert_allclose(found[0, :, 0, 0, 0], 2.0, atol=1e-9)
    np.testing.assert_allclose(found[0, :, 0, 1], 0.0, atol=1e-9)
    # A frame at each end sees one side alone, and its neighbour hears of it.
    times = np.arange(20) / 30
    np.testing.assert_allclose(found[0, 1:-1, 1, 0, 1], 9.8 * times[1:-1], atol=1e-9)
    np.testing.assert_allclose(found[0, 2:-2, 1, 1, 1], 9.8, atol=1e-9)


def test_absence_parts_a_motion() -> None:
    joints, mask = moving(20, 30.0, 0.0), np.ones((1, 20), bool)
    mask[0, 8:12] = False
    joints[0, 8:12] = 0
    found = derivatives(joints, mask, 30.0)
    np.testing.assert_allclose(found[0, :8, 0, 0, 0], 2.0, atol=1e-9)
    np.testing.assert_allclose(found[0, 12:, 0, 0, 0], 2.0, atol=1e-9)
    assert not found[0, 8:12].any()
    mask[0] = False
    mask[0, 5] = True
    assert not derivatives(joints, mask, 30.0).any()

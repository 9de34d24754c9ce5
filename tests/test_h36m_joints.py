"""Human3.6M's joints made of ours, and people resized to its pictures."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.motions import MOTIONS
from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.joints import joint_set
from wildpose.lifting.h36m_joints import CENTRE, as_filmed_there, as_h36m, as_ours

H36M = joint_set("h36m17")


@pytest.mark.parametrize("motion", MOTIONS)
def test_our_joints_come_back(motion: str) -> None:
    ours = pixels_of(acted(motion, "lcr13") @ FACING.T)
    np.testing.assert_allclose(as_ours(as_h36m(ours)), ours, atol=1e-9)


@pytest.mark.parametrize("motion", MOTIONS)
def test_joints_are_near_those_of_a_body_that_has_them(motion: str) -> None:
    ours, whole = (pixels_of(acted(motion, n) @ FACING.T) for n in ("lcr13", "h36m17"))
    away = np.linalg.norm(as_h36m(ours) - whole, axis=-1).mean(axis=0)
    size = np.ptp(whole[..., 1], axis=1).mean()
    for name, apart in zip(H36M.names, away, strict=True):
        limb = name.split("_")[0] in ("left", "right")
        assert apart < (1e-9 if limb else 0.1 * size), name


def test_people_are_as_large_as_there_and_keep_their_motion() -> None:
    rng = np.random.default_rng(0)
    joints = rng.uniform(0, 50, (3, 9, 17, 2)) + rng.uniform(0, 900, (3, 1, 1, 2))
    found = as_filmed_there(joints)
    low, high = found.min(axis=2), found.max(axis=2)
    np.testing.assert_allclose(np.median((high - low).max(axis=-1), axis=1), 320)  # 400 / 1.25
    np.testing.assert_allclose(np.median((low + high) / 2, axis=1), np.tile(CENTRE, (3, 1)))
    for before, after in zip(joints, found, strict=True):  # one scale and one shift
        scale = np.ptp(after) / np.ptp(before)
        steps = np.diff(after, axis=0) / np.diff(before, axis=0)
        np.testing.assert_allclose(steps, steps[0, 0, 0], rtol=1e-6)
        assert scale > 0
    np.testing.assert_allclose(as_filmed_there(3 * joints + 40), found, atol=1e-6)


def test_somebody_in_one_point_is_no_division_by_0() -> None:
    assert np.isfinite(as_filmed_there(np.ones((1, 1, 17, 2)))).all()

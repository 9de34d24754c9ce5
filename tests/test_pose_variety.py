"""Poses that captures lack keep the body they are of."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.acting import Style
from datasets.kinematics import BONES, Body
from datasets.motions import MOTIONS
from datasets.pose_variety import BEYOND, limbered, lying, tumbling, varied
from wildpose.geometry import Array

SEEDS = range(5)


def motion() -> Array:
    return MOTIONS["wave"](np.arange(20) / 30, Body(1.75), Style())


def lengths(joints: Array) -> Array:
    parents, children = np.array(BONES).T
    return np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)


@pytest.mark.parametrize("seed", SEEDS)
def test_limbs_held_another_way_keep_their_lengths(seed: int) -> None:
    bent = limbered(motion(), np.random.default_rng(seed))
    np.testing.assert_allclose(lengths(bent), lengths(motion()), atol=1e-9)
    assert np.abs(bent - motion()).max() > 0.05


def test_the_same_way_throughout_a_motion() -> None:
    still = np.repeat(motion()[:1], 4, axis=0)
    bent = limbered(still, np.random.default_rng(0))
    np.testing.assert_allclose(bent, np.repeat(bent[:1], 4, axis=0), atol=1e-12)


def test_what_lies_beyond_a_joint_is_a_limb() -> None:
    assert {len(beyond) for beyond in BEYOND.values()} == {2, 3, 4, 5, 15}
    for joint, beyond in BEYOND.items():
        assert joint not in beyond
        assert len(set(beyond)) == len(beyond)


@pytest.mark.parametrize("turn", [lying, tumbling])
def test_turns_never_mirror(turn) -> None:  # noqa: ANN001  # either of two functions
    for seed in SEEDS:
        matrix = turn(np.random.default_rng(seed))
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1)


def test_who_lies_has_a_level_trunk() -> None:
    heights = [abs((lying(np.random.default_rng(seed)) @ [0, 1, 0])[1]) for seed in range(50)]
    assert max(heights) < np.cos(1.2) + 1e-9


def test_nobody_sinks_into_the_floor_and_some_lie_or_tumble() -> None:
    upright = motion()
    made = [varied(upright, np.random.default_rng(seed)) for seed in range(200)]
    lowest = np.array([joints[..., 1].min() for joints in made])
    assert lowest.min() > upright[..., 1].min() - 1e-9
    trunk = np.array([(joints[0, 20] - joints[0, 0])[1] for joints in made])
    share = (trunk < 0.3 * trunk.max()).mean()
    assert 0.08 < share < 0.3

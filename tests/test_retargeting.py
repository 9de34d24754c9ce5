"""A motion on another body keeps its directions and stands on the floor with that body's bones."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.acting import Style, mirrored
from datasets.kinematics import BONES, JOINT, Body, Posture, joints_of
from datasets.motions import MOTIONS
from datasets.retargeting import FEET, retargeted
from wildpose.geometry import Array, rotation_y, unit

TIMES = np.arange(0, 4, 0.1)
OTHER = Body(1.55, arm_ratio=1.03, leg_ratio=0.98, shoulder_ratio=1.05, hip_ratio=0.94)
HIPS = (JOINT["left_hip"], JOINT["right_hip"])
motions = pytest.mark.parametrize("motion", MOTIONS)


def acted(motion: str, body: Body | None = None) -> Array:
    return MOTIONS[motion](TIMES, body or Body(), Style())


def lengths(joints: Array) -> Array:
    """(T, bones) metres."""
    return np.stack([np.linalg.norm(joints[:, a] - joints[:, b], axis=-1) for a, b in BONES], -1)


@motions
def test_bones_have_the_bodys_lengths(motion: str) -> None:
    own = lengths(joints_of(OTHER, Posture(), np.zeros(1)))
    made = lengths(retargeted(acted(motion), OTHER))
    np.testing.assert_allclose(made, np.broadcast_to(own, made.shape), atol=1e-9)


@motions
def test_bones_keep_their_directions(motion: str) -> None:
    joints = acted(motion)
    made = retargeted(joints, OTHER)
    for parent, child in BONES:
        if child not in HIPS:
            before, after = (unit(j[:, child] - j[:, parent]) for j in (joints, made))
            np.testing.assert_allclose(after, before, atol=1e-9)


@motions
def test_the_hips_lie_across_as_they_did(motion: str) -> None:
    joints = acted(motion)
    before, after = (
        unit(j[:, HIPS[0]] - j[:, HIPS[1]]) for j in (joints, retargeted(joints, OTHER))
    )
    np.testing.assert_allclose(after, before, atol=1e-9)


@motions
@pytest.mark.parametrize("height", [1.5, 1.75, 1.95])
def test_a_motion_on_its_own_body_stays_as_it_is(motion: str, height: float) -> None:
    joints = acted(motion, Body(height))
    # Up in the pelvis is taken from the spine, which the motions bend: hips move some millimetres.
    np.testing.assert_allclose(retargeted(joints, Body(height)), joints, atol=0.025)
    assert np.abs(retargeted(joints, Body(height)) - joints).mean() < 0.012


@motions
def test_feet_that_stood_on_the_floor_stand_on_it(motion: str) -> None:
    lowest = retargeted(acted(motion), OTHER)[:, FEET, 1].min(axis=1)
    assert np.percentile(lowest, 2) == pytest.approx(OTHER.ball_height, abs=1e-9)
    assert lowest.min() > OTHER.ball_height - 0.02


def test_a_body_of_another_size_goes_as_far_as_its_legs_carry_it() -> None:
    joints = acted("walk")
    start, stop = joints[[0, -1], JOINT["spine_base"]] + np.array([[0.0, 0, 0], [0.0, 0, 2.0]])
    joints = joints + np.linspace(0, 1, len(joints))[:, None, None] * (0, 0, 2.0)
    made = retargeted(joints, Body(1.75 * 0.8))[:, JOINT["spine_base"]]
    np.testing.assert_allclose(
        (made[-1] - made[0])[[0, 2]], 0.8 * (stop - start)[[0, 2]], atol=1e-9
    )


def test_a_motion_that_never_stands_keeps_its_height() -> None:
    joints = acted("wave")
    flying = joints + np.array([0, 2.0, 0])
    np.testing.assert_allclose(retargeted(flying, Body()), flying, atol=0.025)


@motions
def test_left_and_right_stay_those_of_the_body(motion: str) -> None:
    joints = acted(motion)
    made = retargeted(mirrored(joints), OTHER)
    np.testing.assert_allclose(made, mirrored(retargeted(joints, OTHER)), atol=1e-9)
    at = {name: made[:, index] for name, index in JOINT.items()}
    chest = np.cross(
        at["left_shoulder"] - at["right_shoulder"], at["spine_shoulder"] - at["spine_base"]
    )
    toes = at["left_foot"] + at["right_foot"] - at["left_ankle"] - at["right_ankle"]
    assert ((chest * toes).sum(axis=-1) > 0).all()


def test_where_a_motion_is_done_and_to_where_it_faces_do_not_matter() -> None:
    joints = acted("throw")
    turn = rotation_y(2.0)
    moved = retargeted(joints @ turn.T, OTHER)
    np.testing.assert_allclose(moved, retargeted(joints, OTHER) @ turn.T, atol=1e-9)


def test_the_motion_that_is_given_is_left_alone() -> None:
    joints = acted("kick")
    before = joints.copy()
    retargeted(joints, OTHER)
    np.testing.assert_array_equal(joints, before)

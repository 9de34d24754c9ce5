"""Every motion moves a body that could live: rigid bones, feet on the floor, joints in range."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.acting import Style, mirrored, random_style
from datasets.kinematics import BONES, JOINT, SIDES, Body, random_body, two_bone
from datasets.motions import MOTIONS
from wildpose.geometry import Array, unit

TIMES = np.arange(0.0, 5.0, 1 / 60)
motions = pytest.mark.parametrize("motion", MOTIONS)


def acted(motion: str, times: Array = TIMES, *, seed: int = 3) -> Array:
    rng = np.random.default_rng(seed)
    return MOTIONS[motion](times, random_body(rng), random_style(rng))


def at(joints: Array, *names: str) -> Array:
    return joints[..., [JOINT[name] for name in names], :]


def angle(joints: Array, before: str, middle: str, after: str) -> Array:
    """Degrees between two bones that meet; 180 is straight."""
    first, second, third = np.moveaxis(at(joints, before, middle, after), -2, 0)
    cosine = (unit(first - second) * unit(third - second)).sum(-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@motions
def test_bone_lengths_never_change(motion: str) -> None:
    joints = acted(motion)
    for parent, child in BONES:
        lengths = np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1)
        np.testing.assert_allclose(lengths, lengths[0], atol=1e-6)


@motions
def test_left_minus_right_shoulder_times_up_points_out_of_the_chest(motion: str) -> None:
    joints = acted(motion)
    left, right = np.moveaxis(at(joints, "left_shoulder", "right_shoulder"), -2, 0)
    base, collar = np.moveaxis(at(joints, "spine_base", "spine_shoulder"), -2, 0)
    chest = np.cross(left - right, collar - base)
    toes = (at(joints, "left_foot", "right_foot") - at(joints, "left_ankle", "right_ankle")).mean(1)
    assert ((chest * toes).sum(-1) > 0).all()
    assert (collar[:, 1] > base[:, 1]).all()  # y is up


@motions
def test_no_joint_is_below_the_floor(motion: str) -> None:
    joints = acted(motion)
    assert joints[..., 1].min() > 0.0
    assert at(joints, "left_foot", "right_foot")[..., 1].min() > 0.02


@motions
@pytest.mark.parametrize("seed", range(3))
def test_planted_feet_do_not_slide(motion: str, seed: int) -> None:
    joints = acted(motion, seed=seed)
    for side in SIDES:
        foot = at(joints, f"{side}_foot")[:, 0]
        low = foot[:, 1] < foot[:, 1].min() + 2e-4
        planted = low[1:] & low[:-1]
        step = np.linalg.norm(np.diff(foot[:, [0, 2]], axis=0), axis=-1)
        assert planted.mean() > 0.2
        assert step[planted].max() < 0.002  # metres per 1/60 s


@motions
def test_elbows_and_knees_bend_within_the_anatomical_range(motion: str) -> None:
    joints = acted(motion)
    for side in SIDES:
        elbow = angle(joints, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        knee = angle(joints, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        assert elbow.min() > 29.9 and elbow.max() < 180
        assert knee.min() > 29.9 and knee.max() < 180


@motions
def test_knees_bend_forward_as_the_toes_point(motion: str) -> None:
    joints = acted(motion)
    for side in SIDES:
        hip, knee, ankle = np.moveaxis(
            at(joints, *(f"{side}_{name}" for name in ("hip", "knee", "ankle"))), -2, 0
        )
        hinge = np.cross(knee - hip, ankle - knee)  # points to the actor's left
        left = at(joints, "left_hip")[:, 0] - at(joints, "right_hip")[:, 0]
        assert ((hinge * left).sum(-1) > 0).all()


@motions
def test_elbows_never_bend_backwards(motion: str) -> None:
    # Seen along the arm, the elbow lies behind, below or outside of the line to the wrist,
    # never on its inner front side.
    joints = acted(motion)
    left, right = np.moveaxis(at(joints, "left_shoulder", "right_shoulder"), -2, 0)
    base, collar = np.moveaxis(at(joints, "spine_mid", "spine_shoulder"), -2, 0)
    x, up = unit(left - right), unit(collar - base)
    inner_front = {"left": np.cross(x, up) - x, "right": np.cross(x, up) + x}
    for side in SIDES:
        shoulder, elbow, wrist = np.moveaxis(
            at(joints, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"), -2, 0
        )
        along = unit(wrist - shoulder)
        out = elbow - shoulder
        out = out - (out * along).sum(-1, keepdims=True) * along
        assert (out * unit(inner_front[side])).sum(-1).max() < 0.02


@motions
def test_velocity_is_continuous(motion: str) -> None:
    # A jump in velocity would show as an acceleration that grows with the sampling rate.
    joints = acted(motion, np.arange(0.0, 4.0, 1e-3))
    acceleration = np.diff(joints, 2, axis=0) / 1e-3**2
    assert np.abs(acceleration).max() < 400  # m/s^2; a jump of 0.5 m/s would read 500


@motions
def test_times_may_be_anything(motion: str) -> None:
    times = np.array([0.0, 0.013, 0.9, 0.95, 7.3, 4000.0])
    joints = acted(motion, times)
    assert joints.shape == (6, 25, 3)
    assert np.isfinite(joints).all()
    np.testing.assert_allclose(joints[3], acted(motion, times[3:4])[0], atol=1e-9)


@motions
def test_actors_stay_within_two_metres_of_their_place(motion: str) -> None:
    assert np.abs(acted(motion, np.arange(0.0, 60.0, 0.1))[..., [0, 2]]).max() < 2.0


@motions
def test_same_seed_same_motion_other_seed_other_motion(motion: str) -> None:
    np.testing.assert_array_equal(acted(motion, seed=5), acted(motion, seed=5))
    assert np.abs(acted(motion, seed=5) - acted(motion, seed=6)).max() > 0.01


def test_walking_arms_swing_against_the_legs() -> None:
    joints = MOTIONS["walk"](TIMES, Body(), Style())
    forward = np.cross(
        joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]], (0.0, 1.0, 0.0)
    )

    def lead(name: str) -> Array:
        apart = joints[:, JOINT[f"left_{name}"]] - joints[:, JOINT[f"right_{name}"]]
        return (apart * unit(forward)).sum(-1)

    assert np.corrcoef(lead("wrist"), lead("ankle"))[0, 1] < -0.8


def test_mirrored_twice_is_the_same() -> None:
    joints = acted("throw")
    np.testing.assert_array_equal(mirrored(mirrored(joints)), joints)


def test_two_bone_reaches_its_target_and_stops_at_full_length() -> None:
    root, pole = np.zeros((2, 3)), np.tile([0.0, 0, 1], (2, 1))
    target = np.array([[0, -0.5, 0.2], [0, -3.0, 0]])
    middle, end = two_bone(root, target, pole, 0.4, 0.3)
    np.testing.assert_allclose(end[0], target[0], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(middle, axis=-1), 0.4, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(end - middle, axis=-1), 0.3, atol=1e-9)
    assert 0.69 < np.linalg.norm(end[1]) < 0.7


def test_height_of_the_standing_body_is_its_height() -> None:
    for height in (1.55, 1.75, 1.95):
        joints = MOTIONS["wave"](np.zeros(1), Body(height=height), Style(sway=0.0))
        top = joints[0, JOINT["head"], 1] + 0.115 * height / 1.75  # head joint to crown
        assert top == pytest.approx(height, abs=0.03)

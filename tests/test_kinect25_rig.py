"""The 25 Kinect joints made of fewer named ones are where a mannequin of that size has them."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.kinect25_rig import NEEDED, leg_size, rigged
from datasets.kinematics import JOINT, Body, Posture, joints_of
from wildpose.geometry import Array, rotation_x, rotation_y, rotation_z, unit

TIMES = np.zeros(3)
TALL = Body(1.9)


def mannequin(body: Body = TALL, posture: Posture | None = None) -> dict[str, Array]:
    """All 25 joints by name, (3, 3) each."""
    joints = joints_of(body, posture or Posture(), TIMES)
    return {name: joints[:, index] for name, index in JOINT.items()}


def only_needed(at: dict[str, Array]) -> dict[str, Array]:
    return {name: at[name] for name in NEEDED}


def test_every_joint_that_is_given_stays_where_it_is() -> None:
    rng = np.random.default_rng(0)
    at = {name: rng.normal(size=(4, 3)) for name in JOINT}
    np.testing.assert_array_equal(rigged(at), np.stack(list(at.values()), axis=1))


@pytest.mark.parametrize("body", [Body(), TALL, Body(1.5)])
def test_what_is_missing_is_where_a_mannequin_has_it(body: Body) -> None:
    at = mannequin(body)
    made = rigged(only_needed(at))
    np.testing.assert_allclose(made, np.stack(list(at.values()), axis=1), atol=0.005)  # metres


@pytest.mark.parametrize("forearm", [(0.0, 0.0, 1.0), (0.0, 0.6, 0.8), (-0.6, 0.0, 0.8)])
def test_the_thumb_of_a_bent_arm_points_to_the_side_of_the_shoulder(
    forearm: tuple[float, float, float],
) -> None:
    # The upper arm hangs, so the shoulder's side is up as far as the forearm leaves room.
    at = mannequin(Body())
    at["left_elbow"] = at["left_shoulder"] - np.array([0.0, 0.3, 0.0])
    at["left_wrist"] = at["left_elbow"] + 0.25 * np.array(forearm)
    thumb = rigged(only_needed(at))[:, JOINT["left_thumb"]] - at["left_wrist"]
    aside = thumb - 0.07 * np.array(forearm)
    np.testing.assert_allclose(aside @ np.array(forearm), 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(aside, axis=1), 0.055, atol=1e-9)
    upmost = np.sqrt(1 - forearm[1] ** 2)
    assert (aside[:, 1] > 0.95 * 0.055 * upmost).all()  # the rest: a straight arm's rule


def test_thumbs_of_straight_arms_held_forward_point_up() -> None:
    at = mannequin()
    for side in ("left", "right"):
        for reach, part in ((0.3, "elbow"), (0.6, "wrist")):
            at[f"{side}_{part}"] = at[f"{side}_shoulder"] + np.array([0.0, 0.0, reach])
    made = rigged(only_needed(at))
    for side in ("left", "right"):
        thumb = made[:, JOINT[f"{side}_thumb"]] - at[f"{side}_wrist"]
        assert (thumb[:, 1] > 0.04).all()  # metres, of 0.06 aside
        tip = made[:, JOINT[f"{side}_hand_tip"]] - at[f"{side}_wrist"]
        np.testing.assert_allclose(unit(tip), np.tile((0, 0, 1), (3, 1)), atol=1e-9)


def test_people_who_lie_or_fly_are_made_the_same_way() -> None:
    turn = rotation_z(1.3) @ rotation_x(-2.0) @ rotation_y(0.4)
    shift = np.array([5.0, -3.0, 2.0])
    at = only_needed(mannequin())
    turned = {name: points @ turn.T + shift for name, points in at.items()}
    np.testing.assert_allclose(rigged(turned), rigged(at) @ turn.T + shift, atol=1e-9)


def test_a_mirrored_person_gets_mirrored_joints() -> None:
    at = only_needed(mannequin(posture=Posture(pelvis_turn=(5, 0, 4), chest_turn=(10, 20, 5))))
    mirror = np.array([-1.0, 1.0, 1.0])
    other = {"left": "right", "right": "left"}

    def swapped(name: str) -> str:
        side, _, part = name.partition("_")
        return f"{other[side]}_{part}" if side in other else name

    seen = rigged({swapped(name): points * mirror for name, points in at.items()})
    made = rigged(at)
    for name, index in JOINT.items():
        np.testing.assert_allclose(
            seen[:, JOINT[swapped(name)]], made[:, index] * mirror, atol=1e-9
        )


def test_leg_size_is_the_height_over_that_of_the_reference() -> None:
    assert leg_size(mannequin(Body(1.5))) == pytest.approx(1.5 / 1.75)
    assert leg_size(mannequin(Body(1.75, leg_ratio=1.04))) == pytest.approx(1.04)


def test_a_missing_an_unknown_and_a_misshapen_joint_are_named() -> None:
    at = only_needed(mannequin())
    with pytest.raises(ValueError, match=r"joints missing: left_knee, right_foot$"):
        rigged({k: v for k, v in at.items() if k not in ("left_knee", "right_foot")})
    with pytest.raises(ValueError, match="not joints of kinect25: left_toes; it has spine_base"):
        rigged(at | {"left_toes": at["left_foot"]})
    with pytest.raises(ValueError, match=r"left_hip must have shape \(3, 3\).*got \(2, 3\)"):
        rigged(at | {"left_hip": at["left_hip"][:2]})


def test_a_skeleton_that_is_all_in_one_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no skeleton"):
        rigged({name: np.zeros((2, 3)) for name in NEEDED})

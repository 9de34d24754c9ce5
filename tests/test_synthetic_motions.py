"""Mannequins of synthetic clips act with one hand or both, and look like living people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.acting import Style
from datasets.bone_axes import body_size, bone_axes
from datasets.kinematics import BONES, JOINT, Body, random_body
from datasets.motions import MOTIONS as LONG_MOTIONS
from datasets.synthetic_actions import ACTIONS, CLASS_NAMES, GROUPS
from datasets.synthetic_manner import Manner, moment_of, phases, random_manner
from datasets.synthetic_meetings import GAPS, HANDOVER, MEETINGS
from datasets.synthetic_motions import MOTIONS, RELEASE, faced
from wildpose.geometry import Array, rotation_y

TIMES = np.arange(40) / 30
HANDS = [JOINT["left_hand"], JOINT["right_hand"]]
ONE_HANDED = ("raise", "wave", "throw", "read", "carry")


def some_manner(seed: int = 0, **changes: object) -> Manner:
    return replace(random_manner(np.random.default_rng(seed), Style()), **changes)


def acted(motion: str, manner: Manner, body: Body | None = None, times: Array = TIMES) -> Array:
    body = body or Body()
    if motion in MOTIONS:
        return MOTIONS[motion](times, body, manner)
    return MEETINGS[motion][0](times, body, manner, GAPS[motion][0])


def travels(joints: Array) -> Array:
    """(2,) how far each hand goes as seen from the chest, metres."""
    names, origins, axes, _ = bone_axes(joints, body_size(joints))
    chest = names["chest"]
    own = np.einsum("tji,thj->thi", axes[:, chest], joints[:, HANDS] - origins[:, [chest]])
    return np.linalg.norm(np.ptp(own, axis=0), axis=-1)


def test_every_action_has_a_motion_and_groups_hold_each_action_once() -> None:
    for action in ACTIONS:
        assert (action.motion in MOTIONS) != (action.motion in MEETINGS)
        assert (action.group == "two people") == (action.motion in MEETINGS)
    assert sorted(label for labels in GROUPS.values() for label in labels) == list(range(13))
    assert len(set(CLASS_NAMES)) == len(CLASS_NAMES) == 13


def test_actions_of_a_group_differ_by_what_the_group_says() -> None:
    things = [ACTIONS[label] for label in GROUPS["object"]]
    assert len({action.motion for action in things}) == 1
    assert len({action.object for action in things}) == len(things) == 4
    moves = [ACTIONS[label] for label in GROUPS["motion"]]
    assert {action.object for action in moves} == {None}
    assert len({action.motion for action in moves}) == len(moves) == 4


@pytest.mark.parametrize("motion", [*MOTIONS, *MEETINGS])
@pytest.mark.parametrize("seed", range(3))
def test_bones_are_rigid_and_nobody_sinks_into_the_floor(motion: str, seed: int) -> None:
    body = random_body(np.random.default_rng(seed))
    joints = acted(motion, some_manner(seed), body)
    assert joints.shape == (40, 25, 3)
    for parent, child in BONES:
        lengths = np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1)
        np.testing.assert_allclose(lengths, lengths[0], atol=1e-6)
    assert joints[..., 1].min() > 0.0


@pytest.mark.parametrize("motion", [*MOTIONS, *MEETINGS])
def test_left_is_left_and_feet_point_ahead(motion: str) -> None:
    joints = acted(motion, some_manner(1))
    across = joints[:, JOINT["left_shoulder"]] - joints[:, JOINT["right_shoulder"]]
    up = joints[:, JOINT["spine_shoulder"]] - joints[:, JOINT["spine_base"]]
    feet = sum(
        joints[:, JOINT[f"{s}_foot"]] - joints[:, JOINT[f"{s}_ankle"]] for s in ("left", "right")
    )
    assert ((np.cross(across, up) * feet).sum(-1) > 0).mean() > 0.9


@pytest.mark.parametrize("motion", [*MOTIONS, *MEETINGS])
def test_nothing_jerks(motion: str) -> None:
    joints = acted(motion, some_manner(2), times=np.arange(0.0, 1.3, 1e-3))
    acceleration = np.diff(joints, 2, axis=0) / 1e-6
    assert np.abs(acceleration).max() < 1000  # m/s2; a jump of 1 m/s would read as much


@pytest.mark.parametrize("motion", ONE_HANDED)
@pytest.mark.parametrize("left", [False, True])
def test_one_hand_acts_and_the_other_hangs(motion: str, left: bool) -> None:  # noqa: FBT001
    joints = acted(motion, some_manner(3, left=left, both=False))
    acting, other = (0, 1) if left else (1, 0)
    heights = joints[20, HANDS, 1]
    assert heights[acting] > heights[other] + 0.15
    assert travels(joints)[other] < 0.06


@pytest.mark.parametrize("motion", ONE_HANDED)
def test_both_hands_do_the_same(motion: str) -> None:
    one, both = (acted(motion, some_manner(3, both=both)) for both in (False, True))
    own = travels(both)
    assert own.min() > 0.55 * own.max()
    if motion not in ("throw",):  # the trunk turns less with both
        acting = 0 if some_manner(3).left else 1
        np.testing.assert_allclose(one[:, HANDS[acting]], both[:, HANDS[acting]], atol=0.02)


@pytest.mark.parametrize("motion", ["raise", "read"])
def test_both_hands_stay_apart_so_that_a_small_picture_shows_one(motion: str) -> None:
    for seed in range(10):
        joints = acted(motion, some_manner(seed, both=True))
        gap = np.linalg.norm(joints[:, HANDS[0]] - joints[:, HANDS[1]], axis=-1)
        assert gap.min() > 0.38


def test_a_raised_hand_comes_to_the_height_of_the_mouth_or_the_ear() -> None:
    for level in (0.0, 1.0):
        manner = some_manner(5, left=False, level=level, start=0.0, stop=1.0)
        joints = acted("raise", manner)[20]
        above = joints[HANDS[1], 1] - joints[JOINT["head"], 1]
        assert -0.16 < above < 0.10


def test_an_action_fills_its_clip_whatever_the_length() -> None:
    manner = some_manner(6, start=0.0, stop=1.0, rate=0.0)
    short = acted("raise", manner, times=np.arange(15) / 30)
    long = acted("raise", manner, times=np.arange(29) / 30)
    np.testing.assert_allclose(short[:, HANDS], long[::2, HANDS], atol=0.02)  # but for the sway


def test_moments_and_phases_are_inverse() -> None:
    manner = some_manner(7, start=-0.05, stop=1.1)
    times = np.arange(101) / 100
    frame = round(100 * moment_of(RELEASE, manner))
    assert phases(times, manner)[frame] == pytest.approx(RELEASE, abs=0.01)
    assert phases(times, manner, lag=0.1)[frame] == pytest.approx(RELEASE - 0.1, abs=0.01)


def test_hands_meet_as_something_is_handed_over() -> None:
    for gap in GAPS["give"]:
        manner = some_manner(8, left=False, both=False)
        joints = acted_at(gap, manner)
        there = joints @ rotation_y(np.pi).T + np.array([0.0, 0.0, gap])  # who stands opposite
        frame = round(moment_of(HANDOVER, manner) * 39)
        apart = np.linalg.norm(joints[frame, HANDS[1]] - there[frame, HANDS[1]])
        assert apart < 0.25
        assert np.linalg.norm(joints[0, HANDS[1]] - there[0, HANDS[1]]) > 0.5


def acted_at(gap: float, manner: Manner) -> Array:
    return MEETINGS["give"][0](TIMES, Body(), manner, gap)


def test_who_is_pushed_steps_back_and_who_pushes_does_not() -> None:
    pushes, is_pushed = (part(TIMES, Body(), some_manner(9), 0.8) for part in MEETINGS["push"])
    base = JOINT["spine_base"]
    assert is_pushed[-1, base, 2] - is_pushed[0, base, 2] < -0.15
    assert abs(pushes[-1, base, 2] - pushes[0, base, 2]) < 0.10


def test_a_motion_is_turned_to_face_ahead_about_the_origin() -> None:
    joints = LONG_MOTIONS["walk"](TIMES + 2.0, Body(), Style())
    moved = joints @ rotation_y(1.1).T + np.array([1.0, 0.0, -2.0])
    np.testing.assert_allclose(faced(moved), faced(faced(moved)), atol=1e-9)
    np.testing.assert_allclose(faced(moved), faced(joints), atol=1e-9)
    across = faced(moved)[:, JOINT["left_shoulder"]] - faced(moved)[:, JOINT["right_shoulder"]]
    assert abs(across.mean(0)[2]) < 1e-9 and across.mean(0)[0] > 0.2

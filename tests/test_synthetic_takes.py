"""Takes are drawn from a seed: evenly, whatever their order, and no joint knows of the object."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from datasets import synthetic_captures
from datasets.acting import Style
from datasets.everyday_takes import Take as EverydayTake
from datasets.kinematics import BONES, JOINT, Body
from datasets.motions import MOTIONS as LONG_MOTIONS
from datasets.ntu_protocols import numbers_in
from datasets.synthetic_actions import ACTIONS, GROUPS, Object
from datasets.synthetic_captures import capture_for, fingerprint, read_captures
from datasets.synthetic_takes import (
    Draw,
    Performance,
    Stage,
    Take,
    Wishes,
    most_takes,
    performed,
    person,
    staged,
    takes_in_order,
)
from wildpose.geometry import Array

SHORT = Wishes(frames=(12, 14))
HANDS = [JOINT["left_hand"], JOINT["right_hand"]]
RAISES = [label + 1 for label in GROUPS["object"]]
HELD = [number for number, action in enumerate(ACTIONS, start=1) if action.object]


def held_with(take: Take, thing: Object | None, wishes: Wishes = SHORT) -> Performance:
    return performed(take, wishes, action=replace(ACTIONS[take.action - 1], object=thing))


@pytest.mark.parametrize("action", HELD)
@pytest.mark.parametrize("replication", [1, 2])
def test_another_object_moves_no_joint(action: int, replication: int) -> None:
    take = Take(2, 3, replication, action)
    expected = performed(take, SHORT)
    for thing in ("cup", "phone", "book", "ball", "bag", None):
        found = held_with(take, thing)
        np.testing.assert_array_equal(found.joints, expected.joints)
        assert found.looks == expected.looks
        assert found.both_hands == expected.both_hands
        assert found.holds == (expected.holds if thing else ())


def test_actions_that_differ_in_the_object_alone_are_drawn_alike() -> None:
    one = Take(1, 1, 1, RAISES[0])
    for action in RAISES[1:]:
        other = performed(one, SHORT, action=ACTIONS[action - 1])
        np.testing.assert_array_equal(other.joints, performed(one, SHORT).joints)
        assert np.any(other.thing.colour[0] != performed(one, SHORT).thing.colour[0])  # type: ignore[union-attr]


def test_manners_are_drawn_alike_for_all_objects() -> None:
    drawn = {
        action: np.array([numbers_of(staged(take, Wishes())) for take in raises(action, 240)])
        for action in RAISES
    }
    means = np.stack([rows.mean(0) for rows in drawn.values()])
    errors = np.concatenate(list(drawn.values())).std(0) / np.sqrt(240)
    assert (np.ptp(means, axis=0) < 5 * errors).all()


def numbers_of(stage: Stage) -> list[float]:
    """All that may show in a pose."""
    manner = stage.manner
    numbers = [len(stage.times), manner.left, manner.both, manner.start, manner.stop, manner.level]
    numbers += [manner.rate, manner.phase, *manner.lag, *manner.reach.ravel(), stage.hand]
    return [float(number) for number in numbers]


def raises(action: int, count: int) -> list[Take]:
    every = takes_in_order(20, 6)
    return list(islice((take for take in every if take.action == action), count))


def test_hands_are_balanced_and_both_act_in_half_of_the_takes() -> None:
    found = [staged(take, Wishes()) for take in islice(takes_in_order(60, 6), 2000)]
    hand = np.array([stage.hand for stage in found])
    both = np.array([stage.manner.both for stage in found])
    acting = np.array([0 if stage.manner.left else 1 for stage in found])
    error = 0.5 / np.sqrt(1000)
    for share in (hand.mean(), both.mean(), hand[both].mean(), (hand == acting)[both].mean()):
        assert abs(share - 0.5) < 4 * error
    assert (hand == acting)[~both].all()


@pytest.mark.parametrize("both_share", [0.0, 1.0])
def test_the_higher_hand_holds_where_one_acts_and_is_no_hint_where_both_do(
    both_share: float,
) -> None:
    wishes = replace(SHORT, both_share=both_share)
    found = [performed(take, wishes) for take in raises(RAISES[0], 24)]
    higher = np.array([p.joints[0, 6, HANDS, 1].argmax() for p in found])
    agree = (higher == [p.holds[0].hand for p in found]).mean()
    assert agree == 1.0 if both_share == 0 else 0.2 < agree < 0.8


@pytest.mark.parametrize("action", range(1, len(ACTIONS) + 1))
def test_a_take_is_the_same_every_time_and_another_with_another_seed(action: int) -> None:
    take = Take(1, 2, 1, action)
    one, again = (performed(take, SHORT) for _ in range(2))
    np.testing.assert_array_equal(one.joints, again.joints)
    other = performed(take, replace(SHORT, seed=1))
    T = min(one.joints.shape[1], other.joints.shape[1])
    assert np.abs(one.joints[:, :T] - other.joints[:, :T]).max() > 0.01


def test_clips_have_as_many_frames_as_were_wished_for() -> None:
    lengths = [len(staged(take, Wishes(frames=(13, 17))).times) for take in raises(1, 60)]
    assert performed(raises(1, 1)[0], Wishes(frames=(13, 17))).joints.shape[1] == lengths[0]
    assert set(lengths) == {13, 14, 15, 16, 17}


def test_a_subject_keeps_body_and_clothes_and_partners_are_nobody_else() -> None:
    first, second = (performed(Take(s, 4, 1, a), SHORT) for s, a in ((1, 5), (3, 9)))
    assert first.looks == second.looks
    people = [person(0, draw, n) for draw in (Draw.SUBJECT, Draw.PARTNER) for n in range(1, 9)]
    assert len({found.body for found in people}) == 16


def test_somebody_holds_the_thing_while_it_is_in_a_hand() -> None:
    for action in HELD:
        found = performed(Take(1, 1, 1, action), Wishes())
        assert found.grip is not None
        for hold in found.holds:
            middle = (hold.start + hold.stop) // 2
            hand = found.joints[hold.person, middle, HANDS[hold.hand]]
            assert np.linalg.norm(found.grip.origin[middle] - hand) < 0.08


def test_a_ball_is_thrown_ahead_and_nobody_holds_it_then() -> None:
    found = performed(Take(1, 1, 1, 1 + [a.motion for a in ACTIONS].index("throw")), Wishes())
    (hold,) = found.holds
    assert found.grip is not None
    assert 0.4 < hold.stop / found.joints.shape[1] < 0.9
    assert found.grip.origin[-1, 2] > found.grip.origin[hold.stop, 2] + 0.5


def test_a_cup_goes_from_one_person_to_the_other() -> None:
    take = Take(1, 1, 1, 1 + [a.motion for a in ACTIONS].index("give"))
    first, second = performed(take, Wishes()).holds
    assert (first.person, second.person) == (0, 1)
    assert 0 == first.start < first.stop == second.start < second.stop


def test_people_who_meet_face_each_other() -> None:
    for action in (12, 13):
        joints = performed(Take(1, 2, 1, action), SHORT).joints[:, 0]
        gap = joints[1, JOINT["spine_base"]] - joints[0, JOINT["spine_base"]]
        for who, sign in ((0, 1), (1, -1)):
            across = joints[who, JOINT["left_shoulder"]] - joints[who, JOINT["right_shoulder"]]
            ahead = np.cross(across, (0.0, 1.0, 0.0))
            assert sign * ahead @ gap > 0.9 * np.linalg.norm(ahead) * np.linalg.norm(gap)


def test_takes_are_named_as_ntu_s_and_no_two_alike() -> None:
    takes = list(takes_in_order(7, 4))
    assert len(takes) == most_takes(7, 4) == 13 * 7 * 4 * 2
    names = {take.name(camera) for take in takes for camera in (1, 2, 3)}
    assert len(names) == 3 * len(takes)
    assert all(numbers_in(name) for name in names)
    assert Take(3, 14, 2, 5).name(1) == "S003C001P014R002A005"


def test_as_far_as_one_goes_actions_and_subjects_are_even() -> None:
    first = list(islice(takes_in_order(5, 3), 13 * 5))
    assert {(take.subject, take.action) for take in first} == {
        (subject, action) for subject in range(1, 6) for action in range(1, 14)
    }
    assert {take.setup for take in first} == {1, 2, 3}


class TestCaptures:
    """Takes that show captures."""

    @pytest.fixture
    def data(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """A set of captures: a walk of each split and a kick of 10 frames for training."""

        def some_takes(data: Path, source: str) -> list[EverydayTake]:
            assert (data, source) == (tmp_path, "bandai")
            made = [("walk", "train", 40), ("walk", "test", 50), ("kick", "train", 10)]
            return [
                EverydayTake("bandai", split, f"{a}{n}", "whole", "", a, capture(n))  # type: ignore[arg-type]
                for a, split, n in made
            ]

        monkeypatch.setattr(synthetic_captures, "takes", some_takes)
        return tmp_path

    def test_they_go_with_the_subject_s_split(self, data: Path) -> None:
        captures = read_captures(data)
        walks = [capture_for(Take(1, s, 1, 10), SHORT, captures) for s in range(1, 60)]
        lengths = [None if walk is None else len(walk) for walk in walks]
        assert {n for s, n in enumerate(lengths, start=1) if s % 5 == 0} == {None, 50}
        assert {n for s, n in enumerate(lengths, start=1) if s % 5 == 4} == {None}
        assert {n for s, n in enumerate(lengths, start=1) if s % 5 in (1, 2, 3)} == {None, 40}

    def test_short_ones_and_other_actions_are_passed_by(self, data: Path) -> None:
        captures = read_captures(data)
        for action in (1, 7):
            takes = [Take(1, s, 1, action) for s in range(1, 20)]
            assert {capture_for(take, SHORT, captures) is None for take in takes} == {True}

    def test_the_body_is_the_subject_s_and_the_bag_hand_is_bent(self, data: Path) -> None:
        own = performed(Take(1, 1, 1, 10), SHORT)
        found = performed(Take(1, 1, 1, 10), SHORT, capture=capture(40))
        for parent, child in BONES:
            lengths = [
                np.linalg.norm(p.joints[0, 0, parent] - p.joints[0, 0, child]) for p in (own, found)
            ]
            assert lengths[0] == pytest.approx(lengths[1], abs=2e-3)
        hold = found.holds[0]
        assert hold == own.holds[0]
        hand, hip = found.joints[0, :, HANDS[hold.hand]], found.joints[0, :, JOINT["spine_base"]]
        assert (hand[:, 1] > hip[:, 1]).all()

    def test_another_set_of_captures_has_another_fingerprint(self, data: Path) -> None:
        captures = read_captures(data)
        fewer = {key: group for key, group in captures.items() if key[1] == "train"}
        assert len({fingerprint(captures), fingerprint(fewer), fingerprint({})}) == 3
        assert fingerprint({}) == 0


def capture(frames: int) -> Array:
    """(frames, 25, 3) of somebody small who walks."""

    return LONG_MOTIONS["walk"](np.arange(frames) / 30, Body(height=1.55), Style())

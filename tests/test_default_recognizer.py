"""The recognizer that comes with wildpose, on motions written by hand, not learnt from."""

from __future__ import annotations

import numpy as np
import pytest

import wildpose
from datasets.acting import Style
from datasets.everyday_actions import ACTIONS
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from wildpose import recognition
from wildpose.alignment import HALF_TURN
from wildpose.geometry import Array, rotation_y
from wildpose.joints import convert
from wildpose.recognition import Recognizer
from wildpose.types import Segment, SkeletonSequence

SECONDS = 4.0
ACTED = {
    "walk": "walk", "wave": "wave", "squat": "squat",
    "kick": "kick", "sit_down": "sit down", "jump": "jump",
}  # fmt: skip
"""Motion -> its action."""


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return recognition.load_recognizer("default")


def acted(motion: str) -> Array:
    """(T, 13, 3) m, camera axes, 30 Hz."""
    times = np.arange(0, SECONDS, 1 / 30)
    joints = MOTIONS[motion](times, Body(), Style())
    return convert(joints, "kinect25", "lcr13") * HALF_TURN


def labelled(joints: Array, recognizer: Recognizer) -> tuple[Segment, ...]:
    sequence = SkeletonSequence(
        joints=joints,
        scores=np.ones(joints.shape[:2]),
        times=np.arange(len(joints)) / 30,
        joint_set="lcr13",
        axes="camera",
    )
    return wildpose.recognize(sequence, recognizer=recognizer)


def test_it_knows_the_list_of_everyday_actions(recognizer: Recognizer) -> None:
    assert recognition.names() == ["default"]
    assert tuple(recognizer.class_names) == tuple(ACTIONS)
    assert recognizer.joint_set == "lcr13"
    assert recognizer.axes == "body"
    assert 0 < recognizer.min_score < 1
    assert not recognizer.needs_rgb


def test_it_names_most_of_what_is_acted_and_takes_little_for_something_else(
    recognizer: Recognizer,
) -> None:
    """As it comes, with its own lowest score: of what it is not sure it says nothing."""
    said = {}
    for motion, action in ACTED.items():
        found = labelled(acted(motion), recognizer)
        longest = max(found, key=lambda one: one.stop - one.start, default=None)
        said[action] = None if longest is None else longest.label
    right = [action for action, label in said.items() if label == action]
    wrong = [action for action, label in said.items() if label not in (action, None)]
    assert len(right) >= 4, said
    assert len(wrong) <= 1, said


def test_somebody_who_stands_still_does_nothing(recognizer: Recognizer) -> None:
    still = np.repeat(acted("walk")[:1], round(SECONDS * 30), axis=0)
    trembling = np.random.default_rng(0).normal(0, 0.003, still.shape)
    assert labelled(still + trembling, recognizer) == ()


def test_place_size_and_side_of_view_do_not_matter(recognizer: Recognizer) -> None:
    joints = np.concatenate([acted(motion) for motion in ("wave", "walk")])
    moved = 1.3 * joints @ rotation_y(np.radians(75)).T + np.array([0.4, -0.2, 3.0])
    before, after = labelled(joints, recognizer), labelled(moved, recognizer)
    assert before
    assert [segment.label for segment in after] == [segment.label for segment in before]
    for one, other in zip(before, after, strict=True):
        assert other.score == pytest.approx(one.score, abs=0.01)

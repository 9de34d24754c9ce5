"""Whether states of a network tell a hand: planted, by chance, and of clips that leave it open."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datasets.synthetic_takes import Hold
from recognizers.sta.network import PoseConditionedAttention
from tests.made_explained import T, clip_of, footage_of, looking_at, person, truth_with
from tools.explaining.cases import Case
from tools.explaining.hand_probe import HandEvidence, told_by
from tools.explaining.split_findings import figures_of, findings
from tools.explaining.views import view_of

N = 60


def evidence_of(states: np.ndarray, hands: np.ndarray, right: np.ndarray) -> list[HandEvidence]:
    return [HandEvidence(*each) for each in zip(states, hands, right.tolist(), strict=True)]


def test_what_is_in_the_numbers_is_found_and_what_is_not_is_chance() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(N) < 0.5
    planted = rng.normal(size=(N, 200))  # more numbers than clips
    planted[:, 17] += np.where(right, 20.0, -20.0)
    told = told_by(evidence_of(rng.normal(size=(N, 8)), planted, right))
    assert told["clips"] == N
    assert told["hands"] == 1.0
    assert abs(told["states"] - 0.5) < 0.2  # three standard deviations of 60 guesses


def test_clips_are_read_by_what_others_taught_alone() -> None:
    """Each clip has a number of its own, by which it could be learned by heart."""
    right = np.arange(N) % 2 == 0
    told = told_by(evidence_of(np.eye(N) * 100, np.ones((N, 3)), right))
    assert abs(told["states"] - 0.5) < 0.2
    assert abs(told["hands"] - 0.5) < 0.2


def test_shift_and_scale_of_what_is_read_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    right = rng.random(N) < 0.5
    values = rng.normal(size=(N, 6)) + 0.5 * right[:, None]
    told = told_by(evidence_of(values, 1e4 + 1e-3 * values, right))
    assert told["states"] == told["hands"] > 0.6


def test_of_few_clips_nothing_is_told() -> None:
    few = evidence_of(np.eye(19), np.eye(19), np.arange(19) % 2 == 0)
    assert told_by(few) == {"clips": 19, "states": None, "hands": None}
    assert told_by([]) == {"clips": 0, "states": None, "hands": None}


@pytest.mark.parametrize("hand", [0, 1])
def test_evidence_is_the_mean_since_the_object_was_seen(hand: int) -> None:
    clip, recognizer = clip_of(person()), looking_at(1)
    truth = truth_with(Hold(0, hand, 0, T), both_hands=True, hidden=9)
    footage = footage_of(clip)
    found = findings(recognizer, Case(clip, 0, lambda: truth), footage).evidence
    assert found is not None and found.right == bool(hand)
    network = recognizer.network
    assert isinstance(network, PoseConditionedAttention)
    with torch.inference_mode():
        states, seen = network.looked_at(view_of(recognizer, clip, footage).batch)
    # Frames 2, 6, 10, 14, 18, 22 are shown, and the object from frame 9 on.
    np.testing.assert_allclose(found.state, states[0, 2:].mean(dim=0), atol=1e-6)
    np.testing.assert_allclose(found.hands, seen[0, 2:].mean(dim=0).flatten(), atol=1e-6)
    assert found.hands.any()


def test_there_is_none_where_poses_tell_or_no_single_hand_holds() -> None:
    clip, recognizer = clip_of(person(), person(0.7)), looking_at(1)
    for truth in (
        truth_with(Hold(0, 1, 0, T)),  # one hand acts
        truth_with(Hold(0, 1, 0, 8), Hold(1, 0, 8, T), both_hands=True),  # handed over
        truth_with(both_hands=True),  # nothing is held
    ):
        found = findings(recognizer, Case(clip, 0, lambda truth=truth: truth), footage_of(clip))
        assert found.evidence is None
        told = figures_of([found], np.array([0])).get("holding_hand_told_by", {"clips": 0})
        assert told["clips"] == 0


def test_a_network_of_poses_looks_at_no_hands() -> None:
    recognizer, clip = looking_at(0), clip_of(person())
    network = recognizer.network
    assert isinstance(network, PoseConditionedAttention)
    network.rgb = None
    with pytest.raises(ValueError, match="does not look at hands"):
        network.looked_at(view_of(recognizer, clip, footage_of(clip)).batch)

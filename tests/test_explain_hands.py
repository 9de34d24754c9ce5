"""Shares of attention on the hand that holds something, by hand and planted, and what is drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from datasets.synthetic_takes import Hold
from recognizers.recognizer import ClipRecognizer
from tests.made_explained import (
    LEFT,
    T,
    clip_of,
    footage_of,
    looking_at,
    person,
    recognizer_of,
    truth_with,
)
from tests.made_samples import seeded
from tools.explaining import draw_hands
from tools.explaining.hand_weights import (
    HandShare,
    HandWeights,
    hand_share,
    hand_weights,
    holding_hand_share,
)
from tools.explaining.strips import COLOURS, rgb
from tools.explaining.views import Scene, View, as_kept, view_of
from wildpose.types import Clip


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def view(recognizer: ClipRecognizer, clip: Clip) -> View:
    return view_of(recognizer, clip, footage_of(clip))


def weights_of(spatial: list[list[float]], **others: object) -> HandWeights:
    steps = len(spatial)
    values: dict = {
        "temporal": np.full(steps, 1 / steps),
        "present": np.ones((steps, 4), dtype=bool),
        "held": np.tile([False, True, False, False], (steps, 1)),
        "first": 0,
    }
    return HandWeights(np.array(spatial), **{**values, **others})


@pytest.fixture(scope="module")
def six() -> View:
    """Six steps at frames 2, 6, 10, 14, 18 and 22."""
    return view(recognizer_of("sta"), clip_of(person()))


# Shares


@pytest.mark.parametrize("hand", [0, 1, 2, 3])
def test_attention_planted_on_a_hand_has_its_share_where_that_hand_holds(hand: int) -> None:
    recognizer, clip = looking_at(hand), clip_of(person(), person(0.7))
    for holding in range(4):
        truth = truth_with(Hold(holding // 2, holding % 2, 0, T))
        seen = view(recognizer, clip)
        weights = hand_weights(recognizer, seen, truth)
        share = hand_share(weights, seen, both_hands=truth.both_hands)
        assert share is not None
        np.testing.assert_allclose(share.share, float(holding == hand), atol=1e-6)
        np.testing.assert_allclose(share.even, 0.25)
        assert share.since.tolist() == [0, 4, 8, 12, 16, 20]


def test_over_clips_the_planted_hand_makes_one_group_whole_and_the_other_none() -> None:
    clips = [clip_of(person(), name=name) for name in ("left", "right", "nothing")]
    truths = {
        "left": truth_with(Hold(0, 0, 0, T), both_hands=True),
        "right": truth_with(Hold(0, 1, 0, T)),
        "nothing": truth_with(),
    }
    recognizer, shares = looking_at(1), []
    for clip in clips:
        seen, truth = view(recognizer, clip), truths[clip.name]
        weights = hand_weights(recognizer, seen, truth)
        shares.append(hand_share(weights, seen, both_hands=truth.both_hands))
    assert holding_hand_share(share for share in shares if share is not None) == {
        "holding_hand_share": {"both_hands": 0.0, "one_hand": 1.0},
        "share_before_seen": {"both_hands": 0.0, "one_hand": 1.0},
        "even_share": {"both_hands": 0.5, "one_hand": 0.5},
        "clips_with_object": {"both_hands": 1, "one_hand": 1},
    }


def test_only_steps_count_at_which_somebody_holds_it(six: View) -> None:
    held = np.zeros((6, 4), dtype=bool)
    held[:3, 1] = True  # it flies, then the second person has it in the left hand
    held[5, 2] = True
    spatial = [[0.1, 0.6, 0.2, 0.1]] * 6
    share = hand_share(weights_of(spatial, held=held, first=1), six, both_hands=False)
    assert share is not None
    assert share.since.tolist() == [-4, 0, 4, 16]
    np.testing.assert_allclose(share.share, [0.6, 0.6, 0.6, 0.2])


def test_weights_that_do_not_sum_to_one_are_shares_all_the_same(six: View) -> None:
    share = hand_share(weights_of([[0.9, 0.6, 0.3, 0.6]] * 6), six, both_hands=False)
    assert share is not None
    np.testing.assert_allclose(share.share, 0.25)


def test_a_hand_that_is_not_there_neither_counts_nor_holds(six: View) -> None:
    present = np.ones((6, 4), dtype=bool)
    present[:, 2:] = False
    present[4] = False
    spatial = np.array([[0.5, 0.5, 0.0, 0.0]] * 6)
    spatial[4] = 0
    weights = weights_of(spatial.tolist(), present=present)
    share = hand_share(weights, six, both_hands=False)
    assert share is not None and share.since.tolist() == [0, 4, 8, 12, 20]
    np.testing.assert_allclose(share.even, 0.5)
    held = np.tile([False, False, True, False], (6, 1))
    assert hand_share(replace(weights, held=held), six, both_hands=False) is None


def test_what_is_never_shown_has_no_share(six: View) -> None:
    assert hand_share(weights_of([[0.25] * 4] * 6, first=None), six, both_hands=True) is None
    recognizer, truth = looking_at(0), truth_with(Hold(0, 0, 0, T), hidden=T)
    assert hand_weights(recognizer, six, truth).first is None


def test_it_is_first_shown_at_the_first_step_whose_frame_shows_it(six: View) -> None:
    recognizer = looking_at(0)
    for hidden, first in ((0, 0), (2, 0), (3, 1), (6, 1), (7, 2), (22, 5)):
        truth = truth_with(Hold(0, 0, 0, T), hidden=hidden)
        assert hand_weights(recognizer, six, truth).first == first


def test_each_clip_counts_the_same_and_frame_0_is_before_it_could_be_known() -> None:
    def share(since: list[int], values: list[float], *, both: bool) -> HandShare:
        return HandShare(both, np.array(since), np.array(values), np.full(len(since), 0.5))

    found = holding_hand_share(
        [
            share([-3, 0, 3, 6], [0.2, 0.4, 0.8, 1.0], both=True),
            share([0, 3], [0.1, 0.3], both=True),
            share([-2, 0], [1.0, 1.0], both=False),  # let go before anything could follow
        ]
    )
    assert found["holding_hand_share"] == {"both_hands": 0.6, "one_hand": None}
    assert found["share_before_seen"] == {"both_hands": 0.2, "one_hand": 1.0}
    assert found["clips_with_object"] == {"both_hands": 2, "one_hand": 0}
    json.dumps(found)


def test_without_clips_every_figure_is_none() -> None:
    found = holding_hand_share([])
    assert found["holding_hand_share"] == {"both_hands": None, "one_hand": None}
    assert found["clips_with_object"] == {"both_hands": 0, "one_hand": 0}


# Whose hands


def test_held_hands_are_those_of_the_people_whom_the_network_reads() -> None:
    recognizer = looking_at(0)
    clip = clip_of(person(), person(0.7))
    clip.mask[0, :20] = False  # the second is seen longer
    clip.joints[0, :20] = 0
    truth = truth_with(Hold(0, 0, 0, 4), Hold(1, 1, 4, T))
    both = hand_weights(recognizer, view(recognizer, clip), truth)
    assert np.argwhere(both.held).tolist() == [[0, 0], *[[step, 3] for step in range(1, 6)]]
    assert both.present[:, :2].any(axis=1).tolist() == [False] * 5 + [True]
    alone = replace(recognizer, preparation=replace(recognizer.preparation, people=1))
    one = hand_weights(alone, view(alone, clip), truth)
    assert np.argwhere(one.held).tolist() == [[step, 1] for step in range(1, 6)]
    assert one.present.tolist() == [[True, True, False, False]] * 6


def test_a_truth_of_another_number_of_frames_is_refused(six: View) -> None:
    truth = replace(truth_with(Hold(0, 0, 0, 3)), seen_px=(1, 2, 3))
    with pytest.raises(ValueError, match="clip: its truth is of 3 frames, the clip has 24"):
        hand_weights(recognizer_of("sta"), six, truth)


# Drawing


def hands_apart(seen: View) -> Scene:
    """Grey pictures in which left hands are at (100, 100) and right ones at (300, 300)."""
    scene = as_kept(seen)
    places = scene.footage.joints_2d.copy()
    places[..., LEFT, :], places[..., LEFT + 4, :] = 100, 300
    pictures = [np.full((400, 400, 3), 128, dtype=np.uint8)] * T
    return Scene(
        replace(scene.footage, pictures=pictures, joints_2d=places), np.array([60.0, 10.0])
    )


@pytest.mark.parametrize("hand", [0, 1])
def test_the_hand_that_counts_has_the_thicker_frame_in_its_colour(hand: int) -> None:
    recognizer, clip = looking_at(hand), clip_of(person())
    seen = view(recognizer, clip)
    drawing = draw_hands.drawn(recognizer, seen, hands_apart(seen), None, "title")
    pictures = list(drawing.video)
    assert len(pictures) == T and len({picture.shape for picture in pictures}) == 1
    for middle, which in ((100, 0), (300, 1)):
        row = pictures[T // 2][middle - 3]  # through the left edge of the square
        colour = np.abs(row.astype(int) - rgb(COLOURS[which])).max(axis=1) < 30
        edge = np.flatnonzero(colour)
        assert edge.min() == pytest.approx(middle - 30, abs=4)
        assert edge.max() == pytest.approx(middle + 30, abs=4)
        thick = int(np.count_nonzero(colour[middle - 40 : middle - 20]))
        assert thick >= 5 if which == hand else thick <= 2


def test_the_curves_are_the_weights_and_stars_stand_where_the_object_is_held() -> None:
    recognizer, clip = looking_at(1), clip_of(person())
    seen = view(recognizer, clip)
    truth = truth_with(Hold(0, 0, 0, 12), hidden=5)
    figure = draw_hands.drawn(recognizer, seen, hands_apart(seen), truth, "title").figure
    (axes,) = [axes for axes in figure.axes if axes.get_ylabel() == "weight of a hand"]
    curves = {str(line.get_label()): line.get_xydata() for line in axes.get_lines()}
    at = np.arange(6) + 0.5
    for name, wanted in {
        "left hand": [at, np.zeros(6)],
        "right hand": [at, np.ones(6)],
        "holds the object": [at[:3], np.zeros(3)],
        "first shown": [[1.5, 1.5], [0, 1]],
    }.items():
        np.testing.assert_allclose(np.array(curves[name]).T, wanted, atol=1e-6)
    assert "left hand, 2nd" not in curves
    rows = [axes.get_subplotspec().rowspan.start for axes in figure.axes]  # type: ignore[union-attr]
    assert all(b - a in (0, 1) for a, b in pairwise(rows))
    assert rows.count(0) == rows.count(1) == rows.count(2) == 6  # frames, and both hands

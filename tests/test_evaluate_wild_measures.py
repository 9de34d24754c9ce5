"""Figures of an evaluation in the wild: shares, chance, verdicts, and what abstaining costs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.made_wild import NAMES, judged, words
from tools.wild.measures import Share, by_class, chance, curve, figures, most_said
from tools.wild.scoring import said
from wildpose.windows import Span, Windows, segments

CLIPS = [
    judged("walk", "walk", name="a", walk=0.9),
    judged("walk", "walk", name="b", run=0.5, walk=0.3, wave=0.2),
    judged("jog", "walk", "run", name="c", clap=0.4, wave=0.3, sit_down=0.2, run=0.1),
    judged("clap", "clap", name="d", background=0.6, clap=0.4),
    judged("clap", "clap", name="e"),
    judged("yoga", name="f", wave=0.7),
    judged("tai chi", name="g", background=0.9, wave=0.1),
]


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (3, 10, 0.1078, 0.6032),  # Brown, Cai and DasGupta 2001
        (0, 4, 0.0, 0.4899),
        (4, 4, 0.5101, 1.0),
        (500, 1000, 0.4691, 0.5309),
    ],
)
def test_intervals_are_wilson_s(count: int, of: int, low: float, high: float) -> None:
    assert Share(count, of).interval == pytest.approx((low, high), abs=1e-4)


def test_wilson_s_ends_are_where_the_score_test_just_rejects() -> None:
    share = Share(7, 23)
    assert share.interval is not None
    for p in share.interval:
        assert abs(7 / 23 - p) / np.sqrt(p * (1 - p) / 23) == pytest.approx(1.959964, abs=1e-6)


def test_a_share_of_none_has_no_value() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None


def test_figures_of_clips_counted_by_hand() -> None:
    own = figures(CLIPS, 0.5, 5)
    assert own.top1 == Share(2, 5)  # a; d, whose background counts as no name
    assert own.top3 == Share(3, 5)  # b too; c has its name in the fourth place
    assert own.said == {"right": 1, "wrong": 1, "nothing": 3}  # a; b; c is unsure, d, e
    assert own.silent == Share(1, 2)


def test_without_clips_of_known_classes_there_are_no_shares() -> None:
    own = figures(CLIPS[-2:], 0.5, 5)
    assert own.top1.value is None and own.chance1 is None and own.silent == Share(1, 2)
    assert curve(CLIPS[-2:])[0].answered == Share(0, 0)


@pytest.mark.parametrize("places", [1, 3, 9])
def test_chance_is_what_all_guesses_have_on_average(places: int) -> None:
    names = NAMES[:-1]
    known = CLIPS[:5]
    guesses = list(combinations(names, min(places, len(names))))
    hits = [any(name in one.right for name in guess) for one in known for guess in guesses]
    assert chance(known, len(names), places=places) == pytest.approx(np.mean(hits), abs=1e-12)


def test_chance_among_sixty_names_is_that_of_the_thesis() -> None:
    assert chance(CLIPS[:2], 60, places=1) == pytest.approx(0.0167, abs=1e-4)


def test_a_name_is_given_exactly_where_a_run_gives_one() -> None:
    """A clip that is one window, whatever its scores; ties too."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        scores = rng.multinomial(8, np.ones(6) / 6) / 8
        for min_score in (0.0, 0.25, 0.5):
            found = segments(
                [Span(0.0, 1.0)], scores[None], NAMES, Windows(min_score=min_score, top_k=9)
            )
            name = found[0].label if found else None
            assert said(scores, NAMES).answer(min_score) == name


def test_the_background_is_no_name_and_equal_scores_keep_their_order() -> None:
    one = said(np.array([0.1, 0.3, 0.1, 0.1, 0.0, 0.4]), NAMES)
    assert [name for name, _ in one.ranked] == ["run", "walk", "wave", "clap", "sit down"]
    assert one.background == 0.4
    assert one.answer(0.0) is None
    assert one.place(("clap", "wave")) == 3
    assert one.place(()) is None


def test_the_curve_is_what_each_lowest_score_leaves() -> None:
    points = curve(CLIPS)
    assert [point.min_score for point in points] == [0.0, 0.4, 0.5, 0.7, 0.9]
    for point in points:
        own = figures(CLIPS, point.min_score, 5)
        answered = own.said["right"] + own.said["wrong"]
        assert point.right == Share(own.said["right"], answered)
        assert point.answered == Share(answered, 5)
        assert point.others == Share(2 - own.silent.count, 2)
    shares = [point.answered.count for point in points]
    assert shares == [3, 3, 2, 1, 1]  # the background and nobody at all are silent from the start
    assert points[-1].right == Share(1, 1)


def test_classes_that_are_known_come_first() -> None:
    assert list(by_class(CLIPS)) == ["clap", "jog", "walk", "tai chi", "yoga"]
    assert [one.clip.name for one in by_class(CLIPS)["walk"]] == ["a", "b"]


def test_what_a_class_is_taken_for_is_counted() -> None:
    again = [*CLIPS[1:3], judged("walk", "walk", run=0.9, walk=0.1), CLIPS[0], CLIPS[4]]
    assert most_said(again) == "run (2), clap"


def test_nobody_is_nothing_said_and_never_right() -> None:
    nobody = judged("walk", "walk")
    assert nobody.verdict(0.0) == "nothing" and not nobody.within(99)
    assert words(walk=1.0).answer(1.0) == "walk"

"""Windows over time, and segments from their scores."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.types import SkeletonSequence
from wildpose.windows import BACKGROUND, Span, Windows, clips, segments, spans

NAMES = ("walk", "sit", BACKGROUND)


def times_of(seconds: float, *, start: float = 0.0, rate: float = 10.0) -> np.ndarray:
    return start + np.arange(round(seconds * rate)) / rate


def edges(found: list[Span]) -> list[tuple[float, float]]:
    return [(round(span.start, 6), round(span.stop, 6)) for span in found]


def test_windows_follow_each_other_and_the_last_ends_with_the_person() -> None:
    found = spans(times_of(3.2), window_s=2.0, stride_s=0.5)
    assert edges(found) == [(0, 2), (0.5, 2.5), (1, 3), (1.2, 3.2)]


def test_a_stretch_of_exactly_a_window_is_one() -> None:
    assert edges(spans(times_of(2.0), window_s=2.0, stride_s=0.5)) == [(0, 2)]


def test_a_short_stretch_is_a_window_where_it_has_five_frames() -> None:
    assert edges(spans(times_of(0.5), window_s=2.0, stride_s=0.5)) == [(0, 0.5)]
    assert spans(times_of(0.4), window_s=2.0, stride_s=0.5) == []
    assert spans(np.zeros(0), window_s=2.0, stride_s=0.5) == []


def test_no_window_reaches_over_an_absence() -> None:
    times = np.concatenate([times_of(2.5), times_of(1.0, start=4.0)])
    found = spans(times, window_s=2.0, stride_s=1.0)
    assert edges(found) == [(0, 2), (0.5, 2.5), (4, 5)]


@pytest.mark.parametrize("seconds", [0.7, 2.0, 2.3, 4.9, 7.25])
def test_every_frame_is_in_a_window(seconds: float) -> None:
    times = times_of(seconds, start=1.3, rate=24.0)
    found = spans(times, window_s=2.0, stride_s=0.75)
    inside = [any(span.start - 1e-9 <= t < span.stop for span in found) for t in times]
    assert all(inside)
    assert all(span.stop - span.start <= 2.0 + 1e-9 for span in found)


def sequence(times: np.ndarray, root: np.ndarray | None = None) -> SkeletonSequence:
    joints = np.zeros((len(times), 13, 3))
    joints[..., 0] = times[:, None]
    scores = np.ones((len(times), 13))
    return SkeletonSequence(joints=joints, scores=scores, times=times, root=root)


def test_clips_have_the_rate_that_is_asked_for() -> None:
    uneven = np.array([0.0, 0.1, 0.15, 0.4, 0.5, 0.9, 1.0])
    (clip,) = clips(sequence(uneven), [Span(0.0, 1.1)], frame_rate=20.0)
    assert clip.joints.shape == (1, 21, 13, 3)
    np.testing.assert_allclose(clip.joints[0, :, 0, 0], np.arange(21) / 20, atol=1e-6)
    assert clip.axes == "camera"
    assert clip.mask.all()


def test_clips_move_through_the_scene_where_that_is_known() -> None:
    times = times_of(1.0)
    root = np.stack([np.zeros(10), np.zeros(10), 3 + times], axis=1)
    (clip,) = clips(sequence(times, root=root), [Span(0.0, 1.0)], frame_rate=10.0)
    np.testing.assert_allclose(clip.joints[0, :, 5, 2], 3 + times, atol=1e-6)


def scored(*best: int, sure: float = 0.8) -> np.ndarray:
    scores = np.full((len(best), 3), (1 - sure) / 2)
    scores[np.arange(len(best)), best] = sure
    return scores


def test_windows_that_agree_are_one_segment() -> None:
    cuts = [Span(0, 2), Span(1, 3), Span(2, 4)]
    (found,) = segments(cuts, scored(0, 0, 0), NAMES, Windows())
    assert (found.start, found.stop, found.label) == (0, 4, "walk")
    assert found.score == pytest.approx(0.8)
    assert found.top == (("walk", 0.8), ("sit", 0.1))


def test_a_change_lies_where_the_windows_of_both_weigh_the_same() -> None:
    cuts = [Span(float(i), float(i + 2)) for i in range(6)]
    found = segments(cuts, scored(0, 0, 0, 1, 1, 1), NAMES, Windows())
    assert [(s.start, s.stop, s.label) for s in found] == [(0, 4, "walk"), (4, 7, "sit")]


def test_background_and_low_scores_are_left_out() -> None:
    cuts = [Span(0, 1), Span(1, 2), Span(2, 3)]
    scores = np.array([[0.1, 0.1, 0.8], [0.45, 0.35, 0.2], [0.2, 0.7, 0.1]])
    found = segments(cuts, scores, NAMES, Windows(min_score=0.5))
    assert [(s.start, s.stop, s.label) for s in found] == [(2, 3, "sit")]
    assert all(BACKGROUND not in dict(s.top) for s in found)


def test_an_absence_parts_segments_of_one_class() -> None:
    found = segments([Span(0, 1), Span(5, 6)], scored(0, 0), NAMES, Windows())
    assert [(s.start, s.stop) for s in found] == [(0, 1), (5, 6)]


def test_segments_are_the_best_mean_class_of_every_moment() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        starts = np.sort(rng.uniform(0, 8, 7))
        cuts = [Span(float(s), float(s + rng.uniform(0.5, 3))) for s in starts]
        scores = rng.dirichlet(np.ones(3), 7)
        found = segments(cuts, scores, NAMES, Windows())
        for t in rng.uniform(0, 11, 60):
            own = [row for cut, row in zip(cuts, scores, strict=True) if cut.start <= t < cut.stop]
            best = NAMES[int(np.mean(own, axis=0).argmax())] if own else BACKGROUND
            said = [s.label for s in found if s.start <= t < s.stop]
            assert said == ([] if best == BACKGROUND else [best])
            assert all(s.score <= 1 for s in found)


def test_as_many_classes_are_named_as_asked_for() -> None:
    (found,) = segments([Span(0, 1)], scored(1), NAMES, Windows(top_k=1))
    assert found.top == (("sit", 0.8),)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"window_s": 0.0}, "window and stride must be positive"),
        ({"stride_s": float("nan")}, "window and stride must be positive"),
        ({"window_s": 1.0, "stride_s": 2.0}, "a stride of 2.0 s would leave out time"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"min_score": 1.5}, "min_score must be within 0 and 1"),
    ],
)
def test_windows_that_cannot_be_are_refused(options: dict, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Windows(**options)

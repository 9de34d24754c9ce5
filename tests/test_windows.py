"""Windows over time, and segments from their scores."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recognizers.inputs.preparation import Preparation
from wildpose import windows
from wildpose.alignment import to_axes
from wildpose.types import SkeletonSequence
from wildpose.windows import (
    BACKGROUND,
    MIN_FRAMES,
    Span,
    Windows,
    clips,
    segments,
    spans,
)

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


@pytest.mark.parametrize("rate", [4.0, 2.0, 1.9, 1.0, 0.2])
@pytest.mark.parametrize("jitter", [0.0, 0.2])
def test_slow_videos_have_windows_too(rate: float, jitter: float) -> None:
    rng = np.random.default_rng(0)
    times = (np.arange(60) + rng.uniform(-jitter, jitter, 60)) / rate
    found = spans(times, window_s=2.0, stride_s=0.5)
    held = [(times >= span.start - 1e-9) & (times < span.stop - 1e-9) for span in found]
    assert min(rows.sum() for rows in held) >= MIN_FRAMES
    assert np.any(held, axis=0).all()
    assert len(set(found)) == len(found)
    longest = max(2.0, (MIN_FRAMES + 4 * jitter) / rate)
    assert max(span.stop - span.start for span in found) <= longest + 1e-9


def test_windows_of_a_slow_video_go_on_until_they_hold_five_frames() -> None:
    assert edges(spans(np.arange(7.0), window_s=2.0, stride_s=0.5)) == [(0, 5), (1, 6), (2, 7)]
    assert edges(spans(np.arange(8) / 2, window_s=2.0, stride_s=1.0)) == [
        (0, 2.5),
        (1, 3.5),
        (1.5, 4),
    ]
    assert spans(np.arange(4.0), window_s=2.0, stride_s=0.5) == []
    assert edges(spans(times_of(0.7), window_s=0.2, stride_s=0.1)) == [
        (0, 0.5),
        (0.1, 0.6),
        (0.2, 0.7),
    ]


def test_an_absence_from_a_slow_video_is_a_frame_that_is_missing() -> None:
    times = np.array([0.0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11])
    assert edges(spans(times, window_s=2.0, stride_s=0.5)) == [(0, 5), (6, 11), (7, 12)]


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


def test_a_walk_is_the_same_to_a_recognizer_in_camera_and_in_kinect_axes() -> None:
    times = times_of(3.0)
    root = np.stack([0.5 * times, 0.1 + 0 * times, 4 - times], axis=1)
    joints = np.tile(np.random.default_rng(0).normal(0, 0.3, (13, 3)), (30, 1, 1))
    camera = SkeletonSequence(joints=joints, scores=np.ones((30, 13)), times=times, root=root)
    preparation = Preparation(axes="kinect", origin="first")
    prepared = [
        [preparation(clip)[0] for clip in clips(own, spans_of(own), frame_rate=10.0)]
        for own in (camera, to_axes(camera, "kinect"))
    ]
    np.testing.assert_allclose(prepared[0], prepared[1], atol=1e-6)
    went = prepared[1][0][0, 19] - prepared[1][0][0, 0]  # (13, 3) in the 1.9 s of a window
    np.testing.assert_allclose(went, np.tile((-0.95, 0, -1.9), (13, 1)), atol=1e-5)


def spans_of(own: SkeletonSequence) -> list[Span]:
    return spans(own.times, window_s=2.0, stride_s=0.5)


# Long tracks


def test_clips_are_those_of_the_whole_track_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    for rate in (10.0, 24.0, 30.0):
        times = np.cumsum(rng.choice([0.03, 0.04, 0.3, 0.8], 90, p=[0.5, 0.4, 0.08, 0.02]))
        joints = rng.normal(size=(90, 13, 3))
        own = SkeletonSequence(joints=joints, scores=np.ones((90, 13)), times=times)
        cuts = [
            *spans(times, window_s=1.0, stride_s=0.3),
            Span(0.0, 99.0),
            Span(times[3], times[4]),
        ]
        for span, clip in zip(cuts, clips(own, cuts, frame_rate=rate), strict=True):
            near = times[(times >= span.start - 1e-9) & (times < span.stop - 1e-9)]
            wanted = np.arange(near[0], near[-1] + 0.5 / rate, 1 / rate)
            columns = [np.interp(wanted, times, column) for column in joints.reshape(90, 39).T]
            expected = np.stack(columns, axis=1).reshape(1, -1, 13, 3).astype(np.float32)
            np.testing.assert_array_equal(clip.joints, expected)


def test_a_window_of_a_long_track_costs_no_more_than_one_of_a_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def interp(wanted: np.ndarray, times: np.ndarray, column: np.ndarray) -> np.ndarray:
        read.append(len(times))
        return original(wanted, times, column)

    original = np.interp
    monkeypatch.setattr(windows.np, "interp", interp)
    long = sequence(times_of(60.0))
    assert len(list(clips(long, spans_of(long), frame_rate=10.0))) == 117
    assert max(read) <= 21  # frames of two seconds, and the one after them


def test_parts_are_means_over_all_windows_that_hold_them_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        starts = rng.uniform(0, 8, 9).round(1)  # in no order, some of them twice
        cuts = [Span(float(s), float(s + rng.uniform(0.1, 4))) for s in starts]
        scores = rng.dirichlet(np.ones(3), 9)
        expected = []
        for start, stop in pairwise(sorted({e for cut in cuts for e in (cut.start, cut.stop)})):
            holding = [cut.start <= (start + stop) / 2 < cut.stop for cut in cuts]
            if any(holding) and stop - start > 1e-6:
                expected.append((Span(start, stop), scores[holding].mean(axis=0).tolist()))
        found = [(span, score.tolist()) for span, score in windows._parts(cuts, scores)]
        assert found == expected


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

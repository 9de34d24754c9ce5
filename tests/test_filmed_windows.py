"""Windows of people show the pictures of their own time and place, while a video is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_footage import BLUE, LCR, RED, drawn, frames_of, is_colour, walker
from wildpose import filmed_windows
from wildpose.decoding import VideoError
from wildpose.filmed_windows import FilmedWindow, Looking, filmed
from wildpose.footage import Footage, Making
from wildpose.types import Frame, SkeletonSequence
from wildpose.windows import Span, clips, spans

Array = npt.NDArray[np.floating]
TIMES = np.arange(40) / 10
WHOLE = Looking(Making(size=(200, 160), hand_px=12), frame_rate=10)


def cuts_of(sequence: SkeletonSequence) -> list[Span]:
    return spans(sequence.times, window_s=1.0, stride_s=0.5)


def windows_of(
    sequences: Sequence[SkeletonSequence], looking: Looking = WHOLE, times: Array = TIMES
) -> list[FilmedWindow]:
    cuts = [cuts_of(sequence) for sequence in sequences]
    return list(filmed(sequences, cuts, frames_of(sequences, times), looking))


def footage_of(window: FilmedWindow) -> Footage:
    assert window.clip.footage is not None
    return window.clip.footage


def shades(window: FilmedWindow) -> list[int]:
    """Which frame of the video each picture is, by its corner."""
    return [round((float(p[:8, :8].mean()) - 20) / 2) for p in footage_of(window).pictures]


def hand_at(window: FilmedWindow, t: int, hand: int) -> npt.NDArray[np.uint8]:
    """The middle of a hand's square."""
    hands = footage_of(window).hands
    assert hands is not None
    return hands[t][hand, 4:8, 4:8]


# Time


def test_every_window_comes_once_with_the_clip_that_skeletons_alone_give() -> None:
    sequence = walker(TIMES)
    found = windows_of([sequence])
    cuts = cuts_of(sequence)
    assert [window.window for window in found] == list(range(len(cuts)))
    alone = clips(sequence, cuts, frame_rate=10)
    for window, clip in zip(found, alone, strict=True):
        np.testing.assert_array_equal(window.clip.joints, clip.joints)
        assert len(footage_of(window).pictures) == len(clip)


def test_pictures_are_those_nearest_in_time() -> None:
    sequence = walker(TIMES)
    for rate in (10, 30, 4):
        for window in windows_of([sequence], replace(WHOLE, frame_rate=rate)):
            times = window.clip.joints[0, :, 0, 0]  # joints move so that they tell the time
            seen_at = TIMES[shades(window)]
            assert np.abs(seen_at - times).max() <= 0.05 + 1e-5  # half a step of the video
            assert len(set(shades(window))) == min(len(times), 10)


def test_frames_of_uneven_times_stand_for_the_time_around_them() -> None:
    times = np.array([0.0, 0.1, 0.2, 0.7, 0.75, 0.8, 0.9])
    (window,) = windows_of([walker(times)], replace(WHOLE, frame_rate=20), times)
    wanted = np.arange(19) / 20
    nearest = np.abs(times[:, None] - wanted).argmin(axis=0)
    assert shades(window) == nearest.tolist()


def test_a_window_comes_as_soon_as_its_last_picture_is_read() -> None:
    read: list[float] = []
    sequence = walker(TIMES)

    def watched() -> Iterator[Frame]:
        for frame in frames_of([sequence], TIMES):
            read.append(frame.time)
            yield frame

    cuts = cuts_of(sequence)
    for window in filmed([sequence], [cuts], watched(), WHOLE):
        assert read[-1] <= cuts[window.window].stop + 1e-9  # the frame after it, to know its end


def test_nothing_is_read_behind_the_last_window_or_for_nobody() -> None:
    sequence, long = walker(TIMES[:10]), np.arange(1000) / 10
    frames = frames_of([sequence], long)
    assert len(list(filmed([sequence], [cuts_of(sequence)], frames, WHOLE))) == 1
    assert next(frames).index == 11  # two frames tell that a third is not wanted
    untouched = frames_of([sequence], long)
    assert list(filmed([], [], untouched, WHOLE)) == []
    assert list(filmed([sequence], [[]], untouched, WHOLE)) == []
    assert next(untouched).index == 0


def test_no_more_than_the_windows_of_one_moment_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0

    class Counted(filmed_windows._Window):
        def __init__(self, *args: object):
            nonlocal begun
            begun += 1
            super().__init__(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(filmed_windows, "_Window", Counted)
    times = np.arange(400) / 10
    sequence = walker(times, speed=1.0)
    cuts = cuts_of(sequence)
    for done, _ in enumerate(filmed([sequence], [cuts], frames_of([sequence], times), WHOLE)):
        assert begun - done <= 4  # two at a time, the one that is whole, and the next


def test_a_video_that_ends_too_soon_is_another_one() -> None:
    sequence = walker(TIMES)
    cuts = [cuts_of(sequence)]
    with pytest.raises(VideoError, match="ends before the skeletons do"):
        list(filmed([sequence], cuts, frames_of([sequence], TIMES[:25]), WHOLE))
    with pytest.raises(VideoError, match="ends before the skeletons do"):
        list(filmed([sequence], cuts, iter([]), WHOLE))


# Place


def test_joints_lie_where_the_picture_shows_them() -> None:
    for window in windows_of([walker(TIMES)]):
        footage = footage_of(window)
        assert footage.seen_2d.all()
        for t, picture in enumerate(footage.pictures):
            places = footage.joints_2d[0, t]
            wrist, elbow = (places[LCR.index(f"left_{name}")] for name in ("wrist", "elbow"))
            x, y = (wrist + 0.25 * (wrist - elbow)).astype(int)
            assert is_colour(picture[y - 1 : y + 2, x - 1 : x + 2], RED)


def test_the_square_around_a_person_is_the_windows_own() -> None:
    looking = replace(WHOLE, making=Making(size=(80, 80), kept="people", hand_px=12))
    for window in windows_of([walker(TIMES)], looking):
        footage = footage_of(window)
        places = footage.joints_2d[0]
        assert places.min() >= 0.11 * 80  # of the longer side, margins are 0.15 / 1.3 = 0.115
        assert places.max() <= 0.89 * 80
        assert np.ptp(places.reshape(-1, 2), axis=0).max() == pytest.approx(80 / 1.3, abs=0.1)
        for t, picture in enumerate(footage.pictures):
            x, y = places[t, LCR.index("right_wrist")].astype(int)
            assert is_colour(picture[y : y + 3, x - 2 : x + 1], BLUE)


def test_the_left_hand_is_the_first_square_and_nothing_is_mirrored() -> None:
    for window in windows_of([walker(TIMES)]):
        for t in range(len(window.clip)):
            assert is_colour(hand_at(window, t, 0), RED)
            assert is_colour(hand_at(window, t, 1), BLUE)


@pytest.mark.parametrize(("size", "reach"), [(1 / 3, 1), (1, 4), (5 / 3, 7)])
def test_hands_fill_as_much_of_their_squares_whatever_the_persons_size(
    size: float, reach: int
) -> None:
    sequence = walker(TIMES, size=size, speed=5.0)
    assert sequence.joints_2d is not None
    frames = [
        Frame(drawn([pose], reach=reach), index, float(time))
        for index, (pose, time) in enumerate(zip(sequence.joints_2d, TIMES, strict=True))
    ]
    looking = replace(WHOLE, trunk_px=40.0)
    for window in filmed([sequence], [cuts_of(sequence)], frames, looking):
        hands = footage_of(window).hands
        assert hands is not None
        red = np.abs(hands[3][0].astype(int) - RED).max(axis=-1) < 60
        assert red.mean() == pytest.approx((9 / 12) ** 2, abs=0.12)  # 9 px, of a person of size 1


def test_without_a_size_from_training_squares_have_the_px_they_had() -> None:
    sequence = walker(TIMES, size=2.0, speed=5.0)
    (first, *_) = windows_of([sequence])
    hands = footage_of(first).hands
    assert hands is not None
    red = np.abs(hands[3][0].astype(int) - RED).max(axis=-1) < 60
    assert red.sum() == pytest.approx(49, abs=14)  # 7 x 7 px, as drawn


def test_each_of_two_people_is_shown_with_their_own_hands() -> None:
    upper = walker(TIMES, start=(60.0, 20.0), size=0.5)
    lower = walker(TIMES, start=(140.0, 110.0), size=0.5, speed=-20.0)
    found = windows_of([upper, lower])
    assert len(found) == 2 * len(cuts_of(upper))
    assert {window.person for window in found} == {0, 1}
    for window in found:
        assert is_colour(hand_at(window, 4, 0), RED)
        y = footage_of(window).joints_2d[0, :, LCR.index("head"), 1]
        assert (y < 60).all() == (window.person == 0)


def test_whole_pictures_are_made_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    own = filmed_windows.cut
    monkeypatch.setattr(filmed_windows, "cut", lambda *given: made.append(1) or own(*given))
    windows_of([walker(TIMES), walker(TIMES, start=(60.0, 70.0))])
    assert len(made) == len(TIMES)


# What nobody has seen


def test_joints_that_are_not_sure_or_filled_in_are_not_seen() -> None:
    sequence = walker(TIMES)
    scores, observed = sequence.scores.copy(), np.ones(len(TIMES), dtype=bool)
    scores[:, LCR.index("right_wrist")] = 0.2
    observed[4] = False
    (first, *_) = windows_of([replace(sequence, scores=scores, observed=observed)])
    footage = footage_of(first)
    assert not footage.seen_2d[0, :, LCR.index("right_wrist")].any()
    assert not footage.seen_2d[0, 4].any()
    assert footage.seen_2d[0, 3, LCR.index("left_wrist")]
    assert (footage.joints_2d[~footage.seen_2d] == 0).all()
    assert is_colour(hand_at(first, 3, 1), BLUE)  # it may be hidden, but it is cut out
    assert not hand_at(first, 4, 0).any()  # black
    assert not hand_at(first, 4, 1).any()


def test_in_an_absence_the_video_goes_on_and_nobody_is_seen() -> None:
    there = np.r_[0:5, 9:14]
    sequence = walker(TIMES[there])
    (window, *_) = windows_of([sequence])
    assert shades(window) == list(range(10))
    seen = footage_of(window).seen_2d[0].all(axis=1)
    assert seen.tolist() == [True] * 5 + [False] * 4 + [True]


def test_a_step_to_elsewhere_after_an_absence_is_not_in_the_square_before_it() -> None:
    near, far = walker(TIMES[:10], speed=0.0), walker(TIMES[25:], start=(150.0, 80.0), speed=0.0)
    assert near.joints_2d is not None
    assert far.joints_2d is not None
    both = SkeletonSequence(
        joints=np.concatenate([near.joints, far.joints]),
        scores=np.concatenate([near.scores, far.scores]),
        times=np.concatenate([near.times, far.times]),
        joints_2d=np.concatenate([near.joints_2d, far.joints_2d]),
    )
    looking = replace(WHOLE, making=Making(size=(80, 80), kept="people"))
    for window in windows_of([both], looking):
        places = footage_of(window).joints_2d[0]
        assert np.ptp(places.reshape(-1, 2), axis=0).max() == pytest.approx(80 / 1.3, abs=0.1)


def test_a_video_of_another_rate_than_the_skeleton_shows_joints_in_between() -> None:
    sequence = walker(TIMES)
    times = np.arange(80) / 20
    (first, *_) = windows_of([sequence], replace(WHOLE, frame_rate=20), times)
    footage = footage_of(first)
    assert footage.seen_2d.all()
    steps = np.diff(footage.joints_2d[0, :, 0, 0])
    np.testing.assert_allclose(steps, 20 / 20, atol=1e-3)  # px/s over frames/s


def test_a_skeleton_without_a_place_in_pictures_cannot_be_cut_out() -> None:
    sequence = replace(walker(TIMES), joints_2d=None)
    with pytest.raises(ValueError, match="give joints_2d"):
        list(filmed([sequence], [cuts_of(sequence)], iter([]), WHOLE))

"""Whose tracks are kept, by hand-made tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.people import check_actor, select, without_flickers
from wildpose.types import Track

Array = npt.NDArray[np.floating]


def track(
    id: int, *, frames: Sequence[int] = range(10), side: float = 10, score: float = 0.9
) -> Track:
    """A person in these frames, in a square box of that side."""
    T = len(frames)
    return Track(
        id=id,
        frames=np.array(frames),
        times=np.array(frames) / 10,
        boxes=np.tile([50, 70, 50 + side, 70 + side], (T, 1)).astype(float),
        joints_2d=np.zeros((T, 13, 2)),
        scores=np.full((T, 13), score),
        joint_set="lcr13",
    )


def ids(tracks: Sequence[Track]) -> list[int]:
    return [t.id for t in tracks]


# Who is what: 1 comes first and small, 2 is there longest, 3 is largest: 2000, 18000 and 25600 px.
THREE = [
    track(1, frames=range(20), side=10),
    track(2, frames=range(5, 50), side=20),
    track(3, frames=range(9, 25), side=40),
]


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ("all", [1, 2, 3]),
        ("first", [1]),
        ("longest", [2]),
        ("largest", [3]),
        ("id=2", [2]),
    ],
)
def test_each_actor_word_keeps_whom_it_names(actor: str, expected: list[int]) -> None:
    assert ids(select(THREE, actor=actor, max_people=None)) == expected
    assert ids(select(THREE[::-1], actor=actor, max_people=None)) in (expected, expected[::-1])


def test_of_those_who_come_first_together_the_largest_is_meant() -> None:
    tracks = [track(1, side=10), track(2, side=30), track(3, frames=range(1, 9), side=90)]
    assert ids(select(tracks, actor="first", max_people=None)) == [2]


def test_first_is_who_was_seen_first_even_if_they_went_at_once() -> None:
    tracks = [track(1, frames=[1, 2, 3]), track(2, frames=[0, 40])]
    assert ids(select(tracks, actor="first", max_people=None)) == [2]


@pytest.mark.parametrize(("frames", "meant"), [(9, 1), (17, 1), (19, 2), (40, 2)])
def test_largest_weighs_how_long_somebody_is_seen(frames: int, meant: int) -> None:
    """A box of three halves the side, 2.25 times the area, for so many of 40 frames."""
    tracks = [track(1, frames=range(40), side=20), track(2, frames=range(frames), side=30)]
    assert ids(select(tracks, actor="largest", max_people=None)) == [meant]


def test_longest_counts_the_frames_in_which_the_person_was_seen() -> None:
    tracks = [track(1, frames=[0, 50, 100]), track(2, frames=range(4))]
    assert ids(select(tracks, actor="longest", max_people=None)) == [2]


def test_an_id_that_is_not_there_is_answered_with_those_that_are() -> None:
    message = "nobody has id 9: the ids in this video are 1, 2, 3"
    with pytest.raises(ValueError, match=message):
        select(THREE, actor="id=9", max_people=None)


@pytest.mark.parametrize("actor", ["biggest", "", "id=", "id=-1", "id=2 ", "xid=2", "All"])
def test_an_unknown_actor_word_is_answered_with_the_known_ones(actor: str) -> None:
    message = f"unknown actor {actor!r}: it is one of all, largest, first, longest or id=N"
    with pytest.raises(ValueError, match=message):
        check_actor(actor)
    with pytest.raises(ValueError, match="unknown actor"):
        select(THREE, actor=actor, max_people=None)


@pytest.mark.parametrize("actor", ["all", "largest", "first", "longest", "id=1", "id=12"])
def test_nobody_in_view_is_nobody_whoever_was_asked_for(actor: str) -> None:
    assert select([], actor=actor, max_people=3) == []


@pytest.mark.parametrize(("at_most", "expected"), [(1, [3]), (2, [2, 3]), (3, [1, 2, 3])])
def test_at_most_so_many_are_kept_the_largest(at_most: int, expected: list[int]) -> None:
    assert ids(select(THREE, actor="all", max_people=at_most)) == expected


def test_more_than_there_are_keeps_all() -> None:
    assert ids(select(THREE, actor="all", max_people=99)) == [1, 2, 3]


def clock(frames: int, *, fps: float = 20) -> Array:
    """Time of every frame of a video."""
    return np.arange(frames) / fps


@pytest.mark.parametrize(
    ("fps", "length", "kept"), [(20, 9, 0), (20, 11, 1), (60, 29, 0), (60, 31, 1)]
)
def test_someone_seen_for_under_half_a_second_is_dropped(fps: int, length: int, kept: int) -> None:
    brief = [track(1, frames=range(length))]
    assert len(without_flickers(brief, clock(300, fps=fps))) == kept


def test_a_pause_in_the_time_stamps_does_not_change_who_is_a_flicker() -> None:
    times = clock(300)
    times[150:] += 60
    assert without_flickers([track(1, frames=range(9))], times) == []
    assert len(without_flickers([track(1, frames=range(11))], times)) == 1


@pytest.mark.parametrize(("score", "kept"), [(0.49, 0), (0.51, 1)])
def test_something_with_low_scores_is_dropped(score: float, kept: int) -> None:
    assert len(without_flickers([track(1, frames=range(30), score=score)], clock(100))) == kept


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_a_video_of_few_frames_keeps_its_people(frames: int) -> None:
    assert len(without_flickers([track(1, frames=[0])], clock(frames))) == 1


@pytest.mark.parametrize(("seen", "kept"), [(1, 0), (2, 1)])
def test_in_a_short_video_a_quarter_of_it_is_enough(seen: int, kept: int) -> None:
    assert len(without_flickers([track(1, frames=range(seen))], clock(8))) == kept


def test_people_are_numbered_from_one_in_order_of_appearance() -> None:
    tracks = [
        track(2, frames=range(30, 60), side=2),
        track(5, frames=range(10, 40), side=5),
        track(3, frames=range(10, 50), side=3),
        track(4, frames=range(2)),  # a flicker
    ]
    kept = without_flickers(tracks, clock(100))
    assert [(t.id, t.boxes[0, 2] - 50) for t in kept] == [(1, 3), (2, 5), (3, 2)]
    assert ids(tracks) == [2, 5, 3, 4]


def test_of_no_tracks_none_are_kept() -> None:
    assert without_flickers([], clock(100)) == []
    assert without_flickers([], clock(0)) == []

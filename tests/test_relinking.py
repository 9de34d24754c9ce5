"""Tracks joined over an absence: whose, and whose not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.appearance import ROWS
from wildpose.relinking import relink
from wildpose.types import Track

Array = npt.NDArray[np.floating]
RED, BLUE = np.array([50.0, 60, 40]), np.array([40.0, 10, -50])


def track(
    id: int,
    start: float,
    stop: float,
    *,
    x: float = 0,
    height: float = 200,
    colour: Array | None = RED,
) -> Track:
    """Somebody who stands at x from start to stop, 30 frames a second."""
    frames = np.arange(round(start * 30), round(stop * 30))
    T = len(frames)
    box = np.array([x, 0, x + height / 3, height])
    return Track(
        id=id,
        frames=frames,
        times=frames / 30,
        boxes=np.tile(box, (T, 1)),
        joints_2d=np.full((T, 13, 2), float(id)),
        scores=np.full((T, 13), 0.9),
        joint_set="lcr13",
        joints_3d=np.full((T, 13, 3), float(id)),
        appearance=None if colour is None else np.tile(colour, (ROWS, 1)),
    )


def ids(tracks: list[Track]) -> list[int]:
    return [t.id for t in tracks]


def test_who_comes_back_after_seconds_is_one_person_under_the_first_id() -> None:
    (joined,) = relink([track(1, 0, 2), track(2, 5, 7)])
    assert joined.id == 1
    assert len(joined) == 120
    assert (np.diff(joined.frames) > 0).all()
    assert joined.joints_3d is not None
    assert (joined.joints_3d[:60] == 1).all() and (joined.joints_3d[60:] == 2).all()


def test_three_parts_become_one() -> None:
    (joined,) = relink([track(3, 8, 9), track(1, 0, 2), track(2, 4, 6)])
    assert (joined.id, len(joined)) == (1, 150)


@pytest.mark.parametrize(
    "after",
    [
        track(2, 5, 7, colour=BLUE),
        track(2, 5, 7, colour=None),
        track(2, 13, 15),
        track(2, 1, 4),
        track(2, 3, 5, x=900),
        track(2, 3, 5, height=90),
    ],
    ids=["other clothes", "clothes unknown", "too late", "at the same time", "too far", "smaller"],
)
def test_somebody_else_stays_somebody_else(after: Track) -> None:
    assert ids(relink([track(1, 0, 2), after])) == [1, 2]


def test_the_longer_the_absence_the_farther_somebody_may_have_gone() -> None:
    assert ids(relink([track(1, 0, 2), track(2, 2.5, 5, x=500)])) == [1, 2]
    assert ids(relink([track(1, 0, 2), track(2, 5.0, 9, x=500)])) == [1]
    assert ids(relink([track(1, 0, 2), track(2, 11.0, 13, x=900)])) == [1, 2]  # across the picture


def test_of_two_who_come_back_each_gets_their_own_id() -> None:
    tracks = [
        track(1, 0, 2, colour=RED),
        track(2, 0, 2, x=150, colour=BLUE),
        track(3, 4, 6, colour=BLUE),  # where the other was
        track(4, 4, 6, x=150, colour=RED),
    ]
    joined = {t.id: t for t in relink(tracks)}
    assert sorted(joined) == [1, 2]
    assert joined[1].joints_2d[-1, 0, 0] == 4
    assert joined[2].joints_2d[-1, 0, 0] == 3


def test_a_sure_link_is_not_broken_to_make_two_doubtful_ones() -> None:
    pink = np.add(RED, [0, -7, 0])
    tracks = [
        track(1, 0, 2, x=500),
        track(2, 0, 2.5, colour=pink),
        track(3, 4, 6, colour=pink),  # just where 2 was, dressed just so
        track(4, 4, 6, x=700, colour=RED),
    ]
    joined = {t.id: t for t in relink(tracks)}
    assert joined[2].joints_2d[-1, 0, 0] == 3


def test_in_one_uniform_the_nearer_one_is_taken() -> None:
    tracks = [track(1, 0, 2), track(2, 0, 2, x=400), track(3, 4, 6, x=380), track(4, 4, 6, x=10)]
    joined = {t.id: t for t in relink(tracks)}
    assert joined[1].joints_2d[-1, 0, 0] == 4
    assert joined[2].joints_2d[-1, 0, 0] == 3


def test_nobody_and_one_person_stay_as_they_are() -> None:
    assert relink([]) == []
    assert ids(relink([track(5, 0, 1)])) == [5]

"""Who is who by clothes: somebody dressed otherwise is never taken for a person who is missing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.appearance import ROWS
from wildpose.tracking import Sighting, Tracker

Array = npt.NDArray[np.floating]
RED = np.tile([50.0, 60, 40], (ROWS, 1))
BLUE = np.tile([40.0, 10, -50], (ROWS, 1))
POSE = np.random.default_rng(1).uniform([0, 0], [60, 200], (13, 2))


def sighting(x: float, *, clothes: Array | None = None, followed: int | None = None) -> Sighting:
    return Sighting(np.add(POSE, [x, 0]), np.array([x, 0, x + 60, 200]), 0.9, followed, clothes)


def test_somebody_else_in_the_place_of_a_missing_person_gets_a_new_id() -> None:
    tracker = Tracker()
    assert tracker.step(0.0, [sighting(0, clothes=RED)]) == {1: 0}
    assert tracker.step(0.1, []) == {}
    assert tracker.step(0.2, [sighting(0, clothes=BLUE)]) == {2: 0}


def test_the_same_clothes_get_the_id_back() -> None:
    tracker = Tracker()
    tracker.step(0.0, [sighting(0, clothes=RED)])
    tracker.step(0.1, [])
    assert tracker.step(0.2, [sighting(0, clothes=RED)]) == {1: 0}


def test_a_search_that_finds_other_clothes_did_not_find_the_missing_person() -> None:
    tracker = Tracker()
    tracker.step(0.0, [sighting(0, clothes=RED)])
    tracker.step(0.1, [])
    assert tracker.step(0.2, [sighting(0, clothes=BLUE, followed=1)]) == {2: 0}


def test_where_nobody_looked_at_clothes_the_place_decides() -> None:
    tracker = Tracker()
    tracker.step(0.0, [sighting(0, clothes=RED)])
    assert tracker.step(0.1, [sighting(2, followed=1)]) == {1: 0}
    tracker.step(0.2, [])
    assert tracker.step(0.3, [sighting(2)]) == {1: 0}

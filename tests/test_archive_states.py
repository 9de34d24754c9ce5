"""What a report makes of a video, in every case."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from wildpose.archive.jobs import Verdict
from wildpose.archive.states import MOST_BEGUN, STATES, Standing, after

LIMIT = 3
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
CASES: list[tuple[Standing, Verdict]] = [
    (Standing("running", begun, failures), verdict)
    for begun, failures, verdict in product(range(1, 12), range(3), VERDICTS)
    if failures < begun and verdict != "unwritable"  # which is nothing about the video
]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_one_that_failed_once_is_tried_again_unless_that_changes_nothing(verdict: Verdict) -> None:
    expected: dict[Verdict, tuple[str, int, int]] = {
        "done": ("done", 1, 0),
        "hashed": ("waiting", 0, 0),
        "stale": ("waiting", 1, 0),
        "unusable": ("quarantined", 1, 1),
        "missing": ("quarantined", 1, 1),
    }
    found = after(Standing("running", 1, 0), verdict, attempts=LIMIT)
    assert found == expected.get(verdict, ("failed", 1, 1))


def test_no_report_leaves_a_video_running_and_none_lowers_its_failures() -> None:
    for before, verdict in CASES:
        found = after(before, verdict, attempts=LIMIT)
        assert found.state in STATES and found.state != "running"
        assert found.failures - before.failures in (0, 1)
        assert found.attempts == before.attempts - (verdict == "hashed")


def test_what_may_be_tried_again_has_failed_less_often_than_allowed() -> None:
    for before, verdict in CASES:
        found = after(before, verdict, attempts=LIMIT)
        if found.state == "failed":
            assert found.failures < LIMIT
            assert found.attempts < MOST_BEGUN * LIMIT


def test_whatever_goes_wrong_it_ends() -> None:
    for verdict in VERDICTS:
        if verdict in ("done", "hashed", "unwritable"):
            continue
        standing, rounds = Standing("waiting", 0, 0), 0
        while standing.state in ("waiting", "failed"):
            begun = Standing("running", standing.attempts + 1, standing.failures)
            standing, rounds = after(begun, verdict, attempts=LIMIT), rounds + 1
            assert rounds <= MOST_BEGUN * LIMIT
        assert standing.state == "quarantined"


def test_a_video_may_be_done_at_its_last_attempt() -> None:
    assert after(Standing("running", 9, 2), "done", attempts=LIMIT).state == "done"

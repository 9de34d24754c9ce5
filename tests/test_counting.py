"""Numbers of things agree with their words."""

from __future__ import annotations

import pytest

from wildpose.archive.progress import Lines
from wildpose.archive.states import STATES
from wildpose.counting import number_of


def test_one_is_singular_and_all_other_numbers_are_plural() -> None:
    assert [number_of(n, "video") for n in (0, 1, 2)] == ["0 videos", "1 video", "2 videos"]
    people = [number_of(n, "person", "people") for n in (0, 1, 21)]
    assert people == ["0 people", "1 person", "21 people"]


def test_what_is_said_of_one_video_is_singular(capsys: pytest.CaptureFixture[str]) -> None:
    lines, counts = Lines(), dict.fromkeys(STATES, 0)
    lines.replacing(1, "done anew: lifter lcr")
    lines.replacing(2, "done anew: lifter lcr")
    lines.ended({**counts, "done": 1}, None)
    assert capsys.readouterr().out.splitlines() == [
        "1 video that has results is done anew: lifter lcr",
        "2 videos that have results are done anew: lifter lcr",
        "1 video: 1 done",
    ]

"""Numbers of things agree with their words."""

from __future__ import annotations

from wildpose.counting import number_of


def test_one_is_singular_and_all_other_numbers_are_plural() -> None:
    assert [number_of(n, "video") for n in (0, 1, 2)] == ["0 videos", "1 video", "2 videos"]
    people = [number_of(n, "person", "people") for n in (0, 1, 21)]
    assert people == ["0 people", "1 person", "21 people"]

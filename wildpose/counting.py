"""Numbers of things in words: 1 video, 2 videos."""

from __future__ import annotations


def number_of(count: int, one: str, many: str = "") -> str:
    """How many of something there are, in words.

    Args:
        count: how many.
        one: what one of them is called.
        many: what several are called; left out: the same with an s.
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"

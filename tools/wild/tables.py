"""Tables of what clips say of recognizers, as text: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tools.wild.gathering import Row
from tools.wild.measures import Judged, Share, by_class, most_said
from wildpose.counting import number_of

METHODS = {
    "track2d": "2D tracking",
    "viterbi": "3D temporal smoothing",
    "none": "best pose of each frame",
}
"""Smoothers, in the words of table 10."""


class TextTable(NamedTuple):
    """Cells of text; the first row names the columns."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def share(one: Share) -> str:
    """So many of so many, in percent, and where the truth lies with 95 %."""
    if one.value is None or one.interval is None:
        return "-"
    low, high = one.interval
    return f"{one.count}/{one.of}: {one.value:.1%} ({100 * low:.0f} to {100 * high:.0f})"


def row_title(row: Row) -> str:
    """A recognizer and a smoother."""
    return f"{row.candidate.name}, {METHODS[row.smoother]}"


def results(rows: Sequence[Row]) -> TextTable:
    """Table 10 of the thesis; more to the right: what is said of clips, and how often nothing."""
    lines = [("classifier", "poses", "top-1", "top-3", "said", "of others nothing")]
    for i, row in enumerate(rows):
        own = row.figures
        if i == 0 or rows[i - 1].candidate != row.candidate:
            guesses = (_percent(own.chance1), _percent(own.chance3))
            lines.append((f"random, of {row.candidate.name}", "-", *guesses, "-", "-"))
        said = ", ".join(f"{count} {word}" for word, count in own.said.items())
        figures = (share(own.top1), share(own.top3), said, share(own.silent))
        lines.append((row.candidate.name, METHODS[row.smoother], *figures))
    return TextTable("Results", tuple(lines))


def classes(row: Row) -> TextTable:
    """A line for each class that the recognizer knows."""
    lines = [
        ("class", "clips", "right name", "top-1", "top-3", "said", "nothing said", "taken for")
    ]
    for label, judged in by_class(one for one in row.judged if one.known).items():
        said = [one.verdict(row.min_score) for one in judged]
        lines.append(
            (
                label,
                f"{len(judged)}",
                " or ".join(judged[0].right),
                f"{sum(one.within(1) for one in judged)}",
                f"{sum(one.within(3) for one in judged)}",
                f"{said.count('right')} right, {said.count('wrong')} wrong",
                f"{said.count('nothing')}",
                most_said(judged),
            )
        )
    return TextTable(f"Classes: {row_title(row)}", tuple(lines))


def others(row: Row) -> TextTable:
    """A line for each class that the recognizer does not know."""
    lines = [("class", "clips", "nothing said", "said all the same")]
    for label, judged in by_class(one for one in row.judged if not one.known).items():
        answers = [one.said.answer(row.min_score) for one in judged]
        named = ", ".join(sorted({name for name in answers if name is not None}))
        lines.append((label, f"{len(judged)}", f"{answers.count(None)}", named))
    return TextTable(f"Classes that it does not know: {row_title(row)}", tuple(lines))


def differences(rows: Sequence[Row]) -> list[str]:
    """For each recognizer, on which clips smoothers differ: a line for each two of them."""
    lines = []
    for i, first in enumerate(rows):
        for other in rows[i + 1 :]:
            if other.candidate != first.candidate:
                continue
            here, there = _right(first.judged), _right(other.judged)
            both, are = len(here & there), "is" if len(here & there) == 1 else "are"
            lines.append(
                f"{first.candidate.name}: {number_of(both, 'clip')} {are} right both ways, "
                f"{len(here - there)} with {METHODS[first.smoother]} alone, "
                f"{len(there - here)} with {METHODS[other.smoother]} alone"
            )
    return lines


def markdown(table: TextTable) -> str:
    """A table for the terminal and for a README."""
    head, *lines = table.rows
    rule = tuple("---" for _ in head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *lines))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _right(judged: Iterable[Judged]) -> set[str]:
    return {one.clip.name for one in judged if one.within(1)}

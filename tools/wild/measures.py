"""How often a recognizer is right: with intervals, against chance, and where it may say nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import NamedTuple

from tools.wild.clips import WildClip
from tools.wild.scoring import Said

SURE = 1.959964  # standard deviations, for 95 %
PLACES = 3  # top-3


@dataclass(frozen=True)
class Judged:
    """What one recognizer said of one clip."""

    clip: WildClip
    right: tuple[str, ...]
    """Names that are right for it; none where the recognizer does not know its class."""
    said: Said

    @property
    def known(self) -> bool:
        """Whether there is a right name."""
        return bool(self.right)

    def within(self, places: int) -> bool:
        """Whether a right name is among the first so many."""
        place = self.said.place(self.right)
        return place is not None and place <= places

    def verdict(self, min_score: float) -> str:
        """right, wrong or nothing was said; wrong is any name for what has none."""
        answer = self.said.answer(min_score)
        if answer is None:
            return "nothing"
        return "right" if answer in self.right else "wrong"


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """In [0, 1]; None of none."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % (Wilson, JASA 1927), which holds for few clips too.

        None of none.
        """
        if not self.of:
            return None
        n, p, z = self.of, self.count / self.of, SURE
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Figures:
    """What clips say of a recognizer: all but `silent` of those whose class it knows."""

    top1: Share
    """A right name is the first, whatever its score, the background passed over."""
    top3: Share
    """A right name is among the first three, the same way."""
    said: Mapping[str, int]
    """right, wrong, nothing: how often it is said, of clips of known classes."""
    chance1: float | None
    """Share of right names that guesses have on average, all of the recognizer's names alike."""
    chance3: float | None
    """Of three different guesses one is right."""
    silent: Share
    """Of clips of other classes: how often nothing is said, as it should."""


class Point(NamedTuple):
    """What happens if nothing below some score is said."""

    min_score: float
    right: Share
    """Of clips of known classes of which something is said."""
    answered: Share
    """Of clips of known classes."""
    others: Share
    """Of clips of other classes: how many get a name all the same."""


def figures(judged: Sequence[Judged], min_score: float, names: int) -> Figures:
    """What the clips say.

    Args:
        judged: of one recognizer, a clip each.
        min_score: nothing of a lower score is said.
        names: how many the recognizer has, the background left out.
    """
    known = [one for one in judged if one.known]
    others = [one for one in judged if not one.known]
    verdicts = Counter(one.verdict(min_score) for one in known)
    return Figures(
        top1=Share(sum(one.within(1) for one in known), len(known)),
        top3=Share(sum(one.within(PLACES) for one in known), len(known)),
        said={word: verdicts[word] for word in ("right", "wrong", "nothing")},
        chance1=chance(known, names, places=1),
        chance3=chance(known, names, places=PLACES),
        silent=Share(sum(one.verdict(min_score) == "nothing" for one in others), len(others)),
    )


def chance(known: Sequence[Judged], names: int, *, places: int) -> float | None:
    """The expected share of clips for which one of some different random names is right.

    Args:
        known: clips with right names; None comes of none.
        names: to guess among, all alike.
        places: guesses for each clip.
    """
    if not known:
        return None
    tried = min(places, names)
    missed = (comb(names - len(one.right), tried) / comb(names, tried) for one in known)
    return 1 - sum(missed) / len(known)


def curve(judged: Sequence[Judged]) -> list[Point]:
    """What happens as the score rises below which nothing is said, from 0 on.

    One point for each score at which the next clip falls silent.
    """
    known = [one for one in judged if one.known]
    others = [one for one in judged if not one.known]
    scores = {one.said.ranked[0][1] for one in judged if one.said.answer(0.0) is not None}
    points = []
    for score in sorted({0.0, *scores}):
        verdicts = Counter(one.verdict(score) for one in known)
        answered = len(known) - verdicts["nothing"]
        called = sum(one.verdict(score) != "nothing" for one in others)
        points.append(
            Point(
                score,
                Share(verdicts["right"], answered),
                Share(answered, len(known)),
                Share(called, len(others)),
            )
        )
    return points


def by_class(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Clips by what they show, classes in order of the alphabet, those that are known first."""
    groups: dict[str, list[Judged]] = {}
    for one in sorted(judged, key=lambda one: (not one.known, one.clip.label.casefold())):
        groups.setdefault(one.clip.label, []).append(one)
    return groups


def most_said(judged: Iterable[Judged]) -> str:
    """The names that are said first, often ones first, those that are right left out."""
    names = Counter(
        one.said.ranked[0][0] for one in judged if one.said.ranked and not one.within(1)
    )
    return ", ".join(
        name if count == 1 else f"{name} ({count})" for name, count in names.most_common(3)
    )

"""Which takes of everyday actions are filmed for `everyday_videos`, and how each is acted."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from datasets.everyday_actions import ACTIONS
from datasets.everyday_takes import Take
from datasets.everyday_variants import PACES
from datasets.everyday_videos import SHOTS, TESTED, VALIDATED
from datasets.everyday_windows import FRAME_RATE, LONGEST_S, stretched
from datasets.protocols import Split
from wildpose.geometry import Array

PARTS: dict[Split, tuple[str, int]] = {"val": ("shot", SHOTS + VALIDATED), "test": ("test", TESTED)}
"""Split of the takes -> what their clips are for, and how many of each action there are."""
SEED = 22


@dataclass(frozen=True)
class Film:
    """One video that is to be made."""

    take: Take
    action: str
    name: str
    """Of the file, without the folder of its action and without a suffix."""

    @property
    def view(self) -> int:
        """Degrees around the actor from where it is seen, anywhere; 0 is the front."""
        return int(self._rng(0).integers(360))

    @property
    def joints(self) -> Array:
        """(T, 25, 3) m, y up, 30 Hz: the middle of the take, at a pace that a video might show."""
        pace = self._rng(1).uniform(*PACES.get(self.take.source, (1.0, 1.0)))
        joints = stretched(self.take.joints, round(len(self.take.joints) / pace))
        spare = max(0, len(joints) - round(LONGEST_S * FRAME_RATE)) // 2
        return joints[spare : len(joints) - spare]

    def _rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([SEED, purpose, zlib.crc32(self.name.encode())])


def films(takes: Iterable[Take]) -> list[Film]:
    """What is filmed, by action: as many clips of each, from as many people as there are.

    Of the sets in turn, of each a take drawn from all over it. Where an action has fewer takes than
    clips are wanted, each is filmed again, by another body from another side.

    Args:
        takes: of everyday actions; those that train there are passed over.
    """
    by_part: dict[tuple[str, Split], list[Take]] = {}
    for take in takes:
        by_part.setdefault((take.action, take.split), []).append(take)
    return [
        Film(take, action, f"{part}{i:02}_{_plain(take)}")
        for action in ACTIONS
        for split, (part, count) in PARTS.items()
        for i, take in enumerate(_repeated(_in_turn(by_part.get((action, split), [])), count))
    ]


def _in_turn(takes: Sequence[Take]) -> list[Take]:
    """All takes, the first of each set, then the second of each, and so on; of a set as drawn."""
    sources: dict[str, list[Take]] = {}
    for take in sorted(takes, key=lambda take: zlib.crc32(f"{SEED} {take.name}".encode())):
        sources.setdefault(take.source, []).append(take)
    rounds = zip_longest(*(sources[source] for source in sorted(sources)))
    return [take for take in chain.from_iterable(rounds) if take is not None]


def _repeated(takes: Sequence[Take], count: int) -> list[Take]:
    """So many takes, from the first again after the last; none where there is none."""
    return [takes[i % len(takes)] for i in range(count)] if takes else []


def _plain(take: Take) -> str:
    """A take's name without its split, as a file may be called."""
    return "-".join((take.source, take.clip, take.part)).replace("/", "-")

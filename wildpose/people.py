"""Whose tracks are kept: no flickers, the actor that was asked for, at most so many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from wildpose.types import Track

Array = npt.NDArray[np.floating]
MIN_SEEN_S = 0.5  # shorter sightings are mostly things mistaken for people,
MIN_SHARE = 0.25  # but in a short video nobody has to be there for more than this part of it
MIN_SCORE = 0.5  # mean over the joints and frames of a track
ACTORS = "all, largest, first, longest or id=N"
LARGEST = "largest: most box area summed over frames"  # for --help


class Seen(Protocol):
    """Somebody in a video: a track, or a person of a result."""

    @property
    def frames(self) -> npt.NDArray[np.integer]: ...

    @property
    def boxes(self) -> npt.NDArray[np.floating[Any]]: ...

    def __len__(self) -> int: ...


Somebody = TypeVar("Somebody", bound=Seen)


def without_flickers(
    tracks: Sequence[Track], clock: Array, *, min_score: float = MIN_SCORE
) -> list[Track]:
    """Tracks of people who were there for a while, renumbered from 1 in order of appearance.

    Args:
        tracks: as the tracker named them.
        clock: (F,) s, the time of every frame of the video.
        min_score: mean over the joints and frames of a track.
    """
    in_half_a_second = MIN_SEEN_S / float(np.median(np.diff(clock))) if len(clock) > 1 else 1
    least = min(in_half_a_second, MIN_SHARE * len(clock))
    kept = [t for t in tracks if len(t) >= least and float(t.scores.mean()) >= min_score]
    kept.sort(key=lambda t: (int(t.frames[0]), t.id))
    return [replace(track, id=i) for i, track in enumerate(kept, start=1)]


def check_actor(actor: str) -> None:
    """Raise ValueError unless `actor` is one of the words that `select` knows."""
    if actor not in ("all", "largest", "first", "longest") and not re.fullmatch(
        r"id=[1-9]\d*", actor
    ):
        raise ValueError(f"unknown actor {actor!r}: it is one of {ACTORS}")


def select(tracks: Sequence[Track], *, actor: str, max_people: int | None) -> list[Track]:
    """The people that were asked for, with the ids they have among all.

    Args:
        tracks: everyone.
        actor: all; largest, first or longest, see `the_one`; id=N.
        max_people: keep at most so many, the largest as `the_one` counts; None for all.

    Raises:
        ValueError: no such actor word; nobody has that id.
    """
    check_actor(actor)
    if not tracks:
        return []
    chosen = list(tracks)
    if actor.startswith("id="):
        wanted = int(actor.removeprefix("id="))
        chosen = [t for t in tracks if t.id == wanted]
        if not chosen:
            ids = ", ".join(str(t.id) for t in tracks)
            raise ValueError(f"nobody has id {wanted}: the ids in this video are {ids}")
    elif actor != "all":
        chosen = [the_one(tracks, actor)]
    if max_people is not None and len(chosen) > max_people:
        most = sorted(chosen, key=lambda t: -_area_over_time(t))[:max_people]
        chosen = sorted(most, key=lambda t: t.id)
    return chosen


def the_one(people: Sequence[Somebody], actor: str) -> Somebody:
    """Who is meant by a word.

    Args:
        people: one or more.
        actor: largest (most box area, summed over the frames in which they are seen, so that
            somebody who passes close to the camera is not meant); first (to appear; of several the
            largest); longest (most frames).
    """
    if actor == "largest":
        return max(people, key=_area_over_time)
    if actor == "first":
        return min(people, key=lambda one: (int(one.frames[0]), -_area_over_time(one)))
    assert actor == "longest"
    return max(people, key=len)


def _area_over_time(one: Seen) -> float:
    """Area of the boxes summed over frames, px squared."""
    return float(np.prod(one.boxes[:, 2:] - one.boxes[:, :2], axis=1).sum())

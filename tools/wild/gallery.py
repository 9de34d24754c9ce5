"""Clips of which something wrong was said, or nothing where there was something to say."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from tools.wild.gathering import Looked, Row, settings_of
from tools.wild.measures import Judged
from wildpose.batch import one_line
from wildpose.footage import Picture
from wildpose.jpegs import Bytes, jpeg
from wildpose.overlay import draw_person
from wildpose.results import Person
from wildpose.types import Frame
from wildpose.video import prefetch, read_frames

MOMENTS = (1 / 6, 1 / 2, 5 / 6)  # of the time in which the person is in view
HEIGHT, WIDEST = 220, 345  # px of a picture


class Line(NamedTuple):
    """What a row said of a clip."""

    text: str
    right: bool
    """Or rightly silent."""


@dataclass(frozen=True)
class Card:
    """A clip of the gallery."""

    looked: Looked
    lines: tuple[Line, ...]
    """Of each row."""
    pictures: tuple[Bytes, ...]
    """JPEG files: moments of the clip, with the skeleton of the first smoother."""
    problem: str = ""
    """Why there are no pictures."""


def failures(looked: Sequence[Looked], rows: Sequence[Row]) -> list[int]:
    """Which clips belong into the gallery, those of known classes first.

    Args:
        looked: all clips.
        rows: with a verdict on each of them.
    """
    failed = [
        i for i in range(len(looked)) if any(_failed(row.judged[i], row.min_score) for row in rows)
    ]
    return sorted(failed, key=lambda i: not any(row.judged[i].known for row in rows))


def card(looked: Looked, index: int, rows: Sequence[Row]) -> Card:
    """A clip with its pictures.

    Args:
        looked: the clip.
        index: of the clip in the rows.
        rows: with a verdict on it.
    """
    lines = tuple(_line(row.judged[index], row.min_score) for row in rows)
    try:
        return Card(looked, lines, tuple(_pictures(looked)))
    except (OSError, ValueError) as error:  # gone since it was looked at
        return Card(looked, lines, (), one_line(error))


def _failed(one: Judged, min_score: float) -> bool:
    verdict = one.verdict(min_score)
    return verdict != "right" if one.known else verdict == "wrong"


def _line(one: Judged, min_score: float) -> Line:
    """What a row said, and how near it was."""
    said, answer = one.said, one.said.answer(min_score)
    if said.reason:
        return Line(said.reason, right=False)
    told = "nothing said" if answer is None else f"“{answer}” said"
    best = ", ".join(f"{name} {score:.0%}" for name, score in said.ranked[:3])
    background = f"; background {said.background:.0%}" if said.background else ""
    return Line(f"{told}: {best}{background}", right=not _failed(one, min_score))


def _pictures(looked: Looked) -> list[Bytes]:
    wanted = _frames(looked.person, looked.frames)
    assert looked.clip.video is not None  # or there was nothing to look at
    settings = settings_of(looked.clip, "none")
    frames = read_frames(looked.clip.video, start=settings.start, stop=settings.stop)
    found = []
    with closing(prefetch(frames)) as ahead:
        for frame in ahead:
            if frame.index in wanted:
                found.append(jpeg(_shown(frame, looked.person)))
            if frame.index >= wanted[-1]:
                break
    return found


def _frames(person: Person | None, count: int) -> list[int]:
    """Numbers of the frames that are shown."""
    there = np.arange(max(count, 1)) if person is None else person.frames
    return sorted({int(there[int(moment * len(there))]) for moment in MOMENTS})


def _shown(frame: Frame, person: Person | None) -> Picture:
    """A frame, small, with the person's skeleton."""
    picture = frame.image.copy()
    rows = [] if person is None else np.flatnonzero(person.frames == frame.index)
    if person is not None and len(rows):
        draw_person(picture, replace(person, actions=()), int(rows[0]), time=frame.time)
    height, width = picture.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width, 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

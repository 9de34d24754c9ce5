"""The frames of a part of a video: their times, what they show, and the frames beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from wildpose.types import Frame
from wildpose.video import VideoError, read_frames

AROUND_S = 1.0  # before a part, in which the frame before it is looked for
SAME_S = 1e-6  # a time as typed is that of a frame
NEAR_S = 2e-3  # containers count in milliseconds, and round once more where clips begin
SMALL = (32, 18)  # px of a picture that is compared
ALIKE = 6.0  # gray levels of 255: encoding changes 0.05 to 0.25 of them on twelve real videos,
NOTHING = 0.5  # and so much where it does not matter whether another frame fits better
SHIFTS = (-2, -1, 1, 2)
Small = npt.NDArray[np.float32]


class NotSameError(VideoError):
    """A clip that does not show what it should."""


@dataclass(frozen=True)
class Span:
    """A range of time."""

    low: float
    """Seconds in the container's time; frames before it are left out."""
    high: float | None
    """Seconds; frames from it on are left out; None: to the end."""


@dataclass(frozen=True)
class Part:
    """Frames of a video without a gap."""

    times: tuple[float, ...]
    """(T,) s in the container's time."""
    pictures: tuple[Small, ...]
    """(T,) of gray SMALL pictures."""
    before: float | None
    """A time before their first, and not before the frame that comes before it; None: they begin
    what was read."""
    after: float | None
    """Time of the frame after them; None: they end it."""
    first: int
    """Zero-based number of their first frame, of those that were read."""


def span_of(video: Path, span: Span, *, from_start: bool) -> Part:
    """The frames of a video in a range of time; maybe none.

    Args:
        video: the file.
        span: of time.
        from_start: read all of the video, so that `Part.first` counts from its beginning.

    Raises:
        VideoError: the video cannot be read.
    """
    before: float | None = None
    after: float | None = None
    first, times, pictures = 0, list[float](), list[Small]()
    for frame in _frames(video, None if from_start else span.low - AROUND_S):
        if frame.time < span.low - SAME_S:
            before, first = frame.time, frame.index + 1
        elif span.high is not None and frame.time >= span.high - SAME_S:
            after = frame.time
            break
        else:
            times.append(frame.time)
            pictures.append(_small(frame.image))
    if before is None and not from_start:
        before = span.low - AROUND_S  # no frame is between it and the first
    return Part(tuple(times), tuple(pictures), before, after, first)


def check_same(clip: Path, part: Part) -> None:
    """Complain of a clip that does not show a part, frame by frame, at the same distances in time.

    Raises:
        NotSameError: the line tells what differs.
    """
    times, pictures = list[float](), list[Small]()
    try:
        for frame in read_frames(clip):
            times.append(frame.time)
            pictures.append(_small(frame.image))
    except VideoError as error:
        raise NotSameError(f"could not be cut: what came {error}") from None
    if len(times) != len(part.times):
        raise NotSameError(f"could not be cut: {len(times)} frames came of {len(part.times)}")
    if np.abs(np.array(times) - np.array(part.times) + part.times[0]).max() > NEAR_S:
        raise NotSameError("could not be cut: its frames were moved in time")
    apart = _apart(pictures, part.pictures, 0)
    shifted = min(_apart(pictures, part.pictures, shift) for shift in SHIFTS)
    if apart > ALIKE or apart > max(NOTHING, 2 * shifted):
        raise NotSameError("could not be cut: other frames came than those that were asked for")


def _frames(video: Path, start: float | None) -> Iterator[Frame]:
    """Frames from a time on; none where the video ends before."""
    frames = read_frames(video, start=start)
    try:
        yield next(frames)
    except VideoError:
        return
    yield from frames


def _small(picture: npt.NDArray[np.uint8]) -> Small:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, SMALL, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _apart(ours: Sequence[Small], theirs: Sequence[Small], shift: int) -> float:
    """Mean distance in gray levels of pictures that are `shift` apart; inf where there are none."""
    pairs = list(zip(ours[max(shift, 0) :], theirs[max(-shift, 0) :], strict=False))
    if not pairs:
        return np.inf
    return float(np.mean([np.abs(one - other).mean() for one, other in pairs]))

"""Windows of people with what the camera saw of them, cut out of a video while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wildpose.cutting import (
    SEEN_SCORE,
    cut,
    hand_places,
    hand_squares,
    part_kept,
    places_in,
    trunk_length,
)
from wildpose.decoding import VideoError
from wildpose.footage import Footage, Making
from wildpose.jpegs import Bytes, Jpegs, jpeg
from wildpose.types import Clip, Frame, SkeletonSequence
from wildpose.windows import MAX_GAP_S, Span, clips

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Looking:
    """What a recognizer is shown of a window."""

    making: Making
    """How footage is made."""
    frame_rate: float
    """Hz, of clips."""
    trunk_px: float | None = None
    """How large people were in the videos in which squares around hands had `making.hand_px`, see
    `wildpose.cutting.trunk_length`: of people who are larger or smaller they are too. None: nobody
    knows, and they are of that many px of any video."""


@dataclass(frozen=True)
class FilmedWindow:
    """One person's window, whole."""

    person: int
    """Row of the person's sequence."""
    window: int
    """Row of the span among that person's."""
    clip: Clip
    """Of that person alone, with footage."""


def filmed(
    sequences: Sequence[SkeletonSequence],
    cuts: Sequence[Sequence[Span]],
    frames: Iterable[Frame],
    looking: Looking,
) -> Iterator[FilmedWindow]:
    """Windows, each as soon as its last picture was read; nothing is read after the last one.

    A frame of a clip shows the picture nearest to it in time, and the joints where they are in that
    picture. What is kept in memory are the small pictures of windows that are not whole yet, so it
    does not grow with the video.

    Args:
        sequences: of each person, with `joints_2d`, px in the frames; times as of the frames.
        cuts: of each sequence, in order of time, as `wildpose.windows.spans` gives them.
        frames: of the video, in order of time.
        looking: what is cut out.

    Raises:
        ValueError: a sequence has no joints_2d, or no joints that hands could be found by.
        VideoError: the video ends before a window does.
    """
    people = [
        _windows(person, sequence, spans, looking.frame_rate)
        for person, (sequence, spans) in enumerate(zip(sequences, cuts, strict=True))
    ]
    to_come = merge(*people, key=lambda window: window.wanted[0])
    following, begun = next(to_come, None), list[_Window]()
    if following is None:
        return
    for frame, reach in _with_reach(frames, max(MAX_GAP_S, 1 / looking.frame_rate)):
        while following is not None and following.wanted[0] <= reach:
            begun.append(following)
            following = next(to_come, None)
        scene = _Scene(frame)
        for window in begun:
            window.look(scene, reach, looking)
        yield from (window.finished() for window in begun if window.is_whole)
        begun = [window for window in begun if not window.is_whole]
        if following is None and not begun:
            return
    raise VideoError("the video ends before the skeletons do: are they of another video?")


def _with_reach(frames: Iterable[Frame], after: float) -> Iterator[tuple[Frame, float]]:
    """Frames, and the times in seconds up to which each is the nearest.

    Args:
        frames: in order of time.
        after: seconds for which the last one stands.
    """
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            yield held, (held.time + frame.time) / 2
        held = frame
    if held is not None:
        yield held, held.time + after


class _Scene:
    """A frame, of which whole pictures are made small once for all who are in it."""

    def __init__(self, frame: Frame):
        self.frame = frame
        self.height, self.width = frame.image.shape[:2]
        self._whole: Bytes | None = None

    def shown(self, part: Array, making: Making) -> Bytes:
        """The JPEG file of a part of it."""
        if making.kept != "whole":
            return jpeg(cut(self.frame.image, part, making.size))
        if self._whole is None:
            self._whole = jpeg(cut(self.frame.image, part, making.size))
        return self._whole


class _Seen(NamedTuple):
    """One person in one picture."""

    places: Array
    """(J, 2) px."""
    seen: Mask
    """(J,)."""
    there: bool
    """Whether the person was seen at all."""


class _Tracked:
    """One person as the pictures show them."""

    def __init__(self, sequence: SkeletonSequence):
        """Set up.

        Raises:
            ValueError: nobody knows where the person is in the pictures.
        """
        if sequence.joints_2d is None:
            raise ValueError("the skeleton does not say where it is in the video: give joints_2d")
        self.sequence, self.joint_set = sequence, sequence.joint_set
        self.times, self.places = sequence.times, sequence.joints_2d
        self.seen = sequence.observed[:, None] & (sequence.scores >= SEEN_SCORE)
        """(T, J)."""
        steps = np.diff(self.times)
        self._near = (float(np.median(steps)) / 2 if len(steps) else 0.0) + 1e-3

    def at(self, time: float) -> _Seen:
        """The person at the time of a picture.

        Without a row at that time, in a straight line from the one before to the next, and seen as
        in the nearest, unless that is farther away than rows are from each other.
        """
        after = int(np.searchsorted(self.times, time))
        rows = np.clip([after - 1, after], 0, len(self.times) - 1)
        near = self.times[rows]
        share = (time - near[0]) / (near[1] - near[0]) if near[0] < time < near[1] else 1.0
        mixed = (1 - share) * self.places[rows[0]] + share * self.places[rows[1]]
        nearest = rows[int(np.argmin(np.abs(near - time)))]
        near_enough = bool(abs(self.times[nearest] - time) <= self._near)
        there = near_enough and bool(self.sequence.observed[nearest])
        return _Seen(mixed, self.seen[nearest] & near_enough, there)


class _Window:
    """A window that pictures are gathered for."""

    def __init__(self, place: tuple[int, int], clip: Clip, who: _Tracked, wanted: Array):
        """Set up.

        Args:
            place: rows of the person and of the window.
            clip: T frames.
            who: the person.
            wanted: (T,) s, the times of those frames.
        """
        self.wanted = wanted
        self._place, self._clip, self._who = place, clip, who
        self._part: Array | None = None
        self._size = 1.0  # of the person, where people of the training have 1
        self._pictures: list[Bytes] = []
        self._hands: list[list[Bytes]] = []
        self._places: list[Array] = []
        self._seen: list[Mask] = []

    @property
    def is_whole(self) -> bool:
        return len(self._pictures) == len(self.wanted)

    def look(self, scene: _Scene, reach: float, looking: Looking) -> None:
        """Take a picture for each moment that it is the nearest to, if there is any."""
        until = int(np.searchsorted(self.wanted, reach, side="right"))
        times = until - len(self._pictures)
        if times <= 0:
            return
        making = looking.making
        if self._part is None:
            self._part = self._measured(scene, looking)
        person = self._who.at(scene.frame.time)
        inside = places_in(person.places, self._part, making.size)
        self._pictures += [scene.shown(self._part, making)] * times
        self._places += [np.where(person.seen[:, None], inside, 0.0)] * times
        self._seen += [person.seen] * times
        if making.hand_px is not None:
            self._hands += [self._hands_in(scene, person, making.hand_px)] * times

    def finished(self) -> FilmedWindow:
        """The clip with all its pictures."""
        footage = Footage(
            Jpegs(self._pictures),
            np.stack(self._places)[None].astype(np.float32),
            np.stack(self._seen)[None],
            Jpegs(self._hands) if self._hands else None,
        )
        return FilmedWindow(*self._place, replace(self._clip, footage=footage))

    def _measured(self, scene: _Scene, looking: Looking) -> Array:
        """What is kept of the pictures; how large the person is."""
        who = self._who
        rows = slice(*np.searchsorted(who.times, [self.wanted[0] - 1e-9, self.wanted[-1] + 1e-9]))
        places, seen = who.places[rows], who.seen[rows]
        trunk = trunk_length(places, seen, who.joint_set)
        if trunk is not None and looking.trunk_px is not None:
            self._size = trunk / looking.trunk_px
        return part_kept(places, seen, looking.making.kept, scene.width, scene.height)

    def _hands_in(self, scene: _Scene, person: _Seen, shown: int) -> list[Bytes]:
        """JPEG files of the left and the right one."""
        side = min(shown * self._size, max(scene.width, scene.height))
        # Also where a hand is not sure: the sensors that data sets were made with guess hidden ones
        # too, and networks have seen what is there instead, but few have seen black.
        guessed = np.full(len(person.seen), person.there)
        places, known = hand_places(person.places, guessed, self._who.joint_set)
        squares = hand_squares(scene.frame.image, places, known, side=side, shown=shown)
        return [jpeg(square) for square in squares]


def _windows(
    person: int, sequence: SkeletonSequence, spans: Sequence[Span], frame_rate: float
) -> Iterator[_Window]:
    """Of one person, in order of time, made when they are asked for."""
    who = _Tracked(sequence)
    made = clips(sequence, spans, frame_rate=frame_rate)
    for window, (span, clip) in enumerate(zip(spans, made, strict=True)):
        first = int(np.searchsorted(who.times, span.start - 1e-9))  # as `clips` has it
        wanted = who.times[first] + np.arange(len(clip)) / frame_rate
        yield _Window((person, window), clip, who, wanted)

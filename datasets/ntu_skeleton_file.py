"""The .skeleton files of NTU RGB+D: everybody whom the Kinect tracked, frame by frame.

The format (Shahroudy et al., CVPR 2016, and the set's own `read_skeleton_file.m`), all of it text:

    number of frames
      number of bodies                                                      in each frame
        id, 6 numbers of the hands, 2 of the lean, tracking state           of each body: 10 fields
        number of joints: 25
          x y z, depth x y, colour x y, orientation w x y z, state          of each joint: 12 fields

A file of that layout to the letter is read whole, in arrays; any other goes line by line through
`ntu_skeleton_lines`, which forgives blanks, and says what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.decimal_text import Places, Text, decimal_numbers
from datasets.ntu_skeleton_lines import (
    BODY_FIELDS,
    HIGHEST_STATE,
    JOINT_FIELDS,
    JOINTS,
    STATE,
    VALUES,
    Rows,
    rows_by_line,
)
from wildpose.geometry import Array

_LAYOUT = np.array([BODY_FIELDS, 1, *[JOINT_FIELDS] * JOINTS])  # fields of the lines of a body


@dataclass(frozen=True)
class TrackedBody:
    """One body that the Kinect tracked under one id; t are the frames in which it was there."""

    id: str
    """As the file writes it: a 64-bit number, which a float would not hold."""
    frames: npt.NDArray[np.int64]
    """(t,) zero-based, increasing; a body may vanish and return."""
    joints: Array
    """(t, 25, 3) float64 m, kinect25, kinect axes; zeros where `joints_known` is False."""
    joints_known: npt.NDArray[np.bool_]
    """(t, 25) False where a coordinate is no number, and where all joints of a frame are zero."""
    colour: Array
    """(t, 25, 2) float64 px in the 1920 x 1080 video as it was filmed, in a mirror; whole numbers
    are centres of pixels. Zeros where `colour_known` is False."""
    colour_known: npt.NDArray[np.bool_]
    """(t, 25) False where a coordinate is no number."""
    states: npt.NDArray[np.uint8]
    """(t, 25) 0 not tracked, 1 inferred, 2 tracked."""


@dataclass(frozen=True)
class SkeletonFile:
    """What a file holds."""

    frame_count: int
    """Frames of the recording, also those without anybody."""
    bodies: tuple[TrackedBody, ...]
    """In the order in which they first appear; empty where nobody was tracked."""


def read_skeleton_file(path: Path) -> SkeletonFile:
    """Everybody in a file. No frames or no bodies are no error here: such files exist.

    Raises:
        ValueError: the file is not of the format; one line says in which line, and why.
    """
    data = path.read_bytes()
    _keep_memory(8 * len(data))
    rows = rows_at_once(data)
    if rows is None:
        rows = rows_by_line(path, data)
    return SkeletonFile(rows.frame_count, tuple(_bodies(path, rows)))


def _keep_memory(size: int) -> None:
    """Allocate and free a block that nobody touches.

    glibc hands freed memory back to the system, and the next file would fault it in again page by
    page, unless a block as large was freed before. This halves the time of a loop over files.
    """
    np.empty(size, dtype=np.uint8)


def rows_at_once(data: bytes) -> Rows | None:
    """The rows of a file of exact layout; None: it has to be read line by line."""
    table = _Table.of(data)
    if table is None:
        return None
    heads = np.flatnonzero(table.fields == BODY_FIELDS)
    lines = heads[:, None] + np.arange(len(_LAYOUT))  # (R, 27) of each body
    frames = _frames(table, lines)
    if frames is None:
        return None
    values = _values(table, lines[:, 2:])
    states = _states(table, lines[:, 2:])
    if values is None or states is None:
        return None
    frame_of_row = np.repeat(np.arange(len(frames)), frames)
    return Rows(len(frames), frame_of_row, table.first_fields(heads), values, states)


@dataclass(frozen=True)
class _Table:
    """Where the fields of a text are; each is between two gaps."""

    data: bytes
    text: Text
    gaps: Places
    """Of all blanks and line ends, and -1, which stands before the first field."""
    first: Places
    """(L,) index of the gap before each line's first field."""
    fields: Places
    """(L,) how many each line has."""

    @staticmethod
    def of(data: bytes) -> _Table | None:
        """A table, or None where not just one gap lies between fields, or the end is cut off."""
        text = np.frombuffer(data, dtype=np.uint8)
        if not data.endswith(b"\n"):
            return None
        gaps = np.concatenate([[-1], np.flatnonzero(text <= ord(" "))])
        newlines = np.flatnonzero(text.take(gaps) == ord("\n"))  # also -1: the last byte is one
        fields = np.diff(newlines)
        at_end = int(fields[0]) - 1  # 1 where lines end with two gaps, as in "\r\n"
        doubled = gaps[1:][np.diff(gaps) == 1]  # the second of each two
        if at_end not in (0, 1) or len(doubled) != at_end * len(fields):
            return None
        if (text.take(doubled) != ord("\n")).any():  # as many as there should be, but elsewhere
            return None
        return _Table(data, text, gaps, newlines[:-1], fields - at_end)

    def places(self, lines: Places, columns: Sequence[int]) -> tuple[Places, Places]:
        """(..., columns) starts and ends in the text of some fields of (...) lines."""
        before = self.first[lines][..., None] + np.array(columns)
        return self.gaps.take(before) + 1, self.gaps.take(before + 1)

    def first_fields(self, lines: Places) -> list[bytes]:
        """The text of the first field of each of (N,) lines."""
        before = self.first[lines]
        starts, ends = self.gaps[before] + 1, self.gaps[before + 1]
        return [self.data[a:z] for a, z in zip(starts.tolist(), ends.tolist(), strict=True)]


def _frames(table: _Table, lines: Places) -> list[int] | None:
    """How many bodies each frame has; None where lines do not follow each other as they should."""
    L = len(table.fields)
    if lines.size and lines[-1, -1] >= L:
        return None
    if (table.fields[lines] != _LAYOUT).any():
        return None
    if not {b"25"}.issuperset(table.first_fields(lines[:, 1])):
        return None
    counts = np.ones(L, dtype=bool)  # lines that are no body's tell how many follow
    counts[lines] = False
    counts = np.flatnonzero(counts)
    if (table.fields[counts] != 1).any():
        return None
    try:
        frame_count, *frames = map(int, table.first_fields(counts))
    except ValueError:
        return None
    following = np.diff(np.searchsorted(lines[:, 0], np.append(counts, L)))
    return frames if following.tolist() == [0, *frames] and frame_count == len(frames) else None


def _values(table: _Table, lines: Places) -> Array | None:
    """(R, 25, 5) VALUES of the joints' lines; None where one is no number."""
    starts, ends = table.places(lines, VALUES)
    values, sure = decimal_numbers(table.data, starts.ravel(), ends.ravel())
    other = np.flatnonzero(~sure)
    places = zip(starts.ravel()[other].tolist(), ends.ravel()[other].tolist(), strict=True)
    try:
        values[other] = [float(table.data[a:z]) for a, z in places]
    except ValueError:
        return None
    return values.reshape(starts.shape)


def _states(table: _Table, lines: Places) -> npt.NDArray[np.uint8] | None:
    """(R, 25) tracking states; None where one is none."""
    starts, ends = table.places(lines, (STATE,))
    states = table.text[starts] - np.uint8(ord("0"))  # wraps below "0", so that it is too high
    return (
        states[..., 0] if (ends == starts + 1).all() and (states <= HIGHEST_STATE).all() else None
    )


def _bodies(path: Path, rows: Rows) -> Iterator[TrackedBody]:
    """Rows by body, in the order in which bodies first appear."""
    rows_of: dict[bytes, list[int]] = {}
    for row, body in enumerate(rows.ids):
        rows_of.setdefault(body, []).append(row)
    for body, its_rows in rows_of.items():
        own = np.array(its_rows)
        name, frames = body.decode("ascii", "backslashreplace"), rows.frames[own]
        if (again := np.flatnonzero(np.diff(frames) == 0)).size:
            raise ValueError(f"{path}: body {name} is twice in frame {frames[again[0]] + 1}")
        values = rows.values[own]
        joints, joints_known = _finite(values[..., :3])
        colour, colour_known = _finite(values[..., 3:])
        joints_known &= (joints != 0).any(axis=(1, 2))[:, None]
        states = rows.states[own]
        yield TrackedBody(name, frames, joints, joints_known, colour, colour_known, states)


def _finite(points: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """(t, 25, C) points, zero where a coordinate is no number, and (t, 25) where all are."""
    known = np.isfinite(points)
    if known.all():
        return points, known[..., 0]
    known = np.all(known, axis=-1)
    return np.where(known[..., None], points, 0.0), known

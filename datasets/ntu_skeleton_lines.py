"""The .skeleton files of NTU RGB+D line by line: slower, forgiving, clear about what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array

JOINTS = 25
BODY_FIELDS, JOINT_FIELDS = 10, 12  # of a line
VALUES = (0, 1, 2, 5, 6)  # fields of a joint that are kept: x, y, z, colour x, colour y
STATE = 11  # the field of its tracking state
HIGHEST_STATE = 2
LONGEST_COUNT = 9  # digits; none of the set's has more than three
# Control characters are blanks, so that a hole in a file, of zero bytes, is one.
_BLANKS = bytes(ord(" ") if c <= ord(" ") and c != ord("\n") else c for c in range(256))


class Rows(NamedTuple):
    """The bodies of a file, one row per body and frame, in its order."""

    frame_count: int
    frames: npt.NDArray[np.int64]
    """(R,) zero-based."""
    ids: Sequence[bytes]
    """(R,)"""
    values: Array
    """(R, 25, 5) float64 VALUES; NaN or infinite where the file says so."""
    states: npt.NDArray[np.uint8]
    """(R, 25)"""


def rows_by_line(path: Path, data: bytes) -> Rows:
    """The rows of a file. More blanks than one and empty lines are as good as one blank and none.

    Args:
        path: of the file, for messages.
        data: its content.

    Raises:
        ValueError: one line, `path: line n: what is wrong`.
    """
    lines = _Lines(path, data)
    frame_count = lines.count("the number of frames")
    frames: list[int] = []
    ids: list[bytes] = []
    values: list[float] = []
    states: list[int] = []
    for frame in range(frame_count):
        where = f"frame {frame + 1} of {frame_count}"
        for _ in range(lines.count(f"the number of bodies in {where}")):
            frames.append(frame)
            ids.append(lines.fields(BODY_FIELDS, f"a body in {where}")[0])
            for numbers, state in _joints(lines, where):
                values += numbers
                states.append(state)
    lines.finish(f"its {frame_count} frames")
    return Rows(
        frame_count,
        np.array(frames, dtype=np.int64),
        ids,
        np.array(values, dtype=np.float64).reshape(-1, JOINTS, len(VALUES)),
        np.array(states, dtype=np.uint8).reshape(-1, JOINTS),
    )


def _joints(lines: _Lines, where: str) -> list[tuple[list[float], int]]:
    """VALUES and state of each joint of one body."""
    count = lines.count(f"the number of joints in {where}")
    if count != JOINTS:
        lines.fail(f"{count} joints in {where}, expected {JOINTS}")
    joints = []
    for _ in range(JOINTS):
        fields = lines.fields(JOINT_FIELDS, f"a joint in {where}")
        numbers = [lines.number(fields[k], where) for k in VALUES]
        joints.append((numbers, lines.state(fields[STATE], where)))
    return joints


class _Lines:
    """Lines that are not empty, one after the other, checked as they are read."""

    def __init__(self, path: Path, data: bytes):
        text = data.translate(_BLANKS).rstrip()
        if not text:
            raise ValueError(f"{path}: the file is empty")
        lines = text.split(b"\n")
        self._path = path
        self._lines = enumerate(lines, start=1)
        self._last = len(lines)
        self._at = 0

    def fields(self, count: int, what: str) -> list[bytes]:
        """The fields of the next line."""
        for number, line in self._lines:
            self._at, fields = number, line.split()
            if len(fields) == count:
                return fields
            if fields:
                cut = ": is the file cut off?" if self._at == self._last else ""
                self.fail(f"expected {what}, {_counted(count)}; got {_counted(len(fields))}{cut}")
        return self.fail(f"the last one, where {what} should follow: is the file cut off?")

    def count(self, what: str) -> int:
        """A whole number that has its own line."""
        (text,) = self.fields(1, what)
        if not text.isdigit() or len(text) > LONGEST_COUNT:
            self.fail(f"expected {what}, got {_quoted(text)}")
        return int(text)

    def number(self, text: bytes, where: str) -> float:
        """A coordinate; NaN and infinity are numbers here."""
        try:
            return float(text)
        except ValueError:
            return self.fail(f"{_quoted(text)} in {where} is not a number")

    def state(self, text: bytes, where: str) -> int:
        """A tracking state."""
        if text not in (b"0", b"1", b"2"):
            self.fail(f"expected a tracking state of 0, 1 or 2 in {where}, got {_quoted(text)}")
        return int(text)

    def finish(self, what: str) -> None:
        """Nothing but blanks may follow."""
        for number, line in self._lines:
            if line.strip():
                self._at = number
                self.fail(f"more follows after {what}: {_quoted(line.strip())}")

    def fail(self, reason: str) -> NoReturn:
        """Say what is wrong in the line that was read last."""
        raise ValueError(f"{self._path}: line {self._at}: {reason}")


def _counted(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"


def _quoted(text: bytes) -> str:
    """Bytes as they can be printed, cut where they are long."""
    shown = text[:40].decode("ascii", "backslashreplace")
    return repr(shown + ("..." if len(text) > 40 else ""))

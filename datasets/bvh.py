"""Motion capture from BVH files: where every joint is, and how it is turned, in every frame.

BVH (Biovision Hierarchy) is text: a tree of joints with offsets from their parents, then one
row of channel values per frame. Meredith and Maddock, Motion Capture File Formats Explained,
2001. Units and axes are the file's own; only the frame time is known to be seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from wildpose.geometry import Array, rotation_x, rotation_y, rotation_z

TURNS = {"Xrotation": rotation_x, "Yrotation": rotation_y, "Zrotation": rotation_z}
SHIFTS = {"Xposition": 0, "Yposition": 1, "Zposition": 2}


@dataclass(frozen=True)
class Motion:
    """One figure through time, in the units and axes of its file."""

    names: tuple[str, ...]
    """(J) joints, every parent before its children; the end site of `Hand` is `Hand.end`."""
    parents: tuple[int, ...]
    """(J) index of the joint that each hangs on, -1 for the root."""
    positions: Array
    """(T, J, 3) world."""
    rotations: Array
    """(T, J, 3, 3) from the joint's own axes to the world's."""
    frame_time: float
    """Seconds from one frame to the next."""

    def __len__(self) -> int:
        return len(self.positions)

    def index(self, name: str) -> int:
        """Position of a joint in the list.

        Raises:
            KeyError: the figure has no such joint.
        """
        if name not in self.names:
            raise KeyError(f"no joint {name!r}: the figure has {', '.join(self.names)}")
        return self.names.index(name)

    def at(self, name: str, offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Array:
        """(T, 3) positions of a joint, or of a point fixed to it at an offset in its own axes."""
        joint = self.index(name)
        return self.positions[:, joint] + self.rotations[:, joint] @ np.array(offset)


@dataclass(frozen=True)
class _Joint:
    name: str
    parent: int
    offset: tuple[float, ...]
    channels: tuple[str, ...]


def read_bvh(path: Path, *, needed: tuple[str, ...] = ()) -> Motion:
    """The motion in one BVH file.

    Rotations apply in the order of the channels, first channel outermost. A joint's position
    channels stand in place of its offset, they are not added to it: files that have them for
    every joint repeat the offset there.

    Args:
        path: the file.
        needed: joints that the figure must have.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is malformed or cut off, or has no such figure; the message names
            it, and the line.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    texts = [line.strip() for line in lines]
    if "MOTION" not in texts:
        raise ValueError(f"{path}: no line MOTION: not a BVH file, or cut off")
    start = texts.index("MOTION")
    joints = _hierarchy(_Words(path, texts[:start]))
    names = tuple(joint.name for joint in joints)
    missing = [name for name in needed if name not in names]
    if missing:
        raise ValueError(
            f"{path}: the figure lacks {', '.join(missing)}; it has {len(names)} joints"
        )
    values, frame_time = _values(path, texts, start + 1, sum(len(j.channels) for j in joints))
    positions, rotations = _placed(joints, values)
    return Motion(names, tuple(j.parent for j in joints), positions, rotations, frame_time)


def _fail(path: Path, line: int, what: str) -> NoReturn:
    raise ValueError(f"{path}: line {line}: {what}")


class _Words:
    """The words of the hierarchy one by one, each with its line for error messages."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self.line = 0
        self._words = self._split(lines)

    def _split(self, lines: list[str]) -> Iterator[str]:
        for self.line, line in enumerate(lines, start=1):
            yield from line.split()

    def fail(self, what: str) -> NoReturn:
        _fail(self.path, self.line, what)

    def take(self) -> str:
        word = next(self._words, None)
        return self.fail("the hierarchy ends too early") if word is None else word

    def expect(self, *allowed: str) -> str:
        word = self.take()
        if word not in allowed:
            self.fail(f"expected {' or '.join(allowed)}, got {word[:40]!r}")
        return word

    def number(self) -> float:
        word = self.take()
        try:
            number = float(word)
        except ValueError:
            self.fail(f"expected a number, got {word[:40]!r}")
        return number if np.isfinite(number) else self.fail(f"expected a number, got {word}")

    def expect_end(self) -> None:
        word = next(self._words, None)
        if word is not None:
            self.fail(f"expected MOTION after the root's closing brace, got {word[:40]!r}")


def _hierarchy(words: _Words) -> list[_Joint]:
    """All joints and end sites, parents first."""
    words.expect("HIERARCHY")
    words.expect("ROOT")
    joints = [_joint(words, -1)]
    opened = [0]
    while opened:
        word = words.expect("JOINT", "End", "}")
        if word == "JOINT":
            joints.append(_joint(words, opened[-1]))
            opened.append(len(joints) - 1)
        elif word == "End":
            joints.append(_end_site(words, joints[opened[-1]].name, opened[-1]))
        else:
            opened.pop()
        if len({joint.name for joint in joints}) < len(joints):
            words.fail(f"a second joint called {joints[-1].name}")
    words.expect_end()
    return joints


def _joint(words: _Words, parent: int) -> _Joint:
    """Name, offset and channels; its children and closing brace are still to come."""
    name = words.take()
    words.expect("{")
    offset = _offset(words)
    words.expect("CHANNELS")
    count = words.take()
    if not count.isdecimal():
        words.fail(f"expected the number of channels, got {count[:40]!r}")
    channels = tuple(words.expect(*SHIFTS, *TURNS) for _ in range(int(count)))
    if len(set(channels)) < len(channels):
        words.fail(f"a channel of {name} comes twice")
    return _Joint(name, parent, offset, channels)


def _end_site(words: _Words, name: str, parent: int) -> _Joint:
    words.expect("Site")
    words.expect("{")
    offset = _offset(words)
    words.expect("}")
    return _Joint(f"{name}.end", parent, offset, ())


def _offset(words: _Words) -> tuple[float, ...]:
    words.expect("OFFSET")
    return tuple(words.number() for _ in range(3))


def _values(path: Path, texts: list[str], start: int, columns: int) -> tuple[Array, float]:
    """(T, columns) channel values and the frame time, from the lines after MOTION."""
    rows = [(line, text.split()) for line, text in enumerate(texts[start:], start + 1) if text]
    if len(rows) < 2:
        _fail(path, len(texts), "expected Frames: and Frame Time: after MOTION")
    frames = _setting(path, *rows[0], ["Frames:"])
    frame_time = _setting(path, *rows[1], ["Frame", "Time:"])
    if len(rows) - 2 != frames or not frames:
        _fail(path, rows[0][0], f"{frames:g} frames announced, {len(rows) - 2} rows of values came")
    for line, row in rows[2:]:
        if len(row) != columns:
            _fail(path, line, f"expected {columns} values, got {len(row)}")
    return np.stack([_numbers(path, line, row) for line, row in rows[2:]]), frame_time


def _setting(path: Path, line: int, words: list[str], key: list[str]) -> float:
    if words[:-1] != key:
        _fail(path, line, f"expected {' '.join(key)} and a number, got {' '.join(words)[:60]!r}")
    number = float(_numbers(path, line, words[-1:])[0])
    if number < 0 or (number == 0 and key != ["Frames:"]):
        _fail(path, line, f"{' '.join(key)} must be positive, got {number:g}")
    return number


def _numbers(path: Path, line: int, words: list[str]) -> Array:
    try:
        numbers = np.array(words, dtype=float)
    except ValueError as error:
        _fail(path, line, str(error))
    if not np.isfinite(numbers).all():
        _fail(path, line, "NaN or infinity among the values")
    return numbers


def _placed(joints: list[_Joint], values: Array) -> tuple[Array, Array]:
    """(T, J, 3) positions and (T, J, 3, 3) rotations in the world, from the root outwards."""
    T, J = len(values), len(joints)
    positions, rotations = np.zeros((T, J, 3)), np.zeros((T, J, 3, 3))
    column = 0
    for j, joint in enumerate(joints):
        shift, turn = np.tile(joint.offset, (T, 1)), np.tile(np.eye(3), (T, 1, 1))
        for channel in joint.channels:
            if channel in SHIFTS:
                shift[:, SHIFTS[channel]] = values[:, column]
            else:
                turn = turn @ TURNS[channel](np.radians(values[:, column]))
            column += 1
        if joint.parent >= 0:
            above = rotations[:, joint.parent]
            shift = positions[:, joint.parent] + np.einsum("tij,tj->ti", above, shift)
            turn = above @ turn
        positions[:, j], rotations[:, j] = shift, turn
    return positions, rotations

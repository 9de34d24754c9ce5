"""Pictures of clips, made small once for all trainings: a file per clip, read frame by frame.

    DATA/SET/footage/whole_256x256_hands50/NAME.npz

holds the pictures and hands of the clip NAME, and the places of its joints; `footage_index` tells
whether all clips of the folder are there.

A JPEG of 256 x 256 is read in half a millisecond, from anywhere in the clip: a video would have to
be decoded from its start, at the size that it was filmed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import overload
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from wildpose.atomic import writing
from wildpose.footage import Footage, Picture
from wildpose.jpegs import decoded, jpeg

FOOTAGE = "footage"  # folder below a data set's, of one folder for each way to make it
# Of what is kept of a recording. Raise it where `footage_making` cuts otherwise, or this file keeps
# otherwise: tools/prepare_footage.py then makes anew what there is.
VERSION = 1
# What numpy raises of a file that is cut off, or none of its own.
DAMAGED = (KeyError, ValueError, OSError, EOFError, BadZipFile)
Bytes = npt.NDArray[np.uint8]


class JpegPictures(Sequence[Picture]):
    """Pictures that are decoded when they are asked for."""

    def __init__(self, data: Bytes, ends: npt.NDArray[np.int64]):
        """Set up.

        Args:
            data: (n,) JPEG files one after the other.
            ends: (T,) where each ends.
        """
        self._data, self._ends = data, ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | list[Picture]:
        """(H, W, 3) RGB.

        Raises:
            ValueError: the picture is damaged.
        """
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        start = int(self._ends[index - 1]) if index else 0
        try:
            return decoded(self._data[start : self._ends[index]])
        except ValueError:
            raise ValueError(f"picture {index} is damaged") from None


class JpegHands(Sequence[Bytes]):
    """Squares around hands, each a file of its own: in one, colours would run over their edges."""

    def __init__(self, squares: JpegPictures, hands: int):
        """Set up.

        Args:
            squares: T times 2 M, those of a frame side by side.
            hands: 2 M.
        """
        self._squares, self._hands = squares, hands

    def __len__(self) -> int:
        return len(self._squares) // self._hands

    @overload
    def __getitem__(self, index: int) -> Bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[Bytes]: ...
    def __getitem__(self, index: int | slice) -> Bytes | list[Bytes]:
        """(2 M, S, S, 3) RGB."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        first = range(len(self))[index] * self._hands
        return np.stack(self._squares[first : first + self._hands])


def write_footage(path: Path, footage: Footage) -> None:
    """Keep a clip's footage in a file, which appears when it is whole."""
    kept: dict[str, npt.NDArray] = {
        "version": np.array(VERSION),
        "joints_2d": footage.joints_2d.astype(np.float32),
        "seen_2d": footage.seen_2d,
    }
    kept["pictures"], kept["picture_ends"] = _encoded(footage.pictures)
    if footage.hands is not None:
        every = (square for hands in footage.hands for square in hands)
        kept["hands"], kept["hand_ends"] = _encoded(every)
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **kept)


def read_footage(path: Path, *, hands: bool = True) -> Footage:
    """The footage of a clip.

    Args:
        path: of its file.
        hands: with the squares around hands, where any are kept.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is damaged, of another kind, or made by another version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no footage {path}: tools/prepare_footage.py makes it")
    try:
        with path.open("rb") as file, np.load(file) as kept:
            version, seen, of_hands = _version(kept), kept["seen_2d"], None
            if hands and "hands" in kept:
                squares = JpegPictures(kept["hands"], kept["hand_ends"])
                of_hands = JpegHands(squares, 2 * len(seen))
            pictures = JpegPictures(kept["pictures"], kept["picture_ends"])
            footage = Footage(pictures, kept["joints_2d"], seen, of_hands)
    except DAMAGED as error:
        raise ValueError(
            f"{path}: no footage, or damaged: run tools/prepare_footage.py again, which makes it "
            "anew"
        ) from error
    if version != VERSION:
        raise ValueError(
            f"{path}: made by another version: run tools/prepare_footage.py again, which makes it "
            "anew"
        )
    return footage


def is_footage_of(path: Path, shape: tuple[int, ...]) -> bool:
    """Whether a file is whole footage of a skeleton, as this version makes it.

    Args:
        path: of the file, which may be missing.
        shape: (M, T, J) people, frames and joints of the skeleton.
    """
    try:
        with path.open("rb") as file, np.load(file) as kept:
            frames = len(kept["picture_ends"])
            return _version(kept) == VERSION and (kept["seen_2d"].shape, frames) == (
                shape,
                shape[1],
            )
    except DAMAGED:
        return False


def _version(kept: Mapping[str, npt.NDArray]) -> int:
    """That made a file; the first did not say so."""
    return int(kept["version"]) if "version" in kept else 1


def _encoded(pictures: Iterable[Picture]) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """JPEG files one after the other, and where each ends."""
    files = [jpeg(picture) for picture in pictures]
    ends = np.cumsum([len(file) for file in files], dtype=np.int64)
    return np.concatenate([np.zeros(0, dtype=np.uint8), *files]), ends

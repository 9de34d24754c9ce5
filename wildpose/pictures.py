"""Turns decoded pictures into upright RGB arrays in the right colours."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from wildpose.decoding import check_size

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to turn and mirror a picture by right angles."""

    swaps: bool = False
    """Rows become columns."""
    flips_x: bool = False
    """Left and right change places, after the swap."""
    flips_y: bool = False
    """Top and bottom change places, after the swap."""

    @property
    def clockwise(self) -> int:
        """Degrees of the clockwise turn; a mirrored picture is also mirrored left to right."""
        if self.swaps:
            return 270 if self.flips_y else 90
        return 180 if self.flips_y else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after the turn."""
        return (height, width) if self.swaps else (width, height)

    def apply(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The (H, W, 3) picture upright: a view where possible."""
        if self.swaps:
            image = image.transpose(1, 0, 2)
        return image[:: -1 if self.flips_y else 1, :: -1 if self.flips_x else 1]


_TURNS = {
    0: Orientation(),
    1: Orientation(swaps=True, flips_x=True),
    2: Orientation(flips_x=True, flips_y=True),
    3: Orientation(swaps=True, flips_y=True),
}
"""By the number of clockwise quarter turns."""


def orientation(frame: VideoFrame) -> Orientation:
    """How the display matrix of the container wants the stored picture turned.

    PyAV does not turn pictures. The matrix (a b 0, c d 0, x y w) maps a stored pixel (x, y) to
    (a x + c y, b x + d y) on the screen, y pointing down: a phone held upright stores
    a = d = 0, b = 1, c = -1, a quarter turn clockwise. Other angles go to the nearest such turn.
    """
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV refuses the whole list for one kind of data that it cannot name
        return _TURNS[round(-frame.rotation / 90) % 4]
    if matrix is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(matrix), dtype=np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return Orientation(swaps=True, flips_x=c < 0, flips_y=b < 0)
    return Orientation(flips_x=a < 0, flips_y=d < 0)


class RgbConverter:
    """Turns decoded frames into upright RGB arrays, all of the first one's size."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._turns: dict[int, Orientation] = {}

    def __call__(self, frame: VideoFrame) -> npt.NDArray[np.uint8]:
        """The (H, W, 3) uint8 picture, contiguous and owned by the caller.

        Raises:
            av.error.FFmpegError: a pixel format that FFmpeg cannot convert.
            VideoError: a first frame of absurd size.
        """
        # Asked once, not of every frame: a frame whose side data was looked at refers to itself,
        # and keeps its picture until Python's garbage collector comes round.
        if frame.rotation not in self._turns:
            self._turns[frame.rotation] = orientation(frame)
        turn = self._turns[frame.rotation]
        size = turn.size(frame.width, frame.height)
        if self._size is None:
            check_size(*size)
            self._size = size
        elif size != self._size:
            logger.debug("frame of %sx%s scaled to %sx%s", *size, *self._size)
        width, height = turn.size(*self._size)  # as stored
        # One scaler thread: 2 to 3 times the speed of PyAV's default (all cores) on small
        # pictures, the same on large ones; measured on 340x256 and 1280x720.
        rgb = self._reformatter.reformat(
            frame, width, height, "rgb24", src_colorspace=_matrix(frame), threads=1
        )
        image = turn.apply(cast("npt.NDArray[np.uint8]", rgb.to_ndarray()))
        # A frame that came as rgb24 is the decoder's own: it may still predict from it.
        return image.copy() if rgb is frame else np.ascontiguousarray(image)


def _matrix(frame: VideoFrame) -> int | None:
    """The YCbCr matrix to decode with, guessed as players do where the file names none."""
    if frame.format.is_rgb or frame.colorspace in (1, 4, 5, 6, 7, 9):
        return None  # as tagged: BT.709, FCC, BT.601 (three names), BT.2020
    if frame.colorspace == 10:
        return 9  # BT.2020 constant luminance, which FFmpeg shows as the other BT.2020
    high_definition = frame.width >= 1280 or frame.height > 576
    return 1 if high_definition else 5  # BT.709, BT.601

"""Pictures that are kept small in memory, as JPEG files, and decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
import numpy.typing as npt

from wildpose.footage import Picture

QUALITY = 95
Bytes = npt.NDArray[np.uint8]


def jpeg(picture: Picture) -> Bytes:
    """(n,) the JPEG file of a (H, W, 3) RGB picture."""
    _, file = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(file, dtype=np.uint8).ravel()


class Jpegs(Sequence[Bytes]):
    """Pictures that are kept as files, or for each moment several of them."""

    def __init__(self, files: Sequence[Bytes] | Sequence[Sequence[Bytes]]):
        """Set up.

        Args:
            files: T of `jpeg`, or T times as many of pictures of one size.
        """
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[Bytes]: ...
    def __getitem__(self, index: int | slice) -> Bytes | list[Bytes]:
        """(H, W, 3) RGB; of several pictures (N, H, W, 3)."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        files = self._files[index]
        if isinstance(files, np.ndarray):
            return decoded(files)
        return np.stack([decoded(file) for file in files])


def decoded(file: Bytes) -> Picture:
    """(H, W, 3) RGB of a JPEG file.

    Raises:
        ValueError: it is damaged.
    """
    picture = cv2.imdecode(file, cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("a picture is damaged")
    # Slicing colours backwards instead takes as long again as the decoding.
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)

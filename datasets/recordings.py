"""Where the pictures of a clip are, in a video or in files, and the people's places in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.footage import Picture
from wildpose.geometry import Array
from wildpose.jpegs import decoded
from wildpose.video import VideoError, read_frames


@dataclass(frozen=True)
class Recording:
    """A clip's part of a video."""

    video: Path
    frames: npt.NDArray[np.int64]
    """(T,) of the video, zero-based, increasing: one for each frame of the clip."""
    joints_2d: Array
    """(M, T, J, 2) px in the upright picture of `size`, not mirrored; zeros where not placed."""
    seen_2d: npt.NDArray[np.bool_]
    """(M, T, J)."""
    joint_set: str = "kinect25"
    """Name of the joint set."""
    size: tuple[int, int] | None = None
    """Width and height px that places are in; None: the video's own."""
    mirrored: bool = False
    """Whether the video shows a mirror image, as Kinect's do."""
    placed_2d: npt.NDArray[np.bool_] | None = None
    """(M, T, J) joints whose place is told, be it a guess: around hands there squares are cut too;
    None: those seen."""

    @property
    def placed(self) -> npt.NDArray[np.bool_]:
        """(M, T, J) joints whose place is told."""
        return self.seen_2d if self.placed_2d is None else self.placed_2d

    def pictures(self) -> Iterator[Picture]:
        """T upright pictures, right hands on the right people's right; one after the other.

        Raises:
            VideoError, OSError, ValueError: see `as_filmed`.
        """
        for picture in self.as_filmed():
            yield picture[:, ::-1] if self.mirrored else picture

    def as_filmed(self) -> Iterator[Picture]:
        """T upright pictures, mirrored where the video is; one after the other.

        Raises:
            VideoError: the video is missing, damaged, or ends before the clip does.
        """
        wanted = iter(self.frames.tolist())
        index = next(wanted, None)
        for frame in read_frames(self.video):
            while frame.index == index:  # a clip may show a frame twice
                yield frame.image
                index = next(wanted, None)
            if index is None:
                return
        if index is not None:
            raise VideoError(
                f"{self.video}: ends before frame {index}, which the clip's skeletons are of: is "
                "it another clip's, or cut off?"
            )


@dataclass(frozen=True)
class PictureFiles(Recording):
    """A clip whose pictures are files, one each; its `video` is the folder that holds them.

    Places are in their own px, `size` is None.
    """

    files: Sequence[Path] = field(kw_only=True)
    """Those that `frames` count."""

    def as_filmed(self) -> Iterator[Picture]:
        """T upright pictures, mirrored where the files are; one after the other.

        Raises:
            FileNotFoundError: one is missing.
            ValueError: one is damaged.
        """
        return (read_picture(self.files[frame]) for frame in self.frames.tolist())


def read_picture(path: Path) -> Picture:
    """(H, W, 3) RGB of a PNG or JPEG file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged.
    """
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if not len(content):
        raise ValueError(f"{path}: an empty file, no picture")
    try:
        return decoded(content)
    except ValueError:
        raise ValueError(f"{path}: no picture, or damaged") from None


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height px of a picture.

    Raises:
        FileNotFoundError, ValueError: as of `read_picture`.
    """
    height, width = read_picture(path).shape[:2]
    return width, height

"""Where the pictures of a clip are: a video, its frames, and the people's places in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.footage import Picture
from wildpose.geometry import Array
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
            VideoError: the video is missing, damaged, or ends before the clip does.
        """
        wanted = iter(self.frames.tolist())
        index = next(wanted, None)
        for frame in read_frames(self.video):
            while frame.index == index:  # a clip may show a frame twice
                yield frame.image[:, ::-1] if self.mirrored else frame.image
                index = next(wanted, None)
            if index is None:
                return
        if index is not None:
            raise VideoError(
                f"{self.video}: ends before frame {index}, which the clip's skeletons are of: is "
                "it another clip's, or cut off?"
            )

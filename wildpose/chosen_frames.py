"""The frames of a video that settings choose: read, expected, counted, and summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.results import Settings, VideoSummary
from wildpose.types import Frame
from wildpose.video import OnCorrupt, VideoInfo, read_frames

Array = npt.NDArray[np.floating]
Progress = Callable[[int, int | None], None]
"""Called with the frames done and their expected number, if known."""


def frames_of(
    path: Path, settings: Settings, on_corrupt: OnCorrupt | None = None
) -> Iterator[Frame]:
    """The frames in order, as `wildpose.video.read_frames` gives them.

    Args:
        path: the video.
        settings: whose `start`, `stop` and `fps` choose.
        on_corrupt: told of each piece that cannot be decoded.
    """
    return read_frames(
        path, start=settings.start, stop=settings.stop, fps=settings.fps, on_corrupt=on_corrupt
    )


def expected_frames(info: VideoInfo, settings: Settings) -> int | None:
    """How many frames a run will decode, for the progress bar; None where nobody can tell."""
    if settings.start is None and settings.stop is None and settings.fps is None:
        return info.frames
    if info.duration_s is None:
        return None
    span = min(settings.stop or info.duration_s, info.duration_s) - (settings.start or 0.0)
    return max(0, round(span * min(settings.fps or info.fps, info.fps)))


def counted(
    frames: Iterator[Frame], before: int, total: int, progress: Progress | None
) -> Iterator[Frame]:
    """The frames of a video that is read for labels.

    Args:
        frames: of the video.
        before: frames that were read until now.
        total: how many will have been read in the end.
        progress: told of each.
    """
    for done, frame in enumerate(frames, start=before + 1):
        if progress:
            progress(done, total)
        yield frame


def summary(info: VideoInfo, sha256: str, clock: Array, corrupt: int) -> VideoSummary:
    """What a result tells of its video.

    Args:
        info: of the file.
        sha256: of its content.
        clock: (F,) s, the times of the frames that were read.
        corrupt: pieces that could not be decoded.
    """
    steps = np.diff(clock)
    step = float(np.median(steps)) if len(steps) else 1 / (info.fps or 25.0)
    duration = float(clock[-1] - clock[0]) + step
    return VideoSummary(
        path=str(info.path),
        sha256=sha256,
        width=info.width,
        height=info.height,
        fps=round(len(clock) / duration, 4),
        frames=len(clock),
        duration_s=round(duration, 6),
        rotation=info.rotation,
        corrupt_frames=corrupt,
    )

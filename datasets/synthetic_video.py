"""Videos that come out the same, byte for byte, wherever and however often they are made."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from wildpose.atomic import writing

# x264's fast code for its macroblock tree goes by where its buffers happen to lie in memory: the
# same pictures gave up to four different files. "cpu-independent" makes all CPUs do the same.
OPTIONS = {"crf": "20", "preset": "veryfast", "x264-params": "mbtree=0:cpu-independent=1"}
BT709, LIMITED_RANGE = 1, 1  # FFmpeg's numbers
Picture = npt.NDArray[np.uint8]


@contextmanager
def reproducible_video(
    path: Path, *, size: tuple[int, int], frame_rate: int
) -> Iterator[Callable[[Picture], None]]:
    """A function that adds a picture to an MP4, which appears when the block ends well.

    Args:
        path: of the video.
        size: px, width and height, both even.
        frame_rate: Hz.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with (
        writing(path) as temporary,
        _naming(path),
        av.open(f"file:{temporary}", mode="w", format="mp4") as output,
    ):
        stream = _stream(output, size, frame_rate)
        converter, numbers = VideoReformatter(), count()

        def add(picture: Picture) -> None:
            frame = _converted(picture, converter)
            frame.pts, frame.time_base = next(numbers), Fraction(1, frame_rate)
            output.mux(stream.encode(frame))

        yield add
        output.mux(stream.encode(None))


def _converted(picture: Picture, converter: VideoReformatter) -> VideoFrame:
    """The picture in the encoder's format."""
    return converter.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24"),
        format="yuv420p",
        dst_colorspace=BT709,
        dst_color_range=LIMITED_RANGE,
        threads=1,
    )


def _stream(output: OutputContainer, size: tuple[int, int], frame_rate: int) -> VideoStream:
    stream = output.add_stream("libx264", rate=frame_rate, options=OPTIONS)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED_RANGE
    context.thread_count = 1
    return stream


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what FFmpeg says about a temporary file into an OSError about `path`."""
    try:
        yield
    except av.error.FFmpegError as error:
        code = error.errno if error.errno in errno.errorcode else errno.EIO
        raise OSError(code, error.strerror or str(error), str(path)) from error

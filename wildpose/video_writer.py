"""Writes pictures at given times to an H.264 MP4, with the sound of a source beside them."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from wildpose.atomic import partial_path
from wildpose.audio_track import AudioTrack
from wildpose.decoding import VideoError, decoded, frame_rate, opened, time_span, timed

TICKS_PER_SECOND = 360_000  # exact for milliseconds, 1/90000 s and rates from 23.976 to 240
ENOUGH_TICKS, TOO_MANY_TICKS = 90_000, 1_000_000
BT709, LIMITED_RANGE = 1, 1  # FFmpeg's numbers; matrix, primaries and transfer share theirs


@dataclass(frozen=True)
class VideoSettings:
    """How an output is encoded."""

    width: int
    height: int
    fps: float
    pixel_aspect: float
    threads: int
    comment: str

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"the size must be positive, got {self.width}x{self.height}")
        if not 0 < self.fps < 1e4:
            raise ValueError(f"fps must lie between 0 and 10000, got {self.fps}")


class VideoWriter:
    """An MP4 that appears under its name only when it is whole.

        with VideoWriter("overlay.mp4", width=640, height=480, fps=30, source="in.mp4") as writer:
            for frame in read_frames("in.mp4"):
                writer.write(draw(frame.image), frame.time)

    Pictures keep the times they are given, whatever the rate. Where the first time is negative,
    which an MP4 cannot show, pictures and sound start that much later. Until the end the file is
    called `.NAME.*.partial`, in the same folder; after an exception it is removed.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        width: int,
        height: int,
        fps: float,
        source: str | Path | None = None,
        pixel_aspect: float = 1.0,
        threads: int = 1,
        comment: str = "",
    ) -> None:
        """Check the settings; files are opened by the first `write`.

        Args:
            path: the MP4 to make; an existing file is replaced at the end.
            width: px; an odd width is filled up to even by repeating the last column.
            height: px; likewise.
            fps: average rate: guides the encoder and gives the last picture its duration.
            source: video whose sound is to be kept: all of it, or, where only a part of the
                pictures is written, what begins between the first and the end of the last.
            pixel_aspect: width of a pixel over its height, for players.
            threads: of the encoder.
            comment: kept in the file, as players and `ffprobe` tell it.
        """
        self.path = Path(path)
        self.audio_note: str | None = None
        """Why the sound, or a part of it, was left out; final after the block."""
        self._settings = VideoSettings(width, height, fps, pixel_aspect, threads, comment)
        self._source = None if source is None else Path(source)
        self._file: _OpenFile | None = None

    def __enter__(self) -> VideoWriter:
        return self

    def write(self, image: npt.NDArray[np.uint8], time: float) -> None:
        """Add one picture.

        Args:
            image: (H, W, 3) RGB of the size announced.
            time: s, later than the previous one.

        Raises:
            ValueError: another shape or type, or a time that does not increase.
            OSError: the disk is full, or the folder cannot be written.
        """
        shape = (self._settings.height, self._settings.width, 3)
        if image.shape != shape or image.dtype != np.uint8:
            raise ValueError(f"expected a {shape} uint8 image, got {image.shape} {image.dtype}")
        with _naming(self.path):
            if self._file is None:
                self._file = _OpenFile(self.path, self._settings, self._source, time)
            self._file.write(image, time)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            if error is None:
                raise ValueError("no picture was written, so there is no video to save")
            return
        if error is not None:
            file.discard()
            return
        try:
            with _naming(self.path):
                file.finish()
        except BaseException:
            file.discard()
            raise
        self.audio_note = file.audio.note if file.audio else None


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what FFmpeg or the system says about the partial file into one OSError about `path`."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        code = error.errno if error.errno in errno.errorcode else errno.EIO
        reason = f"{error.strerror or error}; the video was not written"
        raise OSError(code, reason, str(path)) from error


class _OpenFile:
    """The partial file of a VideoWriter with its encoder."""

    def __init__(
        self, path: Path, settings: VideoSettings, source: Path | None, first_time: float
    ) -> None:
        self._path = path
        self._partial = partial_path(path)
        self._partial.open("xb").close()  # FFmpeg itself would complain only later
        self._settings = settings
        self._clock = _Clock.of(source)
        self._shift = max(0.0, -first_time)
        self._last_tick, self._last_time = -1, first_time
        self._reformatter = VideoReformatter()
        self._output = _output(self._partial, self._clock.ticks_per_second)
        if settings.comment:
            self._output.metadata["comment"] = settings.comment
        self._stream = _video_stream(self._output, settings, self._clock.ticks_per_second)
        self.audio: AudioTrack | None = None
        if source is not None:
            whole = first_time <= self._clock.first + 0.5 / settings.fps
            start = None if whole else first_time
            self.audio = AudioTrack(source, self._output, start=start, shift=self._shift)

    def write(self, image: npt.NDArray[np.uint8], time: float) -> None:
        """Encode one picture, and the sound before it."""
        if self._last_tick >= 0 and not time > self._last_time:
            raise ValueError(f"times must increase, got {time} s after {self._last_time} s")
        tick = round((time + self._shift) * self._clock.ticks_per_second)
        self._last_tick, self._last_time = max(tick, self._last_tick + 1), time
        frame = self._converted(image)
        frame.pts = self._last_tick
        frame.time_base = Fraction(1, self._clock.ticks_per_second)
        if self.audio is not None:
            self.audio.write_until(time)
        self._output.mux(self._stream.encode(frame))

    def _converted(self, image: npt.NDArray[np.uint8]) -> VideoFrame:
        """The picture in the encoder's format, of even size."""
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        return self._reformatter.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"),
            format="yuv420p",
            dst_colorspace=BT709,
            dst_color_range=LIMITED_RANGE,
            threads=1,
        )

    def finish(self) -> None:
        """Write what is left and give the file its name."""
        end = self._last_time + 1 / self._settings.fps
        if self.audio is not None:
            at_end = end + 0.5 / self._settings.fps >= self._clock.end
            self.audio.write_until(math.inf if at_end else end)
            self.audio.close()
        self._output.mux(self._stream.encode(None))
        self._output.close()
        self._partial.replace(self._path)

    def discard(self) -> None:
        """Close and remove the partial file, whatever state it is in."""
        if self.audio is not None:
            self.audio.close()
        with suppress(av.error.FFmpegError, OSError):
            self._output.close()
        self._partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Clock:
    """Times of the source: its first picture, its end, and the ticks that are exact for it."""

    ticks_per_second: int = TICKS_PER_SECOND
    first: float = -math.inf
    end: float = math.inf

    @staticmethod
    def of(source: Path | None) -> _Clock:
        """Of a video, or ticks that suit most where there is none."""
        try:
            if source is None:
                return _Clock()
            with opened(source, threads=1) as (container, stream):
                start, duration = time_span(container, stream)
                ticks = stream.time_base.denominator if stream.time_base else 0
                # An AVI's first picture may lie some intervals behind the start it states.
                frames = timed(decoded(container, stream, lambda _: None), 1 / frame_rate(stream))
                first = next(frames, (start, None))[0]
        except VideoError:
            return _Clock()
        end = math.inf if duration is None else start + duration
        if not 0 < ticks <= TOO_MANY_TICKS:
            return _Clock(first=first, end=end)
        return _Clock(ticks * math.ceil(ENOUGH_TICKS / ticks), first, end)


def _output(path: Path, ticks_per_second: int) -> OutputContainer:
    options = {
        "movflags": "faststart",  # the index first: plays while it loads
        # The start of a track is kept in these ticks. The default, 1/1000 s, moves a video that
        # starts at 1/30 s.
        "movie_timescale": str(ticks_per_second),
    }
    return av.open(f"file:{path}", mode="w", format="mp4", container_options=options)


def _video_stream(
    output: OutputContainer, settings: VideoSettings, ticks_per_second: int
) -> VideoStream:
    rate = Fraction(settings.fps).limit_denominator(1001)
    stream = output.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
    stream.width = settings.width + settings.width % 2
    stream.height = settings.height + settings.height % 2
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, ticks_per_second)
    context = stream.codec_context
    context.time_base = stream.time_base
    context.gop_size = max(1, round(2 * settings.fps))  # players can jump to every 2 s
    context.sample_aspect_ratio = Fraction(settings.pixel_aspect).limit_denominator(1000)
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED_RANGE
    context.thread_count = settings.threads
    context.thread_type = "FRAME"
    return stream

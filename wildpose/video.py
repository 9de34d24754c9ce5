"""Frames of any video file: upright RGB pictures with the container's own timestamps."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from wildpose.decoding import (
    OnCorrupt,
    VideoError,
    check_size,
    decoded,
    frame_rate,
    no_frame,
    opened,
    time_span,
    timed,
)
from wildpose.pictures import RgbConverter, orientation
from wildpose.types import Frame

__all__ = ["OnCorrupt", "VideoError", "VideoInfo", "prefetch", "probe", "read_frames"]

Item = TypeVar("Item")
TimedFrames = Iterator[tuple[float, VideoFrame]]
TIE_S = 1e-9  # far above rounding, far below any frame interval


@dataclass(frozen=True)
class VideoInfo:
    """What a video file says about itself; its first frame has been decoded to make sure."""

    path: Path
    """Where the file lies."""
    width: int
    """Pixels of the upright picture."""
    height: int
    """Pixels of the upright picture."""
    fps: float
    """Average frames per second. Never compute times from it: the rate may vary."""
    frames: int | None
    """Number of frames as the container claims or its duration suggests: for a progress bar."""
    duration_s: float | None
    """Seconds, None where the container does not know."""
    rotation: int
    """Degrees clockwise, 0, 90, 180 or 270, that turn the stored picture upright."""
    has_audio: bool
    """Whether there is a sound track."""
    pixel_aspect: float = 1.0
    """Width of an upright pixel over its height. Pictures are delivered as stored, unscaled."""


def probe(path: str | Path) -> VideoInfo:
    """Size, rate, rotation and length of a video, after decoding its first frame.

    Raises:
        VideoError: the file is missing, no video, or no frame of it can be decoded.
    """
    path = Path(path)
    with opened(path, threads=1) as (container, stream):
        first = next(decoded(container, stream, _ignore), None)
        if first is None:
            raise no_frame(stream)
        check_size(first.width, first.height)
        turn = orientation(first)
        width, height = turn.size(first.width, first.height)
        aspect = float(stream.sample_aspect_ratio or 1)
        fps, (_, duration) = frame_rate(stream), time_span(container, stream)
        return VideoInfo(
            path=path,
            width=width,
            height=height,
            fps=fps,
            frames=stream.frames or (max(1, round(duration * fps)) if duration else None),
            duration_s=duration,
            rotation=turn.clockwise,
            has_audio=bool(container.streams.audio),
            pixel_aspect=1 / aspect if turn.swaps else aspect,
        )


def read_frames(
    path: str | Path,
    *,
    start: float | None = None,
    stop: float | None = None,
    fps: float | None = None,
    threads: int = 1,
    on_corrupt: OnCorrupt | None = None,
) -> Iterator[Frame]:
    """Frames of a video one by one, upright, in RGB, with the container's timestamps.

    Times always increase. A frame whose timestamp is missing, not later than its
    predecessor's, or more than an hour ahead of it follows its predecessor at the average
    rate. Frames of another size than the first are scaled to the first frame's size.

    Args:
        path: any file that FFmpeg reads.
        start: seconds, container time; frames before it are left out.
        stop: seconds, container time; frames from it on are left out.
        fps: at most this many frames per second: those nearest to regular ticks, under
            their own times. A slower source passes unchanged; frames are never repeated.
        threads: decoder threads. One decodes 720p at 1200 frames/s and leaves the other
            cores to inference.
        on_corrupt: called for each packet that could not be decoded; reading then goes on.

    Returns:
        Frames, their index counting from 0 whatever `start` is.

    Raises:
        ValueError: an option makes no sense.
        VideoError: while iterating: no video, or no frame in the range.
    """
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be positive, got {fps}")
    if start is not None and stop is not None and not start < stop:
        raise ValueError(f"start must come before stop, got start {start} and stop {stop}")
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, got {threads}")
    return _read(Path(path), start, stop, fps, threads, on_corrupt or _ignore)


def _ignore(time: float | None) -> None:
    pass


def _read(
    path: Path,
    start: float | None,
    stop: float | None,
    fps: float | None,
    threads: int,
    on_corrupt: OnCorrupt,
) -> Iterator[Frame]:
    to_rgb, index = RgbConverter(), 0
    chosen = _within(_from(path, start, threads, on_corrupt), start, stop)
    for time, frame in chosen if fps is None else _nearest_to_ticks(chosen, fps):
        try:
            image = to_rgb(frame)
        except av.error.FFmpegError:
            on_corrupt(time)
            continue
        yield Frame(image, index, time)
        index += 1
    if index == 0:
        raise VideoError(_nothing_within(start, stop))


def _nothing_within(start: float | None, stop: float | None) -> str:
    if start is None and stop is None:
        return "no frame could be converted to RGB: convert the video to H.264 first"
    span = f"from {start or 0:g} s" + ("" if stop is None else f" to {stop:g} s")
    return f"no frame {span}: the video is shorter, or starts later; see its duration"


def _from(path: Path, start: float | None, threads: int, on_corrupt: OnCorrupt) -> TimedFrames:
    """Frames from the last keyframe before `start` on, or from the beginning."""
    if start is not None:
        with opened(path, threads=threads) as (container, stream):
            frames = _sought(container, stream, start, on_corrupt)
            first = next(frames, None)
            if first is not None and first[0] <= start:
                yield first
                yield from frames
                return
    with opened(path, threads=threads) as (container, stream):  # no seeking in this one
        frames = timed(decoded(container, stream, on_corrupt), 1 / frame_rate(stream))
        first = next(frames, None)
        if first is None:
            raise no_frame(stream)
        yield first
        yield from frames


def _sought(
    container: InputContainer, stream: VideoStream, start: float, on_corrupt: OnCorrupt
) -> TimedFrames:
    if not stream.time_base:
        return
    try:
        container.seek(math.floor(start / stream.time_base), stream=stream)
    except (av.error.FFmpegError, OverflowError):
        return
    yield from timed(decoded(container, stream, on_corrupt), 1 / frame_rate(stream))


def _within(frames: TimedFrames, start: float | None, stop: float | None) -> TimedFrames:
    for time, frame in frames:
        if stop is not None and time >= stop:
            return
        if start is None or time >= start:
            yield time, frame


def _nearest_to_ticks(frames: TimedFrames, fps: float) -> TimedFrames:
    """For each tick the nearest frame, once; ticks count from the first frame's time.

    Source at 30/s, fps 20, frames in units of 1/60 s:

        frames   0   2   4   6   8
        ticks    0     3     6     9
        chosen   0   2       6   8          (3 is as near to 2 as to 4: the earlier)
    """
    held: tuple[float, VideoFrame] | None = None
    first, gap, tick = 0.0, 0.0, 0
    for time, frame in frames:
        if held is None:
            first = time
        else:
            gap = time - held[0]
            reach = held[0] + gap / 2 + TIE_S - first  # up to here `held` is the nearest
            if tick / fps <= reach:
                yield held
                tick = math.floor(reach * fps) + 1
        held = time, frame
    if held is not None and tick / fps <= held[0] + gap / 2 + TIE_S - first:
        yield held


def prefetch(frames: Iterable[Item], depth: int = 4) -> Generator[Item, None, None]:
    """The same items, made in a background thread up to `depth` ahead of the consumer.

    FFmpeg works without the interpreter lock, so decoding overlaps inference. An exception
    of the source is raised here, in its place. Closing or dropping the iterator ends the
    thread and closes the source.
    """
    if depth < 1:
        raise ValueError(f"depth must be 1 or more, got {depth}")
    return _prefetched(frames, depth)


@dataclass(frozen=True)
class _Ended:
    error: BaseException | None


def _prefetched(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    ready: queue.Queue[Item | _Ended] = queue.Queue(maxsize=depth)
    abandoned = threading.Event()
    worker = threading.Thread(
        target=_fill, args=(items, ready, abandoned), name="wildpose-prefetch", daemon=True
    )
    worker.start()
    try:
        while not isinstance(item := ready.get(), _Ended):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        abandoned.set()
        while worker.is_alive():
            _drain(ready)  # the worker may be waiting for room
            worker.join(timeout=0.01)


def _drain(ready: queue.Queue[Item | _Ended]) -> None:
    while not ready.empty():
        ready.get_nowait()


def _fill(
    items: Iterable[Item], ready: queue.Queue[Item | _Ended], abandoned: threading.Event
) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            ready.put(item)
            if abandoned.is_set():
                break
        close = getattr(items, "close", None)
        if close is not None:
            close()  # here, in the thread that decodes
    except BaseException as caught:  # noqa: BLE001  # the consumer waits for it
        error = caught
    ready.put(_Ended(error))

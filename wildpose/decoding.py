"""Opens video files and decodes them past damage, with times that always increase."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

OnCorrupt = Callable[[float | None], None]
"""Called once per packet or picture that had to be dropped, with its time in s where known."""

MAX_SIDE_PX = 16384  # no camera records more; a damaged header easily claims it
MAX_PIXELS = 100_000_000
PIXEL_LIMIT = {"max_pixels": str(MAX_PIXELS)}  # for sizes that change later on
LONGEST_GAP_S = 3600.0  # a longer jump between two frames is a damaged timestamp
LARGEST_TIME_S = 1e10  # seconds since 1970 fit, and doubles still tell microseconds apart
READ_ERRORS_IN_A_ROW = 100  # a container that fails this often has nothing more to give
NOT_PICTURES = {"tty"}  # FFmpeg plays text files, by their suffix, as terminal animations
STAMPED_IN_DECODING_ORDER = {"avi"}  # it stores no presentation times


class VideoError(ValueError):
    """A file that gives no frames: one line with what was wrong and what to try, without path."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@contextmanager
def opened(path: Path, *, threads: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its main video stream, ready to decode with `threads` threads."""
    check_readable(path)
    try:
        container = open_container(path)
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(_why_unopened(path, error)) from None
    with container:
        stream = _main_stream(container)
        check_size(stream.width, stream.height)
        stream.codec_context.options = PIXEL_LIMIT
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "AUTO" if threads > 1 else "NONE"
        yield container, stream


def open_container(path: Path) -> InputContainer:
    """The file as FFmpeg opens it, with no way to the network."""
    return av.open(
        f"file:{path}",  # the prefix keeps "a:b.mp4" from reading as protocol "a"
        mode="r",
        options=PIXEL_LIMIT,
        container_options={"protocol_whitelist": "file"},  # a playlist may be in disguise
        metadata_errors="replace",
    )


def check_readable(path: Path) -> None:
    """Raise VideoError, saying what to try, for what is no file that can be read."""
    try:
        if path.is_dir():
            raise VideoError("is a folder, not a video: give a file, or FOLDER/* for its files")
        if path.exists() and not path.is_file():
            raise VideoError("is not a regular file: save the stream to a file first")
        with path.open("rb") as file:
            if not file.read(1):
                raise VideoError("is empty (0 bytes): was it copied or downloaded to the end?")
    except FileNotFoundError:
        raise VideoError("no such file: check the spelling and the folder") from None
    except PermissionError:
        raise VideoError("no permission to read it: try chmod u+r, or another user") from None
    except OSError as error:
        raise VideoError(f"cannot be read: {error.strerror or error}") from None


def _why_unopened(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if head[4:8] in (b"ftyp", b"moov", b"mdat"):
        return (
            f"is an MP4 or MOV without a usable index ({reason}): the recording or copy was cut "
            "short; copy it again, or rebuild the index with a repair tool"
        )
    if all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in head):
        return "is text, not a video: check what this file is"
    return f"is not a video that FFmpeg can open ({reason}): damaged, or another kind of file?"


def _main_stream(container: InputContainer) -> VideoStream:
    """The best video stream that is not a cover picture.

    Raises:
        VideoError: there is none, or FFmpeg has no decoder for it.
    """
    if container.format.name in NOT_PICTURES:
        raise VideoError("is text, not a video: check what this file is")
    cover = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & cover]
    decodable = [s for s in streams if s.codec_context is not None]
    if decodable:
        best = container.streams.best("video")
        return next((s for s in decodable if s is best), decodable[0])
    if streams:
        raise VideoError("holds video in a codec that FFmpeg does not know: convert it to H.264")
    if container.streams.audio:
        raise VideoError("holds sound only, no pictures: give a file with a video track")
    raise VideoError("holds no video stream: damaged, or another kind of file?")


def check_size(width: int, height: int) -> None:
    """Refuse sizes that only a damaged header claims, before memory is taken for them."""
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise VideoError(
            f"claims {width}x{height} pixels, above the limit of {MAX_SIDE_PX} a side and "
            f"{MAX_PIXELS // 10**6} megapixels: the header is damaged, or scale it down first"
        )


def no_frame(stream: VideoStream) -> VideoError:
    """The error for a stream of which nothing could be decoded."""
    name = stream.codec_context.name
    return VideoError(
        f"no frame could be decoded ({name}): the file is damaged or was cut short; copy it "
        "again, or check that it plays"
    )


def decoded(
    container: InputContainer, stream: VideoStream, on_corrupt: OnCorrupt
) -> Iterator[VideoFrame]:
    """Every frame that FFmpeg can decode from here on, in the order of presentation."""
    stamps = _SortedStamps(stream) if container.format.name in STAMPED_IN_DECODING_ORDER else None
    for packet in _packets(container, stream):
        if stamps and packet.pts is not None:
            stamps.push(packet.pts)
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            if packet.size:  # an empty packet only asks for what the decoder still holds
                on_corrupt(_seconds(packet.pts, packet.time_base))
            if stamps:
                stamps.forget(packet.pts)
            continue
        for frame in frames:
            if stamps:
                frame.pts = stamps.pop(otherwise=frame.pts)
            yield frame


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet]:
    failures = 0
    packets = container.demux(stream)
    while failures < READ_ERRORS_IN_A_ROW:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            failures += 1
            packets = container.demux(stream)  # goes on behind the damage
            continue
        except IndexError:
            break  # PyAV at the end of a file whose damage looked like one more stream
        if packet is None:
            return
        failures = 0
        if packet.size or packet.dts is None:  # an empty one amid the file would end decoding
            yield packet
    yield _last_packet(stream)


def _last_packet(stream: VideoStream) -> Packet:
    """An empty packet, which asks the decoder for the pictures that it still holds."""
    packet = Packet()
    packet.stream = stream
    if stream.time_base:
        packet.time_base = stream.time_base
    return packet


class _SortedStamps:
    """Gives pictures the timestamps of their packets, smallest first.

    AVI numbers packets in the order of decoding. Where pictures are predicted from later ones
    (B-frames; NTU RGB+D is stored so) FFmpeg hands those numbers out as presentation times:

        picture shown    0  1  2  3  4
        its packet's     1  4  3  5  2    <- not in time order
        sorted           1  2  3  4  5

    A picture is shown only after its packet and all earlier-shown ones were read, so the
    smallest stamp not yet given is always here by then.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        self._waiting: list[int] = []

    def push(self, stamp: int) -> None:
        heapq.heappush(self._waiting, stamp)
        # The decoder holds back `reorder_depth` pictures, and one per further thread; a stamp
        # beyond these and this one was of a picture that it lost.
        while len(self._waiting) > self._context.reorder_depth + self._context.thread_count:
            heapq.heappop(self._waiting)

    def forget(self, stamp: int | None) -> None:
        if stamp in self._waiting:
            self._waiting.remove(stamp)
            heapq.heapify(self._waiting)

    def pop(self, *, otherwise: int | None) -> int | None:
        return heapq.heappop(self._waiting) if self._waiting else otherwise


def _seconds(ticks: int | None, time_base: Fraction | None) -> float | None:
    if ticks is None or not time_base:
        return None
    time = float(ticks * time_base)
    return time if abs(time) < LARGEST_TIME_S else None


def timed(frames: Iterator[VideoFrame], interval: float) -> Iterator[tuple[float, VideoFrame]]:
    """Frames with their time in seconds, strictly increasing.

    The container's presentation time where it has one, else its decoding time. A frame with
    neither, or not later than its predecessor, or absurdly far ahead, is placed `interval`
    seconds after its predecessor; the first such frame at 0.
    """
    previous: float | None = None
    for frame in frames:
        time = _seconds(frame.dts if frame.pts is None else frame.pts, frame.time_base)
        if previous is None:
            time = time or 0.0
        elif time is None or not previous < time <= previous + LONGEST_GAP_S:
            time = previous + interval
        previous = time
        yield time, frame


def frame_rate(stream: VideoStream) -> float:
    """Average frames per second, or 25, FFmpeg's own guess, where the container names none."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and math.isfinite(rate) and 1e-3 < rate < 1e4:
            return float(rate)
    return 25.0


def time_span(container: InputContainer, stream: VideoStream) -> tuple[float, float | None]:
    """Start and duration in seconds as the container has them; None where it has no duration."""
    start = _seconds(stream.start_time, stream.time_base) or 0.0
    duration = _seconds(stream.duration, stream.time_base)
    if not duration and container.duration:
        duration = container.duration / av.time_base
    return start, duration if duration and duration > 0 else None

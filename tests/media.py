"""Small videos made on the spot, so that no fixture lies in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from wildpose.video import read_frames

Image = npt.NDArray[np.uint8]
GRAY_STEP = 8
TICKS = 90_000
UNEVEN_TIMES = [0.0, 0.04, 0.05, 0.15, 0.4, 0.41, 0.75, 1.5]
NEAR_LOSSLESS = {"crf": "4", "preset": "ultrafast"}


def gray_picture(index: int, size: tuple[int, int] = (64, 48)) -> Image:
    """An even gray that names its index, for up to 30 pictures; see `index_of`."""
    width, height = size
    return np.full((height, width, 3), 8 + GRAY_STEP * index, np.uint8)


def index_of(image: Image) -> int:
    """Which `gray_picture` this is, after encoding and decoding."""
    return round((float(image.mean()) - 8) / GRAY_STEP)


def times_of(path: Path, **options: float | None) -> list[float]:
    """Time in s of each frame that `read_frames` gives with these options."""
    return [frame.time for frame in read_frames(path, **options)]  # type: ignore[arg-type]


def indices_of(path: Path, **options: float | None) -> list[int]:
    """Which `gray_picture` each frame is that `read_frames` gives with these options."""
    frames = read_frames(path, **options)  # type: ignore[arg-type]
    return [index_of(frame.image) for frame in frames]


def corner_picture(size: tuple[int, int] = (64, 48)) -> Image:
    """Red top-left, green top-right, blue bottom-left, gray elsewhere: shows every turn."""
    width, height = size
    image = np.full((height, width, 3), 110, np.uint8)
    third_y, third_x = height // 3, width // 3
    image[:third_y, :third_x] = 220, 40, 40
    image[:third_y, -third_x:] = 40, 200, 60
    image[-third_y:, :third_x] = 50, 60, 210
    return image


def smooth_picture(size: tuple[int, int] = (64, 48)) -> Image:
    """Colours that change slowly, so that chroma subsampling costs next to nothing."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    red, green, blue = 60 + x * 130 // width, 70 + y * 120 // height, 180 - x * 90 // width
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def noise_pictures(count: int, size: tuple[int, int] = (64, 48)) -> list[Image]:
    """Pictures that no encoder makes small, so that a cut file ends amid them."""
    width, height = size
    shape = (count, height, width, 3)
    return list(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def write_video(
    path: Path,
    *,
    pictures: Iterable[Image] | int = 10,
    times: Sequence[float] | None = None,
    fps: float = 30,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    colours: tuple[int, int] | None = None,
    sound: tuple[str, float, float] | None = None,
) -> Path:
    """Encode pictures at times into the container that the suffix of `path` names.

    Args:
        path: file to make.
        pictures: (H, W, 3) RGB each, or how many gray pictures to draw.
        times: s, one per picture; None for a steady `fps`.
        fps: frames per second, for the encoder and for times left out.
        codec: FFmpeg's name of the encoder.
        pix_fmt: FFmpeg's name of the pixel format.
        options: of the encoder; near-lossless H.264 when left out.
        container_options: of the muxer.
        colours: FFmpeg's numbers of the YCbCr matrix and the range, written as tags.
        sound: encoder, start and length in s of a tone; None for silence.

    Returns:
        `path`.
    """
    images = [gray_picture(i) for i in range(pictures)] if isinstance(pictures, int) else pictures
    images = list(images)
    if times is None:
        times = [index / fps for index in range(len(images))]
    if options is None:
        options = NEAR_LOSSLESS if codec == "libx264" else {}
    with av.open(str(path), mode="w", container_options=container_options or {}) as container:
        size = images[0].shape[1], images[0].shape[0]
        stream = _video_stream(container, codec, fps, size, pix_fmt, options, colours)
        tone = add_tone(container, sound[0]) if sound else None
        for image, time in zip(images, times, strict=True):
            container.mux(stream.encode(_frame(image, time, stream, colours)))
        container.mux(stream.encode(None))
        if sound and tone:
            for frame in tone_frames(start=sound[1], seconds=sound[2]):
                container.mux(tone.encode(frame))
            container.mux(tone.encode(None))
    return path


def _video_stream(
    container: OutputContainer,
    codec: str,
    fps: float,
    size: tuple[int, int],
    pix_fmt: str,
    options: dict[str, str],
    colours: tuple[int, int] | None,
) -> VideoStream:
    rate = Fraction(fps).limit_denominator(1001)
    stream = container.add_stream(codec, rate=rate, options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = pix_fmt
    # AVI and MPEG-1/2/4 know frame numbers only; the others take any time.
    fine = container.format.name not in ("avi", "mpeg") and not codec.startswith("mpeg")
    stream.codec_context.time_base = Fraction(1, TICKS) if fine else 1 / rate
    if colours:
        stream.codec_context.colorspace, stream.codec_context.color_range = colours
    return stream


def _frame(
    image: Image, time: float, stream: VideoStream, colours: tuple[int, int] | None
) -> VideoFrame:
    frame = VideoFrame.from_ndarray(image, format="rgb24")
    matrix, colour_range = colours or (None, None)
    frame = frame.reformat(
        width=stream.width,
        height=stream.height,
        format=stream.pix_fmt,
        dst_colorspace=matrix,
        dst_color_range=colour_range,
    )
    frame.time_base = stream.codec_context.time_base
    frame.pts = round(time / frame.time_base)
    return frame


def add_tone(container: OutputContainer, codec: str) -> AudioStream:
    """A mono sound track at 48 kHz, for `tone_frames`."""
    stream = container.add_stream(codec, rate=48000)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = "mono"
    return stream


def tone_frames(*, start: float, seconds: float) -> Iterator[AudioFrame]:
    """A 440 Hz tone at 48 kHz, from `start` on, both in seconds."""
    rate, block = 48000, 960
    for first in range(0, round(seconds * rate), block):
        wave = np.sin(2 * np.pi * 440 * np.arange(first, first + block) / rate)
        frame = AudioFrame.from_ndarray((wave[None] * 8000).astype(np.int16), "s16", "mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = round(start * rate) + first
        yield frame


def write_sound(path: Path, *, codec: str = "aac", seconds: float = 0.5) -> Path:
    """A file with a tone and no pictures."""
    with av.open(str(path), mode="w") as container:
        stream = add_tone(container, codec)
        for frame in tone_frames(start=0, seconds=seconds):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn(path: Path, clockwise: int, *, mirrored: bool = False) -> Path:
    """Change the display matrix of an MP4 as a phone held sideways writes it.

    The matrix lies 44 bytes behind the name of the `tkhd` box, as nine 32-bit numbers: a b u,
    c d v, x y w, where 1.0 is 65536; ISO/IEC 14496-12, 8.3.2.
    """
    a, b, c, d = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[
        clockwise
    ]
    if mirrored:  # left and right, after the turn
        a, c = -a, -c
    one = 65536
    matrix = np.array([a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30], dtype=">i4")
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = matrix.tobytes()
    path.write_bytes(data)
    return path


def spoil_packets(
    path: Path, indices: Iterable[int], *, kind: str = "video", keep: int = 12
) -> Path:
    """Overwrite the data of some packets with zeros, but for their first `keep` bytes."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(**{kind: 0}) if p.size]
    data = bytearray(path.read_bytes())
    for index in indices:
        start, size = places[index]
        assert start is not None
        data[start + keep : start + size] = bytes(size - keep)
    path.write_bytes(data)
    return path


def cut(path: Path, fraction: float) -> Path:
    """Keep the first part of a file only."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def audio_packets(path: Path) -> list[tuple[float, bytes]]:
    """Time in s and content of each sound packet."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(audio=0)
            if packet.pts is not None and packet.size
        ]

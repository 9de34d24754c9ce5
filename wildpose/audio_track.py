"""Carries the sound of a source video into a new MP4, in step with pictures that are written."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from wildpose.decoding import open_container

FITS_MP4 = {"aac", "ac3", "alac", "eac3", "flac", "mp3", "mp3float", "opus", "libopus"}
"""Decoders of codecs that players expect in an MP4; others (PCM, Vorbis, ...) become AAC."""
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
TRIED_PACKETS = 50  # sound of which none of so many packets can be decoded is given up
TimedPackets = Iterator[tuple[float, Packet]]


class AudioTrack:
    """The sound of a source, handed to an output up to the time of its pictures.

    Packets are copied as they are where the codec fits MP4, else encoded anew as AAC. Damaged
    sound never costs the pictures: `note` then says what is missing.
    """

    def __init__(
        self, source: Path, output: OutputContainer, *, start: float | None, shift: float
    ) -> None:
        """Add a stream to `output`, whose header must not have been written.

        Args:
            source: video whose sound is wanted.
            output: an MP4.
            start: s in the source's time, sound before it is left out; None for all.
            shift: s to add to every time.
        """
        self.note: str | None = None
        """What was left out and why; None while all is well, also where there is no sound."""
        self._output = output
        self._packets: TimedPackets = iter(())
        self._next: tuple[float, Packet] | None = None
        try:
            if _plays(source):
                self._packets = _packets(source, output, start, shift)
                self._next = next(self._packets, None)
        except (av.error.FFmpegError, ValueError) as error:
            self._give_up(error)

    def write_until(self, time: float) -> None:
        """Write what begins before `time`, in seconds of the source."""
        try:
            while self._next is not None and self._next[0] < time:
                self._output.mux(self._next[1])
                self._next = next(self._packets, None)
        except (av.error.InvalidDataError, av.error.ArgumentError) as error:
            self._give_up(error)  # any other error is the disk's, not the sound's

    def close(self) -> None:
        """Close the source."""
        self._packets, self._next = iter(()), None  # the generator closes its file

    def _give_up(self, error: Exception) -> None:
        where = "left out" if self._next is None else f"left out from {self._next[0]:.1f} s on"
        reason = getattr(error, "strerror", None) or str(error)
        self.note = f"sound {where}: {' '.join(reason.split())}"
        self.close()


def _plays(source: Path) -> bool:
    """Whether there is sound.

    Raises:
        ValueError: there is, but none of its first packets can be decoded.
    """
    with open_container(source) as container:
        if not container.streams.audio:
            return False
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise ValueError("FFmpeg does not know its codec")
        for tried, packet in enumerate(container.demux(stream)):
            try:
                if packet.decode():
                    return True
            except av.error.FFmpegError:
                pass
            if tried == TRIED_PACKETS:
                break
    raise ValueError("none of its packets can be decoded")


def _packets(
    source: Path, output: OutputContainer, start: float | None, shift: float
) -> TimedPackets:
    with open_container(source) as container:
        stream = container.streams.audio[0]
        if start is not None:
            _seek(container, start)
        first = -math.inf if start is None else start
        if _fits_mp4(stream):
            yield from _copied(container, stream, output, first, shift)
        else:
            yield from _encoded(container, stream, output, first, shift)


def _fits_mp4(stream: AudioStream) -> bool:
    """Whether an MP4 can hold the packets as they are, tried on an MP4 that is thrown away."""
    if stream.codec_context.name not in FITS_MP4:
        return False
    try:
        with av.open(io.BytesIO(), mode="w", format="mp4") as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def _seek(container: InputContainer, start: float) -> None:
    try:
        container.seek(math.floor(start * av.time_base))
    except av.error.FFmpegError:
        container.seek(0)


def _copied(
    container: InputContainer,
    stream: AudioStream,
    output: OutputContainer,
    first: float,
    shift: float,
) -> TimedPackets:
    target = output.add_stream_from_template(stream)
    latest = -math.inf
    for packet in container.demux(stream):
        time = _seconds(packet.dts if packet.pts is None else packet.pts, packet.time_base)
        if time is None or packet.dts is None or time < first or packet.dts <= latest:
            continue  # the last packet, which is empty, one too early, or one out of order
        latest = packet.dts
        ticks = _ticks(shift, packet.time_base)
        packet.pts = (packet.dts if packet.pts is None else packet.pts) + ticks
        packet.dts += ticks
        packet.stream = target
        yield time, packet


def _encoded(
    container: InputContainer,
    stream: AudioStream,
    output: OutputContainer,
    first: float,
    shift: float,
) -> TimedPackets:
    context = stream.codec_context
    rate = context.sample_rate if context.sample_rate in AAC_RATES else 48000
    target = output.add_stream("aac", rate=rate)
    target.codec_context.layout = "mono" if context.layout.nb_channels == 1 else "stereo"
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        for frame in frames:
            time = _seconds(frame.pts, frame.time_base)
            if frame.pts is None or time is None or time < first:
                continue
            frame.pts += _ticks(shift, frame.time_base)
            yield from _stamped(target.encode(frame), shift)
    yield from _stamped(target.encode(None), shift)


def _stamped(packets: list[Packet], shift: float) -> TimedPackets:
    for packet in packets:
        time = _seconds(packet.pts, packet.time_base)
        yield (0.0 if time is None else time - shift), packet


def _seconds(ticks: int | None, time_base: Fraction | None) -> float | None:
    return None if ticks is None or not time_base else float(ticks * time_base)


def _ticks(seconds: float, time_base: Fraction | None) -> int:
    return round(seconds / time_base) if time_base else 0

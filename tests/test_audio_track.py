"""Sound beside written pictures: copied bit by bit, in time, and never at their cost."""

from __future__ import annotations

import re
from pathlib import Path

import av
import media
import numpy as np
import pytest

from wildpose.video import probe, read_frames
from wildpose.video_writer import VideoWriter


def write(path: Path, times: list[float], *, source: Path) -> VideoWriter:
    """Gray pictures at the given times, with the sound of a source."""
    with VideoWriter(path, width=64, height=48, fps=30, source=source) as writer:
        for index, time in enumerate(times):
            writer.write(media.gray_picture(index % 30), time)
    return writer


def copy(source: Path, target: Path, **options: float) -> VideoWriter:
    """All frames, or those of a range, written again with their sound."""
    info = probe(source)
    writer = VideoWriter(target, width=info.width, height=info.height, fps=info.fps, source=source)
    with writer:
        for frame in read_frames(source, **options):  # type: ignore[arg-type]
            writer.write(frame.image, frame.time)
    return writer


def sound_onset(path: Path) -> float:
    """Seconds at which the tone begins, from the decoded samples."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray()[0].astype(float))
            loud = np.flatnonzero(samples > 0.05 * (1 if samples.max() <= 2 else 32768))
            if len(loud):
                return float(frame.time) + loud[0] / frame.sample_rate
    raise AssertionError("no tone")


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        ("aac", "mp4"),
        ("aac", "mkv"),
        ("aac", "ts"),
        ("libmp3lame", "avi"),
        ("libmp3lame", "mp4"),
        ("ac3", "mkv"),
        ("libopus", "webm"),
        ("libopus", "mp4"),
        ("flac", "mkv"),
        ("alac", "mov"),
    ],
)
def test_sound_that_fits_is_copied_bit_by_bit(tmp_path: Path, codec: str, suffix: str) -> None:
    video = "libvpx" if suffix == "webm" else "libx264"
    source = media.write_video(
        tmp_path / f"s.{suffix}", pictures=20, codec=video, sound=(codec, 0, 0.6)
    )
    writer = copy(source, tmp_path / "v.mp4")
    before, after = media.audio_packets(source), media.audio_packets(tmp_path / "v.mp4")
    assert writer.audio_note is None
    strip = adts_stripped if suffix == "ts" else bytes
    assert [data for _, data in after] == [strip(data) for _, data in before]
    assert sound_onset(tmp_path / "v.mp4") == pytest.approx(sound_onset(source), abs=2e-3)


def adts_stripped(packet: bytes) -> bytes:
    """AAC without the 7-byte header that transport streams need and an MP4 must not have."""
    return packet[7:]


@pytest.mark.parametrize(
    ("codec", "suffix"), [("pcm_s16le", "avi"), ("pcm_f32le", "mkv"), ("mp2", "mpg")]
)
def test_sound_that_does_not_fit_becomes_aac_in_time(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    video = "mpeg2video" if suffix == "mpg" else "libx264"
    source = media.write_video(
        tmp_path / f"s.{suffix}", pictures=20, codec=video, sound=(codec, 0, 0.6)
    )
    writer = copy(source, tmp_path / "v.mp4")
    with av.open(str(tmp_path / "v.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    assert writer.audio_note is None
    assert sound_onset(tmp_path / "v.mp4") == pytest.approx(sound_onset(source), abs=3e-3)


def test_sound_stays_in_time_where_pictures_start_late(tmp_path: Path) -> None:
    times = [0.5 + index / 30 for index in range(20)]
    source = media.write_video(
        tmp_path / "s.mkv", pictures=20, times=times, sound=("aac", 0.25, 0.8)
    )
    copy(source, tmp_path / "v.mp4")
    frames = list(read_frames(tmp_path / "v.mp4"))
    assert frames[0].time == pytest.approx(0.5)
    assert sound_onset(tmp_path / "v.mp4") == pytest.approx(sound_onset(source), abs=2e-3)


def test_a_range_takes_the_sound_of_its_time_only(tmp_path: Path) -> None:
    source = media.write_video(tmp_path / "s.mp4", pictures=30, fps=10, sound=("aac", 0, 3))
    copy(source, tmp_path / "v.mp4", start=1.0, stop=2.0)
    packets = media.audio_packets(tmp_path / "v.mp4")
    expected = [(t, data) for t, data in media.audio_packets(source) if 1.0 <= t < 2.0]
    assert [data for _, data in packets] == [data for _, data in expected]
    np.testing.assert_allclose([t for t, _ in packets], [t for t, _ in expected], atol=1e-4)


def test_sound_that_outlasts_the_pictures_is_kept(tmp_path: Path) -> None:
    source = media.write_video(tmp_path / "s.mp4", pictures=10, fps=10, sound=("aac", 0, 2))
    copy(source, tmp_path / "v.mp4")
    assert len(media.audio_packets(tmp_path / "v.mp4")) == len(media.audio_packets(source))


def test_a_silent_source_leaves_no_note_and_no_track(tmp_path: Path) -> None:
    source = media.write_video(tmp_path / "s.mp4", pictures=3)
    writer = copy(source, tmp_path / "v.mp4")
    assert writer.audio_note is None
    assert not probe(tmp_path / "v.mp4").has_audio


def test_broken_sound_costs_the_sound_only(tmp_path: Path) -> None:
    source = media.write_video(tmp_path / "s.mp4", pictures=10, sound=("flac", 0, 0.5))
    count = len(media.audio_packets(source))
    media.spoil_packets(source, range(count), kind="audio", keep=0)
    writer = copy(source, tmp_path / "v.mp4")
    assert writer.audio_note == "sound left out: none of its packets can be decoded"
    assert len(list(read_frames(tmp_path / "v.mp4"))) == 10
    assert not probe(tmp_path / "v.mp4").has_audio


def test_a_source_that_is_gone_costs_the_sound_only(tmp_path: Path) -> None:
    writer = write(tmp_path / "v.mp4", [0.0, 0.1], source=tmp_path / "gone.mp4")
    assert writer.audio_note is not None
    assert re.match("sound left out: No such file", writer.audio_note)
    assert len(list(read_frames(tmp_path / "v.mp4"))) == 2


def test_a_source_may_be_replaced_by_its_own_copy(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=10, sound=("aac", 0, 0.3))
    before = media.audio_packets(path)
    frames = list(read_frames(path))
    with VideoWriter(path, width=64, height=48, fps=30, source=path) as writer:
        for frame in frames:
            writer.write(frame.image, frame.time)
    assert [data for _, data in media.audio_packets(path)] == [data for _, data in before]


def test_negative_times_move_pictures_and_sound_to_zero(tmp_path: Path) -> None:
    source = media.write_video(tmp_path / "s.mkv", pictures=12, fps=10, sound=("aac", 0.5, 0.5))
    writer = write(tmp_path / "v.mp4", [-0.5 + i / 10 for i in range(12)], source=source)
    times = [frame.time for frame in read_frames(tmp_path / "v.mp4")]
    np.testing.assert_allclose(times, np.arange(12) / 10, atol=2e-6)
    moved = sound_onset(tmp_path / "v.mp4") - sound_onset(source)
    assert moved == pytest.approx(0.5, abs=1e-3)
    assert writer.audio_note is None

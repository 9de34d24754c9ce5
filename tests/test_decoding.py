"""Decoding: times that always increase, files that are no video, damage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import media
import numpy as np
import pytest
from media import UNEVEN_TIMES, indices_of, times_of

from wildpose.video import VideoError, probe, read_frames


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_uneven_timestamps_come_out_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    path = media.write_video(tmp_path / f"v.{suffix}", pictures=8, times=UNEVEN_TIMES)
    np.testing.assert_allclose(times_of(path), UNEVEN_TIMES, atol=1e-9)
    assert indices_of(path) == list(range(8))


@pytest.mark.parametrize("fps", [10, 29.97, 120])
def test_any_frame_rate_is_read_with_its_own_times(tmp_path: Path, fps: float) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=12, fps=fps)
    np.testing.assert_allclose(times_of(path), np.arange(12) / fps, atol=1e-5)
    assert probe(path).fps == pytest.approx(fps, rel=1e-3)


def test_first_time_is_the_containers_not_zero(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mkv", pictures=3, times=[2.5, 2.6, 2.7])
    np.testing.assert_allclose(times_of(path), [2.5, 2.6, 2.7], atol=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_avi_with_b_frames_has_even_times(tmp_path: Path, threads: int) -> None:
    # FFmpeg gives 1, 4, 3, 5, 2, ... here: packet numbers in the order of decoding.
    options = {"bf": "3", "crf": "4"}
    path = media.write_video(tmp_path / "v.avi", pictures=20, options=options)
    frames = list(read_frames(path, threads=threads))
    np.testing.assert_allclose(np.diff([f.time for f in frames]), 1 / 30, atol=1e-9)
    assert [media.index_of(f.image) for f in frames] == list(range(20))


def test_frames_without_timestamps_follow_at_the_average_rate(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.h264", pictures=6, fps=25)
    np.testing.assert_allclose(times_of(path), np.arange(6) / 25, atol=1e-9)


def test_a_timestamp_that_goes_back_is_replaced_by_one_that_increases(tmp_path: Path) -> None:
    first = media.write_video(tmp_path / "a.ts", pictures=5, fps=25)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() * 2)  # the second half starts at zero again
    times = times_of(joined)
    assert len(times) == 10
    assert (np.diff(times) > 0).all()
    assert times[-1] - times[0] < 1


def test_negative_times_are_kept(tmp_path: Path) -> None:
    path = media.write_video(
        tmp_path / "v.mkv",
        pictures=4,
        times=[-0.033, 0.0, 0.1, 0.2],
        codec="mjpeg",
        pix_fmt="yuvj420p",
        container_options={"avoid_negative_ts": "disabled"},
    )
    np.testing.assert_allclose(times_of(path), [-0.033, 0.0, 0.1, 0.2], atol=1e-9)


def test_a_video_of_one_frame_gives_one_frame(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=1)
    (frame,) = read_frames(path)
    assert (frame.index, frame.time, frame.image.shape) == (0, 0.0, (48, 64, 3))


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / "v.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("Dear diary, nothing moved today.\n" * 20)
    elif kind == "terminal":
        path = folder / "notes.txt"
        path.write_text("Dear diary, nothing moved today.\n" * 20)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif kind == "sound":
        media.write_sound(path)
    elif kind == "cut index":
        media.cut(media.write_video(path, pictures=20), 0.6)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "no frame":
        media.write_video(path, pictures=3, codec="png", pix_fmt="rgb24")
        media.spoil_packets(path, range(3))
    return path


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("missing", "no such file"),
        ("empty", "is empty"),
        ("folder", "is a folder"),
        ("text", "is text, not a video"),
        ("terminal", "is text, not a video"),
        ("noise", "is not a video that FFmpeg can open"),
        ("sound", "holds sound only"),
        ("cut index", "is an MP4 or MOV without a usable index"),
        ("pipe", "is not a regular file"),
        ("no frame", "no frame could be decoded"),
    ],
)
def test_each_kind_of_bad_file_gets_its_own_line(tmp_path: Path, kind: str, text: str) -> None:
    path = bad_file(tmp_path, kind)
    for attempt in (probe, lambda path: list(read_frames(path))):
        with pytest.raises(VideoError, match=text) as caught:
            attempt(path)
        assert "\n" not in str(caught.value)
        assert str(path) not in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named_so(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=1)
    path.chmod(0)
    with pytest.raises(VideoError, match="no permission"):
        probe(path)


def test_a_file_that_must_not_be_read_is_named_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=1)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(VideoError, match="no permission"):
        probe(path)


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.avi", pictures=2, codec="rawvideo", pix_fmt="bgr24")
    data = bytearray(path.read_bytes())
    header = data.index(b"strf") + 8  # BITMAPINFOHEADER: size, width, height
    data[header + 4 : header + 12] = np.array([60000, 50000], "<i4").tobytes()
    path.write_bytes(data)
    with pytest.raises(VideoError, match=r"60000x50000|no frame could be decoded"):
        probe(path)


def test_a_playlist_in_disguise_opens_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n")
    with pytest.raises(VideoError):
        probe(path)


@pytest.mark.parametrize("name", ["a b ü 動画 🤸.mp4", "with:colon.mp4", "100%03d.mp4", "-v.mp4"])
def test_odd_names_are_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    media.write_video(tmp_path / "v.mp4", pictures=2).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert indices_of(Path(name)) == [0, 1]


def test_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "v.mp3"
    with av.open(str(path), "w") as container:
        tone = media.add_tone(container, "libmp3lame")
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "rgb24"
        frame = av.VideoFrame.from_ndarray(media.gray_picture(1), format="rgb24")
        container.mux(cover.encode(frame))
        for sound in media.tone_frames(start=0, seconds=0.5):
            container.mux(tone.encode(sound))
        container.mux(tone.encode(None))
    with pytest.raises(VideoError, match="sound only"):
        probe(path)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "ts"])
def test_a_cut_file_gives_the_frames_there_are(tmp_path: Path, suffix: str) -> None:
    path = media.write_video(tmp_path / f"v.{suffix}", pictures=media.noise_pictures(30))
    whole = times_of(path)
    found = times_of(media.cut(path, 0.6))
    assert 10 <= len(found) < 30
    assert found == whole[: len(found)]


def test_a_cut_mp4_with_its_index_first_gives_the_frames_there_are(tmp_path: Path) -> None:
    path = media.write_video(
        tmp_path / "v.mp4",
        pictures=media.noise_pictures(20),
        container_options={"movflags": "faststart"},
    )
    assert 5 <= len(times_of(media.cut(path, 0.6))) < 20


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"), [("mjpeg", "yuvj420p", "mkv"), ("png", "rgb24", "mov")]
)
def test_spoilt_packets_are_dropped_counted_and_leave_other_times_alone(
    tmp_path: Path, codec: str, pix_fmt: str, suffix: str
) -> None:
    path = media.write_video(tmp_path / f"v.{suffix}", pictures=10, codec=codec, pix_fmt=pix_fmt)
    whole = times_of(path)
    media.spoil_packets(path, [3, 4, 7])
    dropped: list[float | None] = []
    frames = list(read_frames(path, on_corrupt=dropped.append))
    left = [0, 1, 2, 5, 6, 8, 9]
    assert [media.index_of(frame.image) for frame in frames] == left
    assert [frame.time for frame in frames] == [whole[i] for i in left]
    assert dropped == [whole[i] for i in (3, 4, 7)]


def test_a_picture_lost_from_an_avi_leaves_other_times_alone(tmp_path: Path) -> None:
    options = {"g": "1", "crf": "4"}
    path = media.write_video(tmp_path / "v.avi", pictures=10, options=options)
    whole = times_of(path)
    media.spoil_packets(path, [3])
    later = [frame for frame in read_frames(path) if media.index_of(frame.image) > 4]
    assert [frame.time for frame in later] == [whole[media.index_of(f.image)] for f in later]
    assert len(later) == 5


def test_damage_writes_nothing_to_the_terminal(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mkv", pictures=10)
    media.spoil_packets(path, [3, 4])
    code = "import sys; from wildpose.video import *; print(len(list(read_frames(sys.argv[1]))))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""

"""Writing video: times, colours, and no half-written file."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import av
import media
import numpy as np
import pytest

from wildpose.video import probe, read_frames
from wildpose.video_writer import VideoWriter

UNEVEN_TIMES = [0.0, 0.04, 0.05, 0.15, 0.4, 0.41, 0.75, 1.5]


def write(path: Path, times: list[float], *, size: tuple[int, int] = (64, 48)) -> None:
    """Gray pictures at the given times."""
    with VideoWriter(path, width=size[0], height=size[1], fps=30) as writer:
        for index, time in enumerate(times):
            writer.write(media.gray_picture(index % 30, size), time)


# Times and pictures


@pytest.mark.parametrize(
    "times",
    [
        [0.0],
        [3.25],
        [0.0, 1.75],
        UNEVEN_TIMES,
        [time + 1 / 30 for time in UNEVEN_TIMES],
        [1000.0 + time for time in UNEVEN_TIMES],
        [index / 120 for index in range(40)],
        [index * 1001 / 24000 for index in range(40)],
    ],
    ids=["one", "one late", "two", "uneven", "ntu start", "late", "120 fps", "23.976 fps"],
)
def test_pictures_keep_their_times_and_order(tmp_path: Path, times: list[float]) -> None:
    path = tmp_path / "v.mp4"
    write(path, times)
    frames = list(read_frames(path))
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=2e-6)
    assert [media.index_of(f.image) for f in frames] == [i % 30 for i in range(len(times))]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
def test_times_of_a_source_come_back_to_the_last_bit(tmp_path: Path, suffix: str) -> None:
    source = media.write_video(tmp_path / f"s.{suffix}", pictures=25, fps=29.97)
    target = tmp_path / "v.mp4"
    with VideoWriter(target, width=64, height=48, fps=30, source=source) as writer:
        for frame in read_frames(source):
            writer.write(frame.image, frame.time)
    assert [f.time for f in read_frames(target)] == [f.time for f in read_frames(source)]


def test_colours_survive(tmp_path: Path) -> None:
    picture = media.smooth_picture((320, 240))
    with VideoWriter(tmp_path / "v.mp4", width=320, height=240, fps=30) as writer:
        for index in range(5):
            writer.write(picture, index / 30)
    for frame in read_frames(tmp_path / "v.mp4"):
        assert np.abs(frame.image.astype(int) - picture).mean() < 3


def test_the_file_is_what_browsers_play(tmp_path: Path) -> None:
    write(tmp_path / "v.mp4", UNEVEN_TIMES)
    with av.open(str(tmp_path / "v.mp4")) as container:
        context = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        tags = frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc
        assert tags == (1, 1, 1, 1)  # BT.709, limited range
    data = (tmp_path / "v.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (65, 48), (1, 1)])
def test_odd_sizes_are_filled_up_with_their_edge(tmp_path: Path, size: tuple[int, int]) -> None:
    write(tmp_path / "v.mp4", [0.0, 0.1], size=size)
    frames = list(read_frames(tmp_path / "v.mp4"))
    width, height = size
    assert frames[0].image.shape == (height + height % 2, width + width % 2, 3)
    assert [media.index_of(frame.image) for frame in frames] == [0, 1]


def test_pixel_aspect_is_kept(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "v.mp4", width=64, height=48, fps=30, pixel_aspect=1.5) as writer:
        writer.write(media.gray_picture(0), 0.0)
    assert probe(tmp_path / "v.mp4").pixel_aspect == pytest.approx(1.5)


def test_views_that_are_not_contiguous_are_written(tmp_path: Path) -> None:
    picture = media.corner_picture()
    with VideoWriter(tmp_path / "v.mp4", width=64, height=48, fps=30) as writer:
        writer.write(picture[:, ::-1], 0.0)
    (frame,) = read_frames(tmp_path / "v.mp4")
    assert np.abs(frame.image.astype(int) - picture[:, ::-1]).mean() < 5


# Whole or not at all


def fail_half_way(path: Path) -> None:
    """Write some pictures, then raise KeyError; the final name must not appear meanwhile."""
    before = path.read_bytes() if path.exists() else None
    with VideoWriter(path, width=64, height=48, fps=30) as writer:
        for index in range(20):
            writer.write(media.gray_picture(index), index / 30)
            assert (path.read_bytes() if path.exists() else None) == before
        raise KeyError("stop")


def test_nothing_is_left_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="stop"):
        fail_half_way(tmp_path / "v.mp4")
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_survives_a_failed_block(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, [0.0, 0.1])
    before = path.read_bytes()
    with pytest.raises(KeyError, match="stop"):
        fail_half_way(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_finished_file_is_left(tmp_path: Path) -> None:
    write(tmp_path / "v.mp4", [0.0, 0.1])
    assert list(tmp_path.iterdir()) == [tmp_path / "v.mp4"]


@pytest.mark.parametrize("name", ["a b ü 動画.mp4", "with:colon.mp4", "x" * 250 + ".mp4"])
def test_odd_names_are_written(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, [0.0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"was not written: '.*gone/v\.mp4'$"):
        write(tmp_path / "gone" / "v.mp4", [0.0])


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path) -> None:
    # A limit on the size of files stands in for a disk that is full.
    code = """
import sys, numpy as np
from wildpose.video_writer import VideoWriter
rng = np.random.default_rng(0)
try:
    with VideoWriter(sys.argv[1], width=640, height=480, fps=30) as writer:
        for index in range(60):
            writer.write(rng.integers(0, 255, (480, 640, 3), dtype=np.uint8), index / 30)
except OSError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "v.mp4")],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        ),
    )
    assert re.fullmatch(r"\[Errno \d+\] .*File too large.*v\.mp4'\n", done.stdout)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_block_without_pictures_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="no picture was written"),
        VideoWriter(tmp_path / "v.mp4", width=64, height=48, fps=30),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_wrong_pictures_and_times_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "v.mp4", width=64, height=48, fps=30) as writer:
        writer.write(media.gray_picture(0), 0.5)
        with pytest.raises(ValueError, match=r"expected a \(48, 64, 3\) uint8 image, got \(64, 48"):
            writer.write(media.gray_picture(0).transpose(1, 0, 2), 0.6)
        with pytest.raises(ValueError, match=r"got \(48, 64, 3\) float64"):
            writer.write(media.gray_picture(0) / 255, 0.6)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"times must increase, got 0.5 s after 0.5 s"):
            writer.write(media.gray_picture(0), 0.5)
    with pytest.raises(ValueError, match="fps must lie between"):
        VideoWriter(tmp_path / "w.mp4", width=64, height=48, fps=0)
    with pytest.raises(ValueError, match="the size must be positive, got 0x48"):
        VideoWriter(tmp_path / "w.mp4", width=0, height=48, fps=30)

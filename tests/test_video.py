"""Reading video: probing, ranges, rates, reading ahead."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import media
import numpy as np
import pytest
from media import UNEVEN_TIMES, indices_of, times_of

from wildpose.video import VideoError, prefetch, probe, read_frames


def test_probe_says_what_the_container_says(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=10, fps=20, sound=("aac", 0, 0.5))
    info = probe(path)
    assert (info.path, info.width, info.height) == (path, 64, 48)
    assert (info.fps, info.frames, info.rotation, info.has_audio) == (20, 10, 0, True)
    assert info.duration_s == pytest.approx(0.5)


def test_start_and_stop_are_half_open_and_count_from_zero(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=30, fps=10)
    frames = list(read_frames(path, start=0.5, stop=1.0))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [media.index_of(frame.image) for frame in frames] == [5, 6, 7, 8, 9]
    np.testing.assert_allclose([f.time for f in frames], [0.5, 0.6, 0.7, 0.8, 0.9], atol=1e-9)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "flv", "h264"])
def test_a_range_equals_the_same_part_of_the_whole(tmp_path: Path, suffix: str) -> None:
    options = {"g": "7", "bf": "2", "crf": "4"}
    path = media.write_video(tmp_path / f"v.{suffix}", pictures=30, options=options)
    whole = [(frame.time, media.index_of(frame.image)) for frame in read_frames(path)]
    for first, last in itertools.combinations((0, 3, 6, 7, 8, 20, 29), 2):
        start, stop = whole[first][0], whole[last][0]
        part = read_frames(path, start=start, stop=stop)
        found = [(frame.time, media.index_of(frame.image)) for frame in part]
        assert found == whole[first:last]


def test_a_range_before_the_video_starts_at_its_first_frame(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=5)
    assert indices_of(path, start=-3, stop=0.05) == [0, 1]


def test_a_range_behind_the_end_is_an_error(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=5)
    with pytest.raises(VideoError, match="no frame from 9 s to 10 s"):
        list(read_frames(path, start=9, stop=10))


def test_a_lower_rate_takes_the_frames_nearest_to_its_ticks(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=9, fps=30)
    assert indices_of(path, fps=10) == [0, 3, 6]
    assert indices_of(path, fps=20) == [0, 1, 3, 4, 6, 7]
    np.testing.assert_allclose(times_of(path, fps=10), [0, 0.1, 0.2], atol=1e-9)


def test_a_lower_rate_of_an_uneven_video_goes_by_time(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=8, times=UNEVEN_TIMES)
    # Ticks at 0, 0.2, 0.4, ..., 1.4: frames 0 (0.0), 3 (0.15), 4 (0.4), 6 (0.75), 7 (1.5).
    assert indices_of(path, fps=5) == [0, 3, 4, 6, 7]


@pytest.mark.parametrize("fps", [30, 100, 1000])
def test_a_rate_above_the_source_repeats_nothing(tmp_path: Path, fps: float) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=9, fps=30)
    assert indices_of(path, fps=fps) == list(range(9))


def test_options_that_make_no_sense_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    with pytest.raises(ValueError, match="fps must be positive, got 0"):
        read_frames(path, fps=0)
    with pytest.raises(ValueError, match="start must come before stop, got start 2 and stop 1"):
        read_frames(path, start=2, stop=1)
    with pytest.raises(ValueError, match="threads must be 1 or more, got 0"):
        read_frames(path, threads=0)


def test_prefetch_keeps_the_order() -> None:
    assert list(prefetch(iter(range(50)), depth=3)) == list(range(50))


def test_prefetch_runs_at_most_depth_ahead() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for i in range(100):
            made.append(i)
            yield i

    items = prefetch(source(), depth=2)
    assert next(items) == 0
    time.sleep(0.05)
    assert len(made) <= 4  # one taken, two waiting, one in the hands of the thread
    items.close()


def test_prefetch_raises_the_error_of_the_source_behind_its_items() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise VideoError("lost")

    items = prefetch(source())
    assert next(items) == 1
    with pytest.raises(VideoError, match="lost"):
        next(items)


def test_closing_prefetch_ends_its_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.set()

    items = prefetch(source(), depth=2)
    assert next(items) == 0
    items.close()
    assert closed.is_set()
    assert not [t for t in threading.enumerate() if t.name == "wildpose-prefetch"]


def test_dropping_prefetch_half_way_leaves_no_thread(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.mp4", pictures=20)
    frames = prefetch(read_frames(path), depth=2)
    assert [next(frames).index for _ in range(3)] == [0, 1, 2]
    del frames
    assert not [t for t in threading.enumerate() if t.name == "wildpose-prefetch"]


def test_prefetch_of_no_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="depth must be 1 or more, got 0"):
        prefetch([1], depth=0)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    picture = media.smooth_picture((160, 120))
    path = media.write_video(tmp_path / "v.mp4", pictures=[picture] * 900)
    sizes = [resident() for _ in read_frames(path)]
    # 600 pictures of 58 kB would be 35 MB; the allocator settles within the first 300.
    assert sizes[899] - sizes[299] < 10e6

"""Cuts of videos are exact to the frame, and what cannot be cut is told."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.media import (
    UNEVEN_TIMES,
    corner_picture,
    cut,
    gray_picture,
    indices_of,
    noise_pictures,
    times_of,
    turn,
    write_video,
)
from tools.youtube import cutting
from tools.youtube.cutting import DamagedError, cut_exactly
from tools.youtube.parts import NotSameError, Span, check_same, span_of
from wildpose.video import VideoError, probe, read_frames


@pytest.mark.parametrize(
    ("start", "stop", "frames"),
    [
        (0.2, 0.5, range(6, 15)),  # both are times of frames: the first is in, the last is not
        (0.19, 0.49, range(6, 15)),
        (0.05, 0.41, range(2, 13)),  # halfway between frames
        (0.9, None, range(27, 30)),
        (0.0, None, range(30)),
        (0.2, 0.2001, [6]),
        (0.5, 1.05, range(15, 30)),  # containers are not exact about their end
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.ts", "a.avi"])
def test_a_cut_has_the_frames_from_start_on_and_before_stop(
    name: str, start: float, stop: float | None, frames: Sequence[int], thirty: dict[str, Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    made = cut_exactly(thirty[name], tmp_path / "c.mp4", start=start, stop=stop)
    assert indices_of(tmp_path / "c.mp4") == list(frames)
    assert made.frames == len(frames)
    assert made.start == pytest.approx(frames[0] / 30, abs=1e-3)
    assert made.stop == pytest.approx((frames[-1] + 1) / 30, abs=3e-3)
    times = times_of(tmp_path / "c.mp4")
    np.testing.assert_allclose(times, np.arange(len(frames)) / 30, atol=2e-3)  # WebM counts in ms


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Thirty frames in a second, in four containers."""
    folder = tmp_path_factory.mktemp("thirty")
    codecs = {"a.mp4": "libx264", "a.webm": "libvpx", "a.ts": "libx264", "a.avi": "mpeg4"}
    return {
        name: write_video(folder / name, pictures=30, codec=codec) for name, codec in codecs.items()
    }


def test_frames_at_uneven_times_keep_their_distances(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", pictures=8, times=UNEVEN_TIMES)
    cut_exactly(video, tmp_path / "c.mp4", start=0.05, stop=0.75)
    assert indices_of(tmp_path / "c.mp4") == [2, 3, 4, 5]
    np.testing.assert_allclose(times_of(tmp_path / "c.mp4"), [0, 0.1, 0.35, 0.36], atol=1e-3)


def test_a_gap_before_the_part_hides_no_frame(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", pictures=4, times=[0, 0.1, 5.0, 5.1])
    cut_exactly(video, tmp_path / "c.mp4", start=3.0, stop=5.05)
    assert indices_of(tmp_path / "c.mp4") == [2]
    with pytest.raises(VideoError, match=r"no frame from 1 s to 2 s: they are further apart"):
        cut_exactly(video, tmp_path / "d.mp4", start=1.0, stop=2.0)


def test_seconds_count_from_where_players_begin(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mkv", pictures=9, times=[5 + i / 30 for i in range(9)])
    made = cut_exactly(video, tmp_path / "c.mp4", start=0.1, stop=0.2)
    assert indices_of(tmp_path / "c.mp4") == [3, 4, 5]
    assert made.start == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize(("clockwise", "size"), [(90, (48, 64)), (180, (64, 48))])
def test_clips_of_a_phone_held_sideways_are_upright(
    clockwise: int, size: tuple[int, int], tmp_path: Path
) -> None:
    video = turn(write_video(tmp_path / "v.mp4", pictures=[corner_picture()] * 6), clockwise)
    cut_exactly(video, tmp_path / "c.mp4", start=0.05, stop=0.15)
    info = probe(tmp_path / "c.mp4")
    assert ((info.width, info.height), info.rotation, info.has_audio) == (size, 0, False)
    before, after = next(read_frames(video)).image, next(read_frames(tmp_path / "c.mp4")).image
    assert np.abs(before.astype(int) - after).mean() < 3  # gray levels


def test_odd_sides_and_other_colours_are_no_obstacle_and_sound_is_left_out(tmp_path: Path) -> None:
    pictures = [corner_picture((63, 47))] * 6
    video = write_video(
        tmp_path / "v.mkv", pictures=pictures, pix_fmt="yuv444p", sound=("aac", 0, 0.2)
    )
    cut_exactly(video, tmp_path / "c.mp4", start=0.0, stop=None)
    info = probe(tmp_path / "c.mp4")
    assert (info.width, info.height, info.frames, info.has_audio) == (64, 48, 6, False)


def test_the_same_cut_is_the_same_file(thirty: dict[str, Path], tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        cut_exactly(thirty["a.mp4"], tmp_path / name, start=0.1, stop=0.4)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


@pytest.mark.parametrize(("start", "stop"), [(5, 6), (5, None), (1, 2), (0.5, 1.5), (1.05, None)])
def test_a_range_past_the_end_is_told_with_the_end(
    start: float, stop: float | None, thirty: dict[str, Path], tmp_path: Path
) -> None:
    until = "the end" if stop is None else f"{stop:g} s"
    line = f"the range from {start:g} s to {until} lies past the end of the video, which is at 1.00"
    with pytest.raises(VideoError, match=line):
        cut_exactly(thirty["a.mp4"], tmp_path / "c.mp4", start=start, stop=stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("start", "stop"), [(0.1, None), (0.3, 0.9), (0.7, 0.9)])
def test_a_video_with_less_than_it_says_is_damaged(
    start: float, stop: float | None, tmp_path: Path
) -> None:
    faststart = {"movflags": "+faststart"}
    video = write_video(
        tmp_path / "v.mp4", pictures=noise_pictures(30), container_options=faststart
    )
    cut(video, 0.5)
    with pytest.raises(
        DamagedError, match=r"is cut off or damaged: it has no pictures from 0\..*1"
    ):
        cut_exactly(video, tmp_path / "c.mp4", start=start, stop=stop)
    assert cut_exactly(video, tmp_path / "c.mp4", start=0, stop=0.2).frames == 6  # that is there


def test_a_video_without_its_index_is_told(tmp_path: Path) -> None:
    video = cut(write_video(tmp_path / "v.mp4", pictures=30), 0.7)
    with pytest.raises(VideoError, match="without a usable index"):
        cut_exactly(video, tmp_path / "c.mp4", start=0, stop=0.1)


def test_what_shows_other_frames_or_other_times_is_not_the_same(
    thirty: dict[str, Path], tmp_path: Path
) -> None:
    part = span_of(thirty["a.mp4"], Span(0.2, 0.5), from_start=False)
    check_same(_video(tmp_path, range(6, 15)), part)
    for frames, line in ((range(6, 14), "8 frames came of 9"), (range(5, 14), "other frames")):
        with pytest.raises(NotSameError, match=line):
            check_same(_video(tmp_path, frames), part)
    late = write_video(tmp_path / "l.mp4", pictures=[gray_picture(i) for i in range(6, 15)], fps=29)
    with pytest.raises(NotSameError, match="moved in time"):
        check_same(late, part)


def _video(folder: Path, frames: Sequence[int]) -> Path:
    return write_video(folder / "v.mp4", pictures=[gray_picture(i) for i in frames])


@pytest.mark.parametrize(
    ("stderr", "error", "line"),
    [
        (b"a\nb went wrong\n", VideoError, "could not be cut: ffmpeg: b went wrong"),
        (b"", VideoError, "could not be cut: ffmpeg: ended with 1"),
        (b"av_interleaved: No space left on device\nend", OSError, "No space left on device"),
    ],
)
def test_what_ffmpeg_complains_of_is_one_line(
    stderr: bytes, error: type[Exception], line: str, thirty: dict[str, Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    failed = subprocess.CompletedProcess([], 1, b"", stderr)
    monkeypatch.setattr(cutting.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(error, match=line):
        cut_exactly(thirty["a.mp4"], tmp_path / "c.mp4", start=0.1, stop=0.4)
    assert not list(tmp_path.iterdir())

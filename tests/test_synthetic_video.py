"""Reproducible videos: the same file every time, and what was put in comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.synthetic_video import Picture, reproducible_video
from wildpose.video import read_frames

SIZE = (96, 54)


def pictures(count: int = 12) -> list[Picture]:
    """A coloured square that crosses a soft, noisy ground."""
    noise = np.random.default_rng(0).uniform(0, 24, (54, 96, 1))
    ground = np.linspace(60, 160, 96)[None, :, None] + noise + np.array([0, 10, 20])
    made = []
    for t in range(count):
        picture = ground.copy()
        picture[20:36, 6 * t : 6 * t + 16] = (200, 40, 40)
        made.append(picture.astype(np.uint8))
    return made


def write(path: Path, frames: list[Picture]) -> bytes:
    with reproducible_video(path, size=SIZE, frame_rate=30) as add:
        for frame in frames:
            add(frame)
    return path.read_bytes()


def test_the_same_pictures_make_the_same_bytes(tmp_path: Path) -> None:
    assert len({write(tmp_path / "a.mp4", pictures()) for _ in range(5)}) == 1


def test_the_encoder_does_without_what_goes_by_places_in_memory(tmp_path: Path) -> None:
    assert b" mbtree=0 " in write(tmp_path / "a.mp4", pictures(2))  # x264 writes how it was set
    assert b" threads=1 " in write(tmp_path / "a.mp4", pictures(2))


def test_pictures_come_back_in_their_colours_and_at_their_times(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", pictures())
    found = list(read_frames(tmp_path / "a.mp4"))
    np.testing.assert_allclose([frame.time for frame in found], np.arange(12) / 30, atol=1e-5)
    for frame, picture in zip(found, pictures(), strict=True):
        assert np.abs(frame.image.astype(int) - picture).mean() < 8  # of 255; compressed
    inside = found[5].image[24:32, 34:42].reshape(-1, 3).mean(0)
    np.testing.assert_allclose(inside, (200, 40, 40), atol=12)


def stopped(path: Path) -> None:
    with reproducible_video(path, size=SIZE, frame_rate=30) as add:
        for picture in 3 * pictures():  # the encoder looks ahead before it writes
            add(picture)
        assert [found.suffix for found in path.parent.iterdir()] == [".partial"]
        raise KeyboardInterrupt


def test_a_video_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopped(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write(tmp_path / "file" / "a.mp4", pictures(2))

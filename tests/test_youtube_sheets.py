"""Contact sheets show everybody who was found, with their numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.recordings import read_picture
from tests.made_results import person, result
from tests.media import write_video
from tools.youtube.sheets import HEIGHT, LINE, moments, write_sheet
from wildpose.overlay import colour_of
from wildpose.results import Person, Result

PLAIN = np.full((90, 160, 3), 128, np.uint8)


def people_in(frames: int, *people: Person) -> Result:
    content = result(*people)
    return replace(content, video=replace(content.video, frames=frames, width=160, height=90))


def in_box(id: int, frames: list[int], box: tuple[int, int, int, int]) -> Person:
    somebody = person(id, frames=frames)
    return replace(somebody, boxes=np.tile(np.array(box, dtype=float), (len(frames), 1)))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "c.mp4", pictures=[PLAIN] * 9)


def test_the_first_the_middle_and_the_last_frame_are_shown() -> None:
    assert moments(people_in(9, person(1, frames=[0, 1, 2]))) == [0, 4, 8]
    assert moments(people_in(1, person(1, frames=[0]))) == [0]
    assert moments(people_in(9)) == [0, 4, 8]


def test_who_is_on_none_of_these_gets_a_frame_of_their_own() -> None:
    late, always = person(2, frames=[5, 6, 7]), person(1, frames=list(range(9)))
    assert moments(people_in(9, always, late)) == [0, 4, 6, 8]
    crowd = [person(i, frames=[10 * i]) for i in range(1, 8)]
    assert moments(people_in(100, *crowd)) == [0, 10, 20, 30, 50, 99]  # 5 is on the middle one


def test_boxes_are_drawn_in_the_colours_of_their_people(clip: Path, tmp_path: Path) -> None:
    left = in_box(1, [0, 4], (16, 20, 48, 80))
    right = in_box(2, [0, 1], (100, 20, 140, 80))
    write_sheet(tmp_path / "s.jpg", clip, people_in(9, left, right), kept=2, title="a: clap")
    sheet = read_picture(tmp_path / "s.jpg")
    scale = HEIGHT / 90
    panel = round(160 * scale)
    assert sheet.shape == (2 * LINE + HEIGHT + LINE, 3 * (panel + 4), 3)

    def thickness(of: Person, column: int) -> int:
        """Pixels of the left side of a person's box that have their colour, in the n-th panel."""
        x = column * (panel + 4) + round(of.boxes[0, 0] * scale)
        row = sheet[2 * LINE + round(50 * scale), x - 8 : x + 9].astype(int)
        return int((np.abs(row - colour_of(of.id)).max(axis=1) < 60).sum())

    thin = [thickness(left, i) for i in range(3)]
    assert 1 <= thin[0] == thin[1] < thickness(right, 0) and thin[2] == 0
    assert [thickness(right, i) for i in (1, 2)] == [0, 0]


def test_numbers_stand_over_heads_and_inside_the_picture(clip: Path, tmp_path: Path) -> None:
    high = in_box(1, [0], (156, 0, 159, 89))
    write_sheet(tmp_path / "s.jpg", clip, people_in(9, high), kept=1, title="")
    sheet = read_picture(tmp_path / "s.jpg")
    panel = sheet[2 * LINE :, : round(160 * HEIGHT / 90)].astype(int)
    drawn = np.abs(panel[:HEIGHT] - 128).max(axis=2) > 40
    assert drawn[:28, -28:].mean() > 0.5
    assert not drawn[:, :-40].any()  # the box begins 18 px from the right, its number 32


def test_a_clip_of_nobody_has_a_sheet_too(clip: Path, tmp_path: Path) -> None:
    write_sheet(tmp_path / "s.jpg", clip, people_in(9), kept=None, title="äöü " * 100)
    assert read_picture(tmp_path / "s.jpg").shape[0] == 3 * LINE + HEIGHT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.mp4", "s.jpg"]


def test_a_panorama_stays_within_bounds(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "w.mp4", pictures=[np.full((20, 400, 3), 90, np.uint8)] * 2)
    content = people_in(2, in_box(1, [0, 1], (10, 2, 30, 18)))
    write_sheet(tmp_path / "s.jpg", clip, content, kept=1, title="wide")
    assert read_picture(tmp_path / "s.jpg").shape == (3 * LINE + HEIGHT, 2 * 1004, 3)

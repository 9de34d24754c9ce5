"""The tool that draws how front and back are told apart in time."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import make_ambiguity_figure
import numpy as np
import pytest

OUT = "new/figure.jpg"


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    """The tool's exit code, started in a folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["make_ambiguity_figure.py", *arguments])
    return make_ambiguity_figure.main()


def test_the_figure_is_small_and_as_wide_as_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, OUT, "--seconds", "0.6") == 0
    path = tmp_path / OUT
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert 20_000 < path.stat().st_size <= 250_000
    image = cv2.imread(str(path))
    assert image is not None and image.shape[1] == make_ambiguity_figure.WIDTH_PX
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("new/figure.jpg: ") and line.endswith(" frame by frame, 0 with Viterbi")


def test_the_figure_marks_flipped_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_ambiguity_figure.distant_person(np.random.default_rng(0))
    choices = make_ambiguity_figure.chosen(clip)
    rows = make_ambiguity_figure.shown_rows(make_ambiguity_figure.towards_camera(choices.by_frame))
    flipped = ~make_ambiguity_figure.towards_camera(choices.by_frame[rows])
    figure = make_ambiguity_figure.drawn(choices)
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    make_ambiguity_figure.plt.close(figure)
    assert flipped.any()
    assert words.count("back") == flipped.sum()  # none of Viterbi's
    assert words.count("front") == 2 * make_ambiguity_figure.COLUMNS - flipped.sum()


def test_every_other_row_shown_is_a_flipped_one_where_there_is_one() -> None:
    towards = np.ones(60, dtype=bool)
    towards[[3, 17, 34, 36]] = False  # in the first, second and fourth sixth
    rows = make_ambiguity_figure.shown_rows(towards)
    assert [row // 10 for row in rows] == [0, 1, 2, 3, 4, 5]
    assert towards[rows].tolist() == [True, False, True, False, True, True]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--seed", "-1"], "--seed"),
        (["--seconds", "0"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["figure.png"], "figure.png"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    word: str,
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, tmp_path, *arguments)
    assert stop.value.code == 2
    assert word in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []

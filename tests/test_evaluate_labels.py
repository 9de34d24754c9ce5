"""What was said of a clip, in shares of the time, and whether that is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datasets.everyday_actions import ACTIONS
from tests.made_results import person, result, written
from tools import evaluate_labels
from tools.evaluate_labels import ANNOTATIONS, shares, verdict
from wildpose.types import Segment


def test_shares_are_of_the_time_that_people_are_in_view() -> None:
    first = (Segment(0.0, 1.0, "wave", 0.9), Segment(1.0, 1.5, "walk", 0.8))
    people = [
        person(1, frames=list(range(60)), actions=first),
        person(2, frames=list(range(60)), actions=(Segment(0.0, 0.5, "walk", 0.7),)),
    ]
    said = shares(result(*people))
    assert list(said) == ["wave", "walk"]
    assert said["wave"] == pytest.approx(1 / 4, abs=0.01)
    assert said["walk"] == pytest.approx(1 / 4, abs=0.01)


def test_absences_are_no_time_in_view() -> None:
    """A second, nobody for eight, a second; all of it labelled, and then a glimpse."""
    frames = [*range(30), *range(270, 300), 600, 601]
    whole = tuple(Segment(t, t + 30 / 29.97, "wave", 0.9) for t in (0.0, 270 / 29.97))
    said = shares(result(person(1, frames=frames, actions=whole)))
    assert said["wave"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("action", "said", "expected"),
    [
        ("walk", {"run": 0.5, "kick": 0.2, "walk": 0.1}, "right"),
        ("walk", {"run": 0.5, "kick": 0.2, "wave": 0.15, "walk": 0.1}, "wrong"),
        ("walk", {}, "wrong"),
        (None, {}, "silent"),
        (None, {"wave": 0.3, "clap": 0.2}, "silent"),
        (None, {"wave": 0.3, "clap": 0.3}, "wrong"),
    ],
)
def test_verdicts(action: str | None, said: dict[str, float], expected: str) -> None:
    assert verdict(action, said) == expected


def test_annotations_are_of_the_list() -> None:
    for action in json.loads(ANNOTATIONS.read_text()).values():
        assert action is None or action in ACTIONS


def test_clips_without_a_result_are_named_and_the_others_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "list.json").write_text('{"there": "wave", "gone": null}')
    people = [person(1, frames=list(range(30)), actions=(Segment(0.0, 1.0, "wave", 0.9),))]
    written(tmp_path / "there" / "result.json", result(*people))
    arguments = [str(tmp_path), "--annotations", str(tmp_path / "list.json")]
    assert evaluate_labels.main(arguments) == 1
    shown = capsys.readouterr()
    assert "| there | wave | wave 100% | 0% | right |" in shown.out
    assert "no " in shown.err
    assert "gone" in shown.err
    assert evaluate_labels.main([str(tmp_path / "nowhere")]) == 2


@pytest.mark.parametrize("content", ["{", '{"format": "wildpose/1"}', "[]"])
def test_a_damaged_result_is_one_line_and_the_others_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture, content: str
) -> None:
    (tmp_path / "list.json").write_text('{"bad": null, "folder": null, "there": "wave"}')
    for name in ("bad", "folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "bad" / "result.json").write_text(content)
    (tmp_path / "folder" / "result.json").mkdir()
    written(tmp_path / "there" / "result.json", result(person(1, frames=list(range(30)))))
    arguments = [str(tmp_path), "--annotations", str(tmp_path / "list.json")]
    assert evaluate_labels.main(arguments) == 1
    shown = capsys.readouterr()
    assert "| there | wave | - | 100% | wrong |" in shown.out
    bad, folder = shown.err.splitlines()
    assert bad.startswith(f"{tmp_path / 'bad' / 'result.json'}: cannot be read: ")
    assert folder.startswith(f"{tmp_path / 'folder' / 'result.json'}: cannot be read: ")

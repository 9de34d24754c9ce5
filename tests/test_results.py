"""Settings: what a user may write, and what makes a result another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_results import person
from wildpose.results import Settings


def test_a_model_that_was_trained_anew_is_another_setting(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for name in ("lifter", "recognizer"):
        settings = Settings.of({name: str(path)})
        path.write_bytes(b"first")
        first = settings.record
        path.write_bytes(b"second")
        assert settings.record != first
        path.write_bytes(b"first")
        assert settings.record == first
        assert first[name].startswith(str(path))


def test_names_are_recorded_as_they_are() -> None:
    record = Settings.of({"lifter": "lcr", "recognizer": "none"}).record
    assert (record["lifter"], record["recognizer"]) == ("lcr", None)


def test_a_window_is_the_recognizers_own_unless_it_is_given() -> None:
    assert Settings().record["window"] is None


def test_one_and_one_point_zero_are_the_same() -> None:
    assert Settings(window=2, stride=1).record == Settings(window=2.0, stride=1.0).record


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"lifters": "lcr"}, r"unknown setting 'lifters': there are .*lifter"),
        ({"tiles": "many"}, "tiles is auto or a number of rows, got 'many'"),
    ],
)
def test_what_there_is_not_is_refused(options: dict, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Settings.of(options)


def test_a_person_shows_itself_in_a_line_without_arrays() -> None:
    text = repr(person(1, frames=[0, 1, 2]))
    assert text.startswith("Person(id=1, frames=(")
    assert "skeleton=SkeletonSequence(joints=(" in text
    assert "\n" not in text

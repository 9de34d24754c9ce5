"""Settings: what a user may write, and what makes a result another one."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.made_results import person
from wildpose import results
from wildpose.results import DEPENDENCIES, Settings, parts, versions

OLD = {
    "detector": "blazepose", "pose": "blazepose", "lifter": "lcr", "smooth": "viterbi",
    "recognizer": "default", "window": None, "stride": 0.5, "top_k": 5, "min_score": None,
    "tiles": None, "actor": "all", "max_people": None, "fps": None, "start": None, "stop": None,
    "revision": 5,
}  # fmt: skip
"""A record as it was written before labels had a revision of their own."""
OTHER_POSES: list[dict[str, Any]] = [
    {"detector": "mine"}, {"pose": "mine"}, {"lifter": "mine"}, {"smooth": "none"}, {"tiles": 2},
    {"actor": "first"}, {"max_people": 1}, {"fps": 10.0}, {"start": 1.0}, {"stop": 2.0},
    {"poses": "mine.json"},
]  # fmt: skip


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
        assert first[name].startswith("model.safetensors sha256:")


@pytest.mark.parametrize(
    "change",
    [
        {"recognizer": None},
        {"recognizer": "default"},
        {"window": 1.0},
        {"stride": 0.25},
        {"top_k": 1},
        {"min_score": 0.3},
    ],
)
def test_labels_have_settings_that_poses_do_not_depend_on(change: dict[str, Any]) -> None:
    before, after = parts(Settings(recognizer="mine").record), parts(Settings(**change).record)
    assert before.poses == after.poses
    assert before.labels != after.labels


@pytest.mark.parametrize("change", OTHER_POSES, ids=lambda change: next(iter(change)))
def test_all_other_settings_change_poses(change: dict[str, Any]) -> None:
    before, after = parts(Settings().record), parts(Settings(**change).record)
    assert before.poses != after.poses
    assert before.labels == after.labels


def test_every_setting_is_of_poses_or_of_labels() -> None:
    record = Settings().record
    poses, labels = parts(record)
    assert {**poses, **labels} == record
    others = {name for change in OTHER_POSES for name in change}
    assert {field.name for field in fields(Settings)} == others | labels.keys() - {
        "labels_revision"
    }


def test_a_model_file_is_of_what_it_makes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"first")
    settings = [Settings.of({name: str(path)}) for name in ("lifter", "recognizer")]
    before = [parts(one.record) for one in settings]
    path.write_bytes(b"second")
    after = [parts(one.record) for one in settings]
    changed = [
        (a.poses != b.poses, a.labels != b.labels) for a, b in zip(before, after, strict=True)
    ]
    assert changed == [(True, False), (False, True)]


def test_results_from_before_keep_their_poses_and_are_whole_where_nobody_wanted_labels() -> None:
    assert parts(OLD).poses == parts(Settings().record).poses
    assert parts(OLD).labels != parts(Settings().record).labels  # made of other digits
    assert Settings(recognizer=None).record == {**OLD, "recognizer": None}


def test_what_a_record_of_another_version_tells_besides_may_change_poses() -> None:
    assert parts({**OLD, "of_the_future": 1}).poses != parts(OLD).poses


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


def test_versions_are_read_once_and_each_result_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = versions()
    assert {"python", "wildpose", "torch"} <= before.keys() <= {"python", "wildpose", *DEPENDENCIES}
    monkeypatch.delattr(results, "version")
    assert versions() == before
    versions().clear()
    assert versions() == before

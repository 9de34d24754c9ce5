"""result.json: what is written is read back, and its head tells the same as the whole."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.made_results import TWO, WAVE, person, result, tree_of, written
from wildpose.export.result_json import read_head, read_result, schema, write_result
from wildpose.results import Person


def test_all_but_the_arrays_is_read_back_as_it_was(tmp_path: Path) -> None:
    back = read_result(written(tmp_path / "result.json"))
    assert (back.video, back.settings, back.versions) == (TWO.video, TWO.settings, TWO.versions)
    assert back.focal_px == 800
    assert [p.id for p in back.people] == [1, 4]
    assert [p.actions for p in back.people] == [(WAVE,), ()]
    assert {p.skeleton.joint_set for p in back.people} == {"lcr13"}
    assert {p.skeleton.axes for p in back.people} == {"camera"}


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("joints", 5e-5), ("joints_2d", 5e-3), ("root", 5e-5), ("scores", 5e-5), ("times", 5e-7)],
)
def test_skeletons_are_read_back_within_the_rounding(
    tmp_path: Path, name: str, tolerance: float
) -> None:
    back = read_result(written(tmp_path / "result.json"))
    for found, expected in zip(back.people, TWO.people, strict=True):
        value, truth = getattr(found.skeleton, name), getattr(expected.skeleton, name)
        assert value.shape == truth.shape
        np.testing.assert_allclose(value, truth, rtol=0, atol=tolerance + 1e-12)


@pytest.mark.parametrize(
    ("name", "digits"),
    [("times", 6), ("boxes", 2), ("joints_2d", 2), ("joints_3d", 4), ("root", 4)],
)
def test_the_file_has_no_digits_beyond_what_means_something(
    tmp_path: Path, name: str, digits: int
) -> None:
    for entry in tree_of(written(tmp_path / "result.json"))["people"]:
        numbers = np.array(entry[name]).ravel().tolist()
        assert numbers == [round(number, digits) for number in numbers]


def test_frames_boxes_and_what_was_observed_are_read_back(tmp_path: Path) -> None:
    back = read_result(written(tmp_path / "result.json"))
    for found, expected in zip(back.people, TWO.people, strict=True):
        np.testing.assert_array_equal(found.frames, expected.frames)
        np.testing.assert_array_equal(found.skeleton.observed, expected.skeleton.observed)
        np.testing.assert_allclose(found.boxes, expected.boxes, rtol=0, atol=5e-3 + 1e-12)


def test_writing_what_was_read_gives_the_same_file(tmp_path: Path) -> None:
    first = written(tmp_path / "a.json")
    second = written(tmp_path / "b.json", read_result(first))
    assert first.read_bytes() == second.read_bytes()


def test_the_file_names_its_format_axes_units_and_joints(tmp_path: Path) -> None:
    tree = tree_of(written(tmp_path / "result.json"))
    assert tree["format"] == "wildpose/1"
    assert (tree["axes"], tree["units"]) == ("camera: x right, y down, z forward", "m")
    assert tree["joint_set"]["names"][12] == "head"
    assert [10, 11] in tree["joint_set"]["edges"]  # shoulder to shoulder
    assert tree["people"][0]["frames"] == [0, 1, 5]
    assert tree["people"][0]["observed"] == [True, False, True]
    assert tree["people"][0]["actions"][0]["top"][1] == {"label": "clap", "score": 0.25}


@pytest.mark.parametrize("people", [(), TWO.people, (person(1, frames=[]),)])
def test_the_file_keeps_the_schema_and_the_schema_itself_is_one(
    tmp_path: Path, people: tuple[Person, ...]
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    tree = tree_of(written(tmp_path / "result.json", replace(TWO, people=people)))
    jsonschema.Draft202012Validator(schema()).validate(tree)


def test_nobody_in_view_is_a_result(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json", result())
    back = read_result(path)
    assert (back.people, back.video, back.settings) == ((), result().video, result().settings)
    head = read_head(path)
    assert head is not None and head.people == 0


def test_somebody_without_frames_has_arrays_of_the_right_shape(tmp_path: Path) -> None:
    (back,) = read_result(written(tmp_path / "r.json", result(person(1, frames=[])))).people
    assert (back.boxes.shape, back.skeleton.joints.shape) == ((0, 4), (0, 13, 3))


def test_the_head_agrees_with_the_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json")
    head, whole = read_head(path), read_result(path)
    assert head is not None
    assert (head.video, head.settings) == (whole.video, whole.settings.record)
    assert head.people == len(whole.people) == 2
    assert head.is_of(whole.video.sha256, whole.settings)
    assert not head.is_of("0" * 64, whole.settings)
    assert not head.is_of(whole.video.sha256, replace(whole.settings, stop=1.0))


def test_a_head_tells_whether_the_poses_are_those_of_some_settings(tmp_path: Path) -> None:
    head = read_head(written(tmp_path / "result.json"))
    assert head is not None
    other_labels = replace(TWO.settings, recognizer=None, top_k=1)
    assert head.has_poses_of(TWO.video.sha256, other_labels)
    assert not head.is_of(TWO.video.sha256, other_labels)
    assert not head.has_poses_of("0" * 64, TWO.settings)
    assert not head.has_poses_of(TWO.video.sha256, replace(TWO.settings, stop=1.0))


def test_settings_of_another_version_are_other_settings(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json")
    path.write_text(path.read_text().replace('"revision": ', '"window": 9.0, "revision": '))
    head = read_head(path)
    assert head is not None
    assert not head.is_of(TWO.video.sha256, TWO.settings)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"people": [\n]}', '{"video": 5, "settings": {}, "people": [\n]}'],
)
def test_what_another_program_wrote_has_no_head(tmp_path: Path, text: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text)
    assert read_head(path) is None


def test_a_binary_file_has_no_head(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(bytes(range(256)))
    assert read_head(path) is None


def test_names_and_labels_of_every_script_are_kept(tmp_path: Path) -> None:
    label = '跳ぶ — “hop” \n"quoted"'
    named = result(person(1, frames=[0], actions=(replace(WAVE, label=label),)))
    named = replace(named, video=replace(named.video, path="vidéo/走る 1.mp4"))
    path = written(tmp_path / "été 走る" / "result.json", named)
    back = read_result(path)
    assert (back.video.path, back.people[0].actions[0].label) == ("vidéo/走る 1.mp4", label)
    head = read_head(path)
    assert head is not None and (head.video.path, head.people) == ("vidéo/走る 1.mp4", 1)


def test_when_writing_fails_in_the_middle_the_old_file_stays_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json")
    before = path.read_bytes()
    unwritable = replace(WAVE, label=object())
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_result(path, result(*TWO.people, person(5, frames=[0], actions=(unwritable,))))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_settings_that_this_version_does_not_know_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json")
    tree = tree_of(path)
    tree["settings"]["of_the_future"] = 1
    path.write_text(json.dumps(tree), encoding="utf-8")
    assert read_result(path).settings == TWO.settings


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        read_result(tmp_path / "absent.json")


def test_a_head_cut_off_before_its_people_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json")
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    assert read_head(path) is None


def test_a_video_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    named = replace(TWO, video=replace(TWO.video, path=name))
    assert read_result(written(tmp_path / "r.json", named)).video.path == name


def test_a_skeleton_without_a_place_in_the_format_is_refused(tmp_path: Path) -> None:
    whole = person(1, frames=[0, 1])
    for change in ({"axes": "body"}, {"root": None}, {"joints_2d": None}):
        other = replace(whole, skeleton=replace(whole.skeleton, **change))
        with pytest.raises(ValueError, match=r"person 1: result\.json holds skeletons in camera"):
            written(tmp_path / "r.json", result(other))
    assert list(tmp_path.iterdir()) == []

"""Runs whose 2D poses come from a file: from mmpose's JSON to labels, and from our own export."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wildpose
from tests.made_predictions import frames_of, in_coco, written
from tests.media import write_video
from wildpose import cli
from wildpose.batch import run_one
from wildpose.export.result_json import read_result
from wildpose.pipeline import Pipeline
from wildpose.pose_metrics import joint_errors
from wildpose.results import Result

Rendered = tuple[Path, Result]


@pytest.fixture(scope="module")
def predicted(waving: Rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The waving mannequin's true 2D joints as mmpose would write them, a pixel off."""
    joints = waving[1].people[0].skeleton.joints_2d
    assert joints is not None
    seen = in_coco(joints + np.random.default_rng(0).normal(0, 1, joints.shape))
    folder = tmp_path_factory.mktemp("predictions")
    return written(folder / f"{waving[0].stem}.json", frames_of([seen]))


@pytest.fixture
def unsought(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that looks for people can be loaded."""
    monkeypatch.setattr("wildpose.pipeline.DETECTORS", {})
    monkeypatch.setattr("wildpose.pipeline.POSE_ESTIMATORS", {})


def run(*arguments: object) -> int:
    return cli.main(["run", "--offline", "--threads", "1", "--save", "json", *map(str, arguments)])


@pytest.mark.usefixtures("unsought")
def test_true_2d_joints_become_3d_joints_and_labels(waving: Rendered, predicted: Path) -> None:
    video, truth = waving
    result = wildpose.run(video, poses=predicted, offline=True, threads=1)
    (person,) = result.people
    assert person.frames.tolist() == list(range(45))
    error = joint_errors(person.skeleton.joints, truth.people[0].skeleton.joints)
    assert error.mean() < 0.12  # m, as for tracks without the backend's 3D
    assert [action.label for action in person.actions] == ["wave"]
    assert result.settings.poses == str(predicted)


def test_our_export_comes_back_as_the_same_people(
    two_actors: Rendered, pipeline: Pipeline, tmp_path: Path
) -> None:
    video, _ = two_actors
    made = run_one(video, tmp_path, pipeline, save=["json", "mmpose"])[1]
    again = wildpose.run(video, poses=tmp_path / "predictions.json", offline=True, threads=1)
    assert made is not None
    assert [person.id for person in again.people] == [person.id for person in made.people]
    assert len(made.people) == 2
    for before, after in zip(made.people, again.people, strict=True):
        assert after.frames.tolist() == before.frames.tolist()
        assert before.skeleton.joints_2d is not None and after.skeleton.joints_2d is not None
        moved = np.linalg.norm(after.skeleton.joints_2d - before.skeleton.joints_2d, axis=-1)
        assert moved.mean() < 2  # px: smoothed once more
        apart = joint_errors(after.skeleton.joints, before.skeleton.joints)
        assert apart.mean() < 0.1  # m: lifted without BlazePose's own guess


def test_a_part_of_a_video_comes_back_by_its_times(
    waving: Rendered, pipeline: Pipeline, tmp_path: Path
) -> None:
    part: dict[str, Any] = {"start": 0.5, "fps": 10.0}
    cut = Pipeline(replace(pipeline.settings, **part), offline=True, threads=1)
    made = run_one(waving[0], tmp_path, cut, save=["mmpose"])[1]
    assert made is not None and made.video.frames == 10
    nothing: dict[str, Any] = {}
    for options in (nothing, part):
        again = wildpose.run(
            waving[0], poses=tmp_path / "predictions.json", recognizer="none", **options
        )
        times = made.people[0].skeleton.times
        assert np.isin(np.round(times, 4), np.round(again.people[0].skeleton.times, 4)).all()
        assert again.video.frames == (10 if options else 45)


@pytest.mark.usefixtures("unsought")
def test_changed_poses_are_computed_anew_and_the_same_are_not(
    waving: Rendered, predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = tmp_path / "poses.json"
    shutil.copy(predicted, poses)
    arguments = (waving[0], "--out", tmp_path, "--poses", poses)
    assert run(*arguments) == 0
    record = json.loads((tmp_path / "waving" / "result.json").read_text())["settings"]
    assert record["poses"].startswith("poses.json sha256:")
    assert not {"detector", "pose", "tiles"} & record.keys()
    capsys.readouterr()
    assert run(*arguments) == 0
    assert "already done" in capsys.readouterr().out
    assert run(*arguments, "--top-k", "1") == 0
    assert "poses kept from before" in capsys.readouterr().out
    tree = json.loads(poses.read_text())
    written(poses, tree[:30])
    assert run(*arguments, "--top-k", "1") == 0
    assert "replaces a result with other settings" in capsys.readouterr().out
    assert len(read_result(tmp_path / "waving" / "result.json").people[0]) == 30


@pytest.mark.usefixtures("unsought")
def test_a_folder_has_the_poses_of_each_video(
    waving: Rendered, predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_video(tmp_path / "gray.mp4", pictures=6)
    arguments = (waving[0], other, "--out", tmp_path / "out", "--poses", predicted.parent)
    assert run(*arguments) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line == f"{other}: no predictions {predicted.parent / 'gray.json'}: no such file"
    assert "waving.mp4: 45 frames, 1 person" in said.out
    settings = read_result(tmp_path / "out" / "waving" / "result.json").settings
    assert settings.poses is not None and settings.poses.startswith(f"{predicted.name} sha256:")
    assert run(waving[0], "--out", tmp_path / "out", "--poses", predicted) == 0
    assert "already done" in capsys.readouterr().out  # the same file, named by itself


@pytest.mark.usefixtures("unsought")
def test_a_folder_of_our_own_results_has_them_too_and_keeps_them(
    waving: Rendered, predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (waving[0], "--recognizer", "none", "--save", "mmpose")
    assert run(*arguments, "--out", tmp_path / "a", "--poses", predicted) == 0
    ours = tmp_path / "a" / "waving" / "predictions.json"
    before = ours.read_bytes()
    assert run(*arguments, "--out", tmp_path / "b", "--poses", tmp_path / "a") == 0
    settings = read_result(tmp_path / "b" / "waving" / "result.json").settings
    assert settings.poses is not None and settings.poses.startswith("predictions.json sha256:")
    capsys.readouterr()
    assert run(*arguments, "--out", tmp_path / "a", "--poses", tmp_path / "a") == 1
    assert capsys.readouterr().err == (
        f"{waving[0]}: {ours.parent} has the result that the poses are of: name another --out\n"
    )
    assert ours.read_bytes() == before


@pytest.mark.usefixtures("unsought")
def test_a_file_with_nobody_is_told_and_no_error(
    waving: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = written(tmp_path / "poses.json", [])
    arguments = (waving[0], "--out", tmp_path / "out", "--poses", poses)
    assert run(*arguments) == 0
    line = capsys.readouterr().out
    assert "45 frames, 0 people, " in line and line.endswith(f"(nobody is in {poses})\n")


@pytest.mark.usefixtures("unsought")
@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"people": []}, "poses.json: neither a list of frames"),
        ([{"frame_id": 2, "instances": ["me"]}], "poses.json: frame 2, person 1: a person needs"),
    ],
)
def test_poses_that_cannot_be_read_are_one_line(
    waving: Rendered,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tree: object,
    message: str,
) -> None:
    poses = written(tmp_path / "poses.json", tree)
    assert run(waving[0], "--out", tmp_path / "out", "--poses", poses) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{waving[0]}: {tmp_path}") and message in line
    assert not (tmp_path / "out" / "waving").exists()


@pytest.mark.usefixtures("unsought")
def test_poses_of_a_longer_video_are_one_line(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = write_video(tmp_path / "gray.mp4", pictures=6)
    assert run(short, "--out", tmp_path / "out", "--poses", predicted) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "somebody is in frame 44 (counted from 0), and the video has 6 frames" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.mp4", "--poses", "none.json"], "no poses none.json: no such file or folder"),
        (["a.mp4", "b.mp4", "--poses", "{file}"], "has the poses of one video, and there are 2"),
        (["a.mp4", "c/a.mp4", "--poses", "."], "a.mp4 and c/a.mp4 have one name, and . has one"),
        (["a.mp4", "--poses", "{file}", "--pose", "blazepose"], "in the video: leave out pose"),
        (["a.mp4", "--poses", "{file}", "--detector", "x"], "in the video: leave out detector"),
        (["a.mp4", "--poses", "{file}", "--tiles", "2"], "in the video: leave out tiles"),
        (
            ["a.mp4", "--poses", "{file}", "--lifter", "blazepose_world"],
            "3D, which a file of poses",
        ),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(
    predicted: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(*(text.format(file=predicted) for text in arguments))
    assert stop.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_in_python_poses_go_with_no_detector_either(waving: Rendered, predicted: Path) -> None:
    with pytest.raises(ValueError, match="leave out detector"):
        wildpose.run(waving[0], poses=predicted, detector="blazepose", offline=True)


@pytest.mark.usefixtures("unsought")
def test_a_lifter_that_needs_the_backends_3d_says_so(waving: Rendered, predicted: Path) -> None:
    with pytest.raises(ValueError, match="the lifter blazepose_world needs BlazePose's own 3D"):
        wildpose.run(waving[0], poses=predicted, lifter="blazepose_world", offline=True)

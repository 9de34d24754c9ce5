"""The tool: pictures, videos and figures of a small set, and what is refused or left out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from datasets.footage_files import FOOTAGE
from datasets.synthetic_files import truth_path, video_of
from datasets.synthetic_ntu import CLASS_NAMES
from tests.made_explained import (
    LEFT_HELD,
    PICTURES,
    RIGHT_HELD,
    TRAINED,
    T,
    looking_at,
    recognizer_of,
    write_pictures,
    write_set,
)
from tests.made_samples import seeded
from tools import explain
from tools.experiments.claims import CLAIM
from wildpose.counting import number_of
from wildpose.video import read_frames


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA of three clips with all pictures, and beside them a recognizer of each family."""
    root = tmp_path_factory.mktemp("explained")
    write_set(root)
    write_pictures(root)
    for family in PICTURES:
        recognizer_of(family).save(root / f"{family}.safetensors")
    video_alone = recognizer_of("vpn", attention="none", embedding="none")
    video_alone.save(root / "video_alone.safetensors")
    looking_at(1).save(root / "right" / "recognizer.safetensors")
    for work in (root, root / "right"):
        trained_by("xsub", work)
    return root


def trained_by(protocol: str, work: Path) -> None:
    """Say so as a training does."""
    said = {"data": {"name": "synthetic_ntu", "protocol": protocol}}
    (work / CLAIM).write_text(json.dumps(said))


def told(capsys: pytest.CaptureFixture) -> tuple[list[str], list[str]]:
    """Lines of stdout and stderr."""
    out, err = capsys.readouterr()
    return out.splitlines(), err.splitlines()


def test_clips_are_those_of_the_protocol_by_which_it_was_trained(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    shutil.copytree(data / "right", work)
    trained_by("xview", work)
    given = [str(work / "recognizer.safetensors"), "--data", str(data), "--out", str(out)]
    assert explain.main([*given, "--figures"]) == 0
    assert json.loads((out / "figures.json").read_text())["protocol"] == "xview"
    capsys.readouterr()
    assert explain.main([*given, "--figures", "--protocol", "xsub"]) == 0
    assert f"{given[0]} learned from clips of xview of synthetic_ntu" in capsys.readouterr().err
    (work / CLAIM).unlink()
    capsys.readouterr()
    assert explain.main([*given, "--figures"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(": give --protocol, one of xsub, xview") and CLAIM in line
    assert explain.main([*given, "--clip", LEFT_HELD]) == 0  # of whatever split


@pytest.mark.parametrize(
    ("family", "clips"),
    [
        ("glimpse_clouds", []),
        ("sta", ["--clip", LEFT_HELD]),
        ("vpn", ["--clip", LEFT_HELD]),
        ("video_alone", ["--clip", LEFT_HELD]),
    ],
)
def test_each_clip_gets_a_picture_and_a_video_as_long_as_it_is(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture, family: str, clips: list[str]
) -> None:
    given = [str(data / f"{family}.safetensors"), "--data", str(data), "--out", str(tmp_path)]
    assert explain.main([*given, *clips]) == 0
    lines, errors = told(capsys)
    names = clips[1:] or [LEFT_HELD, RIGHT_HELD]  # those that test
    assert (lines, errors) == ([f"{number_of(len(names), 'clip')} in {tmp_path}; 0 left out"], [])
    files = [f"{name}.{kind}" for name in names for kind in ("mp4", "png")]
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    sheet = cv2.imread(str(tmp_path / f"{LEFT_HELD}.png"))
    assert sheet is not None and sheet.std() > 20
    frames = list(read_frames(tmp_path / f"{LEFT_HELD}.mp4"))
    assert len(frames) == T
    assert frames[-1].time == pytest.approx((T - 1) / 30, abs=1e-3)


def test_what_its_training_found_wrong_with_a_recognizer_is_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "r.safetensors"
    replace(recognizer_of("glimpse_clouds"), notes=("it is at chance",)).save(path)
    given = [str(path), "--data", str(data), "--out", str(tmp_path), "--clip", LEFT_HELD]
    assert explain.main([*given, "--protocol", "xsub"]) == 0
    assert told(capsys)[1] == [f"{path}: it is at chance"]


def test_clips_are_explained_by_name_whatever_their_split_and_others_are_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = str(data / "glimpse_clouds.safetensors")
    given = [path, "--data", str(data), "--out", str(tmp_path)]
    assert explain.main([*given, "--clip", "nobody", TRAINED]) == 1
    lines, errors = told(capsys)
    assert errors == ["left out: synthetic_ntu has no clip 'nobody'"]
    assert lines == [f"1 clip in {tmp_path}; 1 left out"]
    assert (tmp_path / f"{TRAINED}.png").is_file()


def test_a_clip_that_cannot_be_used_is_a_line_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    write_set(tmp_path)
    write_pictures(tmp_path)
    looking_at(0).save(tmp_path / "r.safetensors")
    trained_by("xsub", tmp_path)
    folder = tmp_path / "synthetic_ntu"
    pictures = PICTURES["sta"]
    assert pictures is not None
    footage = folder / FOOTAGE / pictures.folder
    out = tmp_path / "out"
    given = [str(tmp_path / "r.safetensors"), "--data", str(tmp_path), "--out", str(out)]
    (footage / f"{LEFT_HELD}.npz").write_bytes(b"no footage")
    video_of(folder, RIGHT_HELD).unlink()  # its footage is drawn on instead
    assert explain.main(given) == 1
    lines, (error,) = told(capsys)
    assert error.startswith("left out: ") and f"{LEFT_HELD}.npz: no footage, or damaged" in error
    assert lines == [f"1 clip in {out}; 1 left out"]
    assert not (out / f"{LEFT_HELD}.png").exists() and (out / f"{RIGHT_HELD}.mp4").exists()
    truth_path(folder, RIGHT_HELD).write_text("{")
    assert explain.main([*given, "--clip", RIGHT_HELD]) == 1
    assert "json: damaged" in told(capsys)[1][0]
    assert explain.main([*given, "--figures"]) == 2  # no clip is left
    assert "no clip of synthetic_ntu can be used" in told(capsys)[1][-1]


def test_figures_of_two_recognizers_come_with_their_numbers(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(data / "right" / "recognizer.safetensors"), str(data / "skeleton_rnn.safetensors")]
    asked = ["--data", str(data), "--out", str(tmp_path), "--figures"]
    assert explain.main([*given, *asked]) == 0
    lines, errors = told(capsys)
    assert not errors
    found = json.loads(lines[-1])
    assert json.loads((tmp_path / "figures.json").read_text()) == found
    assert (found["set"], found["split"], found["clips"]) == ("synthetic_ntu", "test", 2)
    assert found["classes"] == list(CLASS_NAMES)
    assert [a for a, value in enumerate(found["motion"]) if value is not None] == [0, 1]
    assert found["motion"][0] == pytest.approx(found["motion"][1], rel=1e-3) and found["motion"][0]
    assert list(found["recognizers"]) == ["right", "skeleton_rnn"]
    right = found["recognizers"]["right"]
    assert right["holding_hand_share"] == {"both_hands": 1.0, "one_hand": 0.0}
    assert right["even_share"] == {"both_hands": 0.5, "one_hand": 0.5}
    assert right["clips_with_object"] == {"both_hands": 1, "one_hand": 1}
    assert right["samples"] == 2
    assert "holding_hand_share" not in found["recognizers"]["skeleton_rnn"]
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert drawn == {"dynamicity.png", "holding_hand.png"}  # two clips have no neighbourhoods


@pytest.mark.parametrize(
    ("family", "changes", "says"),
    [
        ("skeleton_rnn", {}, "SkeletonRnn has no attention; networks of sta, glimpse_clouds and"),
        ("sta", {"mode": "pose"}, "this PoseConditionedAttention is a row without attention"),
        ("sta", {"spatial": "sum", "temporal_attention": False}, "a row without attention"),
        ("glimpse_clouds", {"stage": "global"}, "this GlimpseClouds is a row without .* first"),
        ("sta", {"backbone": None}, "it asks for no pictures, but for features made of them"),
    ],
)
def test_where_there_is_nothing_to_show_one_line_says_so(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture,
    family: str, changes: dict[str, Any], says: str,
) -> None:  # fmt: skip
    path = tmp_path / "r.safetensors"
    recognizer = recognizer_of(family, **changes)
    if "backbone" in changes:
        recognizer = replace(recognizer, pictures=None)
    recognizer.save(path)
    assert explain.main([str(path), "--data", str(data), "--out", str(tmp_path / "out")]) == 2
    _, (error,) = told(capsys)
    with pytest.raises(ValueError, match=f"nothing to show: .*{says}"):
        raise ValueError(error)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["--set", "synthetic"], "unknown data set 'synthetic': .*Did you mean 'synthetic_ntu'"),
        (["--protocol", "xsubject"], "unknown protocol 'xsubject' of synthetic_ntu"),
        (["--split", "val"], "no clips of synthetic_ntu in the val split"),
        (["--device", "cuda:99"], "device 'cuda:99'"),
        (["--data", "nowhere"], "no (pictures|folder) nowhere"),
        (["--set", "nucla", "--protocol", "xview3"], "knows other classes than xview3 of nucla"),
        (["--set", "nucla"], "knows other classes than xview3 of nucla"),
        (["--set", "nucla", "--figures", "--protocol", "xview3"], "knows other classes than xview"),
    ],
)
def test_what_is_not_there_is_one_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture, changes: list[str], says: str
) -> None:
    given = [str(data / "sta.safetensors"), "--data", str(data), "--out", str(tmp_path / "out")]
    assert explain.main([*given, *changes]) == 2
    _, (error,) = told(capsys)
    with pytest.raises(ValueError, match=says):
        raise ValueError(error)


def test_a_file_that_is_no_recognizer_and_a_folder_that_is_a_file_are_one_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"nothing")
    for path in (tmp_path / "no.safetensors", tmp_path / "missing.safetensors"):
        assert explain.main([str(path), "--data", str(data), "--out", str(tmp_path / "out")]) == 2
        _, (error,) = told(capsys)
        assert str(path) in error
    given = [str(data / "glimpse_clouds.safetensors"), "--data", str(data)]
    assert explain.main([*given, "--out", str(tmp_path / "no.safetensors")]) == 2
    _, (error,) = told(capsys)
    assert "no.safetensors" in error


def test_an_interrupt_is_one_line(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(explain, "save", interrupted)
    given = [str(data / "glimpse_clouds.safetensors"), "--data", str(data)]
    assert explain.main([*given, "--out", str(tmp_path)]) == 130
    assert told(capsys) == ([], ["interrupted; what was drawn is kept"])


def test_options_that_do_not_go_together_are_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path, more = str(data / "sta.safetensors"), ["--data", str(data), "--out", str(tmp_path)]
    for given, says in (
        ([path, path, *more], "--figures compares two"),
        ([path, path, path, *more, "--figures"], "--figures compares two"),
        ([path, *more, "--figures", "--clip", TRAINED], "leave --clip out"),
        ([path, path, *more, "--figures"], "came twice: there is nothing to compare"),
    ):
        with pytest.raises(SystemExit, match="2"):
            explain.main(given)
        assert says in told(capsys)[1][-1]

"""What tools/test.py, tools/describe.py and wildpose run do with what a training left."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from datasets.nw_ucla import CLASS_NAMES
from recognizers.recognizer import ClipRecognizer
from tests.made_training import trained, written_nucla
from tools import describe, test
from wildpose.cli import main as wildpose
from wildpose.types import Clip

pytestmark = pytest.mark.usefixtures("mmengine_may_warn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_nucla(tmp_path_factory.mktemp("train"))


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    return trained(folder)


def found_by(folder: Path, checkpoint: Path, capsys: pytest.CaptureFixture, *more: str) -> dict:
    arguments = [str(folder / "config.py"), str(checkpoint), "--data", str(folder / "data"), *more]
    assert test.main(arguments) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_testing_again_gives_the_same(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out, file = tmp_path / "out", tmp_path / "found.json"
    found = found_by(
        folder, work / "recognizer.safetensors", capsys, "--out", str(out), "--json", str(file)
    )
    report = json.loads((work / "report.json").read_text())["test"]
    assert found["top1"] == pytest.approx(report["top1"], abs=0.051)  # half precision, one clip
    assert json.loads(file.read_text()) == found
    (checkpoint,) = work.glob("best_*.pth")
    again = found_by(folder, checkpoint, capsys, "--out", str(out))
    assert again["top1"] == pytest.approx(report["top1"], abs=1e-6)


def test_a_device_that_is_not_there_is_one_line(
    folder: Path, work: Path, capsys: pytest.CaptureFixture
) -> None:
    data = ["--data", str(folder / "data"), "--device", "cuda:99"]
    (checkpoint,) = work.glob("best_*.pth")
    for path in (work / "recognizer.safetensors", checkpoint):
        assert test.main([str(folder / "config.py"), str(path), *data]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "device 'cuda:99'" in line


def test_a_file_and_a_checkpoint_are_tested_on_the_device_that_is_asked_for(
    folder: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: list[str] = []

    def seen(self: ClipRecognizer, clips: Sequence[Clip], *_: Any, workers: int) -> np.ndarray:
        where.append(f"{self.device} {workers}")
        return np.full((len(clips), 10), 0.1)

    for name in ("recognizers.recognizer.device_named", "tools.test.device_named"):
        monkeypatch.setattr(name, lambda _: torch.device("meta"))  # which is on every machine
    monkeypatch.setattr(ClipRecognizer, "predict", seen)
    (checkpoint,) = work.glob("best_*.pth")
    for path in (work / "recognizer.safetensors", checkpoint):
        given = [str(folder / "config.py"), str(path), "--data", str(folder / "data")]
        assert test.main([*given, "--workers", "3", "--out", str(work.parent / "out")]) == 0
    assert where == ["meta 3", "meta 3"]


def test_tables_name_every_class(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    found_by(folder, work / "recognizer.safetensors", capsys, "--out", str(tmp_path))
    with (tmp_path / "per_class.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert sum(int(row["samples"]) for row in rows) == 20
    for name in ("confusion.png", "reliability.png"):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        assert min(picture.shape[:2]) > 300


def test_figures_of_another_split_lie_beside_those_of_the_tested_one(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = (folder, work / "recognizer.safetensors", capsys, "--out", str(tmp_path))
    found_by(*given)
    names = ("confusion.png", "per_class.csv", "reliability.png")
    before = [(tmp_path / name).stat().st_mtime_ns for name in names]
    assert found_by(*given, "--split", "val")["split"] == "val"
    assert [(tmp_path / name).stat().st_mtime_ns for name in names] == before
    assert {path.name for path in tmp_path.iterdir()} == {
        *names, "confusion_val.png", "per_class_val.csv", "reliability_val.png",
    }  # fmt: skip


def test_a_file_is_tested_without_the_clips_that_it_learned_from(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    here = tmp_path / "data" / "nw_ucla"
    here.mkdir(parents=True)
    for path in (folder / "data" / "nw_ucla").glob("*_v03.json"):  # those that test
        shutil.copy(path, here)
    given = [str(folder / "config.py"), "FILE", "--data", str(tmp_path / "data")]
    for checkpoint, code in (
        (work / "recognizer.safetensors", 0),
        (next(work.glob("best_*.pth")), 2),
    ):
        given[1] = str(checkpoint)
        assert test.main([*given, "--out", str(tmp_path / "out")]) == code
    assert "no clips of nucla in the train split" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "options", "said"),
    [
        ("best_*.pth", ["--variant", "wide"], "is of another network"),
        (
            "best_*.pth",  # no shape tells
            ["--cfg-options", "network.motion_scale=3.0"],
            "than the config's: motion_scale None there, 3.0 here",
        ),
        ("recognizer.safetensors", ["--variant", "wide"], "is of another network"),
        (
            "best_*.pth",  # nor here
            ["--cfg-options", "preparation.origin=frame"],
            "skeletons of other preparation.origin: first there, frame here: give the options",
        ),
    ],
)
def test_what_is_of_another_network_is_refused(
    folder: Path,
    work: Path,
    file: str,
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture,
) -> None:
    (path,) = work.glob(file)
    arguments = [str(folder / "config.py"), str(path), "--data", str(folder / "data")]
    assert test.main([*arguments, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


@pytest.mark.parametrize("file", ["recognizer.safetensors", "best_*.pth"])
def test_clips_that_may_have_been_learned_from_are_told(
    folder: Path, work: Path, tmp_path: Path, file: str, capsys: pytest.CaptureFixture
) -> None:
    (path,) = work.glob(file)
    arguments = [str(folder / "config.py"), str(path), "--data", str(folder / "data")]
    arguments += ["--out", str(tmp_path)]
    for protocol, told in (("xview3", False), ("xview2", True)):
        assert test.main([*arguments, "--cfg-options", f"data.protocol={protocol}"]) == 0
        line = (
            f"{path} learned from clips of xview3 of nucla, some of which may be among those that"
        )
        assert (line in capsys.readouterr().err) == told


def test_a_network_of_another_kind_is_refused_by_its_kind_alone() -> None:
    there, here = {"type": "SkeletonRnn", "units": 4}, {"type": "GlimpseClouds", "workers": 2}
    line = "a.pth is of another network than the config's: type 'SkeletonRnn' there, 'GlimpseClou"
    with pytest.raises(ValueError, match=f"^{line}ds' here$"):
        test.check_network(Path("a.pth"), there, here)


def test_a_test_that_is_interrupted_is_one_line(
    folder: Path, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ClipRecognizer, "load", interrupted)
    path = str(work / "recognizer.safetensors")
    assert test.main([str(folder / "config.py"), path, "--data", str(folder / "data")]) == 130
    assert capsys.readouterr().err == "interrupted; run it again\n"


def test_a_network_is_described(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert describe.main([str(folder / "config.py"), "--json", "--variant", "wide"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["output"] == ["B", 10]
    assert found["input"]["joints"] == ["B", 1, 8, 13, 3]
    assert found["parameters"] == found["trainable"] == 3 * (12 * (39 + 12) + 12) + 12 * 10 + 10


def test_a_file_is_described(work: Path, capsys: pytest.CaptureFixture) -> None:
    path = str(work / "recognizer.safetensors")
    assert describe.main([path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["network"], found["joint_set"]) == ("SkeletonRnn", "lcr13")
    assert found["input"]["joints"] == ["B", 1, 8, 13, 3]
    assert found["class_names"] == list(CLASS_NAMES)
    assert describe.main([path, "--variant", "wide"]) == 2
    assert "a file is as it is" in capsys.readouterr().err


def test_a_trained_recognizer_labels_a_video(
    work: Path, waving: tuple[Path, object], tmp_path: Path
) -> None:
    video, _ = waving
    out = tmp_path / "results"
    recognizer = str(work / "recognizer.safetensors")
    options = ["--recognizer", recognizer, "--top-k", "3", "--save", "json,activitynet", "--quiet"]
    assert wildpose(["run", str(video), "--out", str(out), *options]) == 0
    (file,) = out.glob("*/result.json")
    (person,) = json.loads(file.read_text())["people"]
    (detections,) = json.loads(file.with_name("activitynet.json").read_text())["results"].values()
    assert [d["label"] for d in detections] == [a["label"] for a in person["actions"]]
    assert person["actions"]
    known = ClipRecognizer.load(work / "recognizer.safetensors").class_names
    for action in person["actions"]:
        assert action["label"] in known
        assert len(action["top"]) == 3
        assert 0 <= action["start"] < action["stop"] <= 1.6

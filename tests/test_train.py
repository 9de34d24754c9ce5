"""tools/train.py, test.py and describe.py on a small N-UCLA written here."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from safetensors import SafetensorError

from datasets.nw_ucla import ACTIONS, CLASS_NAMES
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data, read_experiment
from tools import describe, rerun_table, test, train
from tools.experiments.samples import read_samples
from wildpose.archive.command import _say_caution
from wildpose.cli import main as wildpose
from wildpose.results import Settings
from wildpose.types import Clip

CONFIG = """
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "lcr13"}
sampling = {"frames": 8}
network = {"type": "SkeletonRnn", "units": 8, "layers": 1, "keep": 1.0, "streams": ("joint",)}
schedule = {"epochs": 2, "batch": 16, "optimizer": {"type": "Adam", "lr": 0.01}}
variants = {
    "wide": {"network": {"units": 12}},
    "table1_small": {"network": {"units": 4}, "published": 61.5},
    "table1_large": {"network": {"units": 9}},
}
"""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mmengine's own
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config, and DATA with ten actions of two subjects from three views; s08 validates."""
    root = tmp_path_factory.mktemp("train")
    (root / "config.py").write_text(CONFIG)
    (root / "data" / "nw_ucla").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for action in ACTIONS:
        pose = rng.normal(0, 0.4, (20, 3))
        for subject in ("s01", "s08"):
            for view in (1, 2, 3):
                joints = pose + rng.normal(0, 0.02, (10, 20, 3))
                name = f"a{action:02}_{subject}_e00_v0{view}"
                text = json.dumps({"skeletons": joints.round(4).tolist()})
                (root / "data" / "nw_ucla" / f"{name}.json").write_text(text)
    return root


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    """What training leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = [str(folder / "config.py"), "--data", str(folder / "data")]
        assert train.main([*arguments, "--work", str(folder / "work")]) == 0
    return folder / "work"


def test_training_leaves_a_recognizer_and_a_report(work: Path) -> None:
    report = json.loads((work / "report.json").read_text())
    assert report["test"]["samples"] == 20
    assert report["val"]["samples"] == 20
    recognizer = ClipRecognizer.load(work / "recognizer.safetensors")
    assert recognizer.class_names[0] == "pick up with one hand"
    assert recognizer.preparation.lengths is not None
    assert report["parameters"] == sum(p.numel() for p in recognizer.network.parameters())


def test_each_split_is_predicted_once_by_the_network_where_it_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many views of videos that is half of a training; on the CPU it would be days."""
    shown: list[Sequence[Clip]] = []
    logits = ClipRecognizer.logits

    def noted(self: ClipRecognizer, clips: Sequence[Clip], *given: Any, **more: Any) -> np.ndarray:
        shown.append(clips)
        return logits(self, clips, *given, **more)

    monkeypatch.setattr(ClipRecognizer, "logits", noted)
    monkeypatch.delattr(torch.nn.Module, "cpu")
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(tmp_path)]
    assert train.main([*given, "--cfg-options", "schedule.epochs=1", "precision=0.5"]) == 0
    val, tested = shown
    assert not {clip.name for clip in val} & {clip.name for clip in tested}
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["val"]["samples"] == report["test"]["samples"] == 20
    assert report["temperature"] != 1


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


def test_a_recognizer_that_will_say_nothing_is_told_after_training_and_when_it_is_loaded(
    folder: Path, waving: tuple[Path, object], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(tmp_path)]
    untrained = ["precision=0.9", "schedule.epochs=1", "schedule.optimizer.lr=1e-9"]
    assert train.main([*arguments, "--cfg-options", *untrained]) == 0
    notes = json.loads((tmp_path / "report.json").read_text())["notes"]
    assert notes[-1].startswith(
        "the recognizer will say nothing: at no score are 90% of the labels"
    )
    assert f"note: {notes[-1]}\n" in capsys.readouterr().err
    recognizer = str(tmp_path / "recognizer.safetensors")
    line = f"recognizer {recognizer!r} will say nothing: at no score were as many labels right"
    run = ["run", str(waving[0]), "--save", "json", "--recognizer", recognizer, "--out"]
    assert wildpose([*run, str(tmp_path / "silent")]) == 0
    assert f"wildpose: {line}" in capsys.readouterr().err
    assert wildpose([*run, str(tmp_path / "silent"), "--min-score", "0"]) == 0
    doubt = f"recognizer {recognizer!r}: on the 20 clips that validate its scores say nothing"
    assert f"wildpose: {doubt}" in capsys.readouterr().err
    _say_caution(Settings(recognizer=recognizer), None)
    _say_caution(Settings(recognizer=recognizer, min_score=0.2), None)
    silent, doubtful = capsys.readouterr().err.splitlines()
    assert silent.startswith(f"wildpose label: {line}")
    assert doubtful.startswith(f"wildpose label: {doubt}")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--data", "nowhere"], r"no folder nowhere.nw_ucla.*datasets/README.md"),
        (["--cfg-options", "data.protocol=xview4"], "unknown protocol 'xview4' of nucla"),
        (["--cfg-options", "data.name=nuclea"], "unknown data set 'nuclea'.*'nucla'"),
        (["--cfg-options", "network.unit=3"], "network.unit: SkeletonRnn takes"),
        (["--cfg-options", "epochs=3"], "key 'epochs' is unknown"),
        (["--variant", "narrow"], "variant 'narrow' is unknown.*wide"),
        (["--cfg-options", "network.units=few"], "SkeletonRnn is not made of .*few"),
        (["--cfg-options", "schedule.optimizer.type=Adamm"], "mmengine cannot make it of .*Adamm"),
        (["--cfg-options", "schedule.batch=0"], "schedule: batch must be at least 1, got 0"),
        (["--cfg-options", "schedule.averaging=3"], "averaging must be above 0, at most 1, got 3"),
        (["--cfg-options", "augmentation.shortest=2"], "shortest is a share, from 0 to 1, got 2"),
        (["--cfg-options", "augmentation.noise=-1"], "noise must be 0 or more, got -1"),
        (["--cfg-options", "data.name.x=3"], "there is nothing to change at 'data.name.x'"),
        (["--cfg-options", "schedule.rules.5.begin=1"], "key 'rules' is unknown"),
        (["--launcher", "pytorch"], "--launcher pytorch is for torchrun"),
        (["--seed", "-1"], "--seed must be 0 or more, got -1"),
    ],
)
def test_mistakes_are_said_in_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture, arguments: list[str], wrong: str
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), *arguments]
    assert train.main([*given, "--work", str(tmp_path / "work")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(wrong, line)
    # What did not begin does not keep the folder from a training that does.
    assert not (tmp_path / "work" / "experiment.json").exists()


def test_the_validation_split_may_train_once_everything_is_chosen(folder: Path) -> None:
    apart = read_samples(Data("nucla", "xview3"), folder / "data")
    both = read_samples(Data("nucla", "xview3", train_on_val=True), folder / "data")
    names = {split: {clip.name for clip in apart.clips[split]} for split in apart.clips}
    assert names["val"]
    assert {clip.name for clip in both.clips["train"]} == names["train"] | names["val"]
    assert {clip.name for clip in both.clips["val"]} == names["val"]
    assert {clip.name for clip in both.clips["test"]} == names["test"]
    assert len(both.labels["train"]) == len(both.clips["train"])
    with pytest.raises(ValueError, match=r"train_on_val leaves nothing to choose by.*'top1'"):
        read_experiment(folder / "config.py", {"data.train_on_val": True})


def test_a_share_of_the_training_clips_is_of_each_class_and_the_rest_stays(folder: Path) -> None:
    data = folder / "data"
    whole = read_samples(Data("nucla", "xview3"), data)
    some = read_samples(Data("nucla", "xview3", share=0.5), data)
    before, after = Counter(whole.labels["train"]), Counter(some.labels["train"])
    assert after == {label: max(round(count / 2), 1) for label, count in before.items()}
    assert {clip.name for clip in some.clips["train"]} < {
        clip.name for clip in whole.clips["train"]
    }
    assert [c.label for c in some.clips["train"]] == some.labels["train"]
    for split in ("val", "test"):
        assert [c.name for c in some.clips[split]] == [c.name for c in whole.clips[split]]
    again = read_samples(Data("nucla", "xview3", share=0.5), data)
    assert [c.name for c in again.clips["train"]] == [c.name for c in some.clips["train"]]
    with pytest.raises(ValueError, match="data: share must be above 0, at most 1, got 0"):
        read_experiment(folder / "config.py", {"data.share": 0})


def test_options_that_are_no_pairs_are_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--cfg-options", "epochs"]
    with pytest.raises(SystemExit) as stopped:
        train.main(given)
    assert stopped.value.code == 2
    assert "expected key=value, as in schedule.epochs=10, got 'epochs'" in capsys.readouterr().err


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


def test_a_network_of_another_kind_is_refused_by_its_kind_alone() -> None:
    there, here = {"type": "SkeletonRnn", "units": 4}, {"type": "GlimpseClouds", "workers": 2}
    line = "a.pth is of another network than the config's: type 'SkeletonRnn' there, 'GlimpseClou"
    with pytest.raises(ValueError, match=f"^{line}ds' here$"):
        test.check_network(Path("a.pth"), there, here)


def test_a_table_is_rerun_row_by_row_and_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [str(folder / "config.py"), "table1", "--data", str(folder / "data")]
    options = ["--work", str(tmp_path), "--seeds", "2", "--cfg-options", "schedule.epochs=1"]
    assert rerun_table.main([*arguments, *options]) == 0
    *rows, _, last = (tmp_path / "config_table1.md").read_text().splitlines()[2:]
    assert last == "Other than the config: schedule.epochs=1"
    assert [row.split(" | ")[0] for row in rows] == ["| table1_small", "| table1_large"]
    assert rows[0].split(" | ")[1] == "61.50"
    reports = [json.loads(p.read_text()) for p in sorted(tmp_path.glob("*small*/report.json"))]
    mean = 100 * sum(report["test"]["top1"] for report in reports) / 2
    assert rows[0].split(" | ")[3].startswith(f"{mean:.1f} ± ")
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/report.json")}
    assert len(times) == 4
    assert rerun_table.main([*arguments, *options]) == 0
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/report.json")}
    capsys.readouterr()
    assert rerun_table.main([str(folder / "config.py"), "table7", *arguments[2:]]) == 2
    assert "no rows of 'table7': there are itself, table1, wide" in capsys.readouterr().err


def test_a_folder_of_another_training_is_left_alone(
    folder: Path, work: Path, capsys: pytest.CaptureFixture
) -> None:
    before = (work / "report.json").read_bytes()
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(work)]
    for other, named in (
        (["--cfg-options", "data.protocol=xview1"], "data"),
        (["--cfg-options", "network.units=9"], "network"),
        (["--seed", "7"], "seed"),
    ):
        assert train.main([*given, *other]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert re.search(rf"is of another training, whose .*{named}.* differ", line)
    assert (work / "report.json").read_bytes() == before


def test_a_copied_folder_goes_on_by_itself(
    folder: Path, work: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    copy = tmp_path / "copy"
    shutil.copytree(work, copy)
    kept = sorted(path.name for path in work.glob("*.pth"))
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(copy)]
    assert train.main([*given, "--cfg-options", "schedule.epochs=6"]) == 0
    assert f"{copy}: goes on behind epoch 2 of 6" in caplog.messages
    assert (copy / "epoch_6.pth").exists()
    assert sorted(path.name for path in work.glob("*.pth")) == kept
    assert len(list(copy.glob("best_*.pth"))) == 1


def test_what_is_trained_already_is_said_and_left_as_it_is(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    copy = tmp_path / "copy"
    shutil.copytree(work, copy)
    before = {path: path.stat().st_mtime_ns for path in copy.iterdir()}
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(copy)]
    capsys.readouterr()
    caplog.set_level("INFO")
    assert train.main(given) == 0
    assert {path: path.stat().st_mtime_ns for path in copy.iterdir()} == before
    assert capsys.readouterr().out == (copy / "report.json").read_text()
    said = f"{copy} is trained already: to train it anew remove it, or name another"
    assert caplog.messages == [said]


def test_a_training_that_goes_on_leaves_no_outcome_of_before(
    folder: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    table = tmp_path / "table"
    copy = table / "config_wide_seed0"
    rows = [str(folder / "config.py"), "wide", "--data", str(folder / "data"), "--work", str(table)]
    assert rerun_table.main([*rows, "--cfg-options", "schedule.epochs=1"]) == 0

    def interrupted(_: Runner) -> None:
        raise KeyboardInterrupt

    given = [*rows[:1], "--variant", "wide", *rows[2:4], "--work", str(copy), "--cfg-options"]
    with monkeypatch.context() as patch:
        patch.setattr(Runner, "train", interrupted)
        assert train.main([*given, "schedule.epochs=3"]) == 130
    assert not list(copy.glob("re*"))  # no report, no recognizer
    assert rerun_table.main([*rows, "--cfg-options", "schedule.epochs=3"]) == 0
    assert (copy / "epoch_3.pth").exists()
    before, _ = (copy / "report.json").read_bytes(), capsys.readouterr()
    assert train.main([*given, "schedule.epochs=2"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{copy} was trained for 3 epochs, more than schedule.epochs=2" in line
    assert (copy / "report.json").read_bytes() == before


def test_a_planned_rate_lets_no_epochs_be_added(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """They would go on at the rate to which it has fallen."""
    falls = "schedule['param_scheduler'] = [{'type': 'CosineAnnealingLR'}]\n"
    (tmp_path / "config.py").write_text(CONFIG + falls)
    work = tmp_path / "work"
    given = [str(tmp_path / "config.py"), "--data", str(folder / "data"), "--work", str(work)]
    assert train.main(given) == 0
    assert train.main([*given, "--cfg-options", "schedule.epochs=3"]) == 2
    assert "is of another training, whose schedule differ" in capsys.readouterr().err
    assert train.main(given) == 0
    (work / "experiment.json").write_text("{")
    assert train.main(given) == 2
    assert "experiment.json is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("tool", ["train", "test", "describe", "rerun_table", "train_lifter"])
def test_without_the_extra_a_tool_says_what_to_install(tool: str, tmp_path: Path) -> None:
    hide = "import sys; sys.modules['mmengine'] = None; sys.argv = ['x', '--help']; import runpy; "
    path = Path(train.__file__).with_name(f"{tool}.py")
    code = f"{hide}sys.path.insert(0, {str(path.parent)!r}); runpy.run_path({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("-e '.[train]'")


def test_a_file_for_a_folder_and_a_damaged_checkpoint_are_one_line_each(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    (tmp_path / "file").touch()
    assert train.main([*given, "--work", str(tmp_path / "file")]) == 2
    assert f"--work {tmp_path / 'file'} is a file" in capsys.readouterr().err
    assert train.main([*given, "--work", str(tmp_path / "file" / "x")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{given[0]}: {tmp_path / 'file' / 'x'}")
    assert line.endswith(": Not a directory")
    copy = tmp_path / "copy"
    shutil.copytree(work, copy)
    for path in copy.glob("epoch_*.pth"):
        path.write_bytes(path.read_bytes()[:1000])
    assert train.main([*given, "--work", str(copy), "--cfg-options", "schedule.epochs=6"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no checkpoint of tools/train.py: damaged" in line


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left"), "a file cannot be written: No space left"),
        (PermissionError(13, "Permission denied", "here/x"), "here/x: Permission denied"),
        (SafetensorError("Error while serializing: full"), "Error while serializing: full"),
    ],
)
def test_what_a_disk_does_not_take_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
    error: Exception, says: str,
) -> None:  # fmt: skip
    def full(_: Runner) -> None:
        raise error

    monkeypatch.setattr(Runner, "train", full)
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    assert train.main([*given, "--work", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{given[0]}: {says}\n"


def test_a_test_that_is_interrupted_is_one_line(
    folder: Path, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ClipRecognizer, "load", interrupted)
    path = str(work / "recognizer.safetensors")
    assert test.main([str(folder / "config.py"), path, "--data", str(folder / "data")]) == 130
    assert capsys.readouterr().err == "interrupted; run it again\n"

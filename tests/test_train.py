"""tools/train.py on a small N-UCLA written here: what it leaves, takes and refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data, read_experiment
from tests.made_training import trained, written_nucla
from tools import train
from tools.experiments.samples import read_samples
from wildpose.archive.command import _say_caution
from wildpose.cli import main as wildpose
from wildpose.results import Settings
from wildpose.types import Clip

pytestmark = pytest.mark.usefixtures("mmengine_may_warn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_nucla(tmp_path_factory.mktemp("train"))


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    return trained(folder)


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


def test_a_device_with_too_little_memory_is_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2 GiB")

    monkeypatch.setattr(train, "train", full)
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    assert train.main([*given, "--work", str(tmp_path / "work")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "config.py: the device has not enough memory: lower schedule.batch (tests: --device cpu)"
    )


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

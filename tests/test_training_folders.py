"""A training's folder: it goes on where it was, is kept, and is not another's."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from mmengine.runner import Runner
from safetensors import SafetensorError

from tests.made_training import CONFIG, trained, written_nucla
from tools import rerun_table, train
from tools.preparing import alone

pytestmark = pytest.mark.usefixtures("mmengine_may_warn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_nucla(tmp_path_factory.mktemp("train"))


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    return trained(folder)


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
        assert re.search(rf"is of another training, of another .*{named}", line)
    assert (work / "report.json").read_bytes() == before


def test_two_trainings_never_go_on_in_one_folder(
    folder: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(work, copy)
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(copy)]
    given += ["--cfg-options", "schedule.epochs=3"]
    with alone(copy):
        assert train.main(given) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"another run is at work in {copy} (process {os.getpid()}): wait for it" in line
        kept = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.name != ".lock"}
    assert kept.items() <= before.items()
    assert train.main(given) == 0


def test_a_copied_folder_goes_on_by_itself(
    folder: Path, work: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    copy = tmp_path / "copy"
    shutil.copytree(work, copy)
    kept = sorted(path.name for path in work.glob("*.pth"))
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(copy)]
    assert train.main([*given, "--cfg-options", "schedule.epochs=6"]) == 0
    begun, *_, tested, left = caplog.messages
    assert begun == f"{copy}: goes on behind epoch 2 of 6"
    assert tested == "scores on 20 clips that validate and 20 clips that test"
    named = f"{copy / 'recognizer.safetensors'}: for run_video.py --recognizer, test.py and"
    assert left.startswith(named)
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
    assert (
        "was to be trained for 2 epochs, towards whose end its rate falls"
        in capsys.readouterr().err
    )
    assert train.main(given) == 0
    (work / "experiment.json").write_text("{")
    assert train.main(given) == 2
    assert "experiment.json is damaged" in capsys.readouterr().err


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

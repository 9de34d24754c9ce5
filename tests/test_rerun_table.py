"""tools/rerun_table.py: which rows are kept, what a row shows; nothing is trained here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recognizers.training.experiment import read_experiment
from tools import rerun_table, train
from tools.experiments import claims

CONFIG = """
data = {"name": "smarthome", "protocol": "xview1"}
preparation = {"joint_set": "lcr13"}
network = {"type": "SkeletonRnn", "units": 8, "layers": 1}
schedule = {"epochs": 2}
variants = {
    "table1_small": {"network": {"units": 4}, "published": 61.5},
    "table1_large": {
        "network": {"units": 9},
        "data": {"train_on_val": True},
        "schedule": {"monitor": None},
    },
}
"""
CONFIGS = Path(__file__).resolve().parent.parent / "configs"
Run = Callable[..., int]


def figures(top1: float) -> dict[str, float]:
    return {"top1": top1, "mean_class": top1 / 2}


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rows that were trained, by a training that measures bone lengths and makes its figures up."""
    rows: list[str] = []

    def made_up(arguments: list[str]) -> int:
        options = train.options_of(arguments)
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        how = replace(experiment.preparation, lengths=(0.3,) * 14)
        options.work.mkdir(parents=True)
        terms = claims.terms_of(replace(experiment, preparation=how), options.seed)
        test = figures(0.8 - 0.1 * options.seed - (experiment.data.protocol == "xview2") * 0.4)
        report = {"parameters": 1234, "val": figures(0.9), "test": test}
        (options.work / "experiment.json").write_text(json.dumps(terms))
        (options.work / "report.json").write_text(json.dumps(report))
        rows.append(f"{options.variant}_seed{options.seed}")
        return 0

    monkeypatch.setattr(train, "main", made_up)
    return rows


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "config.py").write_text(CONFIG)

    def table(
        *changes: str, more: tuple[str, ...] = (), rows: tuple[str, ...] = ("table1",)
    ) -> int:
        arguments = [str(tmp_path / "config.py"), *rows, "--data", "data", *more]
        arguments += ["--work", str(tmp_path / "work")]
        return rerun_table.main([*arguments, "--cfg-options", *changes] if changes else arguments)

    return table


def rows_in(tmp_path: Path, tables: str = "table1") -> list[list[str]]:
    lines = (tmp_path / "work" / f"config_{tables}.md").read_text().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_figures_are_by_the_protocols_metric_and_none_of_a_split_trained_on(
    run: Run, trained: list[str], tmp_path: Path
) -> None:
    assert run() == 0
    assert rows_in(tmp_path) == [
        ["table1_small", "61.50", "45.0", "40.0", "1", "1,234", "mean_class"],
        ["table1_large", "", "", "40.0", "1", "1,234", "mean_class"],
    ]


def test_rows_of_what_is_asked_are_kept(run: Run, trained: list[str], tmp_path: Path) -> None:
    assert run("schedule.batch=32") == 0
    assert run("schedule.batch=32", more=("--seeds", "2")) == 0
    assert trained == [
        "table1_small_seed0", "table1_large_seed0", "table1_small_seed1", "table1_large_seed1",
    ]  # fmt: skip
    text = (tmp_path / "config.py").read_text()
    (tmp_path / "config.py").write_text(text.replace("61.5", "62.5"))  # no matter of the training
    assert run("schedule.batch=32") == 0
    assert rows_in(tmp_path)[0][1] == "62.50"
    assert len(trained) == 4


def test_protocols_have_folders_of_their_own_and_a_mean_with_the_published_figure(
    run: Run, trained: list[str], tmp_path: Path
) -> None:
    protocols = ("--protocols", "xview1", "xview2")
    assert run(more=(*protocols, "--seeds", "2"), rows=("table1_small",)) == 0
    figures = [row[:4] for row in rows_in(tmp_path, "table1_small")]
    assert figures == [
        ["table1_small xview1", "", "45.0 ± 0.0", "37.5 ± 3.5"],  # 40 and 35
        ["table1_small xview2", "", "45.0 ± 0.0", "17.5 ± 3.5"],  # 20 and 15
        ["table1_small, mean of 2", "61.50", "45.0 ± 0.0", "27.5 ± 3.5"],  # 30 and 25
    ]
    folders = sorted((tmp_path / "work").glob("xview?/*/"))
    assert [str(folder.relative_to(tmp_path / "work")) for folder in folders] == [
        f"xview{protocol}/config_table1_small_seed{seed}" for protocol in (1, 2) for seed in (0, 1)
    ]
    trained.clear()
    assert run(more=protocols, rows=("table1_small",)) == 0
    assert not trained


def test_the_config_itself_is_a_row_and_rows_are_trained_as_they_are_asked_for(
    run: Run, trained: list[str], tmp_path: Path
) -> None:
    assert run(rows=("table1_large", "itself", "table1")) == 0
    assert trained == ["table1_large_seed0", "None_seed0", "table1_small_seed0"]
    assert (tmp_path / "work" / "config_seed0" / "report.json").exists()
    assert rows_in(tmp_path, "table1_large_itself_table1")[1][0] == "itself"


def test_a_protocol_that_is_not_there_is_said_before_anything_is_trained(
    run: Run, trained: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert run(more=("--protocols", "xview1", "xview9")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "xview9" in line and "xview2" in line
    assert not trained


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("schedule.epochs=3", "schedule"),
        ("schedule.batch=32", "schedule"),
        ("data.protocol=xsub", "data"),
        ("preparation.joint_set=kinect20", "preparation"),
        ("preparation.resize=False", "preparation"),
    ],
)
def test_rows_of_another_training_are_refused(
    run: Run, trained: list[str], capsys: pytest.CaptureFixture, change: str, differs: str
) -> None:
    assert run() == 0
    assert run(change) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"table1_small_seed0 is of another training, of another {differs}" in line
    assert len(trained) == 2


@pytest.mark.parametrize("damage", ["{", "[]", None])
@pytest.mark.parametrize("name", ["experiment.json", "report.json"])
def test_a_folder_that_cannot_be_read_is_said_in_one_line(
    run: Run, trained: list[str], tmp_path: Path, capsys: pytest.CaptureFixture,
    damage: str | None, name: str,
) -> None:  # fmt: skip
    assert run() == 0
    folder = tmp_path / "work" / "config_table1_small_seed0"
    (folder / name).unlink()
    if damage is not None:
        (folder / name).write_text(damage)
    elif name == "report.json":  # then it was not finished, and goes on
        shutil.rmtree(folder)
        assert run() == 0
        assert trained.count("table1_small_seed0") == 2
        return
    assert run() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(folder / name) in line


@pytest.mark.parametrize(
    ("text", "wrong"), [("data = {", "SyntaxError"), ("just words", "cannot be read as a config")]
)
def test_a_config_that_is_not_python_is_one_line(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture, text: str, wrong: str
) -> None:
    (tmp_path / "config.py").write_text(text)
    assert run() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(str(tmp_path / "config.py"))
    assert wrong in line


def test_a_training_that_was_interrupted_ends_the_table_with_its_own_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(train, "read_experiment", interrupted)
    assert run() == 130
    line = "interrupted; run it again to go on from the last checkpoint\n"
    assert capsys.readouterr().err == line


def test_an_interrupt_between_trainings_is_one_line(
    run: Run, trained: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(rerun_table, "line_of", interrupted)
    assert run() == 130
    line = "interrupted; run it again to go on with the rows that are missing\n"
    assert capsys.readouterr().err == line
    assert trained == ["table1_small_seed0"]
    assert not list((tmp_path / "work").glob("*.md"))


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("seeds", ["0", "-1"])
def test_a_table_of_no_seeds_is_refused(
    run: Run, capsys: pytest.CaptureFixture, seeds: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(more=("--seeds", seeds))
    assert f"--seeds must be at least 1, got {seeds}" in capsys.readouterr().err


def test_a_folder_that_takes_no_table_is_one_line(
    run: Run, trained: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "work" / "config_table1.md").mkdir(parents=True)
    assert run() == 2
    assert "Is a directory" in capsys.readouterr().err


def test_tables_of_configs_that_import_their_rows_are_found() -> None:
    assert "K" in rerun_table.rows_of(CONFIGS / "sta" / "sta_ntu60_xsub.py", ["K"])


def test_a_table_has_the_rows_of_the_paper_and_no_others() -> None:
    config = CONFIGS / "sta" / "sta_synthetic_ntu_xsub.py"
    found = rerun_table.rows_of(config, "A B C E G H I K".split())
    assert found == ["A", "B", "C", "E", "G", "G_unconditioned", "H", "I", "K", "K_unconditioned"]
    assert rerun_table.rows_of(CONFIGS / "sta" / "sta_pushups_fold1.py", ["A"]) == ["A"]


def test_a_file_to_begin_with_goes_to_first_stages_alone(tmp_path: Path) -> None:
    config = CONFIGS / "vpn" / "vpn_ntu60_xsub.py"
    changes = ["network.backbone.pretrained=kinetics.pt", "schedule.epochs=3"]
    arguments = [str(config), "table1", "pose", "--data", str(tmp_path), "--cfg-options", *changes]
    options = rerun_table.options_of(arguments)
    taken = {
        row: set(rerun_table.runs_of(options, row)[""].changes)
        for row in ("table1_backbone", "table1_attention", "pose_lstm", "itself")
    }
    both = {"network.backbone.pretrained", "schedule.epochs"}
    assert taken.pop("table1_backbone") == both
    # The others begin with that row, and one has no such network.
    assert all(names == {"schedule.epochs"} for names in taken.values())

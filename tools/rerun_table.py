"""Rerun a table of a paper: python tools/rerun_table.py CONFIG table8 --data DIR [--seeds 3].

Trains every row of a config's variants whose name begins so, with every seed, one after the other;
rows that are done are kept, so a run can be stopped and taken up again, if it asks for the same.
Prints the table with the published figures beside ours, by the metric of the protocol, and writes
it to WORK/CONFIG_TABLE.md.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from datasets.catalogue import dataset_named
from datasets.protocols import Metric, protocol_named
from recognizers.training.experiment import Experiment, read_config, read_experiment
from tools import train
from tools.experiments.options import add_config_changes
from wildpose.atomic import writing

HEAD = "| row | published | validation | test | seeds | parameters | metric |"
RULE = "|---|---:|---:|---:|---:|---:|---|"


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("table", help="how the names of its rows begin: table8")
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--work", type=Path, default=Path("work"), help="default: %(default)s")
    add("--seeds", type=int, default=1, help="trainings of each row; default: %(default)s")
    add("--workers", type=int, default=0, help="processes that load clips; default: %(default)s")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def rows_of(config: Path, table: str) -> list[str]:
    """Names of the variants that make a table.

    Raises:
        FileNotFoundError: no such config.
        ValueError: it is no config, or none of its variants is of the table; the line tells the
            tables there are.
    """
    names = list(read_config(config).get("variants", {}))
    found = [name for name in names if name == table or name.startswith(f"{table}_")]
    if not found:
        tables = sorted({name.split("_")[0] for name in names})
        raise ValueError(f"{config}: no rows of {table!r}: there are {', '.join(tables) or 'none'}")
    return found


def reports_of(options: argparse.Namespace, row: str, experiment: Experiment) -> list[dict]:
    """What came out of a row with every seed, trained where it is not there yet.

    Raises:
        ValueError: a training did not succeed, and has said why; or a folder is of another one.
    """
    found = []
    for seed in range(options.seeds):
        work = options.work / f"{options.config.stem}_{row}_seed{seed}"
        report = work / "report.json"
        if report.exists():
            check_asked(work, experiment, seed)
        else:
            arguments = [str(options.config), "--data", str(options.data), "--work", str(work)]
            arguments += ["--variant", row, "--seed", str(seed), "--workers", str(options.workers)]
            changes = [f"{name}={value}" for name, value in (options.cfg_options or {}).items()]
            arguments += ["--cfg-options", *changes] if changes else []
            if train.main(arguments) != 0:
                raise ValueError(f"{row} with seed {seed} was not trained")
        found.append(_read(report))
    return found


def check_asked(work: Path, experiment: Experiment, seed: int) -> None:
    """See that a folder's report is of the training that is asked for.

    Bone lengths that a training measures on its data are left out, and so are published figures.

    Raises:
        ValueError: it is of another training, or does not say of which.
    """
    asked, kept = train.terms_of(experiment, seed), _read(work / train.CLAIM)
    how, before = experiment.preparation, kept.get("preparation")
    if how.axes == "body" and how.resize and isinstance(before, dict):  # see Preparation.fitted
        asked["preparation"]["lengths"] = before.get("lengths")
    other = [name for name in asked if name != "published" and asked[name] != kept.get(name)]
    if other:
        raise ValueError(
            f"{work} holds another training, whose {', '.join(other)} differ from what is asked "
            "for: name another folder with --work, or remove it"
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: cannot be read ({error}): remove its folder") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: no JSON object: remove its folder")
    return found


def metric_of(experiment: Experiment) -> Metric:
    """By which papers measure, under the experiment's protocol."""
    data = experiment.data
    return protocol_named(data.protocol, dataset_named(data.name).protocols, of=data.name).metric


def line_of(row: str, experiment: Experiment, reports: list[dict]) -> str:
    """A row of the table, figures in percent; none of a validation split that was trained on."""
    metric, published = metric_of(experiment), experiment.published
    figures = {
        split: _spread([100 * report[split][metric] for report in reports])
        for split in ("val", "test")
    }
    cells = [
        row,
        "" if published is None else f"{published:.2f}",
        "" if experiment.data.train_on_val else figures["val"],
        figures["test"],
        str(len(reports)),
        f"{reports[0]['parameters']:,}",
        metric,
    ]
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    """The mean, and the standard deviation of several."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def lines_of(options: argparse.Namespace) -> Iterator[str]:
    """The table, row by row as they are done."""
    changes = options.cfg_options
    experiments = {
        row: read_experiment(options.config, changes, variant=row)
        for row in rows_of(options.config, options.table)
    }
    yield HEAD
    yield RULE
    for row, experiment in experiments.items():
        yield line_of(row, experiment, reports_of(options, row, experiment))
    if changes:
        yield ""
        yield "Other than the config: " + ", ".join(f"{n}={v}" for n, v in changes.items())


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 the table is whole; 2 a row could not be trained."""
    options = options_of(arguments)
    done: list[str] = []
    try:
        for line in lines_of(options):
            done.append(line)
            print(line, flush=True)
    except (ValueError, FileNotFoundError) as error:
        print(train.said(options.config, error), file=sys.stderr)
        return 2
    options.work.mkdir(parents=True, exist_ok=True)
    with writing(options.work / f"{options.config.stem}_{options.table}.md") as partial:
        partial.write_text("\n".join(done) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

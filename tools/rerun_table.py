"""Rerun a table of a paper: python tools/rerun_table.py CONFIG table8 --data DIR [--seeds 3].

Trains every row of a config's variants whose name begins so, with every seed, one after the other;
`itself` is the config without a variant. Several are done in their order: name first stages first.
With --protocols fold1 fold2 each row is trained by each protocol, in a folder WORK/PROTOCOL of its
own. Rows that are done are kept, so a run can be stopped and taken up again, if it asks for the
same. Prints the table with the published figures beside ours, by the metric of the protocol, and
writes it to WORK/CONFIG_TABLE.md. A file to begin with, as --cfg-options
network.backbone.pretrained=FILE, goes to the rows that do not begin with another row's.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from datasets.catalogue import dataset_named
from datasets.protocols import Metric, protocol_named
from recognizers.networks import BEGINNINGS, RUNS
from recognizers.training.experiment import Experiment, read_config, read_experiment
from tools import train
from tools.experiments.claims import REPORT, check_was_trained, read_object
from tools.experiments.options import add_config_changes, part_at, words_of
from wildpose.atomic import writing
from wildpose.exit_codes import DONE, INTERRUPTED, USAGE
from wildpose.usage import Parser

HEAD = "| row | published | validation | test | seeds | parameters | metric |"
RULE = "|---|---:|---:|---:|---:|---:|---|"
ITSELF = "itself"
PROTOCOL = "data.protocol"


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("tables", nargs="+", metavar="TABLE", help="how names of rows begin, as table8, or itself")
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--work", type=Path, default=Path("work"), help="default: %(default)s")
    add("--protocols", nargs="+", default=[], metavar="NAME", help="default: the config's alone")
    add("--seeds", type=int, default=1, help="trainings of each row; default: %(default)s")
    add("--workers", type=int, default=0, help="processes that load clips; default: %(default)s")
    add_config_changes(parser)
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    return options


def rows_of(config: Path, tables: Sequence[str]) -> list[str]:
    """Names of the variants that make tables, and ITSELF, in the order that they are asked for.

    Raises:
        FileNotFoundError: no such config.
        ValueError: it is no config, or none of its variants is of a table; the line tells the
            tables there are.
    """
    names = list(read_config(config).get("variants", {}))
    rows: dict[str, None] = {}
    for table in tables:
        found = [name for name in names if name == table or name.startswith(f"{table}_")]
        if table == ITSELF:
            found = [ITSELF]
        if not found:
            there = ", ".join(sorted({name.split("_")[0] for name in names} | {ITSELF}))
            raise ValueError(f"{config}: no rows of {table!r}: there are {there}")
        rows |= dict.fromkeys(found)
    return list(rows)


class InterruptedTrainingError(Exception):
    """A training was interrupted, and has said so."""


@dataclass(frozen=True)
class Run:
    """What one row asks of one protocol."""

    config: Path
    variant: str | None
    changes: dict[str, Any]
    """Over the config's, dotted."""
    folder: Path
    """Of the folders of its trainings."""

    @cached_property
    def experiment(self) -> Experiment:
        """What is trained.

        Raises:
            ValueError: see `read_experiment`.
        """
        return read_experiment(self.config, self.changes, variant=self.variant)

    def report(self, options: argparse.Namespace, seed: int) -> dict[str, Any]:
        """What came out with a seed, trained where it is not there yet.

        Raises:
            ValueError: the training did not succeed, and has said why; or a folder is of another.
            InterruptedTrainingError: somebody interrupted it.
        """
        name = self.config.stem if self.variant is None else f"{self.config.stem}_{self.variant}"
        work = self.folder / f"{name}_seed{seed}"
        report = work / REPORT
        if report.exists():
            check_was_trained(work, self.experiment, seed)
            return read_object(report)
        arguments = [str(self.config), "--data", str(options.data), "--work", str(work)]
        arguments += [] if self.variant is None else ["--variant", self.variant]
        arguments += ["--seed", str(seed), "--workers", str(options.workers)]
        arguments += words_of(self.changes)
        code = train.main(arguments)
        if code == INTERRUPTED:
            raise InterruptedTrainingError
        if code != 0:
            raise ValueError(f"{self.variant or ITSELF} with seed {seed} was not trained")
        return read_object(report)


def metric_of(experiment: Experiment, root: Path) -> Metric:
    """By which papers measure, under the experiment's protocol; root: folder of the data sets."""
    data = experiment.data
    protocols = dataset_named(data.name, root).protocols
    return protocol_named(data.protocol, protocols, of=data.name).metric


def line_of(
    row: str, experiment: Experiment, metric: Metric, by_seed: Sequence[Sequence[dict]]
) -> str:
    """A row of the table, figures in percent; none of a validation split that was trained on.

    Args:
        row: what it is called.
        experiment: that was trained.
        metric: by which it is measured.
        by_seed: for each seed the reports of all protocols, of which the mean counts.
    """
    published = experiment.published
    figures = {
        split: _spread([mean(100 * one[split][metric] for one in reports) for reports in by_seed])
        for split in ("val", "test")
    }
    cells = [
        row,
        "" if published is None else f"{published:.2f}",
        "" if experiment.data.train_on_val else figures["val"],
        figures["test"],
        str(len(by_seed)),
        f"{by_seed[0][0]['parameters']:,}",
        metric,
    ]
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    """The mean, and the standard deviation of several."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def lines_of_row(row: str, options: argparse.Namespace, runs: Mapping[str, Run]) -> Iterator[str]:
    """A line for each protocol, as they are done, and their mean; one line for one protocol.

    Args:
        row: what it is called.
        options: as typed.
        runs: by name of the protocol.
    """
    found, first = [], next(iter(runs.values())).experiment
    metric = metric_of(first, options.data)
    for protocol, run in runs.items():
        found.append([run.report(options, seed) for seed in range(options.seeds)])
        if len(runs) > 1:
            alone = replace(run.experiment, published=None)  # it is of them all
            yield line_of(f"{row} {protocol}", alone, metric, [[report] for report in found[-1]])
    name = row if len(runs) == 1 else f"{row}, mean of {len(runs)}"
    yield line_of(name, first, metric, list(zip(*found, strict=True)))


def changes_of(row: Experiment, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those that a row takes: a first stage takes the file that is to be begun with, no second."""
    return {
        name: value
        for name, value in changes.items()
        if name.split(".")[-1] not in BEGINNINGS or _begins_by_itself(row, name)
    }


def _begins_by_itself(row: Experiment, name: str) -> bool:
    """Whether a row has a place for the file of that name, and no other training's there."""
    *parts, last = name.split(".")
    place = part_at({"network": row.network}, parts)
    return place is not None and RUNS not in str(place.get(last))


def runs_of(options: argparse.Namespace, row: str) -> dict[str, Run]:
    """By name of the protocol; no name where the config's own was not changed."""
    variant = None if row == ITSELF else row
    plain = read_experiment(options.config, variant=variant)
    changes = changes_of(plain, options.cfg_options or {})
    if not options.protocols:
        return {"": Run(options.config, variant, changes, options.work)}
    return {
        name: Run(options.config, variant, {**changes, PROTOCOL: name}, options.work / name)
        for name in options.protocols
    }


def lines_of(options: argparse.Namespace) -> Iterator[str]:
    """The table, row by row as they are done.

    Raises:
        FileNotFoundError, ValueError: a row cannot be read or trained.
    """
    table = {row: runs_of(options, row) for row in rows_of(options.config, options.tables)}
    for runs in table.values():
        for run in runs.values():
            metric_of(
                run.experiment, options.data
            )  # what is wrong with it is said before anything is trained
    yield HEAD
    yield RULE
    for row, runs in table.items():
        yield from lines_of_row(row, options, runs)
    if changes := options.cfg_options:
        yield ""
        yield "Other than the config: " + ", ".join(f"{n}={v}" for n, v in changes.items())


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 the table is whole; 2 a row could not be trained; 130 interrupted."""
    options = options_of(arguments)
    done: list[str] = []
    try:
        for line in lines_of(options):
            done.append(line)
            print(line, flush=True)
        name = f"{options.config.stem}_{'_'.join(options.tables)}.md"
        with writing(options.work / name) as partial:
            partial.write_text("\n".join(done) + "\n", encoding="utf-8")
    except (ValueError, OSError) as error:
        print(train.said(options.config, error), file=sys.stderr)
        return USAGE
    except InterruptedTrainingError:
        return INTERRUPTED
    except KeyboardInterrupt:
        print("interrupted; run it again to go on with the rows that are missing", file=sys.stderr)
        return INTERRUPTED
    return DONE


if __name__ == "__main__":
    sys.exit(main())

"""Rerun a table of a paper: python tools/rerun_table.py CONFIG table8 --data DIR [--seeds 3].

Trains every row of a config's variants whose name begins so, with every seed, one after the other;
rows that are done are kept, so a run can be stopped and taken up again. Prints the table with the
published figures beside ours, and writes it to WORK/CONFIG_TABLE.md.
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

from mmengine.config import Config

from tools import train
from tools.experiments.options import add_config_changes
from wildpose.atomic import writing

HEAD = "| row | published, NTU X-Sub | validation | test | seeds | parameters |"
RULE = "|---|---:|---:|---:|---:|---:|"


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
        ValueError: none of its variants is of the table; the line tells the tables there are.
    """
    if not config.is_file():
        raise FileNotFoundError(f"no config {config}")
    names = list(Config.fromfile(config).get("variants", {}))
    found = [name for name in names if name == table or name.startswith(f"{table}_")]
    if not found:
        tables = sorted({name.split("_")[0] for name in names})
        raise ValueError(f"{config}: no rows of {table!r}: there are {', '.join(tables) or 'none'}")
    return found


def reports_of(options: argparse.Namespace, row: str) -> list[dict]:
    """What came out of a row with every seed, trained where it is not there yet.

    Raises:
        ValueError: a training did not succeed; it has said why.
    """
    found = []
    for seed in range(options.seeds):
        work = options.work / f"{options.config.stem}_{row}_seed{seed}"
        report = work / "report.json"
        if not report.exists():
            arguments = [str(options.config), "--data", str(options.data), "--work", str(work)]
            arguments += ["--variant", row, "--seed", str(seed), "--workers", str(options.workers)]
            changes = [f"{name}={value}" for name, value in (options.cfg_options or {}).items()]
            arguments += ["--cfg-options", *changes] if changes else []
            if train.main(arguments) != 0:
                raise ValueError(f"{row} with seed {seed} was not trained")
        found.append(json.loads(report.read_text(encoding="utf-8")))
    return found


def line_of(row: str, reports: list[dict]) -> str:
    """A row of the table, figures in percent."""
    published = reports[0]["published"]
    cells = [
        row,
        "" if published is None else f"{published:.2f}",
        *(
            _spread([100 * report[split]["top1"] for report in reports])
            for split in ("val", "test")
        ),
        str(len(reports)),
        f"{reports[0]['parameters']:,}",
    ]
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float]) -> str:
    """The mean, and the standard deviation of several."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def lines_of(options: argparse.Namespace) -> Iterator[str]:
    """The table, row by row as they are done."""
    rows = rows_of(options.config, options.table)
    yield HEAD
    yield RULE
    for row in rows:
        yield line_of(row, reports_of(options, row))


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 the table is whole; 2 a row could not be trained."""
    options = options_of(arguments)
    done: list[str] = []
    try:
        for line in lines_of(options):
            done.append(line)
            print(line, flush=True)
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    options.work.mkdir(parents=True, exist_ok=True)
    with writing(options.work / f"{options.config.stem}_{options.table}.md") as partial:
        partial.write_text("\n".join(done) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

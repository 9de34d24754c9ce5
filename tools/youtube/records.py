"""Files that tell of a set's making: provenance of each clip, and the status of each row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from tools.youtube.manifest import Row
from wildpose.atomic import writing

STATUS = "status.csv"
PROVENANCE = "provenance"
VERSION = 1
Stage = Literal["fetch", "check", "cut", "people", "actor"]
Record = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of a row."""

    row: int
    """Its number in the manifest."""
    name: str
    """Of its files."""
    video: str
    label: str
    split: str
    status: Literal["waiting", "done", "failed"] = "waiting"
    stage: Stage | None = None
    """Where it failed."""
    reason: str = ""
    """Why it failed, in one line."""
    people: int | None = None
    """How many were found."""
    actor: int | None = None
    """The number of the one who is kept."""
    sheet: str = ""
    """Path of the contact sheet below the folder of the set."""


def waiting(row: Row) -> Outcome:
    """Of a row that it is not its turn yet."""
    return Outcome(row.number, row.name, row.source.text, row.label, row.split)


def write_status(out: Path, outcomes: Iterable[Outcome]) -> None:
    """A table with a line for each row of the manifest."""
    names = [field.name for field in fields(Outcome)]
    with writing(out / STATUS) as path, path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, names, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(outcome) for outcome in outcomes)


def record_path(out: Path, name: str) -> Path:
    """Where the provenance of a clip is."""
    return out / PROVENANCE / f"{name}.json"


def read_record(out: Path, name: str) -> Record:
    """What is known of a clip; empty where nothing is, or where it cannot be read any more."""
    try:
        record = json.loads(record_path(out, name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(record, dict) or record.get("version") != VERSION:
        return {}
    parts = [value for key, value in record.items() if key != "version"]
    return record if all(isinstance(part, dict) for part in parts) else {}


def write_record(out: Path, name: str, record: Mapping[str, Any]) -> Record:
    """Keep what is known of a clip.

    Returns:
        It, as it will be read.
    """
    text = json.dumps({"version": VERSION, **record}, indent=1, ensure_ascii=False) + "\n"
    with writing(record_path(out, name)) as path:
        path.write_text(text, encoding="utf-8")
    return json.loads(text)

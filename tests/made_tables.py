"""Archives of files that say who does what in them, labelled as they say, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.made_archive import RECORD, RESULT, Acting, HerePool, MakeActing, Quiet
from tests.made_results import person, result
from wildpose.archive.jobs import Job, Report, stamp_of
from wildpose.archive.run import run_archive
from wildpose.archive.table_schema import FOLDER
from wildpose.export.result_json import write_result
from wildpose.results import Result
from wildpose.types import Segment


class MakeTelling(MakeActing):
    """Makes `Telling` in a worker."""

    def __call__(self) -> Telling:
        return Telling(self)


class Telling(Acting):
    """Writes the result that a file tells of; other words are done as `Acting` does them."""

    def _labelled(self, job: Job, sha256: str) -> Report:
        told = told_by(job.path)
        video = replace(told.video, path=str(job.path), sha256=sha256)
        write_result(job.folder / RESULT, replace(told, video=video))
        return Report(
            "done",
            sha256=sha256,
            stamp=stamp_of(job.path),
            folder=job.folder,
            people=len(told.people),
            frames=told.video.frames,
        )


def told_by(path: Path) -> Result:
    """What is in a file: `wave 0.9 fall 0.5; nothing` is one who waves, then falls, and another.

    Each segment lasts a second, the first of a person begins at 0. `nobody` is a video without
    people; what follows # tells apart videos of which the same is told.
    """
    text = path.read_text().split("#")[0].strip()
    if text == "nobody":
        return result()
    people = []
    for number, words in enumerate(text.split(";"), start=1):
        said = words.split()
        pairs = list(zip(said[::2], map(float, said[1::2]), strict=False))
        actions = (
            Segment(i, i + 1.0, label, score, ((label, score), ("other", score / 2)))
            for i, (label, score) in enumerate(pairs)
        )
        frames = list(range(number, number + 4))
        people.append(person(number, frames=frames, actions=tuple(actions)))
    return result(*people)


def label(
    out: Path, *inputs: Path | str, record: Mapping[str, Any] = RECORD, **options: Any
) -> int:
    """Label what files tell of, under a settings; the exit code. No table is written."""
    make = MakeTelling(record)
    return run_archive(
        [str(path) for path in inputs],
        out,
        lambda left: HerePool(make, workers=2),
        Quiet(),
        record=record,
        files=[RESULT],
        **options,
    )


def parts(out: Path, table: str) -> list[Path]:
    return sorted((out / FOLDER / table).glob("*.parquet"))


def read(out: Path, table: str) -> pa.Table:
    """All rows of a table."""
    return pa.concat_tables(pq.read_table(path) for path in parts(out, table))


def videos_in(out: Path, table: str) -> list[str]:
    """The name of the video of each row of a table, sorted."""
    return sorted(Path(row).stem for row in read(out, table)["video"].to_pylist())

"""The rows that one result gives to each table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa

from wildpose.archive.database import line
from wildpose.archive.table_schema import JOINT_SET, TABLES, J
from wildpose.export.result_json import FORMAT, NAME

Columns = dict[str, Any]

_VALUES = {
    "frames": (np.int32, 1),
    "times": (np.float64, 1),
    "boxes": (np.float32, 4),
    "joints_2d": (np.float32, 2 * J),
    "joints_3d": (np.float32, 3 * J),
    "root": (np.float32, 3),
    "observed": (np.bool_, 1),
    "scores": (np.float32, J),
}
"""Type of the arrays of a person, and numbers of each pose in them."""
_NAME = re.compile(r'[{,]\s*"(\w+)": ')
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Done:
    """A content whose results are there, as the ledger tells."""

    content: int
    """Its number."""
    sha256: str
    settings: str
    """Hash of them."""
    poses: str
    """Hash of those that poses depend on: of the same video they are the same then."""
    finished: float
    """s since 1970."""
    folder: str
    """Of its results, below that of the archive."""
    files: tuple[tuple[str, str], ...]
    """Path as it was given, and absolute path, of each video that has it; the first one first."""

    def key(self, table: str) -> str:
        """Another one where anything is another that the rows of a table depend on."""
        labels = self.settings, self.finished, self.folder, self.files[1:]
        values = (self.sha256, self.poses, self.files[0], *(labels if table != "frames" else ()))
        return sha256(json.dumps(values).encode()).hexdigest()[:16]


def rows_of(archive: Path, done: Done) -> dict[str, pa.Table]:
    """The rows of a content, by table.

    The file is one that `write_result` wrote: it is not checked number by number, which would take
    longer than all else.

    Args:
        archive: its folder.
        done: what the ledger says of the content.

    Raises:
        ValueError: there is no result of it, or not one that the tables can hold, in one line.
        OSError: it cannot be read.
    """
    with (archive / done.folder / NAME).open(encoding="utf-8") as file:
        try:
            return _rows(done, file)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            what = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{archive / done.folder / NAME} is damaged: {what:.200}") from error


def _rows(done: Done, file: TextIO) -> dict[str, pa.Table]:
    head = json.loads(file.readline().rstrip() + "]}")
    _check(head, done)
    pieces: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
    for person in _people(file):
        skeletons = {name: _array(person, name) for name in _VALUES}
        pieces["frames"].append(_table("frames", done, _of_frames(person["id"], skeletons)))
        segments = _of_segments(person["id"], person["actions"])
        pieces["segments"].append(_table("segments", done, segments))
        values = _of_person(person["id"], skeletons, len(person["actions"]))
        pieces["people"].append(_table("people", done, values))
    pieces["videos"].append(_of_video(done, head, len(pieces["people"])))
    rows = {
        name: pa.concat_tables(tables) if tables else TABLES[name].empty_table()
        for name, tables in pieces.items()
    }
    for table in rows.values():
        _check_whole(table)
    return rows


def _check(head: dict[str, Any], done: Done) -> None:
    if head["format"] != FORMAT:
        raise ValueError(f"its format is {head['format']}, not {FORMAT}")
    if head["video"]["sha256"] != done.sha256:
        raise ValueError("it is of another video")
    if head["joint_set"]["name"] != JOINT_SET:
        raise ValueError(f"its joints are {head['joint_set']['name']}, not {JOINT_SET}")


def _check_whole(table: pa.Table) -> None:
    """Complain of a value that is missing: a file of a table has no place for that."""
    for name, values in zip(table.column_names, table.columns, strict=True):
        if values.null_count:
            raise ValueError(f"{name} is null")


def _people(file: TextIO) -> Iterator[dict[str, Any]]:
    """Each person of a result.json whose first line was read; arrays are arrays already."""
    last = ""
    for last in file:
        if last.startswith("{"):
            yield {name: _as_array(name, value) for name, value in _fields(last)}
    if not last.endswith("]}\n"):
        raise ValueError("it ends too early")


def _fields(line: str) -> Iterator[tuple[str, Any]]:
    """Names and values of the object in a line, one at a time: those of an hour are large."""
    place = 0
    while (name := _NAME.match(line, place)) is not None:
        value, place = _DECODER.raw_decode(line, name.end())
        yield name[1], value
    if not line.startswith("}", place):
        raise ValueError(f"no field of a person at character {place} of its line")


def _as_array(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    if name not in _VALUES:
        return value
    kind, size = _VALUES[name]
    return np.array(value, dtype=kind).reshape(-1, size)


def _array(person: dict[str, Any], name: str) -> pa.Array:
    values = person[name]
    size = values.shape[1]
    flat = pa.array(values.ravel())
    return flat if size == 1 else pa.FixedSizeListArray.from_arrays(flat, size)


def _of_frames(id: int, arrays: dict[str, pa.Array]) -> Columns:
    return {
        "person": [id] * len(arrays["frames"]),
        "frame": arrays["frames"],
        "time": arrays["times"],
        "observed": arrays["observed"],
        "box": arrays["boxes"],
        **{name: arrays[name] for name in ("joints_2d", "joints_3d", "root", "scores")},
    }


def _of_person(id: int, arrays: dict[str, pa.Array], segments: int) -> Columns:
    times, frames = arrays["times"], arrays["frames"]
    return {
        "person": [id],
        "start": times[:1],
        "stop": times[-1:],
        "first_frame": frames[:1],
        "last_frame": frames[-1:],
        "poses": [len(frames)],
        "observed": [arrays["observed"].to_numpy(zero_copy_only=False).sum()],
        "score": [float(arrays["scores"].values.to_numpy().mean(dtype=float))],
        "segments": [segments],
    }


def _of_segments(id: int, actions: Sequence[dict[str, Any]]) -> Columns:
    names = ("start", "stop", "label", "score", "top")
    return {"person": [id] * len(actions), **{n: [a[n] for a in actions] for n in names}}


def _of_video(done: Done, head: dict[str, Any], people: int) -> pa.Table:
    """A row for each file that has the content."""
    video = head["video"]
    record = {name: value for name, value in head["settings"].items() if name != "focal_px"}
    same = {
        "content": done.content,
        "sha256": done.sha256,
        "folder": line(done.folder),
        "settings": done.settings,
        "settings_record": json.dumps(record, sort_keys=True),
        "labelled": datetime.fromtimestamp(done.finished, timezone.utc).replace(tzinfo=None),
        "people": people,
    }
    names = ("width", "height", "fps", "frames", "duration_s", "rotation", "corrupt_frames")
    same |= {name: video[name] for name in names}
    rows = [{**same, "path": path, "video": absolute} for path, absolute in done.files]
    return pa.Table.from_pylist(rows, schema=TABLES["videos"])


def _table(name: str, done: Done, columns: Columns) -> pa.Table:
    """Columns with what is the same in all rows of a content."""
    rows = len(columns["person"])
    _, first = done.files[0]
    values = {"content": [done.content] * rows, "video": [first] * rows, **columns}
    schema = TABLES[name]
    arrays = [
        pa.array(values[f.name], type=f.type)
        if isinstance(values[f.name], list)
        else values[f.name]
        for f in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)

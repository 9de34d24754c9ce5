"""Segments of an archive found by the names of their classes, in its tables."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from wildpose.archive.jobs import StoppedError
from wildpose.archive.table_schema import ABOUT, FOLDER, FORMAT

NAMED = 3  # classes that are suggested
ORDERS = {
    "score": (("score", -1), ("content", 1), ("start", 1), ("person", 1)),
    "time": (("content", 1), ("start", 1), ("person", 1), ("score", -1)),
}
"""What hits are sorted by, and which way: the best first, or video by video as time goes."""


@dataclass(frozen=True)
class Query:
    """What is looked for."""

    terms: Sequence[str] = ()
    """Words of names of classes, see `names`; without any, and no labels, every class."""
    labels: Sequence[str] = ()
    """Whole names of classes, upper and lower case apart."""
    min_score: float = 0.0

    def asks(self, label: str) -> bool:
        """Whether segments of a class are looked for."""
        if not self.terms and not self.labels:
            return True
        return label in self.labels or any(names(term, label) for term in self.terms)


@dataclass(frozen=True)
class Hit:
    """A segment that was found."""

    content: int
    """Number of the video's content, as in the tables."""
    video: str
    """Absolute path."""
    person: int
    start: float
    """s, in the time of the video's container."""
    stop: float
    """s"""
    label: str
    score: float


COLUMNS = [each.name for each in fields(Hit)]


@dataclass
class Found:
    """What a search has found."""

    hits: list[Hit] = field(default_factory=list)
    """In the order that was asked for."""
    total: int = 0
    """Hits, with those that are beyond the limit."""
    counts: Counter[str] = field(default_factory=Counter)
    """Hits of each class."""
    labels: set[str] = field(default_factory=set)
    """All classes of the archive."""
    problems: list[str] = field(default_factory=list)
    """A line for each file that could not be searched."""


@cache  # the same classes are in every file
def names(term: str, label: str) -> bool:
    """Whether a term means a class: each of its words begins one of the class's.

    Upper and lower case are the same: `fall` and `down fall` mean `Falling down`, `all` does not.
    """
    words = _words(label)
    asked = _words(term)
    return bool(asked) and all(any(word.startswith(a) for word in words) for a in asked)


def near(term: str, labels: Sequence[str]) -> list[str]:
    """Classes whose names are most like a term that means none."""

    def likeness(label: str) -> float:
        pairs = [(" ".join(_words(term)), " ".join(_words(label)))]
        pairs += [(asked, word) for asked in _words(term) for word in _words(label)]
        return max(difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs)

    ranked = sorted(((likeness(label), label) for label in labels), key=lambda r: (-r[0], r[1]))
    return [label for like, label in ranked[:NAMED] if like >= 0.6]  # as difflib's own cutoff


def find(archive: Path, query: Query, *, order: str = "score", limit: int | None = None) -> Found:
    """Segments of the classes that are asked for.

    A file at a time is in memory, and as many hits as are asked for.

    Args:
        archive: its folder.
        query: what is looked for.
        order: of `ORDERS`.
        limit: at most so many hits, the first in that order; None: all.

    Raises:
        StoppedError: there are no tables, or of another version.
    """
    found = Found()
    for file in _files(archive):
        try:
            with pq.ParquetFile(file, read_dictionary=["label", "video"]) as parquet:
                table = parquet.read(COLUMNS, use_threads=False)
        except FileNotFoundError:  # an update has just removed it
            continue
        except (OSError, ValueError):
            found.problems.append(f"{file} is damaged: remove it, `wildpose label` makes it again")
            continue
        for batch in table.to_batches():
            found.hits += _hits(batch, query, found, order, limit)
    keys = ORDERS[order]
    found.hits.sort(key=lambda hit: tuple(sign * getattr(hit, name) for name, sign in keys))
    found.hits = found.hits[:limit]
    return found


def _files(archive: Path) -> Iterator[Path]:
    about = archive / FOLDER / ABOUT
    try:
        said = json.loads(about.read_text(encoding="utf-8"))["format"]
    except FileNotFoundError:
        raise StoppedError(
            f"{archive} has no tables to search: `wildpose label` makes them, name its --out"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoppedError(f"cannot read {about}: {error}") from None
    if said != FORMAT:
        raise StoppedError(
            f"the tables in {archive} are {said}, this wildpose reads {FORMAT}: `wildpose label` "
            "makes them anew"
        )
    return iter(sorted((archive / FOLDER / "segments").glob("*.parquet")))


def _hits(
    batch: pa.RecordBatch, query: Query, found: Found, order: str, limit: int | None
) -> list[Hit]:
    """Hits among some rows, but those beyond the limit; `found` counts all."""
    classes = batch["label"].dictionary.to_pylist()
    labels, scores = _numbers(batch["label"].indices), _numbers(batch["score"])
    asked = np.array([query.asks(label) for label in classes], bool)
    rows = np.flatnonzero(asked[labels] & (scores >= query.min_score))
    found.labels.update(classes)
    found.total += len(rows)
    for label, count in zip(*np.unique(labels[rows], return_counts=True), strict=True):
        found.counts[classes[label]] += int(count)
    if limit is not None:
        keys = [sign * _numbers(batch[name])[rows] for name, sign in reversed(ORDERS[order])]
        rows = rows[np.lexsort(keys)[:limit]]
    values = zip(*(_values(batch[name], rows) for name in COLUMNS), strict=True)
    return [Hit(*each) for each in values]


def _values(column: pa.Array, rows: npt.NDArray[np.integer]) -> list[Any]:
    if not isinstance(column, pa.DictionaryArray):
        return _numbers(column)[rows].tolist()
    codes = _numbers(column.indices)[rows].tolist()
    words = {code: column.dictionary[code].as_py() for code in set(codes)}
    return [words[code] for code in codes]


def _numbers(column: pa.Array) -> npt.NDArray[Any]:
    """A column as it is in memory: `to_numpy` would import pandas wherever that is installed."""
    return np.from_dlpack(column)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())

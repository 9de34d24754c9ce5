"""Files of tables: each tells in its metadata which contents it holds, and appears when whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wildpose.archive.table_schema import TABLES
from wildpose.atomic import writing

HELD = b"wildpose.held"
"""Name, in the metadata of a file, of a JSON object: `Done.key` by the number of each content,
also where that has no rows."""
BUFFER_BYTES = 32 << 20  # of rows that wait to be written together
ROWS_AT_ONCE = 8192  # of a file that is copied


def held(path: Path) -> dict[int, str]:
    """The key of each content that a file holds; of none where it is absent or damaged."""
    try:
        metadata = pq.read_metadata(path).metadata
        return {int(content): key for content, key in json.loads(metadata[HELD]).items()}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


class DamagedError(ValueError):
    """A file of a table that cannot be read."""

    def __init__(self, path: Path):
        super().__init__(f"{path} is damaged")
        self.path = path


class Part:
    """A file that is being written, in place of one that may be there."""

    def __init__(self, writer: pq.ParquetWriter, wanted: Mapping[int, str], kept: set[int]):
        self._writer, self._wanted, self._held = writer, wanted, set(kept)
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self.missing = wanted.keys() - kept
        """Contents whose rows are still to be added."""

    def add(self, content: int, rows: pa.Table) -> None:
        """Add the rows of a content, which may be none."""
        self._held.add(content)
        self._put(rows)

    def copy(self, path: Path) -> None:
        """Add rows from the file that was there, of the contents that are kept."""
        kept = np.array(sorted(self._held), np.int64)
        for batch in _batches(path):
            mask = pa.array(np.isin(batch["content"].to_numpy(), kept))
            self._put(pa.Table.from_batches([batch.filter(mask)]))

    def close(self) -> None:
        self._flush()
        said = {content: self._wanted[content] for content in sorted(self._held)}
        self._writer.add_key_value_metadata({HELD: json.dumps(said)})

    def _put(self, rows: pa.Table) -> None:
        if len(rows):
            self._waiting.append(rows)
            self._waiting_bytes += rows.nbytes
        if self._waiting_bytes > BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._waiting, self._waiting_bytes = [], 0


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(ROWS_AT_ONCE)
    except (OSError, ValueError) as error:
        raise DamagedError(path) from error


@contextmanager
def rewriting(path: Path, table: str, wanted: Mapping[int, str]) -> Iterator[Part]:
    """A file to hold these contents, with the rows of those that the one there has already.

    Args:
        path: of the file.
        table: name of `TABLES`.
        wanted: key by the number of each content.

    Raises:
        OSError: it cannot be written; what was there still is.
        DamagedError: the one there cannot be read.
    """
    before = held(path)
    kept = {content for content, key in wanted.items() if before.get(content) == key}
    with (
        writing(path) as temporary,
        pq.ParquetWriter(temporary, TABLES[table], compression="zstd") as writer,
    ):
        part = Part(writer, wanted, kept)
        if kept:
            part.copy(path)
        yield part
        part.close()

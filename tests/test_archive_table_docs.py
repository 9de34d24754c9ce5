"""docs/tables.md says of each column what its metadata says, and what it shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.made_archive import videos
from tests.made_tables import label
from wildpose.archive.table_schema import CONTENTS_PER_PART, TABLES, part_path
from wildpose.archive.tables import update_tables
from wildpose.export.result_json import read_result

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables.md"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a video in its tables."""
    folder = tmp_path_factory.mktemp("archive")
    label(folder / "out", videos(folder / "in", {"a": "fall 0.9; wave 0.5"}))
    update_tables(folder / "out")
    return folder / "out"


def section(table: str, schema: pa.Schema) -> str:
    """What the page has to say of a table."""
    rows = []
    for field in schema:
        told = {key.decode(): value.decode() for key, value in field.metadata.items()}
        about = "; ".join(told[key] for key in ("about", "axes") if key in told)
        rows.append(f"| `{field.name}` | `{field.type}` | {told.get('unit', '')} | {about} |\n")
    return f"### {table}\n\n| column | type | unit | |\n|---|---|---|---|\n{''.join(rows)}"


@pytest.mark.parametrize("table", TABLES)
def test_the_page_has_every_column_as_its_file_tells(table: str, written: Path) -> None:
    schema = pq.read_schema(part_path(written, table, 1))
    assert section(table, schema) in PAGE.read_text(encoding="utf-8")


def test_the_page_says_how_many_contents_share_a_file() -> None:
    others = {size for table, size in CONTENTS_PER_PART.items() if table != "frames"}
    (size,) = others
    told = f"contents as share it: {size}, of `frames` {CONTENTS_PER_PART['frames']}."
    assert told in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("library", ["duckdb", "pandas"])
def test_what_the_page_shows_works(written: Path, library: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (shown,) = [block for block in blocks if f"import {library}" in block]
    known: dict[str, Any] = {}
    exec(shown.replace("DIR/", f"{written}/").replace("duckdb.sql(", "duckdb.execute("), known)
    if library == "pandas":
        (wanted, _) = read_result(written / "videos" / "a" / "result.json").people
        # float32 of numbers with four digits
        np.testing.assert_allclose(known["joints"], wanted.skeleton.joints, rtol=1e-6, atol=1e-7)

"""The benchmark of `wildpose find` makes an archive that can be searched, and times both."""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.made_tables import parts
from tools.benchmarks import find as bench
from wildpose.archive.finding import Query, find
from wildpose.archive.table_parts import held
from wildpose.archive.table_schema import TABLES


def test_the_archive_has_as_many_segments_as_asked_for_in_several_files(tmp_path: Path) -> None:
    bench.write_segments(tmp_path, videos=1100, segments=3, seed=1)
    first, second = parts(tmp_path, "segments")
    assert (len(held(first)), len(held(second))) == (999, 101)  # they are numbered from 1
    assert pq.read_schema(first).equals(TABLES["segments"])
    found = find(tmp_path, Query())
    assert found.total == 3300
    assert found.labels == set(bench.CLASSES)
    one = [hit for hit in found.hits if hit.content == 1100]
    assert sorted((hit.start, hit.stop) for hit in one) == [(0, 2), (2, 4), (4, 6)]


def test_both_find_the_same_hits_and_are_timed() -> None:
    pytest.importorskip("duckdb", reason="it is measured against duckdb, which is not installed")
    parser = argparse.ArgumentParser()
    bench.add_options(parser)
    told = bench.measure(parser.parse_args(["--videos", "200", "--rounds", "1"]))
    assert told["segments"] == 2000
    assert set(told["seconds"]) == set(told["cpu_s"]) == {"wildpose", "duckdb"}
    assert min(told["seconds"].values()) > 0 and told["ratio"] > 0

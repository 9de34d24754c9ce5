"""Seconds of `wildpose find` on an archive of a million segments, against DuckDB on its tables.

The archive is generated: random segments of 60 classes, in files as `wildpose label` writes them.
Both are commands, timed from their start, Python's own included, in turns; what they used of the
processor is told too, since a busy machine makes both wait.
"""

from __future__ import annotations

import _checkout

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wildpose.archive.table_parts import rewriting
from wildpose.archive.table_schema import (
    ABOUT,
    CONTENTS_PER_PART,
    FOLDER,
    FORMAT,
    TABLES,
    part_path,
)

VERBS = "fall throw push pull kick lift carry drop wave catch".split()
HOWS = ("", " down", " a bag", " a ball", " twice", " together")
CLASSES = [verb + how for verb, how in product(VERBS, HOWS)]
TERM, HITS = "fall", 50
PROGRAM = """
import sys
import duckdb
duckdb.sql("SET threads TO 1; SET enable_progress_bar = false")
for row in duckdb.execute(sys.argv[1], sys.argv[2:]).fetchall():
    print(*row)
"""
QUERY = r"""
SELECT video, person, start, stop, label, score FROM read_parquet(?)
WHERE regexp_matches(label, '\b' || ?, 'i') ORDER BY score DESC LIMIT ?
"""
INSTALL = "bench.py find measures against duckdb, which is not here: python -m pip install"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py find` understands."""
    parser.add_argument("--videos", type=int, default=100_000, help="default: %(default)s")
    parser.add_argument("--segments", type=int, default=10, help="of each; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)


def measure(options: argparse.Namespace) -> dict:
    """Median seconds of both, on the clock and of the processor, and their ratio on the clock."""
    if find_spec("duckdb") is None:
        raise SystemExit(f"{INSTALL} duckdb")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder)
        write_segments(archive, options.videos, options.segments, seed=options.seed)
        pattern = str(archive / FOLDER / "segments" / "*.parquet")
        ours = [sys.executable, "-m", "wildpose", "find", TERM, "--in", folder]
        commands = {
            "wildpose": ours,
            "duckdb": [sys.executable, "-c", PROGRAM, QUERY, pattern, TERM, str(HITS)],
        }
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                took[name].append(_timed(command))
    seconds = {name: round(median(t for t, _ in times), 3) for name, times in took.items()}
    cpu = {name: round(median(t for _, t in times), 3) for name, times in took.items()}
    return {
        "against": f"duckdb {version('duckdb')} on one thread, medians of {options.rounds} runs",
        "segments": options.videos * options.segments,
        "ratio": round(seconds["duckdb"] / seconds["wildpose"], 3),
        "seconds": seconds,
        "cpu_s": cpu,
    }


def write_segments(archive: Path, videos: int, segments: int, *, seed: int) -> None:
    """Write the table of segments of an archive that nobody labelled.

    Args:
        archive: the folder to make.
        videos: how many, numbered from 1.
        segments: of each.
        seed: of classes and scores.
    """
    rng = np.random.default_rng(seed)
    size = CONTENTS_PER_PART["segments"]
    for first in range(0, videos + 1, size):
        contents = np.arange(max(first, 1), min(first + size, videos + 1))
        wanted = {int(content): f"{content:016x}" for content in contents}
        with rewriting(part_path(archive, "segments", first), "segments", wanted) as part:
            rows = _rows(np.repeat(contents, segments), rng)
            for content in wanted:
                part.add(content, rows)
                rows = rows[:0]
    about = {"format": FORMAT, "ledger": 0.0}
    (archive / FOLDER / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def _rows(contents: npt.NDArray[np.integer], rng: np.random.Generator) -> pa.Table:
    """A segment of each of these contents: one person does something else every two seconds."""
    labels, scores = rng.choice(CLASSES, len(contents)), rng.uniform(size=len(contents)).round(4)
    starts = 2.0 * np.concatenate([np.arange(n) for n in np.unique_counts(contents).counts])
    columns = {
        "content": contents,
        "video": [f"/videos/{content // 1000:03}/{content:08}.mp4" for content in contents],
        "person": np.ones(len(contents), np.int32),
        "start": starts,
        "stop": starts + 2,
        "label": labels,
        "score": scores,
        "top": [[{"label": a, "score": s}] for a, s in zip(labels, scores, strict=True)],
    }
    schema = TABLES["segments"]
    return pa.Table.from_arrays([pa.array(columns[f.name], f.type) for f in schema], schema=schema)


def _timed(command: list[str]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor, that a command took."""
    before, started = os.times(), time.perf_counter()
    # From the checkout: an installation is not needed.
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=_checkout.CHECKOUT)
    seconds, after = time.perf_counter() - started, os.times()
    if len(done.stdout.splitlines()) != HITS:
        raise RuntimeError(f"{command[:5]} did not find {HITS} hits")
    user = after.children_user - before.children_user
    return seconds, user + after.children_system - before.children_system

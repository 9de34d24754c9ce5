"""What a worker is asked for and what it answers: small, and sent from process to process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

Task = Literal["label", "hash"]
Verdict = Literal[
    "done", "hashed", "failed", "unusable", "missing", "changed", "stale", "lost", "unwritable"
]


class StoppedError(Exception):
    """Why a run cannot begin or go on, in one line."""


class Stamp(NamedTuple):
    """What tells that a file is another than before, without reading it."""

    size: int
    """Bytes."""
    mtime_ns: int
    """When it was last written, ns since 1970."""


def stamp_of(path: str | os.PathLike[str]) -> Stamp | None:
    """The stamp of a file; None where there is none that can be looked at."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of a million files, each a str
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Job:
    """One video for one worker."""

    content: int
    """Number of its content in the ledger."""
    path: Path
    """Absolute."""
    folder: Path
    """Absolute, where its results go."""
    stamp: Stamp | None = None
    """Of the file as the ledger knows it; None: whatever is there now."""
    task: Task = "label"
    """`hash` where another video is as large: first see whether it is the same."""


@dataclass(frozen=True)
class Report:
    """What became of a job."""

    verdict: Verdict
    """done: its results are there. hashed: as asked, with the hash. failed: it may be tried again.
    unusable: trying again changes nothing. missing: no file, or none that can be read. changed:
    while it was read. stale: it is another file than the job was about. lost: its worker was.
    unwritable: the results cannot be written, and no others can."""
    error: str | None = None
    """One line, where it is not done."""
    note: str | None = None
    """One line worth knowing though it is done."""
    sha256: str | None = None
    """Of the content, where it was read."""
    stamp: Stamp | None = None
    """Of the file that was read; None where it is not to be relied upon."""
    folder: Path | None = None
    """Where the results are."""
    people: int = 0
    frames: int = 0
    """Of the video."""
    seconds: float = 0.0
    """That the job took."""
    peak_bytes: int | None = None
    """The most memory that the worker has had so far; None where the system does not tell."""

"""Hashes of files."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """As `sha256_of`; a file that stays as it is is read once in a process."""
    stat = path.stat()
    return _read_once(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _read_once(path: Path, size: int, time_ns: int) -> str:  # noqa: ARG001 - keys of the cache
    return sha256_of(path)

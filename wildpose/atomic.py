"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from wildpose.processes import lives

SUFFIX = ".partial"
CLOCKS_DIFFER_S = 60.0  # at most, that of a disk in the network and that of this machine


def partial_path(path: Path) -> Path:
    """A new temporary name beside a file, which tells the process that writes it."""
    # Names have a limit, which a long one with something added would pass.
    return path.with_name(f".{path.name[:40]}.{os.getpid()}.{secrets.token_hex(4)}{SUFFIX}")


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path to write to, renamed to `path` at the end, removed when anything fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = partial_path(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed runs left half-written in a folder, but not what others write now."""
    for leftover in folder.glob(f".*.*.*{SUFFIX}"):
        writer = leftover.name.split(".")[-3]
        if writer.isdecimal() and not _is_written_by(leftover, int(writer)):
            leftover.unlink(missing_ok=True)


def _is_written_by(leftover: Path, process: int) -> bool:
    """Whether the process of this number is another one, lives, and may have made the file.

    Numbers are given anew: a process that began after the file was written last did not make it.
    """
    if process == os.getpid() or not lives(process):
        return False
    try:
        began = psutil.Process(process).create_time()
        return began <= leftover.stat().st_mtime + CLOCKS_DIFFER_S
    except (psutil.NoSuchProcess, FileNotFoundError):  # it has just ended, or has renamed the file
        return False
    except psutil.AccessDenied:  # somebody else's
        return True

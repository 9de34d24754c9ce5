"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

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

    One that was killed keeps its number until its parent asks after it, which in a container may
    be never; and numbers are given anew, also to threads, which `pid_exists` tells from processes.
    """
    if process == os.getpid() or not psutil.pid_exists(process):
        return False
    try:
        found = psutil.Process(process)
        if found.status() == psutil.STATUS_ZOMBIE:
            return False
        return found.create_time() <= leftover.stat().st_mtime + CLOCKS_DIFFER_S
    except psutil.NoSuchProcess:  # zombies, on some systems
        return False
    except psutil.AccessDenied:  # somebody else's
        return True
    except FileNotFoundError:  # done, and renamed
        return False

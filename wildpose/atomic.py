"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".partial"


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
        if writer.isdecimal() and not _writes_elsewhere(int(writer)):
            leftover.unlink(missing_ok=True)


def _writes_elsewhere(process: int) -> bool:
    """Whether another living process has this number."""
    if process == os.getpid() or os.name == "nt":  # signal 0 would end a process on Windows
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True

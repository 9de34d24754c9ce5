"""A lock on a folder that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from wildpose.archive.jobs import StoppedError

PLACE = 1 << 20  # of the locked byte on Windows, where nobody else may read it


class Lock:
    """Held by one process at a time."""

    def __init__(self, path: Path):
        """Take the lock.

        Args:
            path: a file that is made for it, and stays.

        Raises:
            StoppedError: another process holds it, or it cannot be had.
        """
        self._path = path
        try:
            self._file: BinaryIO = path.open("a+b")
        except OSError as error:
            line = f"cannot write to {path.parent}: {error.strerror or error}"
            raise StoppedError(line) from None
        try:
            _lock(self._file)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            holder = self._holder()
            self._file.close()
            raise StoppedError(
                f"another run is at work in {path.parent}{holder}: wait for it, or stop it"
            ) from None
        except OSError as error:
            self._file.close()
            line = f"cannot lock {path}: {error.strerror or error}; try a folder on another disk"
            raise StoppedError(line) from None
        self._sign()

    def release(self) -> None:
        self._file.close()  # which unlocks it

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _sign(self) -> None:
        """Write down who holds it, for the message of others."""
        try:
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())
            self._file.flush()
        except OSError:  # a full disk; the lock is what counts
            return

    def _holder(self) -> str:
        try:
            self._file.seek(0)
            process = self._file.read(20).decode("ascii", "replace")
        except OSError:
            return ""
        return f" (process {process})" if process.isdecimal() else ""


def held(path: Path) -> bool:
    """Whether some process holds the lock of that file just now."""
    try:
        file = path.open("rb")
    except OSError:
        return False
    with file:
        try:
            _lock(file)
        except OSError:
            return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

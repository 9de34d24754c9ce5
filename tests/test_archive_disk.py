"""Archives on disks that are full or cannot be written: a line, nothing lost, and on it goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_archive import Quiet, results, run, states, videos
from wildpose.archive.jobs import StoppedError
from wildpose.archive.listing import settings_in

COUNT = 60
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk as Linux does")


def mount(folder: Path, options: str) -> str | None:
    """Mount a disk in memory, or change the one that is there; why it cannot be done."""
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip() or "it fails" if done.returncode else None


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, which root alone may mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        problem = mount(folder, "size=16m")
    except FileNotFoundError:
        problem = "there is no mount"
    if problem is not None:
        pytest.skip(f"no disk can be mounted here: {problem}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def stopped(out: Path, folder: Path) -> str:
    """The line with which a run stops, at its beginning or amid its work."""
    progress = Quiet()
    try:
        assert run(out, folder, progress=progress) == 1
    except StoppedError as stop:
        return str(stop)
    assert progress.stopped is not None
    return progress.stopped


def told_full(line: str) -> None:
    assert "\n" not in line
    assert any(why in line for why in ("is full", "may be full", "No space left on device")), line


# Full before there is a ledger, in it, and at results: one of a video takes 8 kB of such a disk.
@pytest.mark.parametrize("kilobytes", [16, 100, 180, 260, 340, 420])
def test_a_run_on_a_full_disk_stops_with_a_line_and_goes_on_when_there_is_room(
    disk: Path, tmp_path: Path, kilobytes: int
) -> None:
    folder = videos(tmp_path / "in", {f"video{i:02}": f"good {'x' * i}" for i in range(COUNT)})
    out = disk / "out"
    assert mount(disk, f"remount,size={kilobytes}k") is None
    told_full(stopped(out, folder))
    before = results(out)
    told_full(stopped(out, folder))  # again, and nothing is the worse for it
    assert results(out).items() >= before.items()

    assert mount(disk, "remount,size=16m") is None
    assert run(out, folder) == 0
    assert set(states(out).values()) == {"done"}
    assert run(tmp_path / "calm", folder) == 0
    assert results(out) == results(tmp_path / "calm")
    assert results(out).items() >= before.items()
    assert not list(out.rglob("*.partial"))


def test_an_archive_that_is_read_only_is_a_line_and_can_be_read(disk: Path, tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "good 1", "b": "good 22"})
    out = disk / "out"
    assert run(out, folder / "a.mp4") == 0
    before = results(out)
    assert mount(disk, "remount,ro") is None
    assert stopped(out, folder) == f"cannot write to {out}: Read-only file system"
    assert stopped(disk / "other", folder).endswith("other: Read-only file system")
    (kept,) = settings_in(out)
    assert kept.counts == {"done": 1}
    assert results(out) == before
    assert mount(disk, "remount,rw") is None
    assert run(out, folder) == 0
    assert set(states(out).values()) == {"done"}

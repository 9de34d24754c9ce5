"""300 short videos through the real networks, 10 of them broken, killed 20 times: hours, so slow.

    python -m pytest -m slow --log-cli-level=INFO tests/test_archive_endurance.py

`test_archive_kills.py` has the same, in a minute, with work that needs no networks.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
from pyarrow.dataset import dataset

from tests.made_archive_videos import write_archive

CHECKOUT = Path(__file__).resolve().parent.parent
GOOD, BROKEN, KILLS = 290, 10, 20
MOST_BETWEEN = 3 * GOOD // (2 * KILLS)  # videos between two kills
WORKERS = 2
log = logging.getLogger(__name__)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc"),
]


def command(folder: Path, out: Path) -> list[str]:
    options = ["--workers", str(WORKERS), "--progress", "json", "--offline"]
    return [sys.executable, "-m", "wildpose", "label", str(folder), "--out", str(out), *options]


@contextmanager
def running(folder: Path, out: Path) -> Iterator[Popen[str]]:
    with Popen(command(folder, out), cwd=CHECKOUT, stdout=PIPE, text=True) as driver:
        try:
            yield driver
        finally:
            driver.kill()


def workers(driver: int) -> list[int]:
    """Processes that a driver has spawned and that are not dead yet."""
    children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline") for child in children}
    return [child for child, line in lines.items() if b"spawn_main" in line.read_bytes()]


def kill_one(driver: Popen[str], choice: random.Random) -> str:
    """Kill a driver or one of its workers; whom."""
    with_worker = choice.random() < 0.5
    found = workers(driver.pid) if with_worker else []
    os.kill(choice.choice(found) if found else driver.pid, signal.SIGKILL)
    return "worker" if found else "driver"


def disturbed(folder: Path, out: Path) -> tuple[Counter[str], dict[str, list[tuple[int, int]]]]:
    """Run an archive to its end with kills in between: who was killed, and all files of results.

    Returns:
        How often a worker and the driver were killed; and of each result.json that there ever was
        the numbers and times of the files under that name, looked for at each kill and at the end.
    """
    choice = random.Random(0)
    killed: Counter[str] = Counter()
    seen: dict[str, list[tuple[int, int]]] = {}
    while True:
        with running(folder, out) as driver:
            assert driver.stdout is not None
            until_next = choice.randrange(MOST_BETWEEN)
            for line in driver.stdout:
                event = json.loads(line)["event"]
                if killed.total() == KILLS or event in ("looking", "began", "ended"):
                    continue
                until_next -= 1
                if until_next > 0:
                    continue
                time.sleep(choice.uniform(0, 1))
                whom = kill_one(driver, choice)
                killed[whom] += 1
                log.info("killed %s after %s", dict(killed), line.strip())
                until_next = choice.randrange(MOST_BETWEEN)
                look(out, seen)
                if whom == "driver":
                    break
            else:
                driver.wait()
                look(out, seen)
                return killed, seen


def look(out: Path, seen: dict[str, list[tuple[int, int]]]) -> None:
    for file in out.rglob("result.json"):
        stat = file.stat()
        known = seen.setdefault(str(file.relative_to(out)), [])
        if (stat.st_ino, stat.st_mtime_ns) not in known:
            known.append((stat.st_ino, stat.st_mtime_ns))


def rows(out: Path, columns: str) -> list[tuple]:
    """Columns of every video's state, in order of the videos."""
    with closing(sqlite3.connect(out / "ledger.sqlite")) as database:
        return database.execute(
            f"SELECT {columns} FROM videos v JOIN contents c ON c.id = v.content "
            "JOIN states s ON s.content = c.id ORDER BY v.absolute"
        ).fetchall()


def files(out: Path) -> dict[str, bytes]:
    """All that stands below the folder of results."""
    below = (path for path in (out / "videos").rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in below}


def table(out: Path, name: str) -> list[str]:
    """The rows of a table without the time of labelling, sorted."""
    found = dataset(out / "tables" / name).to_table()
    wanted = found.select([column for column in found.column_names if column != "labelled"])
    return sorted(map(str, wanted.to_pylist()))


def memory_by_age(out: Path) -> tuple[float, float]:
    """Bytes at most of a worker after each of the first 50 videos, and the last 50; the means."""
    found = [peak for _, peak in sorted(rows(out, "s.finished, s.peak_bytes")) if peak]
    return sum(found[:50]) / 50, sum(found[-50:]) / 50


def test_300_videos_are_each_done_once_through_20_kills_as_if_there_were_none(
    tmp_path: Path,
) -> None:
    folder, calm, out = tmp_path / "in", tmp_path / "calm", tmp_path / "out"
    write_archive(folder, good=GOOD)
    started = time.monotonic()
    with (tmp_path / "calm.jsonl").open("w") as told:
        done = subprocess.run(command(folder, calm), cwd=CHECKOUT, stdout=told, stdin=DEVNULL)
    assert done.returncode == 1  # 10 are broken
    log.info("undisturbed: %.0f s", time.monotonic() - started)

    killed, seen = disturbed(folder, out)
    assert killed.total() == KILLS and min(killed["worker"], killed["driver"]) >= 5

    columns = "v.path, s.state, s.error, s.people, s.frames, c.sha256, c.folder"
    found = rows(out, columns)
    assert found == rows(calm, columns)
    states = Counter(state for _, state, *_ in found)
    assert states == {"done": GOOD, "quarantined": BROKEN}
    assert all(error for _, state, error, *_ in found if state == "quarantined")
    assert files(out) == files(calm)
    assert len(seen) == GOOD
    assert [name for name, versions in seen.items() if len(versions) > 1] == []
    for name in ("videos", "people", "frames", "segments"):
        assert table(out, name) == table(calm, name)
    assert len(table(out, "videos")) == GOOD
    attempts = [count for (count,) in rows(out, "s.attempts")]
    log.info("begun %s times", sum(attempts))
    # A kill costs at most what the workers had at work, and that is only begun, not done, again.
    assert sum(attempts) <= GOOD + BROKEN + WORKERS * KILLS

    first, last = memory_by_age(calm)
    log.info("memory of a worker: first 50 %.1f MB, last 50 %.1f MB", first / 1e6, last / 1e6)
    assert last < 1.1 * first

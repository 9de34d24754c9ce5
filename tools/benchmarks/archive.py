"""Videos per hour of `wildpose label` on two cores with a worker for each, against one worker.

The one worker has a core, its driver with it; or both cores, and as many threads as make it
fastest. Where Ray is installed, two workers on a cluster of this machine alone are measured against
the two without. Short videos of mannequins, in turns; the clock runs while every worker is at work,
after its first video, so that neither loading nor the end counts. At last two workers label all of
the archive, and tell their memory.
"""

from __future__ import annotations

import _checkout

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median
from subprocess import PIPE, Popen

import numpy as np

from datasets.mannequin import MannequinClip, random_actor
from datasets.mannequin_video import write_clip
from datasets.motions import MOTIONS
from wildpose.archive.listing import Row, rows, settings_in
from wildpose.exit_codes import DONE, INTERRUPTED
from wildpose.geometry import orbit_camera

CORES = 2
RATE = 10.0  # frames per second of the videos


@dataclass(frozen=True)
class Way:
    """How an archive is labelled."""

    workers: int
    threads: int = 1
    """Of each worker."""
    cores: int = CORES
    """That all of it, the driver too, may use."""
    ray: bool = False

    @property
    def options(self) -> list[str]:
        """Of `wildpose label`."""
        numbers = f"--workers {self.workers} --threads-per-worker {self.threads}"
        return [*numbers.split(), *(["--ray"] if self.ray else [])]


WAYS = {
    "one_core": Way(workers=1, cores=1),
    "two_workers": Way(workers=2),
    "one_process_1_thread": Way(workers=1),
    "one_process_2_threads": Way(workers=1, threads=2),
    "ray": Way(workers=2, ray=True),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py archive` understands."""
    add = parser.add_argument
    add("--videos", type=int, default=64, help="timed in each run; default: %(default)s")
    add("--archive", type=int, default=300, help="videos that there are; default: %(default)s")
    add("--frames", type=int, default=20, help="of each video; default: %(default)s")
    add("--rounds", type=int, default=3, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Median videos per hour, their ratios, and the memory of a worker over the archive."""
    _check(options)
    load = os.getloadavg()[0]
    ways = {name: way for name, way in WAYS.items() if not way.ray or find_spec("ray")}
    paces: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        videos = Path(folder) / "videos"
        _say(f"rendering {options.archive} videos of {options.frames} frames")
        write_videos(videos, options.archive, frames=options.frames)
        for turn in range(options.rounds):
            for name in ways if turn % 2 == 0 else reversed(ways):
                paces[name].append(pace(ways[name], videos, options.videos))
                told = f"{name}: {paces[name][-1]:.0f} videos an hour"
                _say(f"round {turn + 1} of {options.rounds}, {told}")
        _say("the whole archive, for memory")
        memory = memory_by_age(whole(WAYS["two_workers"], videos))
    return {
        "against": "one worker on one core; one on both, at its fastest; Ray: two without it",
        **compared(paces),
        "memory": memory,
        **{name: getattr(options, name) for name in ("videos", "archive", "frames", "rounds")},
        "ray": version("ray") if "ray" in ways else "not installed",
        "load_before": round(load, 2),
    }


def _check(options: argparse.Namespace) -> None:
    """End with one line where nothing can be measured."""
    wrong = None
    if min(options.videos, options.frames, options.rounds) < 1:
        wrong = "--videos, --frames and --rounds are at least 1"
    elif options.archive < options.videos + CORES:
        wrong = f"--archive is at least {CORES} more than --videos: first ones are not timed"
    elif not hasattr(os, "sched_setaffinity"):
        wrong = "this system cannot hold a process to a core, as Linux can"
    elif len(os.sched_getaffinity(0)) < CORES:
        wrong = f"it needs {CORES} cores"
    if wrong is not None:
        raise SystemExit(f"bench.py archive: {wrong}")


def write_videos(folder: Path, count: int, *, frames: int) -> None:
    """Write videos of one person each; the same few again and again, so that each costs the same.

    To the ledger they are different contents: they end with boxes that decoders skip (ISO/IEC
    14496-12, 8.1.2), of different lengths, since of equally long ones it asks for hashes first.
    """
    folder.mkdir(parents=True)
    rendered = _rendered(frames)
    length = max(map(len, rendered)) + 8
    for i in range(count):
        video = rendered[i % len(rendered)]
        free = length + i - len(video)
        box = free.to_bytes(4, "big") + b"free" + bytes(free - 8)
        (folder / f"{i:05}.mp4").write_bytes(video + box)


def _rendered(frames: int) -> list[bytes]:
    """An MP4 of each motion."""
    rng, camera, times = np.random.default_rng(0), orbit_camera(yaw=0.35), np.arange(frames) / RATE
    with tempfile.TemporaryDirectory() as folder:
        for motion in MOTIONS:
            clip = MannequinClip((random_actor(motion, rng),), camera, times)
            write_clip(Path(folder) / f"{motion}.mp4", clip)
        return [path.read_bytes() for path in sorted(Path(folder).glob("*.mp4"))]


def pace(way: Way, videos: Path, count: int) -> float:
    """Videos per hour, as `steady_pace`, of a run that is interrupted once it is known."""
    found = None
    with tempfile.TemporaryDirectory() as folder, _label(way, videos, Path(folder)) as label:
        for event in _events(label):
            if found is None and event["event"] == "done" and event["totals"]["done"] > count:
                found = steady_pace(_done(Path(folder)), way.workers, count)
                if found is not None:
                    label.send_signal(signal.SIGINT)
    if found is None:
        why = f"the archive came to its end before all workers had done {count} videos"
        raise SystemExit(f"bench.py archive: {why}: give --archive more")
    return found


def whole(way: Way, videos: Path) -> list[Row]:
    """What the ledger tells of all videos."""
    with tempfile.TemporaryDirectory() as folder:
        with _label(way, videos, Path(folder)) as label:
            deque(_events(label), maxlen=0)
        return _done(Path(folder))


def steady_pace(done: Iterable[Row], workers: int, count: int) -> float | None:
    """Videos per hour of the first ones that were finished after every worker had finished one.

    Args:
        done: videos, in any order.
        workers: that there are.
        count: how many are timed.

    Returns:
        None where there are not as many yet.
    """
    first: dict[str, float] = {}
    times = sorted((_finished(row), row.worker or "") for row in done)
    for finished, worker in times:
        first.setdefault(worker, finished)
    if len(first) < workers:
        return None
    began = max(first.values())
    timed = [finished for finished, _ in times if finished > began][:count]
    return 3600 * count / (timed[-1] - began) if len(timed) == count else None


def memory_by_age(done: Iterable[Row]) -> dict:
    """The most memory that workers had had after their first and their last videos.

    Returns:
        For each worker its videos, and the mean MB over the first and the last tenth of them; the
        largest ratio of last to first.
    """
    peaks: dict[str, list[int]] = {}
    for row in sorted(done, key=_finished):
        assert row.peak_bytes is not None  # Linux tells
        peaks.setdefault(row.worker or "", []).append(row.peak_bytes)
    first = [fmean(of[: len(of) // 10 + 1]) for of in peaks.values()]
    last = [fmean(of[-(len(of) // 10 + 1) :]) for of in peaks.values()]
    return {
        "videos": [len(of) for of in peaks.values()],
        "first_mb": [round(n / 1e6, 1) for n in first],
        "last_mb": [round(n / 1e6, 1) for n in last],
        "ratio": round(max(b / a for a, b in zip(first, last, strict=True)), 3),
    }


def compared(paces: Mapping[str, Sequence[float]]) -> dict:
    """Medians, least and most of each way, and the ratios of two workers to the others.

    Args:
        paces: videos per hour in each round, by the names of `WAYS`; `ray` may be missing.
    """
    medians = {name: median(rounds) for name, rounds in paces.items()}
    two, ray = medians["two_workers"], medians.get("ray")
    by_threads = {way.threads: medians[n] for n, way in WAYS.items() if n.startswith("one_process")}
    return {
        "ratio": {
            "one_core": round(two / medians["one_core"], 3),
            "one_process": round(two / max(by_threads.values()), 3),
            "ray": None if ray is None else round(ray / two, 3),
        },
        "fastest_threads": max(by_threads, key=by_threads.__getitem__),
        "videos_per_hour": {name: round(of) for name, of in medians.items()},
        "spread": {name: [round(min(of)), round(max(of))] for name, of in paces.items()},
    }


def _label(way: Way, videos: Path, out: Path) -> Popen[str]:
    """`wildpose label` at work, which tells on stdout what it does."""
    command = [sys.executable, "-m", "wildpose", "label", str(videos), "--out", str(out)]
    with _held_to(way.cores):
        return Popen(
            [*command, *way.options, "--progress", "json"],
            stdout=PIPE,
            text=True,
            cwd=_checkout.CHECKOUT,  # an installation is not needed
            env={**os.environ, "RAY_ADDRESS": "local"},  # a cluster that others use stays theirs
        )


def _events(label: Popen[str]) -> Iterator[dict]:
    """What it tells, to the end.

    Raises:
        SystemExit: it ended otherwise than complete or interrupted.
    """
    assert label.stdout is not None
    event = {}
    for line in label.stdout:
        event = json.loads(line)
        yield event
    if label.wait() not in (DONE, INTERRUPTED):
        why = event.get("stopped") or f"ended with {label.returncode}"
        raise SystemExit(f"bench.py archive: wildpose label: {why}")


@contextmanager
def _held_to(cores: int) -> Iterator[None]:
    """A block in which processes are started that may use so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _done(out: Path) -> list[Row]:
    return list(rows(out, settings_in(out)[-1].settings, states=("done",)))


def _finished(row: Row) -> float:
    assert row.finished is not None  # as what is done was
    return row.finished


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

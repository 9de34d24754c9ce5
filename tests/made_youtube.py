"""A web server on loopback with videos, good and bad; manifests that name them; and sets."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import build_youtube_set
import numpy as np

from datasets.labelled_video_files import skeleton_path, write_skeleton
from datasets.protocols import Split
from datasets.youtube_files import Entry, YoutubeSet, write_set
from tests.made_results import person, result
from wildpose.results import Person, Result
from wildpose.video import read_frames

FAST = ("--pause", "0", "--retries", "1")
Rows = list[dict[str, object]]
COLUMNS = ("video", "start", "stop", "label", "actor", "split", "licence", "note")


@dataclass
class Site:
    """What a server serves, and what was asked of it."""

    address: str = ""
    """http://127.0.0.1:PORT"""
    files: dict[str, bytes] = field(default_factory=dict)
    """Content by path, /a.mp4; whatever is not in it is a 404."""
    short: set[str] = field(default_factory=set)
    """Paths of which half is sent, after all of it was promised."""
    slow: set[str] = field(default_factory=set)
    """Paths whose second half comes when the server ends."""
    asked: list[str] = field(default_factory=list)
    """Paths, one for each request."""
    cookies: list[str | None] = field(default_factory=list)
    """What each request had of them."""
    half_sent: Event = field(default_factory=Event)
    """Set when the first half of a slow one was sent."""
    ends: Event = field(default_factory=Event)

    def url(self, path: str) -> str:
        return self.address + path


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:  # as http.server calls it
        site = self.site
        site.asked.append(self.path)
        site.cookies.append(self.headers.get("Cookie"))
        if self.path not in site.files:
            self.send_error(404)
            return
        content = site.files[self.path]
        self.send_response(200)
        kind = "video/mp4" if self.path.endswith(".mp4") else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        try:
            self.wfile.write(content[:half])
            if self.path in site.short:
                return
            if self.path in site.slow:
                self.wfile.flush()
                site.half_sent.set()
                site.ends.wait(60)
                return
            self.wfile.write(content[half:])
        except ConnectionError:  # who asks has seen enough, or was killed
            return

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server has it
        """Say nothing."""


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Site]:
    """A block in which files are on the web, that is on this machine."""
    site = Site(files=dict(files))
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.ends.set()
        server.shutdown()
        server.server_close()
        thread.join()


def nobody_listens() -> str:
    """An address of this machine at which there is no server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_address[1]
    server.server_close()
    return f"http://127.0.0.1:{port}"


def write_manifest(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """A CSV file with a row for each mapping."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows([row.get(column, "") for column in COLUMNS] for row in rows)
    return path


def read_status(out: Path) -> list[dict[str, str]]:
    """Rows of status.csv."""
    with (out / "status.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wait_until(holds: Event, *, seconds: float = 60) -> None:
    """Wait for an event, or fail."""
    began = time.monotonic()
    assert holds.wait(seconds), f"nothing happened for {time.monotonic() - began:.0f} s"


class StandIn:
    """Finds a small person, who is there first, and a large one in every video."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: dict[str, Callable[[], Result]] = {}

    def run(self, path: Path, *, sha256: str) -> Result:
        self.asked.append(path.name)
        for part, act in self.before.items():
            if part in path.name:
                return of(path, act(), sha256)
        return of(path, result(*two_people()), sha256)


def of(path: Path, content: Result, sha256: str) -> Result:
    frames = sum(1 for _ in read_frames(path))
    video = replace(content.video, sha256=sha256, frames=frames, fps=30.0, path=str(path))
    return replace(content, video=video, settings=build_youtube_set.SETTINGS)


def two_people() -> tuple[Person, Person]:
    first, second = person(1, frames=[0, 1, 2, 3]), person(2, frames=[2, 3, 4])
    boxes = np.tile(np.array([5.0, 5.0, 20.0, 30.0]), (4, 1))
    return replace(first, boxes=boxes), replace(second, boxes=2 * boxes[:3])


def fail(error: BaseException) -> Result:
    raise error


def row(video: str, start: object, stop: object, label: str, **others: object) -> dict[str, object]:
    return {"video": video, "start": start, "stop": stop, "label": label, **others}


def build(folder: Path, rows: Rows, *options: str) -> int:
    """A run with a manifest of these rows in a folder; the exit code."""
    manifest = write_manifest(folder / "m.csv", rows)
    return build_youtube_set.main([str(manifest), "--out", str(folder / "out"), *FAST, *options])


def content_of(root: Path) -> dict[str, bytes]:
    """Files of a set but for its locks, by path."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def entry(name: str, label: str, split: Split, **changes: object) -> Entry:
    """A clip of a second, at two seconds into a video of ten."""
    made = Entry(
        name=name,
        label=label,
        split=split,
        video=f"{label.replace(' ', '_')}/{name}.mp4",
        source="aaaaaaaaaaa",
        key="aaaaaaaaaaa",
        url="https://www.youtube.com/watch?v=aaaaaaaaaaa",
        start=2.0,
        stop=3.0,
        source_duration=10.0,
        frames=10,
        width=640,
        height=480,
    )
    return replace(made, **changes)


def write_entries(root: Path, *entries: Entry, complete: bool = True) -> Path:
    """A set with a person in frames 2 to 5, of 10 frames per second, in each of its clips."""
    for one in entries:
        somebody = person(1, frames=[2, 3, 4, 5])
        skeleton = replace(somebody.skeleton, times=np.array([0.2, 0.3, 0.4, 0.5]))
        content = result(replace(somebody, skeleton=skeleton))
        video = replace(content.video, fps=10.0)
        write_skeleton(skeleton_path(root, one.name), replace(content, video=video))
    write_set(root, YoutubeSet(entries, complete), {"actor": "all"})
    return root

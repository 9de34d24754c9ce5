"""How far a run has come: a bar or lines for people, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from tqdm import tqdm

from wildpose.archive.lines import write
from wildpose.archive.states import STATES, Change
from wildpose.counting import number_of

Counts = Mapping[str, int]
RECENT = 200  # videos that the speed is that of
LOOKED = 10_000  # videos between two lines on how many were found


class Progress(Protocol):
    """Who tells the user what happens."""

    def looked(self, videos: int) -> None:
        """So many were found by now."""
        ...

    def wrong(self, what: str, why: str) -> None:
        """Something was named that stands for no video."""
        ...

    def replacing(self, videos: int, how: str) -> None:
        """So many have results of other settings; how and why they are made anew, in a line."""
        ...

    def began(self, counts: Counts) -> None:
        """Now that it is known what there is to do."""
        ...

    def told(self, change: Change, counts: Counts) -> None:
        """Something has become of a video."""
        ...

    def ended(self, counts: Counts, stopped: str | None) -> None:
        """At the end, with the line that says why it comes early."""
        ...


class Pace:
    """Videos per hour, of those that were done last, and how long the rest will take."""

    def __init__(self) -> None:
        self._times = deque([time.monotonic()], maxlen=RECENT)

    def done(self) -> None:
        """One more video is done, or given up."""
        self._times.append(time.monotonic())

    def per_hour(self) -> float | None:
        """None before anything is done."""
        elapsed = self._times[-1] - self._times[0]
        return 3600 * (len(self._times) - 1) / elapsed if elapsed > 0 else None

    def eta_s(self, counts: Counts) -> float | None:
        """Seconds to the end; None where nobody can tell."""
        speed = self.per_hour()
        return 3600 * _left(counts) / speed if speed else None


class JsonLines:
    """One JSON object per line on stdout; docs/archives.md tells what is in it."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._out = sys.stdout  # others may put something else in its place

    def looked(self, videos: int) -> None:
        self._say({"event": "looking", "videos": videos})

    def wrong(self, what: str, why: str) -> None:
        self._say({"event": "wrong", "input": what, "error": why})

    def replacing(self, videos: int, how: str) -> None:
        self._say({"event": "replacing", "videos": videos, "how": how})

    def began(self, counts: Counts) -> None:
        self._pace = Pace()
        self._say({"event": "began", **self._totals(counts)})

    def told(self, change: Change, counts: Counts) -> None:
        state, report = change.standing.state, change.report
        if state == "waiting" and change.same_as is None:
            return
        if state in ("done", "quarantined"):
            self._pace.done()
        video = {
            "path": change.path,
            "folder": None if report.folder is None else str(report.folder),
            "same_as": change.same_as,
            "people": report.people,
            "frames": report.frames,
            "seconds": round(report.seconds, 3),
            "attempts": change.standing.attempts,
            "error": report.error,
            "note": report.note,
            "peak_bytes": report.peak_bytes,
        }
        event = "same" if change.same_as is not None and state != "done" else state
        self._say({"event": event, "video": video, **self._totals(counts)})

    def ended(self, counts: Counts, stopped: str | None) -> None:
        self._say({"event": "ended", "stopped": stopped, **self._totals(counts)})

    def _say(self, message: dict[str, Any]) -> None:
        write(self._out, json.dumps(message))

    def _totals(self, counts: Counts) -> dict[str, Any]:
        totals = {"videos": sum(counts.values()), **{state: counts[state] for state in STATES}}
        speed, eta = self._pace.per_hour(), self._pace.eta_s(counts)
        return {
            "totals": totals,
            "videos_per_hour": None if speed is None else round(speed, 1),
            "eta_s": None if eta is None else round(eta, 1),
        }


class Lines:
    """A line per video, errors on stderr; or a bar instead of lines on what is done."""

    def __init__(self, *, bar: bool = False, quiet: bool = False):
        """Choose what is said.

        Args:
            bar: show a bar instead of lines on videos that are done.
            quiet: nothing but errors.
        """
        self._with_bar, self._quiet = bar and not quiet, quiet
        self._bar: tqdm | None = None
        self._pace = Pace()
        self._out, self._errors = sys.stdout, sys.stderr

    def looked(self, videos: int) -> None:
        if videos % LOOKED == 0:
            self._tell(f"{number_of(videos, 'video')} found so far")

    def wrong(self, what: str, why: str) -> None:
        self._complain(f"{what}: {why}")

    def replacing(self, videos: int, how: str) -> None:
        have, are = ("has", "is") if videos == 1 else ("have", "are")
        self._tell(f"{number_of(videos, 'video')} that {have} results {are} {how}")

    def began(self, counts: Counts) -> None:
        self._pace = Pace()
        total, done = sum(counts.values()), sum(counts.values()) - _left(counts)
        if done and not self._with_bar:
            were = "was" if done == 1 else "were"
            self._tell(f"{done} of {number_of(total, 'video')} {were} done or given up before")
        if self._with_bar and _left(counts):
            self._bar = tqdm(total=total, initial=done, unit="video", smoothing=0.05)

    def told(self, change: Change, counts: Counts) -> None:
        state, report = change.standing.state, change.report
        if state in ("failed", "quarantined"):
            attempt = f"attempt {change.standing.attempts}, " if state == "failed" else ""
            again = "will be tried again" if state == "failed" else "given up"
            self._complain(f"{change.path}: {report.error} ({attempt}{again})")
        elif (state == "done" or change.same_as is not None) and self._bar is None:
            self._tell(_line(change))
        if state in ("done", "quarantined"):
            self._pace.done()
        if self._bar is not None:
            self._bar.set_postfix_str(f"{counts['quarantined']} given up", refresh=False)
            self._bar.update(sum(counts.values()) - _left(counts) - self._bar.n)

    def ended(self, counts: Counts, stopped: str | None) -> None:
        if self._bar is not None:
            self._bar.close()
        told = [f"{counts[state]} {state}" for state in STATES if counts[state]]
        speed = self._pace.per_hour()
        pace = f"; {number_of(round(speed), 'video')} an hour" if speed else ""
        videos = number_of(sum(counts.values()), "video")
        self._tell(f"{videos}: {', '.join(told) or 'none'}{pace}")
        if stopped is not None:
            self._complain(f"wildpose label: {stopped}")

    def _tell(self, line: str) -> None:
        if not self._quiet:
            write(self._out, line)

    def _complain(self, line: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        write(self._errors, line)
        if self._bar is not None:
            self._bar.refresh()


def _line(change: Change) -> str:
    report = change.report
    if change.same_as is not None:
        return f"{change.path}: the same as {change.same_as}"
    people = number_of(report.people, "person", "people")
    frames = number_of(report.frames, "frame")
    note = f" ({report.note})" if report.note else ""
    return f"{change.path}: {frames}, {people}, {report.seconds:.1f} s -> {report.folder}{note}"


def _left(counts: Counts) -> int:
    return counts["waiting"] + counts["failed"] + counts["running"]

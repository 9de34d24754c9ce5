"""What `wildpose label --status` prints."""

from __future__ import annotations

import sys
from pathlib import Path

from wildpose.archive.ledger import LOCK
from wildpose.archive.lines import say, write
from wildpose.archive.listing import Kept, rows, settings_in
from wildpose.archive.lock import held
from wildpose.archive.states import STATES
from wildpose.counting import number_of


def print_status(folder: Path, *, as_json: bool) -> None:
    """Print how many videos are in each state, and which have failed or were given up.

    Args:
        folder: of the archive.
        as_json: one JSON object for each settings, then one for each such video.

    Raises:
        StoppedError: there is no ledger, or it cannot be read.
    """
    kept = settings_in(folder)
    if as_json:
        _print_json(folder, kept)
        return
    last = kept[-1].record if kept else {}
    table = [("settings", "videos", *STATES)]
    table += [_counts(each, now=each.record == last) for each in kept]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    differences = [[""], *([_difference(each, last)] for each in kept)]
    for row, (difference,) in zip(table, differences, strict=True):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        write(sys.stdout, "  ".join([*cells, difference]).rstrip())
    if kept and kept[-1].counts["running"] and not held(folder / LOCK):
        write(sys.stdout, "no run is at work: the next one begins anew what was running")
    for row in rows(folder, kept[-1].settings, states=("failed", "quarantined")) if kept else ():
        attempts = number_of(row.attempts, "attempt")
        write(sys.stdout, f"{row.path}: {row.error} ({row.state}, {attempts})")


def _counts(kept: Kept, *, now: bool) -> tuple[str, ...]:
    """Cells of a row; what waits under settings of the past waits no more, it was replaced."""
    told = STATES if now else STATES[1:]
    return (
        kept.settings[:8],
        str(sum(kept.counts[state] for state in told)),
        *(str(kept.counts[state]) if state in told else "-" for state in STATES),
    )


def _difference(kept: Kept, last: dict[str, object]) -> str:
    """In what settings differ from those of the last run."""
    if kept.record == last:
        return "of the last run"
    names = sorted(name for name in kept.record if kept.record[name] != last.get(name))
    return ", ".join(f"{name} {kept.record[name]}" for name in names)


def _print_json(folder: Path, kept: list[Kept]) -> None:
    for each in kept:
        totals = {"videos": sum(each.counts.values()), **{s: each.counts[s] for s in STATES}}
        say({"event": "status", "settings": each.record, "hash": each.settings, "totals": totals})
    for row in rows(folder, kept[-1].settings, states=("failed", "quarantined")) if kept else ():
        video = {"path": row.path, "attempts": row.attempts, "error": row.error}
        say({"event": row.state, "video": video})

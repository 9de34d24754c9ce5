"""What a video of an archive can be, and what a report makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from wildpose.archive.jobs import Report, Verdict

STATES = ("waiting", "running", "done", "failed", "quarantined")
"""To do, with a worker, its results are there, to be tried again, given up."""
ATTEMPTS = 3
# A run that was killed says little of the videos that were read just then, but one that is read
# whenever a run is killed is left alone at last: this many times as often as it may fail.
MOST_BEGUN = 3


class Standing(NamedTuple):
    """A state, and how it came to it."""

    state: str
    attempts: int
    """How often it was begun."""
    failures: int
    """How often of these it failed; a killed run does not count."""


@dataclass(frozen=True)
class Change:
    """What a report has made of a video."""

    path: str
    """As it was given."""
    standing: Standing
    report: Report
    same_as: str | None = None
    """Another video that it is the same as, and whose results are its own."""


def after(before: Standing, verdict: Verdict, *, attempts: int) -> Standing:
    """The standing of a running video after a report on it.

    Args:
        before: running.
        verdict: of the report.
        attempts: that may fail before it is given up.
    """
    begun, failures = before.attempts, before.failures
    worn_out = begun >= most_begun(attempts)
    if verdict == "done":
        return Standing("done", begun, failures)
    if verdict == "hashed":  # nothing was tried yet
        return Standing("waiting", begun - 1, failures)
    if verdict == "stale":
        return Standing("quarantined" if worn_out else "waiting", begun, failures)
    given_up = verdict in ("unusable", "missing") or failures + 1 >= attempts or worn_out
    return Standing("quarantined" if given_up else "failed", begun, failures + 1)


def most_begun(attempts: int) -> int:
    """How often a video is begun at most, when so many attempts may fail."""
    return MOST_BEGUN * attempts

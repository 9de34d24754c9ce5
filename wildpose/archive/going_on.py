"""What the last run over an archive was asked for, for one that goes on with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from wildpose.archive.jobs import StoppedError
from wildpose.archive.listing import LastRun, last_run
from wildpose.named_files import NETWORKS, POSES, recorded, recorded_now, without_hashes
from wildpose.results import Settings, parts

SAVE = "save"


def options_of(settings: Settings, save: Sequence[str]) -> dict[str, Any]:
    """What the ledger keeps of a run, by option, so that another one can go on.

    Args:
        settings: with absolute paths: the record of settings tells what was in the files, and
            nobody where they lie.
        save: names of `wildpose.batch.FILES`.
    """
    used = settings.record.keys()
    values = {name: value for name, value in asdict(settings).items() if name in used}
    return {**values, SAVE: ",".join(save)}


def last_options(folder: Path, *, given: Collection[str]) -> dict[str, Any]:
    """Options of the last run that are not given now, as `options_of` made them.

    Args:
        folder: of the archive.
        given: names of those that are.

    Raises:
        StoppedError: there is no ledger that can be read, or no run in it; or a file that is to be
            used again is another one now.
    """
    last = last_run(folder)
    if last is None:
        raise StoppedError(f"nothing has been labelled in {folder} yet: name the videos to label")
    found = _out_of_record(last.record) if last.options is None else last.options
    known = {SAVE, *(field.name for field in fields(Settings))}  # to this version
    options = {name: value for name, value in found.items() if name in known - set(given)}
    _check_files(folder, last, options)
    return options


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is done to results of other settings, and why, as in '3 videos are ...'.

    Args:
        before: record of those settings.
        now: record of those that are asked for.
    """
    before = recorded_now(before)
    names = [n for n in {**now, **before} if before.get(n) != now.get(n)]
    if "recognizer" in names and "labels_revision" in names:  # which goes with there being one
        names.remove("labels_revision")
    changes = [f"{n} {_told(now.get(n))} instead of {_told(before.get(n))}" for n in names]
    only_labels = parts(before).poses == parts(now).poses
    how = "labelled anew, their poses kept" if only_labels else "done anew"
    return f"{how}: {', '.join(changes)}"


def _told(value: object) -> str:
    return "none" if value is None else str(value)


def _out_of_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a run of which only the record of settings is kept, as all once were.

    Paths in that are as somebody typed them, in a folder that nobody knows.
    """
    files = (*NETWORKS, POSES)
    return {n: without_hashes(v) if n in files and v else v for n, v in record.items()}


def _check_files(folder: Path, last: LastRun, options: Mapping[str, Any]) -> None:
    was = recorded_now(last.record)
    for name in (*NETWORKS, POSES):
        value = options.get(name)
        if value is not None and recorded(name, value) != was[name]:
            raise StoppedError(
                f"the last run in {folder} had --{name} {was[name]}, which is not what lies at "
                f"{value} now: give --{name}"
            )

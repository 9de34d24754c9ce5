"""Which videos are meant: files, folders, globs and lists of files, one at a time."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.inputs import expand, is_overlay, is_video_name

MANIFESTS = (".csv", ".txt")
COLUMN = "path"


@dataclass(frozen=True)
class Found:
    """A video that was named, or found in what was."""

    path: str
    """As it was given."""
    root: str
    """The folder that was named, in which it is; empty where it was named itself."""


@dataclass(frozen=True)
class Wrong:
    """Something named that stands for no video."""

    what: str
    """As it was given."""
    why: str
    """One line."""


def videos_of(inputs: Sequence[str], *, out: Path) -> Iterator[Found | Wrong]:
    """The videos that inputs stand for, in order; one that is named twice comes twice.

    Args:
        inputs: as typed. A .csv has a column `path`, a .txt has a path in each line, but for empty
            ones and those that begin with #. Blanks around a path do not belong to it. Relative
            paths in them are below the folder of the list, and never lead out of it; absolute ones
            are taken as they are.
        out: where results go; what is in that folder is not found in others.
    """
    for text in inputs:
        if text and os.path.isdir(text):  # noqa: PTH112 - names too long for a file are none
            yield from _in_folder(text, out)
        elif Path(text).suffix.lower() in MANIFESTS and Path(text).is_file():
            yield from _in_manifest(Path(text))
        else:
            yield from _named(text, out)


def _named(text: str, out: Path) -> Iterator[Found | Wrong]:
    """A file, or those of a glob."""
    found, wrong = expand([text], out=out)
    for video in found:
        if os.path.lexists(video):
            yield Found(str(video), "")
        else:  # a slip of the pen is not kept in the ledger
            yield Wrong(str(video), "no such file: check the spelling and the folder")
    yield from (Wrong(str(what), why) for what, why in wrong.items())


def _in_folder(folder: str, out: Path) -> Iterator[Found | Wrong]:
    """Videos by their suffix, at any depth, by name; never hidden, never our own."""
    results = out.resolve()
    found = False
    unread: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=unread.append):
        folders[:] = [
            name
            for name in sorted(folders)
            if not name.startswith(".") and Path(here, name).resolve() != results
        ]
        for name in sorted(files):
            if is_video_name(name) and not is_overlay(Path(here, name)):
                found = True
                yield Found(os.path.join(here, name), folder)  # noqa: PTH118 - of a million files
    yield from (Wrong(str(error.filename), error.strerror or str(error)) for error in unread)
    if not found and not unread:
        yield Wrong(folder, "a folder without a video file")


def _in_manifest(path: Path) -> Iterator[Found | Wrong]:
    """The videos of a list of files."""
    rows = 0
    try:
        for place, text in _rows(path):
            rows += 1
            yield _listed(path, place, text)
    except (OSError, ValueError, csv.Error) as error:
        yield Wrong(str(path), getattr(error, "strerror", None) or str(error))
        return
    if not rows:
        yield Wrong(str(path), "a list without a path in it")


def _rows(path: Path) -> Iterator[tuple[int, str]]:
    """Number of the line, and path, of each video of a list.

    Raises:
        ValueError: a table without a column of paths.
    """
    # Names of files need not be Unicode; a spreadsheet puts a mark in front.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        if path.suffix.lower() == ".txt":
            for number, line in enumerate(file, start=1):
                text = line.strip()
                if text and not text.startswith("#"):
                    yield number, text
            return
        table = csv.DictReader(file, skipinitialspace=True)
        column = next((name for name in table.fieldnames or () if name.strip() == COLUMN), None)
        if column is None:
            raise ValueError(
                f"a table needs a column {COLUMN!r} in its first line, which has "
                f"{', '.join(table.fieldnames or ()) or 'nothing'}"
            )
        for row in table:
            if text := (row[column] or "").strip():
                yield table.line_num, text


def _listed(manifest: Path, place: int, text: str) -> Found | Wrong:
    """A path of a list; relative ones stay below its folder."""
    if Path(text).is_absolute():
        return Found(text, "")
    folder = manifest.parent
    path = os.path.normpath(folder / text)
    if not Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder)):  # noqa: PTH100
        why = f"line {place}: {text} leads out of the list's folder: give an absolute path"
        return Wrong(str(manifest), why)
    return Found(path, str(folder))

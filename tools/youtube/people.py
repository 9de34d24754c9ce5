"""Everybody in a clip, the sheet that shows them, and the skeleton of the one who is meant.

FOLDER/people/CLIP.json       everybody, found once
FOLDER/sheets/CLIP.jpg        who has which number
FOLDER/skeletons/CLIP.npz     the one who is kept
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets.footage_files import FOOTAGE
from datasets.labelled_video_files import origin_of, skeleton_path, write_skeleton
from datasets.protocols import SPLITS
from tools.youtube.manifest import Row
from tools.youtube.records import Record, write_record
from tools.youtube.sheets import write_sheet
from wildpose.export.result_json import read_head, read_result, write_result
from wildpose.people import the_one
from wildpose.results import Person, Result, Settings

PEOPLE, SHEETS = "people", "sheets"
Find = Callable[[Path, str], Result]
"""Finds everybody in a video; given its path, and SHA-256."""


class Peopling:
    """Finds the people of clips in a folder, and keeps one of each."""

    def __init__(self, out: Path, find: Find, settings: Settings):
        """Set up.

        Args:
            out: folder of the set.
            find: everybody in a clip.
            settings: that `find` works with.
        """
        self._out, self._find, self._settings = out, find, settings
        self._said: dict[str, Any] = json.loads(json.dumps(settings.record))

    def peopled(self, row: Row, clip: Path, record: Record) -> Record:
        """The record of a clip whose people were found, and one of them chosen.

        Args:
            row: of the clip.
            clip: the video.
            record: of the clip, without its people, or with those of an earlier run.

        Raises:
            ValueError: the clip cannot be read.
        """
        sha256, sheet = record["clip"]["sha256"], self._out / SHEETS / f"{row.name}.jpg"
        title = f"{row.name}: {row.label}"
        of = {"asked": row.actor, "title": title, "sha256": sha256, "settings": self._said}
        found = self._found_before(row, sha256)
        before = record.get("people", {}) if found else {}
        there = "kept" in before and self._keeps(row, before["kept"], sha256)
        if there and of.items() <= before.items() and sheet.is_file():
            return record
        record = {key: part for key, part in record.items() if key != "people"}
        write_record(self._out, row.name, record)  # or it spoke of files that are replaced now
        result = self._everybody(row, clip, sha256, found=found)
        person, reason = chosen(result.people, row.actor)
        kept = None if person is None else person.id
        write_sheet(sheet, clip, result, kept=kept, title=title)
        if person is not None and not (there and before["kept"] == kept):
            self._keep(row, replace(result, people=(person,)))
        people = {**of, "found": len(result.people), "kept": kept, "reason": reason}
        made_with = {**record["versions"], **result.versions}
        record = {**record, "people": people, "versions": made_with}
        return write_record(self._out, row.name, record)

    def _people_path(self, row: Row) -> Path:
        return self._out / PEOPLE / f"{row.name}.json"

    def _found_before(self, row: Row, sha256: str) -> bool:
        path = self._people_path(row)
        head = read_head(path) if path.is_file() else None
        return head is not None and head.is_of(sha256, self._settings)

    def _everybody(self, row: Row, clip: Path, sha256: str, *, found: bool) -> Result:
        """Everybody in a clip; looked for where they were not found before."""
        path = self._people_path(row)
        result = _read(path) if found else None
        if result is None:
            write_result(path, self._find(clip, sha256))
            result = read_result(path)  # with the digits that the file has
        return result

    def _keeps(self, row: Row, kept: int | None, sha256: str) -> bool:
        """Whether the skeleton of who was chosen is there, where somebody was."""
        try:
            return kept is None or origin_of(skeleton_path(self._out, row.name)) == (sha256, True)
        except ValueError:
            return False

    def _keep(self, row: Row, result: Result) -> None:
        """Write a skeleton, and remove the pictures that were cut around another one."""
        for split in SPLITS:
            for footage in (self._out / FOOTAGE).rglob(f"{split}_{row.name}.npz"):
                footage.unlink()
        write_skeleton(skeleton_path(self._out, row.name), result)


def chosen(people: Sequence[Person], actor: str) -> tuple[Person | None, str]:
    """Who is meant; or None, and why there is nobody.

    Args:
        people: everybody who was found.
        actor: a word of `wildpose.people.the_one`, or a number.
    """
    if not people:
        return None, "nobody was found in it"
    if not actor.isdecimal():
        return the_one(people, actor), ""
    for person in people:
        if person.id == int(actor):
            return person, ""
    numbers = ", ".join(str(person.id) for person in people)
    return None, f"nobody has the number {actor}: those on the contact sheet are {numbers}"


def _read(path: Path) -> Result | None:
    """A result, or None where the file is damaged."""
    try:
        return read_result(path)
    except ValueError:
        return None

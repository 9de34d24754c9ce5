"""The index of a cache of clips: what stands in it, and whether it is whole.

{"version": 1, "complete": true, "settings": {...}, "common": {...}, "left_out": [...],
 "ignored": [...], "shards": [[{"name": ..., "people": ..., "frames": ..., ...}, ...], ...]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wildpose.atomic import writing
from wildpose.types import Clip

INDEX = "index.json"
VERSION = 1
COMMON = ("joint_set", "axes", "frame_rate")  # the same for all clips of a cache
Record = dict[str, Any]
_NONE = type(None)
_OF_INDEX: Record = {
    "complete": bool, "settings": dict, "common": (dict, _NONE), "left_out": list, "ignored": list,
    "shards": list,
}  # fmt: skip
_OF_CLIP: Record = {
    "name": str, "people": int, "frames": int, "subject": str, "label": (int, _NONE),
}  # fmt: skip


def new_index(settings: Mapping[str, Any]) -> Record:
    """The index of a cache that holds nothing."""
    return {
        "version": VERSION, "complete": False, "settings": dict(settings), "common": None,
        "left_out": [], "ignored": [], "shards": [],
    }  # fmt: skip


def record_of(clip: Clip) -> Record:
    """What the index tells of a clip."""
    return {
        "name": clip.name,
        "people": len(clip.joints),
        "frames": len(clip),
        "subject": clip.subject,
        "label": clip.label,
    }


def read_index(folder: Path) -> Record:
    """The index of a cache, checked; names to leave out or ignore, of which old ones have none.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of another version.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text())
        version = index["version"]
        if version == VERSION:
            index = {"left_out": [], "ignored": [], **index}
            _check_index(index)
    except FileNotFoundError:
        raise FileNotFoundError(f"no cache of clips in {folder}: {INDEX} is not there") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, make the cache anew ({error})") from None
    if version != VERSION:
        raise ValueError(f"{path}: of version {version}, expected {VERSION}: make the cache anew")
    return index


def write_index(folder: Path, index: Record) -> None:
    """Put an index in the place of the one that is there."""
    with writing(folder / INDEX) as path:
        path.write_text(json.dumps(index))


def check_settings(folder: Path, kept: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to add clips to those of a cache that were made in another way.

    Raises:
        ValueError: the line tells the settings that differ, and what to do.
    """
    kept, asked = (json.loads(json.dumps(dict(one))) for one in (kept, asked))  # no tuples
    if kept != asked:
        was = {name: value for name, value in kept.items() if (name, value) not in asked.items()}
        now = {name: value for name, value in asked.items() if (name, value) not in kept.items()}
        raise ValueError(
            f"{folder}: holds clips made with {was}, not with {now}; use another folder, or "
            "delete this one"
        )


def _check_index(index: Record) -> None:
    """Complain of a part that is not there, or not of its kind."""
    _check_kinds(index, _OF_INDEX)
    clips = [clip for shard in index["shards"] for clip in shard]
    for clip in clips:
        _check_kinds(clip, _OF_CLIP)
    if clips:
        _check_kinds(index["common"], dict.fromkeys(COMMON, object))
    if not all(isinstance(name, str) for name in index["left_out"] + index["ignored"]):
        raise ValueError("a name that is none")


def _check_kinds(record: Record, kinds: Mapping[str, Any]) -> None:
    for name, kind in kinds.items():
        if name not in record:
            raise ValueError(f"no {name!r}")
        if not isinstance(record[name], kind):
            raise ValueError(f"{name!r} is {str(record[name])[:40]!r}")

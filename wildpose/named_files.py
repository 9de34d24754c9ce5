"""Files that settings name: how a record tells them, wherever they lie, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wildpose.hashing import content_hash
from wildpose.openmmlab.names import RANDOM, Named

NETWORKS = ("detector", "pose", "lifter", "recognizer")
"""Settings that may name files of networks."""
POSES = "poses"
"""The setting that is a path as a whole."""
_RECORDED = re.compile(r"(?P<name>.*?)(?P<hashes>(?: sha256:[0-9a-f]{16})+)", re.DOTALL)


def recorded(setting: str, value: str) -> str:
    """A value as a record tells it: of each file that is there its own name and content's hash.

    Folders are left out: the same file is the same setting however its path is spelled. What is
    recorded already stays; records of before, with the path as it was typed, are told as now.

    Args:
        setting: of `NETWORKS`, or `POSES`.
        value: of it, as a user named it, or out of a record.
    """
    before = _RECORDED.fullmatch(value)
    if before is not None:
        return _changed(setting, before["name"], lambda path: Path(path).name) + before["hashes"]
    hashes: list[str] = []

    def own_name(text: str) -> str:
        path = Path(text).expanduser()
        if not path.is_file():
            return text
        hashes.append(f" sha256:{content_hash(path)[:16]}")
        return path.name

    return _changed(setting, value, own_name) + "".join(hashes)


def recorded_now(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of any version of wildpose with its files told as this one tells them."""
    return {
        name: recorded(name, value) if _may_name(name) and isinstance(value, str) else value
        for name, value in record.items()
    }


def absolute(setting: str, value: str) -> str:
    """A value whose paths mean the same files from every folder; those of no file stay.

    Args:
        setting: of `NETWORKS`, or `POSES`.
        value: of it, as a user named it.
    """

    def whole(text: str) -> str:
        path = Path(text).expanduser()
        return str(path.absolute()) if path.exists() else text

    return _changed(setting, value, whole)


def without_hashes(value: str) -> str:
    """The name in a value out of a record."""
    found = _RECORDED.fullmatch(value)
    return value if found is None else found["name"]


def _may_name(setting: str) -> bool:
    return setting == POSES or setting in NETWORKS


def _changed(setting: str, value: str, change: Callable[[str], str]) -> str:
    """A value with each path in it changed: all of it, or those of mmdet:CONFIG@CHECKPOINT."""
    if setting == POSES or value.endswith(".safetensors"):
        return change(value)
    package, _, network = value.partition(":")
    if not network:  # a name of ours
        return value
    named = Named.of(network)
    config = change(named.name) if named.name.endswith(".py") else named.name
    weights = RANDOM if named.random else named.checkpoint and change(str(named.checkpoint))
    return f"{package}:{config}" + (f"@{weights}" if weights else "")

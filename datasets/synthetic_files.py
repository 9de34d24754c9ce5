"""Where the files of synthetic NTU lie, and the index that says how they were made.

FOLDER/synthetic_ntu.json                              settings, clips, whether all are there
FOLDER/videos/S001C001P001R001A001_rgb.mp4
FOLDER/truth/S001C001P001R001A001.json
FOLDER/skeletons/S001C001P001R001A001.skeleton         the last of a clip that is written
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wildpose.atomic import remove_leftovers, writing

VIDEOS, SKELETONS, TRUTHS = "videos", "skeletons", "truth"
INDEX = "synthetic_ntu.json"
VERSION = 1
"""Of how clips are made: what another version made cannot be added to."""


def video_of(root: Path, name: str) -> Path:
    """The RGB video of a clip: mirrored, of 1920 x 1080 px scaled down, a frame per skeleton.

    Args:
        root: folder of the set.
        name: of the clip.
    """
    return root / VIDEOS / f"{name}_rgb.mp4"


def skeleton_of(root: Path, name: str) -> Path:
    """The .skeleton file of a clip."""
    return root / SKELETONS / f"{name}.skeleton"


def truth_path(root: Path, name: str) -> Path:
    """The file of what is known of a clip besides."""
    return root / TRUTHS / f"{name}.json"


def is_made(root: Path, name: str) -> bool:
    """Whether all files of a clip are there."""
    return all(of(root, name).is_file() for of in (skeleton_of, truth_path, video_of))


def read_index(root: Path) -> dict[str, Any] | None:
    """How a set was made: settings, clips, complete; None where nothing was made.

    Raises:
        ValueError: the index is damaged, or of another version.
    """
    path = root / INDEX
    try:
        index = json.loads(path.read_text())
        found = {name: index[name] for name in ("version", "settings", "clips", "complete")}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, make the set in another folder ({error})") from None
    if found["version"] != VERSION:
        raise ValueError(
            f"{path}: of version {found['version']}, expected {VERSION}: make the set in another "
            "folder"
        )
    return found


def begin(root: Path, settings: Mapping[str, Any], clips: int) -> int:
    """Begin a set, or go on with one, which is not complete then.

    Args:
        root: folder of the set, made where it is missing.
        settings: how clips are made, as JSON can hold it.
        clips: how many there shall be.

    Returns:
        How many there will be: as asked, or as before where those are more.

    Raises:
        ValueError: the folder holds clips that were made with other settings.
    """
    asked = json.loads(json.dumps(dict(settings)))  # a tuple comes back as a list
    before = read_index(root)
    if before is not None and before["settings"] != asked:
        raise ValueError(
            f"{root}: holds clips made with {before['settings']}, not with {asked}; use another "
            "folder, or delete this one"
        )
    for folder in (VIDEOS, SKELETONS, TRUTHS):
        (root / folder).mkdir(parents=True, exist_ok=True)
        remove_leftovers(root / folder)
    clips = max(clips, before["clips"] if before else 0)
    _write_index(root, asked, clips, complete=False)
    return clips


def complete(root: Path, settings: Mapping[str, Any], clips: int) -> None:
    """Say that all clips of a set are there."""
    _write_index(root, settings, clips, complete=True)


def _write_index(root: Path, settings: Mapping[str, Any], clips: int, *, complete: bool) -> None:
    index = {"version": VERSION, "settings": settings, "clips": clips, "complete": complete}
    with writing(root / INDEX) as temporary:
        temporary.write_text(json.dumps(index, indent=1))

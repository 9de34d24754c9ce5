"""Which video files are meant, and where the results of each go."""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .wmv .flv .mpg .mpeg .ts .mts .m2ts .3gp .ogv .vob".split()
)

OVERLAY = "overlay.mp4"


def expand(inputs: Sequence[str], *, out: Path) -> tuple[list[Path], dict[Path, str]]:
    """The video files that files, folders and globs stand for, each once, in order.

    Args:
        inputs: as typed.
        out: where results go; overlays in it are never inputs.

    Returns:
        The files, and for every input that stands for none one line that says why.
    """
    files: dict[str, Path] = {}
    failed: dict[Path, str] = {}
    for text in inputs:
        found, error = _files_of(text, out)
        if error:
            failed[Path(text)] = error
        for path in found:
            # Not resolve(), which some versions end with an error where links lead in a circle.
            files.setdefault(os.path.realpath(path), path)
    return list(files.values()), failed


def _files_of(text: str, out: Path) -> tuple[list[Path], str | None]:
    if not text:
        return [], "an empty name: name a file, a folder or a pattern"
    path = Path(text)
    try:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if _is_video(p, path, out))
            return found, None if found else "a folder without a video file"
        if not path.exists() and glob.has_magic(text):
            files = (Path(p) for p in glob.glob(text, recursive=True))
            found = sorted(p for p in files if p.is_file() and not _is_result(p, out))
            return found, None if found else "no file matches this pattern"
    except OSError as error:  # a name too long, a folder that may not be read
        return [], error.strerror or str(error)
    return [path], None


def _is_video(path: Path, folder: Path, out: Path) -> bool:
    """Whether a file below a folder is meant: a video by its suffix, not hidden, not our own."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    video = is_video_name(path.name) and path.is_file()
    return video and not hidden and not _is_result(path, out)


def is_video_name(name: str) -> bool:
    """Whether a file of a folder is meant by its name: that of a video, and not hidden."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - of a million files
    return suffix in SUFFIXES and not name.startswith(".")


def is_overlay(path: Path) -> bool:
    """Whether a file is an overlay that a run made beside its result.json."""
    return path.name == OVERLAY and path.with_name("result.json").exists()


def _is_result(path: Path, out: Path) -> bool:
    """Whether a file is an overlay that a run made, in this output folder or another."""
    if path.name != OVERLAY:
        return False
    return out.resolve() in path.resolve().parents or is_overlay(path)


def folders(paths: Sequence[Path]) -> dict[Path, Path]:
    """Where each input's results go, relative to the output folder; no two the same.

    Its stem; where several inputs share one, their folder below the common one too; where that is
    not enough, the suffix as well; at last a part of the path's hash. Upper and lower case count
    as the same, as on many disks.
    """
    # Not resolve(): a link keeps its own name.
    whole = {path: Path(os.path.abspath(path)) for path in paths}  # noqa: PTH100
    common = os.path.commonpath([p.parent for p in whole.values()]) if whole else ""
    places = {path: place_alone(path) for path in paths}
    for better in (_with_folder, _with_suffix, _with_hash):
        counts = Counter(str(place).casefold() for place in places.values())
        for path, place in places.items():
            if counts[str(place).casefold()] > 1:
                places[path] = better(whole[path].relative_to(common))
    return places


def place_alone(path: Path) -> Path:
    """Where an input's results go when no other input shares its name."""
    return Path(_name(path.stem))


def _name(stem: str) -> str:
    """A stem as the name of a folder: never one that means this folder or the one above."""
    return stem if stem.strip(".") else f"_{stem}"


def _with_folder(relative: Path) -> Path:
    return relative.with_name(_name(relative.stem))


def _with_suffix(relative: Path) -> Path:
    return relative


def _with_hash(relative: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(relative)).hexdigest()[:8]
    return relative.with_name(f"{relative.name}-{digest}")

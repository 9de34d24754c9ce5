"""Labelled clips: a folder for each class, a list, or a set that build_youtube_set made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.protocols import Split
from datasets.youtube_files import CLIPS, INDEX, whole_set
from tools.youtube.manifest import ACTORS, Row, read_manifest
from tools.youtube.records import read_record
from wildpose.inputs import expand

LARGEST = ACTORS[0]


@dataclass(frozen=True)
class WildClip:
    """A clip, and what it shows."""

    name: str
    """Of its folder of results; no two the same."""
    title: str
    """What people know it by."""
    label: str
    """Its class, in the words of whoever labelled it."""
    video: Path | None
    """None: it is on the web, and was not fetched."""
    actor: str = LARGEST
    """Who does it: largest, longest, first, or the number of a person in results."""
    start: float | None = None
    """Seconds in the video; None: its beginning."""
    stop: float | None = None
    """Seconds in the video; None: its end."""
    split: Split = "test"
    """What it is meant for; clips of folders test."""


def read_clips(
    path: Path,
    *,
    out: Path,
    media: Sequence[Path] = (),
    actor: str = LARGEST,
    tell: Callable[[str], object] = lambda _: None,
) -> tuple[WildClip, ...]:
    """The clips that a folder or a list stands for, in order.

    Args:
        path: a folder with a folder of videos for each class; or one that build_youtube_set made;
            or a list as that tool takes it, of files.
        out: where results go; overlays in it are no clips.
        media: folders beside the list's own in which its files may lie.
        actor: who is meant in folders of videos; lists and sets say it of each clip.
        tell: told what is worth knowing of a list, in lines.

    Raises:
        FileNotFoundError: there is no such file or folder, or no video in it.
        ValueError: a list has mistakes, a line for each; a set is not complete.
        MissingPackageError: the list is YAML, which cannot be read here.
    """
    if is_folder_of_classes(path):
        return _of_folders(path, out, actor)
    if path.is_dir():
        return _of_set(path)
    if not path.exists():
        raise FileNotFoundError(
            f"no clips {path}: no such file or folder; give a folder with a folder of videos for "
            "each class, a list of clips, .csv or .yaml, or what tools/build_youtube_set.py made"
        )
    return tuple(_of_row(row) for row in read_manifest(path, media=media, tell=tell))


def is_folder_of_classes(path: Path) -> bool:
    """Whether it is a folder, and not one that build_youtube_set made."""
    return path.is_dir() and not (path / INDEX).exists()


def _of_row(row: Row) -> WildClip:
    ends = "" if row.stop is None else f"{row.stop:g}"
    part = f" {row.start:g}-{ends} s" if row.start or ends else ""
    return WildClip(
        name=row.name,
        title=f"{row.source.text}{part}",
        label=row.label,
        video=row.source.path,
        actor=row.actor,
        start=row.start or None,
        stop=row.stop,
        split=row.split,
    )


def _of_set(root: Path) -> tuple[WildClip, ...]:
    """The clips of a set, of whom the person is meant that was chosen when it was built."""
    return tuple(
        WildClip(
            name=entry.name,
            title=entry.name,
            label=entry.label,
            video=root / CLIPS / entry.video,
            actor=str(read_record(root, entry.name).get("people", {}).get("kept") or LARGEST),
            split=entry.split,
        )
        for entry in whole_set(root).entries
    )


def _of_folders(root: Path, out: Path, actor: str) -> tuple[WildClip, ...]:
    folders = [p for p in sorted(root.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    found = [
        _in_folder(folder.name, str(video.relative_to(root)), video, actor)
        for folder in folders
        for video in expand([str(folder)], out=out)[0]
    ]
    if not found:
        raise FileNotFoundError(
            f"no videos in {root}: expected a folder for each class, {root}/CLASS/FILE, with files "
            "such as .mp4; or a list of clips, .csv; or what tools/build_youtube_set.py made"
        )
    return tuple(found)


def _in_folder(label: str, name: str, video: Path, actor: str) -> WildClip:
    return WildClip(name, name, label, video, actor)

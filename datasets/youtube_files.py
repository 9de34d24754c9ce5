"""The index of a set of labelled clips from the web: what each shows, and where it came from.

    FOLDER/youtube.json              each clip with its split, and the part of which video it is
    FOLDER/labelled_videos.json      the same clips as `labelled_video_files` has them
    FOLDER/clips/LABEL/CLIP.mp4      cut to the frame
    FOLDER/skeletons/CLIP.npz        the person who was meant
    FOLDER/people/CLIP.json          everybody who was found, as `result_json` has it
    FOLDER/provenance/CLIP.json      address, date, SHA-256, versions

`tools/build_youtube_set.py` makes them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from datasets.labelled_video_files import Index, LabelledVideo, write_index
from datasets.protocols import SPLITS, Split
from wildpose.atomic import writing

INDEX = "youtube.json"
CLIPS = "clips"
VERSION = 1
TOOL = "tools/build_youtube_set.py"


@dataclass(frozen=True)
class Entry:
    """A clip of the set."""

    name: str
    """Of its files."""
    label: str
    """Class name."""
    split: Split
    video: str
    """Path of the clip below the folder of clips."""
    source: str
    """The video that it was cut out of, as the manifest names it: id, address or path."""
    key: str
    """What that video is called here; for YouTube its id."""
    url: str | None
    """Where that video was fetched; None for a file."""
    start: float
    """Seconds in that video."""
    stop: float
    """Seconds in that video."""
    source_duration: float | None
    """Seconds of all of that video, where known."""
    frames: int
    """Of the clip."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    licence: str = ""
    note: str = ""

    @property
    def clip_name(self) -> str:
        """Of the `Clip`: protocols read the split in it."""
        return f"{self.split}_{self.name}"


@dataclass(frozen=True)
class YoutubeSet:
    """What a folder holds."""

    entries: tuple[Entry, ...]
    """By name."""
    complete: bool
    """False while a run adds to it, and after one that was stopped."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of its clips, sorted."""
        return tuple(sorted({entry.label for entry in self.entries}))


def read_set(root: Path) -> YoutubeSet | None:
    """What a folder holds; None where nothing was made in it.

    Raises:
        ValueError: its index is damaged, of another version, or names files elsewhere.
    """
    path = root / INDEX
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["version"] != VERSION:
            raise ValueError(f"version {said['version']}, expected {VERSION}")
        entries = tuple(Entry(**entry) for entry in said["entries"])
        if wrong := [entry.name for entry in entries if entry.split not in SPLITS]:
            raise ValueError(f"{wrong[0]} is in no split")
        paths = [path for entry in entries for path in (entry.name, entry.video)]
        if wrong := [path for path in paths if _leads_out(path)]:
            raise ValueError(f"{wrong[0]!r} leads out of it")
        return YoutubeSet(entries, bool(said["complete"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: damaged, or of another version: remove it and run {TOOL} again ({error})"
        ) from None


def _leads_out(path: str) -> bool:
    """Whether a path may be one of a file that is not below a folder, on any system."""
    parts = path.replace("\\", "/").split("/")
    return "" in parts or ".." in parts or ":" in parts[0]


def whole_set(root: Path) -> YoutubeSet:
    """What a folder holds, if a run of the tool came to its end.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: it is not complete, or its index is damaged.
    """
    made = read_set(root)
    if made is None:
        raise FileNotFoundError(
            f"no set of clips from the web in {root}: run {TOOL}, see datasets/README.md"
        )
    if not made.complete:
        raise ValueError(f"{root}: not complete, run {TOOL} again: it goes on")
    return made


def write_set(root: Path, made: YoutubeSet, settings: dict[str, object]) -> None:
    """Put an index in the place of the one that is there.

    Args:
        root: folder of the set.
        made: what is in it.
        settings: of the pipeline that found the people, as JSON can hold them.
    """
    entries = tuple(sorted(made.entries, key=lambda entry: entry.name))
    made = replace(made, entries=entries)
    names = made.class_names
    videos = tuple(LabelledVideo(e.name, names.index(e.label), e.video) for e in entries)
    whole = Index((root / CLIPS).resolve(), names, videos, settings, {}, complete=made.complete)
    said = {"version": VERSION, **asdict(made)}
    # Ours last: where it says complete, so does the other.
    write_index(root, whole)
    with writing(root / INDEX) as path:
        path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")

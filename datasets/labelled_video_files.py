"""The files of labelled videos: a person of each, and the index that says what they are.

FOLDER/labelled_videos.json          classes, clips, where the videos are, how skeletons were made
FOLDER/skeletons/CLASS_FILE.npz      a person of one video, in 3D and in its pixels
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from wildpose.atomic import writing
from wildpose.export.result_json import arrays
from wildpose.results import Result

INDEX = "labelled_videos.json"
SKELETONS = "skeletons"
VERSION = 1
# What reading a damaged file raises, wherever the damage is.
DAMAGES = (
    ValueError, AttributeError, NotImplementedError, OSError, EOFError, BadZipFile, zlib.error
)  # fmt: skip
NEEDED = ("frames", "times", "joints_3d", "joints_2d", "root", "observed", "scores", "joint_set")


@dataclass(frozen=True)
class LabelledVideo:
    """A video, what its clip is called, and what it shows."""

    name: str
    label: int
    """Index into the class names."""
    video: str
    """Path below the folder of the videos."""


@dataclass(frozen=True)
class Index:
    """What a folder holds."""

    videos: Path
    """Folder of the videos."""
    class_names: tuple[str, ...]
    clips: tuple[LabelledVideo, ...]
    """By name; also those that are left out."""
    settings: Mapping[str, Any]
    """Of the pipeline that made the skeletons, as JSON can hold them."""
    left_out: Mapping[str, str]
    """Name -> why there is no clip of it."""
    complete: bool
    """False while skeletons are made, and after a run that was stopped."""

    @property
    def used(self) -> tuple[LabelledVideo, ...]:
        """Those that are not left out."""
        return tuple(clip for clip in self.clips if clip.name not in self.left_out)


def read_index(root: Path) -> Index | None:
    """What a folder holds; None where nothing was made in it.

    Raises:
        ValueError: the index is damaged, or of another version.
    """
    path = root / INDEX
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        version = said.pop("version")
        if version != VERSION:
            raise ValueError(f"version {version}, expected {VERSION}")
        clips = tuple(LabelledVideo(**clip) for clip in said.pop("clips"))
        names, videos = tuple(said.pop("class_names")), Path(said.pop("videos"))
        return Index(videos=videos, class_names=names, clips=clips, **said)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: damaged, or of another version: remove it and run tools/prepare_videos.py "
            f"again ({error})"
        ) from None


def write_index(root: Path, index: Index) -> None:
    """Put an index in the place of the one that is there."""
    said = {"version": VERSION, **asdict(index), "videos": str(index.videos)}
    with writing(root / INDEX) as path:
        path.write_text(json.dumps(said, indent=1), encoding="utf-8")


def whole_index(root: Path) -> Index:
    """What a folder holds, if all of it is there.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, or its index is damaged.
    """
    index = read_index(root)
    if index is None:
        raise FileNotFoundError(
            f"no skeletons of labelled videos in {root}: run tools/prepare_videos.py, see "
            "datasets/README.md"
        )
    if not index.complete:
        raise ValueError(f"{root}: not complete, run tools/prepare_videos.py again: it goes on")
    return index


def skeleton_path(root: Path, name: str) -> Path:
    """The file of the person in a clip's video."""
    return root / SKELETONS / f"{name}.npz"


def write_skeleton(path: Path, result: Result) -> None:
    """Keep the first person of a result, or that there is nobody, in a file without any pickle.

    The person's arrays have the names, shapes, units and axes of result.json; beside them are the
    joint set's name, and sha256, size in px and frames per second of the video.
    """
    kept: dict[str, npt.NDArray] = {
        "video_sha256": np.array(result.video.sha256),
        "video_size": np.array([result.video.width, result.video.height]),
        "video_fps": np.array(result.video.fps),
    }
    for person in result.people[:1]:
        kept |= {"joint_set": np.array(person.skeleton.joint_set), **arrays(person)}
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **kept)  # type: ignore[arg-type]


def read_skeleton(path: Path) -> dict[str, npt.NDArray]:
    """What `write_skeleton` kept of a person.

    Raises:
        ValueError: the file is missing or damaged, or there is nobody in it.
    """
    kept = _content(path)
    if "frames" not in kept:
        raise ValueError(f"{path}: nobody was found in the video")
    if lacking := [name for name in NEEDED if name not in kept]:
        raise ValueError(_damaged(path, f"no {', '.join(lacking)}"))
    return kept


def origin_of(path: Path) -> tuple[str, bool]:
    """SHA-256 of the video that a file's person was found in, and whether there is a person.

    Raises:
        ValueError: the file is missing or damaged.
    """
    kept = _content(path)
    return str(kept["video_sha256"]), "frames" in kept


def _content(path: Path) -> dict[str, npt.NDArray]:
    try:
        with path.open("rb") as file, np.load(file) as content:
            kept = {name: content[name] for name in content.files}
    except DAMAGES as error:
        raise ValueError(_damaged(path, str(error))) from None
    if lacking := {"video_sha256", "video_size", "video_fps"} - kept.keys():
        raise ValueError(_damaged(path, f"no {', '.join(sorted(lacking))}"))
    return kept


def _damaged(path: Path, why: str) -> str:
    return f"{path}: damaged; remove it and run tools/prepare_videos.py again ({why})"

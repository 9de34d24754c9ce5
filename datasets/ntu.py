"""NTU RGB+D 60 and 120: 25-joint skeletons of one or two people, by the Kinect v2, 120 actions.

Shahroudy et al., NTU RGB+D, CVPR 2016; Liu et al., NTU RGB+D 120, TPAMI 2019. One .skeleton file
per clip and camera, `S001C002P003R001A013.skeleton`: setup, camera, subject, replication, action.
Both sets are one folder: 120 goes on where 60 ends. `datasets/README.md` says how to get them.
`tools/prepare_ntu.py` reads all files once and keeps the clips, which `clips` then takes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.clip_cache import ClipCache, is_cache
from datasets.ntu_bodies import FRAME_RATE, Actor, Fill, actors_of, filled
from datasets.ntu_protocols import CLASS_NAMES, NAME, PROTOCOLS_60, PROTOCOLS_120, numbers_in
from datasets.ntu_skeleton_file import read_skeleton_file
from datasets.reading import usable
from datasets.recordings import Recording
from wildpose.geometry import Array
from wildpose.smoothing.gaps import MAX_GAP_S
from wildpose.types import Clip

__all__ = ["CLASS_NAMES", "PROTOCOLS_60", "PROTOCOLS_120", "clips", "files", "read"]

log = logging.getLogger(__name__)

CACHE = "cache"  # folder beside or above the files, where `tools/prepare_ntu.py` puts the clips
COLOUR_WIDTH, COLOUR_HEIGHT = 1920, 1080  # px, of the RGB videos
VIDEOS = ("S*_rgb.avi", "S*_rgb.mp4")


class NobodyTrackedError(ValueError):
    """A file that is as it should be, but holds nobody: one of those with missing skeletons."""


@dataclass(frozen=True)
class Sample:
    """A clip, and where its people are in its RGB video."""

    clip: Clip
    frames: npt.NDArray[np.int64]
    """(T,) of the recording, zero-based: the clip begins and ends with somebody in view."""
    colour: Array
    """(M, T, 25, 2) float32 px in the 1920 x 1080 video; zeros where `colour_known` is False."""
    colour_known: npt.NDArray[np.bool_]
    """(M, T, 25) False also where a joint was filled in."""


def files(root: Path, *, ignore: Set[str] = frozenset()) -> list[Path]:
    """The .skeleton files of the set in a folder and all below it, sorted by name.

    Args:
        root: folder that holds them.
        ignore: names of clips that are left out.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(_found(root))
    by_name = {path.stem: path for path in reversed(found)}
    if again := [path for path in found if by_name[path.stem] != path]:
        log.warning(
            "%d files are there twice; of such two the first counts, not %s", len(again), again[0]
        )
    if not found:
        raise FileNotFoundError(
            f"no NTU RGB+D skeletons (SsssCcccPpppRrrrAaaa.skeleton) in {root}: "
            "datasets/README.md says where to get them"
        )
    return [path for name, path in sorted(by_name.items()) if name not in ignore]


def ignored(path: Path) -> frozenset[str]:
    """The clips that a list tells to leave out, such as the set's own of missing skeletons.

    Args:
        path: a text that names clips, with or without prose around them.

    Raises:
        ValueError: it names none.
    """
    names = frozenset(found[0] for found in NAME.finditer(path.read_text(errors="replace")))
    if not names:
        raise ValueError(f"{path}: names no clip (SsssCcccPpppRrrrAaaa): which list is it?")
    return names


def missing_lists(root: Path) -> list[Path]:
    """The set's own lists of missing skeletons, where they lie in its folder."""
    return sorted(root.glob("*missing_skeletons.txt"))


def read(path: Path, *, fill: Fill = "pchip", max_gap_s: float = MAX_GAP_S) -> Clip:
    """One clip: kinect25 joints of one or two people, who moves most first, in metres.

    It begins and ends with somebody in view. Where nobody is, in between and for longer than gaps
    are filled, frames are masked and not cut: speeds across a cut would be wrong.

    Args:
        path: of a .skeleton file.
        fill: how short gaps are filled, see `datasets.ntu_bodies.filled`; the mask is True there.
        max_gap_s: the longest time between two sightings that is filled.

    Raises:
        NobodyTrackedError: nobody was tracked in any frame.
        ValueError: the file's name or its content is not as the set's are, or no frame shows
            anybody with all joints; the line says what.
    """
    return read_sample(path, fill=fill, max_gap_s=max_gap_s).clip


def read_sample(
    path: Path, *, fill: Fill = "pchip", max_gap_s: float = MAX_GAP_S, mirrored: bool = False
) -> Sample:
    """One clip, as `read` gives it, and where its people are in the RGB video.

    The set's RGB videos show a mirror image: right hands are left. Flip the frames before a
    network for people sees them; the colour coordinates here are those in flipped frames.

    Args:
        path: of a .skeleton file.
        fill: as of `read`.
        max_gap_s: as of `read`.
        mirrored: give colour coordinates as the file has them, in the frames as they are.

    Raises:
        NobodyTrackedError, ValueError: as of `read`.
    """
    numbers = _numbers_of(path)
    actors = _seen_actors(path, fill, max_gap_s)
    anybody = np.flatnonzero(np.any([actor.seen for actor in actors], axis=0))
    frames = np.arange(anybody[0], anybody[-1] + 1)
    known = np.stack([actor.colour_known[frames] for actor in actors])
    colour = np.stack([actor.colour[frames] for actor in actors])
    pixels = np.where(known[..., None], colour if mirrored else unmirrored(colour), 0.0)
    clip = _clip(path.stem, actors, frames, numbers)
    return Sample(clip, frames, pixels.astype(np.float32), known)


def clips(root: Path) -> Iterator[Clip]:
    """All clips by name, without those on the set's lists of missing skeletons beside them.

    They come from what `tools/prepare_ntu.py` made, where it is: in `root` or `root/cache`, without
    those that it was told to leave out; files that it has not read are warned of. Else each file is
    read, and one that cannot be used is left out with a warning.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: there are no files.
        ValueError: what the tool made is not complete.
    """
    ignore = frozenset[str]().union(*map(ignored, missing_lists(root)))
    for folder in (root, root / CACHE):
        if is_cache(folder):
            return _cached(folder, root, ignore)
    return usable(files(root, ignore=ignore), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """The clips that have a video, `NAME_rgb.avi` anywhere in the folder, by name.

    Args:
        root: folder of the set.

    Returns:
        Names, and what reads where the clip is in its video: it raises as `read_sample` does.

    Raises:
        FileNotFoundError: there are no files, or no videos of them.
    """
    ignore = frozenset[str]().union(*map(ignored, missing_lists(root)))
    found = [path for pattern in VIDEOS for path in sorted(root.rglob(pattern))]
    videos = {path.stem.removesuffix("_rgb"): path for path in found}
    paths = [path for path in files(root, ignore=ignore) if path.stem in videos]
    if not paths:
        raise FileNotFoundError(
            f"no videos (SsssCcccPpppRrrrAaaa_rgb.avi or .mp4) of the skeletons in {root}: "
            "datasets/README.md says where to get them"
        )
    return ((path.stem, partial(recording, path, videos[path.stem])) for path in paths)


def recording(path: Path, video: Path) -> Recording:
    """Where a clip is in its video.

    Raises:
        ValueError: as of `read_sample`.
    """
    sample = read_sample(path)
    return Recording(
        video,
        sample.frames,
        sample.colour,
        sample.colour_known,
        size=(COLOUR_WIDTH, COLOUR_HEIGHT),
        mirrored=True,
    )


def unmirrored(colour: Array) -> Array:
    """Colour coordinates of a file as coordinates in the video flipped left to right.

    Args:
        colour: (..., 2) px as in the file, where whole numbers are pixel centres: the Kinect's
            samples of code round them to find a pixel.

    Returns:
        (..., 2) px from the top-left corner of the picture, where pixel centres are halves.
    """
    return np.stack([COLOUR_WIDTH - (colour[..., 0] + 0.5), colour[..., 1] + 0.5], axis=-1)


def _found(root: Path) -> Iterator[Path]:
    """The files of the set in a folder and all below it."""
    return (path for path in root.rglob("S*.skeleton") if NAME.fullmatch(path.stem))


def _numbers_of(path: Path) -> dict[str, int]:
    try:
        return numbers_in(path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _seen_actors(path: Path, fill: Fill, max_gap_s: float) -> list[Actor]:
    """Who is in a file, gaps filled, with all joints in at least one frame; one person or two."""
    file = read_skeleton_file(path)
    actors = [filled(actor, fill=fill, max_gap_s=max_gap_s) for actor in actors_of(file)]
    if not actors:
        raise NobodyTrackedError(
            f"{path}: nobody was tracked in any of its {file.frame_count} frames: a sample with "
            "missing skeletons"
        )
    seen = [actor for actor in actors if actor.seen.any()]
    if not seen:
        never = ", ".join(actors[0].never_known)
        why = f": {never} is known in none" if never else ""
        raise ValueError(f"{path}: nobody has all joints in any frame{why}")
    return seen


def _clip(
    name: str, actors: Sequence[Actor], frames: npt.NDArray[np.int64], numbers: Mapping[str, int]
) -> Clip:
    mask = np.stack([actor.seen[frames] for actor in actors])
    joints = np.stack([actor.joints[frames] for actor in actors])
    return Clip(
        joints=np.where(mask[..., None, None], joints, 0.0).astype(np.float32),
        mask=mask,
        joint_set="kinect25",
        frame_rate=FRAME_RATE,
        axes="kinect",
        name=name,
        subject=f"P{numbers['subject']:03}",
        label=numbers["action"] - 1,
    )


def _cached(folder: Path, root: Path, ignore: Set[str]) -> Iterator[Clip]:
    """The clips of a cache, opened now; a warning where files of the set are not in it."""
    cache = ClipCache(folder)
    if not cache.complete:
        raise ValueError(f"{folder}: not complete, run tools/prepare_ntu.py again: it goes on")
    names = {name: i for i, name in enumerate(cache.names) if name not in ignore}
    known = {*names, *cache.left_out, *cache.ignored, *ignore}
    if new := sorted({path.stem for path in _found(root)} - known):
        log.warning(
            "%d .skeleton files below %s are not in %s, such as %s: run tools/prepare_ntu.py again",
            len(new), root, folder, new[0],
        )  # fmt: skip
    return (cache[names[name]] for name in sorted(names))

"""Data sets by the names that configs call them; a new one is a new module and a line here.

Labelled videos of one's own need neither, see `own_videos`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from datasets import labelled_videos, own_videos
from datasets.labelled_video_files import INDEX
from datasets.protocols import Protocol
from datasets.recordings import Recording
from wildpose.registry import load
from wildpose.types import Clip
from wildpose.usage import python_here

# Name -> module:protocols. Modules are imported when asked for, and called as the folder of their
# set; NTU RGB+D 120 goes on where 60 ends, with the same files and other protocols.
DATASETS = {
    "ntu60": "datasets.ntu:PROTOCOLS_60",
    "ntu120": "datasets.ntu:PROTOCOLS_120",
    "ntu60_pickle": "datasets.skeleton_pickle:PROTOCOLS_60",
    "ntu120_pickle": "datasets.skeleton_pickle:PROTOCOLS_120",
    "nucla": "datasets.nw_ucla:PROTOCOLS",
    "utd_mhad": "datasets.utd_mhad:PROTOCOLS",
    "msr_action3d": "datasets.msr_action3d:PROTOCOLS",
    "smarthome": "datasets.smarthome:PROTOCOLS",
    "sbu": "datasets.sbu:PROTOCOLS",
    "msr_daily": "datasets.msr_daily:PROTOCOLS",
    "everyday": "datasets.everyday:PROTOCOLS",
    "synthetic_ntu": "datasets.synthetic_ntu:PROTOCOLS",
    "pushups": "datasets.pushups:PROTOCOLS",
    "youtube": "datasets.youtube:PROTOCOLS",
    "everyday_videos": "datasets.everyday_videos:PROTOCOLS",
}


@dataclass(frozen=True)
class Dataset:
    """A data set, read when its clips are asked for."""

    name: str
    """As in a config."""
    folder: str
    """Its folder below DATA, as datasets/README.md lays it out."""
    class_names: tuple[str, ...]
    """What `Clip.label` counts; a protocol may be about some of these."""
    protocols: Mapping[str, Protocol]
    """By name as in a config."""
    reader: Callable[[Path], Iterator[Clip]]
    """All clips of the set's own folder."""
    recordings: Callable[[Path], Iterator[tuple[str, Callable[[], Recording]]]] | None = None
    """The clips of the set's own folder that have a video; None where the set has none."""
    made_by: str | None = None
    """The tool that makes it, and its option before DATA; None: it comes from elsewhere."""

    def clips(self, root: Path) -> Iterator[Clip]:
        """All clips of the set; a file that cannot be used is left out with a warning.

        Args:
            root: DATA, the folder that holds one folder per data set.

        Raises:
            FileNotFoundError: there is no such folder, or nothing of the set in it.
        """
        return self.reader(self.folder_in(root))

    def folder_in(self, root: Path) -> Path:
        """The set's own folder.

        Args:
            root: DATA.

        Raises:
            FileNotFoundError: there is none.
        """
        folder = root / self.folder
        if folder.is_dir():
            return folder
        how = "datasets/README.md says how to get it and where it goes"
        if self.made_by is not None:
            how = f"first run {python_here()} {self.made_by} {shlex.quote(str(root))}"
        raise FileNotFoundError(f"no folder {folder} with the data set {self.name!r}: {how}")


def dataset_named(name: str, root: Path | None = None) -> Dataset:
    """A data set of the catalogue, or else labelled videos in a folder of that name.

    Args:
        name: as in a config.
        root: DATA, where the folder would be; None: the catalogue alone is asked.

    Raises:
        ValueError: there is no such data set; the line tells those there are and the nearest. What
            was made of labelled videos is not complete, or damaged.
    """
    if name not in DATASETS and root is not None and name == Path(name).name:
        folder = root / name
        if own_videos.is_set(folder):
            return _of_own_videos(name, folder)
    try:
        protocols = load("data set", name, DATASETS)
    except ValueError as error:
        raise ValueError(f"{error} {_how_to_make(name, root)}") from None
    module = import_module(DATASETS[name].split(":")[0])
    folder = module.__name__.rpartition(".")[2]
    videos = getattr(module, "recordings", None)
    made_by = getattr(module, "MADE_BY", None)
    return Dataset(name, folder, module.CLASS_NAMES, protocols, module.clips, videos, made_by)


def _of_own_videos(name: str, folder: Path) -> Dataset:
    protocols = own_videos.protocols(folder)
    classes = protocols[own_videos.FILES].class_names
    return Dataset(
        name, folder.name, classes, protocols, labelled_videos.clips, labelled_videos.recordings
    )


def _how_to_make(name: str, root: Path | None) -> str:
    """Where labelled videos of one's own would be, and how they come there."""
    folder = Path("DATA" if root is None else root) / name
    return (
        f"For videos of your own there must be {folder / INDEX}: {python_here()} "
        f"tools/prepare_videos.py VIDEOS --out {folder}"
    )

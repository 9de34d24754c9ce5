"""Footage of clips for networks that look at pictures: where it is, and which clips have none."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from datasets.catalogue import Dataset, dataset_named
from datasets.footage_files import FOOTAGE, read_footage
from datasets.footage_index import read_index
from datasets.hand_feature_files import features_path, read_features
from recognizers.inputs.pictures import Pictures
from recognizers.training.experiment import Data
from tools.experiments.missing import MissingError, Step
from wildpose.footage import Footage
from wildpose.types import Clip
from wildpose.usage import python_here


@dataclass(frozen=True)
class FootageFolder:
    """Footage as tools/prepare_footage.py keeps it; of a clip, read when it is asked for."""

    folder: Path
    features_of: str | None = None
    """The fingerprint of an image network, whose features of hands are read too; None: none are."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Name of a clip that has a video -> why there is no footage of it."""

    def file_of(self, name: str) -> Path:
        """Where the footage of a clip is, if there is any."""
        return self.folder / f"{name}.npz"

    def has(self, name: str) -> bool:
        """Whether there is any of a clip; what an earlier run left of one is none."""
        return name not in self.left_out and self.file_of(name).is_file()

    def __call__(self, clip: Clip) -> Footage:
        """The footage of a clip.

        Raises:
            FileNotFoundError: there is none, or no features of hands.
            ValueError: it is damaged, or of another skeleton than the clip's.
        """
        file = self.file_of(clip.name)
        footage = read_footage(file, hands=self.features_of is None)
        if footage.seen_2d.shape != clip.joints.shape[:3]:
            raise ValueError(
                f"{file}: made of another skeleton, of people, frames and joints "
                f"{footage.seen_2d.shape}, the clip has {clip.joints.shape[:3]}: run "
                "tools/prepare_footage.py again, which makes it anew"
            )
        if self.features_of is None:
            return footage
        path = features_path(self.folder, self.features_of, clip.name)
        return replace(footage, hand_features=read_features(path, footage=file))


def folder_of_footage(data: Data, pictures: Pictures, root: Path) -> Path:
    """Where the pictures that a network asks for are, or would be.

    Raises:
        FileNotFoundError: the data set is not there.
    """
    return dataset_named(data.name, root).folder_in(root) / FOOTAGE / pictures.folder


def footage_of(data: Data, pictures: Pictures, root: Path) -> FootageFolder:
    """Where the pictures that a network asks for are kept.

    Raises:
        MissingError: they are not, or not all.
        FileNotFoundError: the data set is not there.
        ValueError: what tells which were left out is damaged.
    """
    folder = folder_of_footage(data, pictures, root)
    if not folder.is_dir():
        raise MissingError(Step(f"no pictures {folder}", _command(data, pictures, root)))
    left_out = read_index(folder)
    if left_out is None:
        what = f"pictures {folder} are not complete, or were made before that was told"
        raise MissingError(Step(what, _command(data, pictures, root)))
    return FootageFolder(folder, left_out=left_out)


def without_footage(
    names: Iterable[str], footage: FootageFolder, data: Data, pictures: Pictures, root: Path
) -> dict[str, int]:
    """Why clips have no footage, and how many; empty where all have.

    Args:
        names: of clips that are asked for.
        footage: where it is.
        data: names the data set.
        pictures: asked for.
        root: folder of the data sets.

    Raises:
        MissingError: a clip has a video of which footage is still to be made.
    """
    bare = {name for name in names if not footage.has(name)}
    left_out = bare & footage.left_out.keys()
    rest = bare - left_out
    if rest and (new := sorted(rest & _filmed(dataset_named(data.name, root), root))):
        what = f"no pictures of {new[0]}, nor of {len(new) - 1} other clips, in {footage.folder}"
        raise MissingError(Step(what, _command(data, pictures, root)))
    why = {"left out by tools/prepare_footage.py": len(left_out), "without a video": len(rest)}
    return {reason: count for reason, count in why.items() if count}


def _filmed(chosen: Dataset, root: Path) -> set[str]:
    """Names of the clips that have a video; none where the videos were put away."""
    if chosen.recordings is None:
        return set()
    try:
        return {name for name, _ in chosen.recordings(root / chosen.folder)}
    except FileNotFoundError:
        return set()


def _command(data: Data, pictures: Pictures, root: Path) -> str:
    """The command that makes footage."""
    width, height = pictures.size
    words = [python_here(), "tools/prepare_footage.py", data.name, "--data", str(root)]
    words += ["--kept", pictures.kept, "--size", f"{width}x{height}"]
    words += ["--hands", str(pictures.hand_px)] if pictures.hand_px else []
    words += ["--trunk", f"{pictures.trunk_px:g}"] if pictures.trunk_px else []
    return shlex.join(words)

"""What an image network made of the squares around hands: a file per clip, read frame by frame.

    DATA/SET/footage/whole_64x36_hands50/features_InceptionV3_299_1a2b3c4d5e6f/NAME.safetensors

holds those of the clip NAME, as float16. Their squares are in NAME.npz of the folder above; where
that is made anew, so must they be.

Baradel et al. 2017 train the same way: the image network does not learn, so it looks once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from wildpose.atomic import writing

FOLDER = "features_"  # and what tells the network
KIND = "wildpose/hand_features/1"
NAME = "features"
Features = npt.NDArray[np.floating]


class KeptFeatures(Sequence[Features]):
    """Features of a file, of which only the frames that are asked for are read."""

    def __init__(self, path: Path):
        """Open it.

        Raises:
            FileNotFoundError: no such file.
            ValueError: it is damaged, or of another kind.
        """
        if not path.is_file():
            raise FileNotFoundError(f"no features {path}: tools/prepare_features.py makes them")
        try:
            file = safe_open(path, framework="numpy")
            about = file.metadata() or {}
            self._frames = file.get_slice(NAME)
            self._length = int(self._frames.get_shape()[0])
        except SafetensorError as error:
            raise ValueError(
                f"{path}: no features, or damaged: run tools/prepare_features.py again"
            ) from error
        if about.get("format") != KIND:
            raise ValueError(f"{path}: no features, but of format {about.get('format')!r}")
        self.footage_bytes = about.get("footage_bytes")

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Features: ...
    @overload
    def __getitem__(self, index: slice) -> list[Features]: ...
    def __getitem__(self, index: int | slice) -> Features | list[Features]:
        """(2 M, D) float16."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._frames[range(len(self))[index]]


def features_path(folder: Path, fingerprint: str, name: str) -> Path:
    """The file of a clip.

    Args:
        folder: of its footage.
        fingerprint: of the network.
        name: of the clip.
    """
    return folder / f"{FOLDER}{fingerprint}" / f"{name}.safetensors"


def rounded(features: Features) -> npt.NDArray[np.float16]:
    """Features as they are kept.

    Raises:
        ValueError: a number is too large for float16, or is none.
    """
    with np.errstate(over="ignore"):
        kept = np.ascontiguousarray(features, dtype=np.float16)
    if not np.isfinite(kept).all():
        raise ValueError(
            f"features must be within {np.finfo(np.float16).max:g} to be kept as float16, got "
            f"{np.abs(features).max():g}: is the network's last layer not normalised?"
        )
    return kept


def write_features(path: Path, features: npt.NDArray[np.float16], *, footage: Path) -> None:
    """Keep a clip's features in a file, which appears when it is whole.

    Args:
        path: to write.
        features: (T, 2 M, D), see `rounded`.
        footage: the file that they are of.
    """
    about = {"format": KIND, "footage_bytes": str(footage.stat().st_size)}
    with writing(path) as temporary:
        temporary.write_bytes(save({NAME: features}, metadata=about))


def read_features(path: Path, *, footage: Path) -> KeptFeatures:
    """The features of a clip.

    Args:
        path: of their file.
        footage: the file that they must be of; its size tells.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is damaged, or of footage that was made anew since.
    """
    found = KeptFeatures(path)
    if found.footage_bytes != str(footage.stat().st_size):
        raise ValueError(
            f"{path}: {footage} was made anew since: run tools/prepare_features.py again"
        )
    return found


def are_kept(path: Path, *, footage: Path) -> bool:
    """Whether there are whole features of this footage."""
    try:
        read_features(path, footage=footage)
    except (OSError, ValueError):
        return False
    return True

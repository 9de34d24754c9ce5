"""Many clips in one folder, read as they are asked for: arrays in .npy files, an index in JSON.

    FOLDER/index.json         what is there, and how it was made
    FOLDER/0000.joints.npy    (rows, J, 3) float32 m: the frames of the first person of the first
                              clip, of its second person, of the next clip, and so on
    FOLDER/0000.mask.npy      (rows,) bool
    FOLDER/0001.joints.npy

Arrays are memory-mapped: opening a cache costs its index alone, and processes that read the same
cache share memory. Clips are written in shards, each whole or not at all: what a stopped run has
written stays, and the next one adds what is missing. The index says from the first moment of a run
to its good end that the cache is not complete: so it does after a run that was killed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from datasets.clip_cache_index import (
    COMMON,
    INDEX,
    Record,
    check_settings,
    new_index,
    read_index,
    record_of,
    write_index,
)
from wildpose.atomic import remove_leftovers, writing
from wildpose.geometry import Array
from wildpose.types import Clip

SHARD_BYTES = 32 * 2**20  # of joints, gathered before they are written


def is_cache(folder: Path) -> bool:
    """Whether a folder holds a cache, finished or not."""
    return (folder / INDEX).is_file()


class ClipCache(Sequence[Clip]):
    """The clips of a folder, but for those to ignore, in the order in which they were added."""

    def __init__(self, folder: Path):
        """Read the index.

        Raises:
            FileNotFoundError: there is no cache.
            ValueError: its index is damaged, or of another version.
        """
        index = read_index(folder)
        self.folder = folder
        self.settings: dict[str, Any] = index["settings"]
        """How the clips were made, as the writer was told."""
        self.complete: bool = index["complete"]
        """False where the run that makes the cache was stopped."""
        self.left_out: frozenset[str] = frozenset(index["left_out"])
        """Names of which no clip could be made."""
        self.ignored: frozenset[str] = frozenset(index["ignored"])
        """Names that the writer was told to ignore; a clip of such a name is passed over."""
        self._common = index["common"]
        self._clips: list[tuple[int, int, Record]] = []  # shard, first row in it, what is known
        self._rows: list[int] = []  # of each shard
        for shard, clips in enumerate(index["shards"]):
            row = 0
            for clip in clips:
                if clip["name"] not in self.ignored:
                    self._clips.append((shard, row, clip))
                row += clip["people"] * clip["frames"]
            self._rows.append(row)
        self.names: tuple[str, ...] = tuple(clip["name"] for _, _, clip in self._clips)
        """(N,) of the clips, all different."""
        self.labels: tuple[int | None, ...] = tuple(clip["label"] for _, _, clip in self._clips)
        """(N,) class index of each."""
        self._maps: dict[int, tuple[Array, npt.NDArray[np.bool_]]] = {}

    def __reduce__(self) -> tuple[type[ClipCache], tuple[Path]]:
        """Another process opens the files anew, instead of being sent what is in them."""
        return ClipCache, (self.folder,)

    def __len__(self) -> int:
        return len(self._clips)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> list[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | list[Clip]:
        """A clip, with arrays of its own; of a slice, a list of them.

        Raises:
            FileNotFoundError: a file of the cache is gone.
            ValueError: a file of the cache is damaged.
        """
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        shard, row, clip = self._clips[index]
        M, T = clip["people"], clip["frames"]
        joints, mask = self._arrays(shard)
        rows = slice(row, row + M * T)
        return Clip(
            joints=np.array(joints[rows]).reshape(M, T, *joints.shape[1:]),
            mask=np.array(mask[rows]).reshape(M, T),
            name=clip["name"],
            subject=clip["subject"],
            label=clip["label"],
            **self._common,
        )

    def _arrays(self, shard: int) -> tuple[Array, npt.NDArray[np.bool_]]:
        if shard not in self._maps:
            paths = _paths(self.folder, shard)
            joints, mask = (_mapped(path, self._rows[shard]) for path in paths)
            self._maps[shard] = joints, mask
        return self._maps[shard]


class ClipCacheWriter:
    """Adds clips to a folder: `with ClipCacheWriter(place, settings={}) as cache: cache.add(clip)`.

    What is added is on the disk at the end of the block, also of one that is interrupted; a block
    that ends well makes the cache complete.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, Any],
        ignored: Set[str] = frozenset(),
        shard_bytes: int = SHARD_BYTES,
    ):
        """Begin a cache, or go on with one.

        Args:
            folder: made where it is missing.
            settings: how the clips are made, as JSON can hold it.
            ignored: names that readers pass over, of clips that are there already too. They take
                the place of those of the run before.
            shard_bytes: of joints, that are gathered before they are written.

        Raises:
            ValueError: the folder holds a cache that was made with other settings, or whose index
                is damaged.
        """
        self.folder = folder
        self._index = read_index(folder) if is_cache(folder) else new_index(settings)
        check_settings(folder, self._index["settings"], settings)
        self._index["ignored"] = sorted(ignored)
        self._left_out = set(self._index["left_out"])
        self.names = {clip["name"] for shard in self._index["shards"] for clip in shard}
        """Of all clips in the cache and those added to it."""
        self._shard_bytes = shard_bytes
        self._waiting: list[Clip] = []
        self._waiting_bytes = 0
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)

    def add(self, clip: Clip) -> None:
        """Add a clip; it is on the disk when enough have gathered.

        Raises:
            ValueError: one of its name is there, or it has other joints, axes or frame rate than
                those there.
        """
        common = {name: getattr(clip, name) for name in COMMON}
        if clip.name in self.names:
            raise ValueError(f"{self.folder}: there is a clip {clip.name!r} already")
        if common != (self._index["common"] or common):
            raise ValueError(
                f"{self.folder}: {clip.name} has {common}, other clips {self._index['common']}"
            )
        self._index["common"] = common
        self.names.add(clip.name)
        self._left_out.discard(clip.name)
        self._waiting.append(clip)
        self._waiting_bytes += clip.joints.nbytes
        if self._waiting_bytes >= self._shard_bytes:
            self._write()

    def leave_out(self, name: str) -> None:
        """Keep in mind that no clip could be made of this name, so that readers do not miss it."""
        self._left_out.add(name)

    def __enter__(self) -> ClipCacheWriter:
        self._write_index(complete=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, OSError):  # a full disk will not take the rest either
            self._write(complete=error is None)

    def _write(self, *, complete: bool = False) -> None:
        """Write what waits as a shard, then the index, which makes it part of the cache."""
        shards = self._index["shards"]
        if self._waiting:
            joints, mask = _paths(self.folder, len(shards))
            J = self._waiting[0].joints.shape[2]
            _save(joints, np.concatenate([c.joints.reshape(-1, J, 3) for c in self._waiting]))
            _save(mask, np.concatenate([c.mask.ravel() for c in self._waiting]))
            shards.append([record_of(clip) for clip in self._waiting])
            self._waiting, self._waiting_bytes = [], 0
        self._write_index(complete=complete)

    def _write_index(self, *, complete: bool) -> None:
        self._index |= {"complete": complete, "left_out": sorted(self._left_out)}
        write_index(self.folder, self._index)


def _paths(folder: Path, shard: int) -> tuple[Path, Path]:
    return folder / f"{shard:04}.joints.npy", folder / f"{shard:04}.mask.npy"


def _save(path: Path, array: np.ndarray) -> None:
    with writing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _mapped(path: Path, rows: int) -> np.ndarray:
    """A file's array, memory-mapped, checked for its length."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: damaged, make the cache anew ({error})") from None
    if len(array) != rows:
        raise ValueError(f"{path}: {len(array)} rows, the index says {rows}: make the cache anew")
    return array

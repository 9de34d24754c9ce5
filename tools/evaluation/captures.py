"""Which captures are acted for which purpose: a few seconds of each, drawn once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from datasets.pose_sources import FRAME_RATE, Motion, motions_of
from wildpose.atomic import writing

# Source -> number of motions, for the default sizes. Nobody trains on the sources of
# "mannequins"; settings are chosen on "validation", joint definitions are fitted on "train".
SETS: dict[str, dict[str, int]] = {
    "mannequins": {"deepmimic": 29, "cmu_bvh": 16},
    "validation": {"bandai": 8, "cmu_expmap": 8},
    "train": {"bandai": 6, "cmu_expmap": 6},
}
SPLITS = {"mannequins": "test", "validation": "val", "train": "train"}
SEED = 21


def captures(
    name: str, data: Path, *, kept: Path, count: int | None = None, seconds: float = 3.0
) -> list[Motion]:
    """The motions of a set, each cut to its middle seconds.

    Args:
        name: in SETS.
        data: the folder with one folder per source.
        kept: folder where the cut motions are kept, and used again.
        count: how many; None for the set's own number.
        seconds: at most, of each.

    Raises:
        FileNotFoundError: a source is not there.
    """
    wanted = _shares(SETS[name], count)
    path = kept / f"{name}_{sum(wanted.values())}x{seconds:g}s.npz"
    if not path.exists():
        found = [
            motion
            for source, number in wanted.items()
            for motion in _drawn(source, data, SPLITS[name], number)
        ]
        _save(path, [middle(motion, seconds) for motion in found])
    return _load(path)


def middle(motion: Motion, seconds: float) -> Motion:
    """The middle of a motion, where captures are least likely to stand and wait."""
    T, wanted = len(motion.joints), max(3, round(seconds * FRAME_RATE))
    first = max(0, (T - wanted) // 2)
    return replace(motion, joints=motion.joints[first : first + wanted])


def _shares(numbers: dict[str, int], count: int | None) -> dict[str, int]:
    """How many of each source make `count` in all, in the set's own proportions."""
    total = sum(numbers.values())
    count = total if count is None else count
    *others, last = numbers
    shares = {source: round(count * numbers[source] / total) for source in others}
    return {**shares, last: count - sum(shares.values())}


def _drawn(source: str, data: Path, split: str, number: int) -> list[Motion]:
    """Motions of one split of a source, from all over its files; fewer where it has no more."""
    found: list[Motion] = []
    for motion in _shuffled(source, data, split) if number else ():
        found.append(motion)
        if len(found) == number:
            break
    return sorted(found, key=lambda motion: motion.name)


def _shuffled(source: str, data: Path, split: str) -> Iterator[Motion]:
    loader = import_module(f"datasets.{source}")
    files = loader.files(data / source)
    for index in np.random.default_rng(SEED).permutation(len(files)):
        try:
            clip = loader.read(files[index])
        except ValueError:  # a file that cannot be used; the loader's own tests tell which
            continue
        if loader.split_of(clip) == split:
            yield from motions_of(clip, source)[:1]


def _save(path: Path, motions: list[Motion]) -> None:
    arrays = {f"{m.source}|{m.name}": m.joints for m in motions}
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _load(path: Path) -> list[Motion]:
    with np.load(path) as file:
        return [Motion(*key.split("|", 1), joints=file[key]) for key in file.files]

"""Recognizers, found by name, and what they say a person does."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wildpose.types import Axes, Clip, Segment, SkeletonSequence
from wildpose.windows import Windows, clips, segments, spans

Array = npt.NDArray[np.floating]
GROUP = "wildpose.recognizers"
"""Entry points of packages that bring recognizers: name -> a function that loads one."""
FILE_ENTRY = "safetensors"  # the entry that loads a file a user names


class Recognizer(Protocol):
    """A trained network, loaded for use: clips in, class scores out."""

    @property
    def class_names(self) -> Sequence[str]:
        """A of them; one may be `background`."""
        ...

    @property
    def joint_set(self) -> str:
        """Name of the joint set that it reads."""
        ...

    @property
    def axes(self) -> Axes:
        """Axes that it reads."""
        ...

    @property
    def frame_rate(self) -> float:
        """Hz, of the clips that it expects."""
        ...

    @property
    def window_s(self) -> float:
        """Seconds, about as long as the clips that it was trained on."""
        ...

    @property
    def min_score(self) -> float:
        """Below which it had better say nothing, as found on data it was not trained on."""
        ...

    @property
    def needs_rgb(self) -> bool:
        """Whether it looks at the picture too."""
        ...

    def predict(self, clips: Sequence[Clip]) -> Array:
        """(B, A) probabilities; clips come in any joint set and axes, which it converts."""
        ...


def names() -> list[str]:
    """Recognizers of all installed packages, but for the one that loads files."""
    return sorted(_entries().keys() - {FILE_ENTRY})


def check_recognizer(name: str) -> None:
    """See whether there is such a recognizer, without loading it.

    Raises:
        ValueError: neither a name nor a file; the line tells the names there are.
    """
    if name in names():
        return
    path = Path(name)
    if path.suffix == ".safetensors":
        if not path.is_file():
            raise ValueError(f"no recognizer file {name}")
        if FILE_ENTRY in _entries():
            return
    near = get_close_matches(name, names(), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    there = ", ".join([*names(), "'none' for no labels"])
    raise ValueError(
        f"unknown recognizer {name!r}: give {there}, or the path of a recognizer.safetensors that "
        f"tools/train.py wrote.{hint}"
    )


def load_recognizer(name: str) -> Recognizer:
    """A recognizer by name, or from a file.

    Raises:
        ValueError: as `check_recognizer`, or the file is no recognizer.
    """
    check_recognizer(name)
    entries = _entries()
    if name in names():
        return entries[name].load()()
    return entries[FILE_ENTRY].load()(Path(name))


def recognized(
    sequence: SkeletonSequence, recognizer: Recognizer, options: Windows
) -> tuple[Segment, ...]:
    """What a person does and when.

    Args:
        sequence: any joint set, metres, any axes: it names them.
        recognizer: whose classes are named.
        options: how time is cut.
    """
    cuts = spans(sequence.times, window_s=options.window_s, stride_s=options.stride_s)
    if not cuts:
        return ()
    windows = list(clips(sequence, cuts, frame_rate=recognizer.frame_rate))
    return segments(cuts, recognizer.predict(windows), recognizer.class_names, options)


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}

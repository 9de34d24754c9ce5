"""Recognizers, found by name, and what they say a person does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from math import inf
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wildpose.filmed_windows import Looking, filmed
from wildpose.footage import Making
from wildpose.joints import JOINT_SETS, conversion
from wildpose.registry import taken
from wildpose.types import Axes, Clip, Frame, Segment, SkeletonSequence
from wildpose.windows import Windows, clips, segments, spans

Array = npt.NDArray[np.floating]
SILENT = 1.0
"""The `min_score` of a recognizer that says nothing: no score was high enough in its training."""
GROUP = "wildpose.recognizers"
"""Entry points of packages that bring recognizers: name -> a function that loads one."""
FILE_ENTRY = "safetensors"  # the entry that loads a file a user names
NOT_INSTALLED = (
    "Those of wildpose itself are not found, since its entry points are not installed here: run "
    "`python -m pip install -e .` in the checkout."
)


class Recognizer(Protocol):
    """A trained network, loaded for use: clips in, class scores out.

    One that cannot look at clips of any length may also have `longest_s`, see `longest_window`; one
    that looks at pictures has `pictures` and may have `trunk_px`, see `looking`, and where it does
    not look at joints `reads_joints` is False; `notes` may tell what its training found wrong with
    its scores, see `caution_of`.
    """

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
        """Whether it looks at pictures too: clips then have footage."""
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
    if path.suffix == ".pth" and path.is_file():
        raise ValueError(
            f"{name} is a checkpoint of a training: give the recognizer.safetensors beside it, "
            "which is written when the training ends"
        )
    near = get_close_matches(name, names(), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    there = ", ".join([*names(), "'none' for no labels"] if name != "none" else names())
    missing = "" if FILE_ENTRY in _entries() else f" {NOT_INSTALLED}"
    raise ValueError(
        f"unknown recognizer {name!r}: give {there}, or the path of a recognizer.safetensors that "
        f"tools/train.py wrote.{hint}{missing}"
    )


def load_recognizer(
    name: str,
    *,
    weights_dir: Path | None = None,
    offline: bool = False,
    threads: int | None = None,
    device: str = "cpu",
) -> Recognizer:
    """A recognizer by name, or from a file.

    The function behind either is given those of the options that it has parameters for.

    Args:
        name: of an installed one, or the path of a file.
        weights_dir: folder with the networks' files, looked at first.
        offline: never download.
        threads: for each network; None for the machine's cores.
        device: where one of a file looks at clips: auto, cpu or cuda[:N].

    Raises:
        ValueError: as `check_recognizer`, the file is no recognizer, or there is no such device.
        WeightsError: the file of a named one is missing or damaged.
    """
    check_recognizer(name)
    entries = _entries()
    options = {
        "weights_dir": weights_dir,
        "offline": offline,
        "threads": threads,
        "device": device,
    }
    if name not in names():
        read = entries[FILE_ENTRY].load()
        return read(Path(name), **taken(read, options))
    make = entries[name].load()
    return make(**taken(make, options))


def check_can_read(recognizer: Recognizer, joints: str, *, name: str) -> None:
    """See that a recognizer can be shown skeletons of some joint set, and their pictures.

    Args:
        recognizer: one that names a joint set of its own is left to convert to it.
        joints: name of the joint set.
        name: of the recognizer, for the message.

    Raises:
        ValueError: it looks at joints that these do not give, or at pictures and does not say how.
    """
    if recognizer.needs_rgb and not isinstance(getattr(recognizer, "pictures", None), Making):
        raise ValueError(
            f"recognizer {name!r} looks at pictures and does not say at which: its `pictures` must "
            "be a wildpose.footage.Making"
        )
    if recognizer.joint_set not in JOINT_SETS or not getattr(recognizer, "reads_joints", True):
        return
    try:
        conversion(joints, recognizer.joint_set)
    except ValueError as error:
        raise ValueError(
            f"recognizer {name!r} reads {recognizer.joint_set}, and {error}: take one of {joints}"
        ) from error


def caution_of(recognizer: Recognizer, *, name: str, min_score: float | None) -> str | None:
    """A line for the user where a recognizer will say nothing, or its scores are no use; else None.

    Args:
        recognizer: that is used.
        name: of it, for the line.
        min_score: as the user has it; None: as the recognizer was calibrated.
    """
    if min_score is not None or recognizer.min_score < SILENT:
        notes = getattr(recognizer, "notes", ())
        return f"recognizer {name!r}: {'; '.join(notes)}" if notes else None
    return (
        f"recognizer {name!r} will say nothing: at no score were as many labels right as its "
        "training asked for; --min-score 0.5 (min_score=0.5), or another, has it speak"
    )


def longest_window(recognizer: Recognizer) -> float:
    """Seconds that a recognizer looks at, at once; infinite where its `longest_s` says nothing."""
    longest = getattr(recognizer, "longest_s", None)
    return inf if longest is None else longest


def looking(recognizer: Recognizer) -> Looking:
    """What a recognizer that looks at pictures is shown, see `check_can_read`.

    As its `pictures` say; where it has `trunk_px`, hands are cut out in proportion to the person.
    """
    making = getattr(recognizer, "pictures", None)
    assert isinstance(making, Making)  # as was checked
    return Looking(making, recognizer.frame_rate, getattr(recognizer, "trunk_px", None))


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


def recognized_in_video(
    sequences: Sequence[SkeletonSequence],
    recognizer: Recognizer,
    options: Windows,
    frames: Iterable[Frame],
) -> list[tuple[Segment, ...]]:
    """What people do and when, by a recognizer that looks at pictures too.

    Each window is looked at when the video has been read up to its end, by itself, so that what is
    said of a person does not depend on who else is there.

    Args:
        sequences: N people, with `joints_2d` in px of the frames.
        recognizer: whose classes are named.
        options: how time is cut.
        frames: of the video; not read where no window is.

    Returns:
        N of what `recognized` gives.

    Raises:
        ValueError: a sequence has no joints_2d.
        VideoError: the video ends before the sequences do.
    """
    cuts = [
        spans(sequence.times, window_s=options.window_s, stride_s=options.stride_s)
        for sequence in sequences
    ]
    scores = [np.zeros((len(own), len(recognizer.class_names))) for own in cuts]
    for part in filmed(sequences, cuts, frames, looking(recognizer)):
        scores[part.person][part.window] = recognizer.predict([part.clip])[0]
    return [
        segments(own, said, recognizer.class_names, options)
        for own, said in zip(cuts, scores, strict=True)
    ]


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}

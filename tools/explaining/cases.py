"""Clips of a data set that are to be explained, with all that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets import synthetic_ntu
from datasets.catalogue import Dataset, dataset_named
from datasets.protocols import Split
from datasets.recordings import Recording
from datasets.synthetic_truth import Truth
from recognizers.training.experiment import Data
from tools.experiments.samples import read_samples
from wildpose.types import Clip

TRUTHS: Mapping[str, Callable[[Path, str], Truth]] = {"synthetic_ntu": synthetic_ntu.truth_of}
"""Sets that know which hand holds what: set -> truth of a clip, by the set's folder and a name."""


@dataclass(frozen=True)
class Case:
    """A clip, and where more is known of it."""

    clip: Clip
    label: int
    """What it is, among the class names of the protocol; of the set where it was named itself."""
    truth: Callable[[], Truth] | None = None
    """Which hand holds what; None where the set does not know."""


def cases_of_split(data: Data, root: Path, split: Split) -> list[Case]:
    """All clips of a split that the protocol counts.

    Args:
        data: names of the data set and of one of its protocols.
        root: folder that holds one folder per data set.
        split: train, val or test.

    Raises:
        FileNotFoundError: the data set is not there.
        ValueError: no such data set or protocol, or the split has no clips.
    """
    samples = read_samples(data, root, splits=(split,))
    truth = _truths(data.name, root)
    return [
        Case(clip, label, truth(clip.name))
        for clip, label in zip(samples.clips[split], samples.labels[split], strict=True)
    ]


def cases_named(data: Data, root: Path, names: Collection[str]) -> tuple[list[Case], list[str]]:
    """Clips by name, in the order of the set, and the names of which there are none.

    Args:
        data: name of the data set; the protocol has no say here.
        root: folder that holds one folder per data set.
        names: of the clips.

    Raises:
        FileNotFoundError: the data set is not there.
        ValueError: no such data set.
    """
    truth, missing, found = _truths(data.name, root), dict.fromkeys(names), []
    for clip in dataset_named(data.name, root).clips(root):
        if clip.name in missing:
            del missing[clip.name]
            label = -1 if clip.label is None else clip.label
            found.append(Case(clip, label, truth(clip.name)))
        if not missing:
            break
    return found, list(missing)


def recordings_of(chosen: Dataset, root: Path) -> dict[str, Callable[[], Recording]]:
    """What reads where each clip is in its video, by name; empty where the set has no videos."""
    if chosen.recordings is None:
        return {}
    try:
        return dict(chosen.recordings(root / chosen.folder))
    except FileNotFoundError:  # footage was made of them, and they were put away
        return {}


def _truths(name: str, root: Path) -> Callable[[str], Callable[[], Truth] | None]:
    reader, folder = TRUTHS.get(name), root / dataset_named(name, root).folder
    if reader is None:
        return lambda _: None
    return lambda clip: lambda: reader(folder, clip)

"""Clips of a data set, parted by a protocol, as a config asks for them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from datasets.catalogue import Dataset, dataset_named
from datasets.protocols import SPLITS, Protocol, Split, protocol_named
from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.inputs.pictures import Pictures
from recognizers.training.experiment import Data, Experiment
from tools.experiments.footage import FootageFolder, footage_of, without_footage
from wildpose.types import Clip

log = logging.getLogger(__name__)

Labelled = tuple[Clip, int]
"""And its class, among the protocol's."""


@dataclass(frozen=True)
class Samples:
    """Labelled clips by split."""

    clips: dict[Split, list[Clip]]
    labels: dict[Split, list[int]]
    """Indices into the protocol's class names."""
    protocol: Protocol
    footage: FootageFolder | None = None
    """Where the clips' pictures are, if any are asked for."""
    passed_by: Mapping[str, int] = field(default_factory=dict)
    """Why clips of the splits have no pictures, and are not among these -> how many."""

    def dataset(
        self, split: Split, experiment: Experiment, *, training: bool = False
    ) -> ClipDataset:
        """One split for a network."""
        return ClipDataset(
            self.clips[split],
            self.labels[split],
            experiment.preparation,
            replace(experiment.sampling, views=1),  # one is enough to choose by
            experiment.augmentation if training else None,
            pictures=experiment.pictures,
            footage=self.footage,
            repeats=experiment.schedule.repeats if training else 1,
        )


def read_samples(
    data: Data,
    root: Path,
    *,
    splits: Sequence[Split] = SPLITS,
    pictures: Pictures | None = None,
) -> Samples:
    """The clips of a protocol.

    Args:
        data: names of the data set and of one of its protocols.
        root: folder that holds one folder per data set.
        splits: those that are wanted.
        pictures: asked for with them; clips without any are passed by, and counted.

    Raises:
        FileNotFoundError: the data set is not there, or its pictures are not complete.
        ValueError: no such data set or protocol, or a wanted split has no clips.
    """
    chosen = dataset_named(data.name, root)
    protocol = protocol_named(data.protocol, chosen.protocols, of=data.name)
    if protocol.caution is not None:
        log.warning("%s: %s", data.name, protocol.caution)
    footage = None if pictures is None else footage_of(data, pictures, root)
    parted = _parted(data, chosen, protocol, root, splits)
    missing: dict[str, int] = {}
    if pictures is not None and footage is not None:
        names = {clip.name for own in parted.values() for clip, _ in own}
        missing = without_footage(names, footage, data, pictures, root)
        for split in splits:
            parted[split] = [one for one in parted[split] if footage.has(one[0].name)]
    for split in splits:
        if not parted[split]:
            raise ValueError(
                f"{root}: no clips of {data.name} in the {split} split of {data.protocol}, "
                f"which parts them so: {protocol.source}"
            )
    return Samples(
        {split: [clip for clip, _ in parted[split]] for split in splits},
        {split: [label for _, label in parted[split]] for split in splits},
        protocol,
        footage,
        missing,
    )


def _parted(
    data: Data, chosen: Dataset, protocol: Protocol, root: Path, splits: Sequence[Split]
) -> dict[Split, list[Labelled]]:
    """The clips of each split, whether or not there are pictures of them."""
    parted: dict[Split, list[Labelled]] = {split: [] for split in splits}
    for clip, label, split in _labelled(chosen, protocol, root):
        both = data.train_on_val and split == "val"
        for part in ("train", "val") if both else (split,):
            if part in parted:
                parted[part].append((clip, label))
    if data.share < 1 and "train" in parted:
        parted["train"] = _some_of_each(parted["train"], data.share)
    return parted


def _labelled(chosen: Dataset, protocol: Protocol, root: Path) -> Iterator[tuple[Clip, int, Split]]:
    """The clips that a protocol counts, their classes and splits."""
    index = {name: i for i, name in enumerate(protocol.class_names)}
    for clip in chosen.clips(root):
        split = protocol.rule(clip.name)
        name = None if clip.label is None else chosen.class_names[clip.label]
        label = None if name is None else index.get(name)
        if split is None or label is None:
            continue
        if split == "test" and protocol.tested is not None and name not in protocol.tested:
            continue
        yield clip, label, split


def _some_of_each(clips: Sequence[Labelled], share: float) -> list[Labelled]:
    """A share of each class: the clips whose names' hashes come first, in their order."""
    found: list[int] = []
    for label in {label for _, label in clips}:
        own = [i for i, one in enumerate(clips) if one[1] == label]
        own.sort(key=lambda i: sha256(clips[i][0].name.encode()).digest())
        found += own[: max(round(share * len(own)), 1)]
    return [clips[i] for i in sorted(found)]


def described(samples: Samples) -> str:
    """One line: clips and classes of each split, and how many were passed by."""
    splits = ", ".join(
        f"{split} {len(clips)} clips of {len(Counter(samples.labels[split]))} classes"
        for split, clips in samples.clips.items()
    )
    return f"{splits}; {passed_by(samples)}" if samples.passed_by else splits


def passed_by(samples: Samples) -> str:
    """How many clips have no pictures, and why; empty where all have, or none are asked for."""
    why = ", ".join(f"{count} {reason}" for reason, count in samples.passed_by.items())
    total = sum(samples.passed_by.values())
    return f"{total} clips without pictures are passed by: {why}" if why else ""

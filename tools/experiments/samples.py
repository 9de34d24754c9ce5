"""Clips of a data set, parted by a protocol, as a config asks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.catalogue import dataset_named
from datasets.protocols import SPLITS, Protocol, Split, protocol_named
from recognizers.clip_dataset import ClipDataset
from recognizers.experiment import Data, Experiment
from wildpose.types import Clip


@dataclass(frozen=True)
class Samples:
    """Labelled clips by split."""

    clips: dict[Split, list[Clip]]
    labels: dict[Split, list[int]]
    """Indices into the protocol's class names."""
    protocol: Protocol

    def dataset(
        self, split: Split, experiment: Experiment, *, training: bool = False
    ) -> ClipDataset:
        """One split for a network."""
        repeats = experiment.schedule.repeats if training else 1
        return ClipDataset(
            self.clips[split],
            self.labels[split],
            experiment.preparation,
            experiment.sampling,
            experiment.augmentation if training else None,
            repeats=repeats,
        )


def read_samples(data: Data, root: Path, *, splits: Sequence[Split] = SPLITS) -> Samples:
    """The clips of a protocol.

    Args:
        data: names of the data set and of one of its protocols.
        root: folder that holds one folder per data set.
        splits: those that are wanted.

    Raises:
        FileNotFoundError: the data set is not there.
        ValueError: no such data set or protocol, or a wanted split has no clips.
    """
    chosen = dataset_named(data.name)
    protocol = protocol_named(data.protocol, chosen.protocols, of=data.name)
    index = {name: i for i, name in enumerate(protocol.class_names)}
    clips: dict[Split, list[Clip]] = {split: [] for split in splits}
    labels: dict[Split, list[int]] = {split: [] for split in splits}
    for clip in chosen.clips(root):
        split = protocol.rule(clip.name)
        name = None if clip.label is None else chosen.class_names[clip.label]
        label = None if name is None else index.get(name)
        if split is None or label is None:
            continue
        if split == "test" and protocol.tested is not None and name not in protocol.tested:
            continue
        both = data.train_on_val and split == "val"
        for part in ("train", "val") if both else (split,):
            if part in clips:
                clips[part].append(clip)
                labels[part].append(label)
    for split in splits:
        if not clips[split]:
            raise ValueError(
                f"{root}: no clips of {data.name} in the {split} split of {data.protocol}"
            )
    return Samples(clips, labels, protocol)


def described(samples: Samples) -> str:
    """One line: clips and classes of each split."""
    return ", ".join(
        f"{split} {len(clips)} clips of {len(Counter(samples.labels[split]))} classes"
        for split, clips in samples.clips.items()
    )

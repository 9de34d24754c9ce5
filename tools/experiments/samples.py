"""Clips of a data set, parted by a protocol, as a config asks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from datasets.catalogue import dataset_named
from datasets.footage_files import FOOTAGE, read_footage
from datasets.hand_feature_files import features_path, read_features
from datasets.protocols import SPLITS, Protocol, Split, protocol_named
from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.inputs.pictures import Pictures
from recognizers.training.experiment import Data, Experiment
from wildpose.footage import Footage
from wildpose.types import Clip


@dataclass(frozen=True)
class FootageFolder:
    """Footage as tools/prepare_footage.py keeps it; of a clip, read when it is asked for."""

    folder: Path
    features_of: str | None = None
    """The fingerprint of an image network, whose features of hands are read too; None: none are."""

    def file_of(self, name: str) -> Path:
        """Where the footage of a clip is, if there is any."""
        return self.folder / f"{name}.npz"

    def has(self, clip: Clip) -> bool:
        """Whether there is any of a clip."""
        return self.file_of(clip.name).is_file()

    def __call__(self, clip: Clip) -> Footage:
        file = self.file_of(clip.name)
        if self.features_of is None:
            return read_footage(file)
        path = features_path(self.folder, self.features_of, clip.name)
        features = read_features(path, footage=file)
        return replace(read_footage(file, hands=False), hand_features=features)


def footage_of(data: Data, pictures: Pictures, root: Path) -> FootageFolder:
    """Where the pictures that a network asks for are kept.

    Raises:
        FileNotFoundError: they are not; the line tells the command that makes them.
    """
    folder = root / dataset_named(data.name).folder / FOOTAGE / pictures.folder
    if not folder.is_dir():
        width, height = pictures.size
        hands = f" --hands {pictures.hand_px}" if pictures.hand_px else ""
        hands += f" --trunk {pictures.trunk_px:g}" if pictures.trunk_px else ""
        raise FileNotFoundError(
            f"no pictures {folder}: python tools/prepare_footage.py {data.name} --data {root} "
            f"--kept {pictures.kept} --size {width}x{height}{hands}"
        )
    return FootageFolder(folder)


@dataclass(frozen=True)
class Samples:
    """Labelled clips by split."""

    clips: dict[Split, list[Clip]]
    labels: dict[Split, list[int]]
    """Indices into the protocol's class names."""
    protocol: Protocol
    footage: FootageFolder | None = None
    """Where the clips' pictures are, if any are asked for."""

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
        pictures: asked for with them; clips without any are left out.

    Raises:
        FileNotFoundError: the data set is not there.
        ValueError: no such data set or protocol, or a wanted split has no clips.
    """
    chosen = dataset_named(data.name)
    protocol = protocol_named(data.protocol, chosen.protocols, of=data.name)
    index = {name: i for i, name in enumerate(protocol.class_names)}
    clips: dict[Split, list[Clip]] = {split: [] for split in splits}
    labels: dict[Split, list[int]] = {split: [] for split in splits}
    footage = None if pictures is None else footage_of(data, pictures, root)
    for clip in chosen.clips(root):
        if footage is not None and not footage.has(clip):
            continue
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
    if data.share < 1 and "train" in clips:
        kept = _some_of_each(clips["train"], labels["train"], data.share)
        clips["train"] = [clips["train"][i] for i in kept]
        labels["train"] = [labels["train"][i] for i in kept]
    for split in splits:
        if not clips[split]:
            raise ValueError(
                f"{root}: no clips of {data.name} in the {split} split of {data.protocol}, "
                f"which parts them so: {protocol.source}"
            )
    return Samples(clips, labels, protocol, footage)


def _some_of_each(clips: Sequence[Clip], labels: Sequence[int], share: float) -> list[int]:
    """Which clips are kept: a share of each class, those whose names' hashes come first."""
    found: list[int] = []
    for label in sorted(set(labels)):
        own = [i for i, one in enumerate(labels) if one == label]
        own.sort(key=lambda i: sha256(clips[i].name.encode()).digest())
        found += own[: max(round(share * len(own)), 1)]
    return sorted(found)


def described(samples: Samples) -> str:
    """One line: clips and classes of each split."""
    return ", ".join(
        f"{split} {len(clips)} clips of {len(Counter(samples.labels[split]))} classes"
        for split, clips in samples.clips.items()
    )

"""Clips for PyTorch's DataLoader: prepared once, sampled and changed anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from recognizers.augmentation import Augmentation
from recognizers.batch import ClipBatch
from recognizers.preparation import Preparation
from recognizers.sampling import at_rate, part, resampled
from wildpose.types import Clip

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sampling:
    """Which frames of a clip are shown."""

    frames: int | None = None
    """So many, spread evenly over each clip; None: as many as the clip has at `frame_rate`."""
    frame_rate: float | None = None
    """Hz, to which clips are brought; None: the frames that they have."""
    longest: int = 300
    """Frames at most, where `frames` is None; of longer clips the middle is taken."""

    def __post_init__(self) -> None:
        for name in ("frames", "frame_rate", "longest"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be positive, got {value}")

    def positions(
        self,
        length: int,
        rate: float,
        rng: np.random.Generator | None = None,
        *,
        shortest: float = 1.0,
        held_s: float = 0.0,
    ) -> Array:
        """Positions between the frames of a clip, also before its first and after its last.

        Args:
            length: frames of the clip.
            rate: of the clip, Hz.
            rng: a random part of the clip; None: all of it.
            shortest: share of the clip that a part has at least.
            held_s: seconds, up to which a part goes on before and after.
        """
        start, stop = 0.0, float(max(length - 1, 0))
        if rng is not None:
            start, stop = part(length, 2, shortest, rng)
            before, after = rng.uniform(0.0, held_s * rate, 2)
            start, stop = start - before, stop + after
        if self.frames is not None:
            return np.linspace(start, stop, self.frames)
        count = int(stop - start) + 1
        return start + at_rate(count, rate, self.frame_rate or rate, self.longest)


class ClipDataset(Dataset[tuple[Array, Mask, int]]):
    """Labelled clips as arrays; with an augmentation, another part and look of each every time."""

    metainfo: ClassVar[dict[str, str]] = {}  # which mmengine asks for

    def __init__(
        self,
        clips: Sequence[Clip],
        labels: Sequence[int],
        preparation: Preparation,
        sampling: Sampling,
        augmentation: Augmentation | None = None,
        *,
        repeats: int = 1,
    ):
        """Prepare all clips.

        Args:
            clips: N of them.
            labels: N class indices, -1 where it is not known.
            preparation: for all.
            sampling: of frames.
            augmentation: None for tests: the whole clip as it is.
            repeats: times that each clip counts.
        """
        self._clips = [preparation(clip) for clip in clips]
        self._rates = [clip.frame_rate for clip in clips]
        self._labels = list(labels)
        self._joint_set = preparation.joint_set
        self._sampling = sampling
        self._augmentation = augmentation
        self._repeats = repeats

    def __len__(self) -> int:
        return len(self._clips) * self._repeats

    def __getitem__(self, index: int) -> tuple[Array, Mask, int]:
        """(M, T, J, 3) m, (M, T) and the label."""
        index %= len(self._clips)
        joints, mask = self._clips[index]
        # Drawn from torch's state, which DataLoader seeds in each worker.
        changes = self._augmentation
        length, rate = mask.shape[1], self._rates[index]
        if changes is None:
            joints, mask = resampled(joints, mask, self._sampling.positions(length, rate))
            return joints, mask, self._labels[index]
        rng = np.random.default_rng(int(torch.randint(2**62, ()).item()))
        positions = self._sampling.positions(
            length, rate, rng, shortest=changes.shortest, held_s=changes.held_s
        )
        joints, mask = resampled(joints, mask, positions)
        return changes(joints, mask, self._joint_set, rng), mask, self._labels[index]


def collated(samples: Sequence[tuple[Array, Mask, int]]) -> ClipBatch:
    """Samples as one batch, shorter ones padded at the end."""
    longest = max(mask.shape[1] for _, mask, _ in samples)
    M, _, J, C = samples[0][0].shape
    joints = np.zeros((len(samples), M, longest, J, C), dtype=np.float32)
    masks = np.zeros((len(samples), M, longest), dtype=bool)
    for b, (own, mask, _) in enumerate(samples):
        joints[b, :, : mask.shape[1]] = own
        masks[b, :, : mask.shape[1]] = mask
    return ClipBatch(
        torch.from_numpy(joints),
        torch.from_numpy(masks),
        torch.tensor([label for _, _, label in samples]),
        torch.tensor([mask.shape[1] for _, mask, _ in samples]),
    )

"""Clips for PyTorch's DataLoader: prepared once, sampled and changed anew each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.batch import ClipBatch
from recognizers.inputs.derivatives import derivatives
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures, Shown, shown
from recognizers.inputs.preparation import Preparation
from recognizers.inputs.sampling import resampled
from wildpose.footage import Footage
from wildpose.types import Clip

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
FootageOf = Callable[[Clip], Footage]
NOTHING = Shown(None, None, None, None)


class ClipSample(NamedTuple):
    """One clip as it is shown once."""

    joints: Array
    """(M, T, J, 3) m."""
    mask: Mask
    """(M, T)."""
    label: int
    derivatives: Array | None = None
    """(M, T, J, 2, 3)."""
    shown: Shown = NOTHING


class ClipDataset(Dataset[ClipSample]):
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
        pictures: Pictures | None = None,
        footage: FootageOf | None = None,
        repeats: int = 1,
    ):
        """Prepare all clips.

        Args:
            clips: N of them.
            labels: N class indices, -1 where it is not known.
            preparation: for all.
            sampling: of frames.
            augmentation: None for tests: the whole clip as it is, from as many views as the
                sampling says, one after the other.
            pictures: what is shown besides joints; None: nothing is.
            footage: where a clip's pictures are; None: in the clip.
            repeats: times that each clip counts.
        """
        self._clips = [preparation(clip) for clip in clips]
        self._sources = clips if pictures is not None else ()
        self._names = [clip.name for clip in clips]
        self._rates = [clip.frame_rate for clip in clips]
        self._labels = list(labels)
        self._preparation = preparation
        self._sampling = sampling
        self._augmentation = augmentation
        self._pictures = pictures
        self._footage = footage or _own_footage
        self._times = repeats * (1 if augmentation is not None else sampling.views)

    def __len__(self) -> int:
        return len(self._clips) * self._times

    def __getitem__(self, index: int) -> ClipSample:
        """A clip; of views, all clips' first come first."""
        view, index = divmod(index, len(self._clips))
        joints, mask = self._clips[index]
        changes, rng = self._augmentation, self._chance(index, view)
        some = {} if changes is None else {"shortest": changes.shortest, "held_s": changes.held_s}
        rate = self._rates[index]
        positions = self._sampling.positions(mask.shape[1], rate, rng, **some)
        speeds = None
        if self._sampling.derivatives:  # of joints that were changed at the clip's own rate
            if changes is not None and rng is not None:
                joints = changes(joints, mask, self._preparation.joint_set, rng)
            speeds = _at(derivatives(joints, mask, rate), mask, positions)
        joints, seen = resampled(joints, mask, positions)
        if speeds is None and changes is not None and rng is not None:
            joints = changes(joints, seen, self._preparation.joint_set, rng)
        return ClipSample(
            joints, seen, self._labels[index], speeds, self._shown(index, view, positions, rng)
        )

    def _chance(self, index: int, view: int) -> np.random.Generator | None:
        """What decides: in training torch's state, which DataLoader seeds in each worker; in tests
        the clip's name and the view, so that its scores are the same among any others; None where
        there is one view alone.
        """
        if self._augmentation is not None:
            return np.random.default_rng(int(torch.randint(2**62, ()).item()))
        if self._sampling.views == 1:
            return None
        return np.random.default_rng([crc32(self._names[index].encode()), view])

    def _shown(
        self, index: int, view: int, positions: Array, rng: np.random.Generator | None
    ) -> Shown:
        if self._pictures is None:
            return NOTHING
        clip = self._sources[index]
        footage = self._preparation.footage(clip, self._footage(clip))
        frames = np.clip(np.round(positions), 0, len(footage.pictures) - 1).astype(np.int64)
        place = None
        if self._augmentation is None:
            place = self._pictures.place(view, self._sampling.views)
        found = shown(footage, self._pictures, frames, rng=rng, place=place)
        if self._augmentation is None or rng is None:
            return found
        return _in_other_light(found, self._augmentation, rng)


def _in_other_light(found: Shown, changes: Augmentation, rng: np.random.Generator) -> Shown:
    """Pictures and squares around hands as they would look in one other light."""
    light = rng.integers(2**62)
    frames, hands = (
        None if part is None else changes.recoloured(part, np.random.default_rng(light))
        for part in (found.frames, found.hands)
    )
    return found._replace(frames=frames, hands=hands)


def _own_footage(clip: Clip) -> Footage:
    if clip.footage is None:
        raise ValueError(f"clip {clip.name!r} has no pictures, which the network asks for")
    return clip.footage


def _at(speeds: Array, mask: Mask, positions: Array) -> Array:
    """(M, S, J, 2, 3) of (M, T, J, 2, 3): as joints are resampled, both alike."""
    M, T, J = speeds.shape[:3]
    found, _ = resampled(speeds.reshape(M, T, J * 2, 3), mask, positions)
    return found.reshape(M, -1, J, 2, 3)


def collated(samples: Sequence[ClipSample]) -> ClipBatch:
    """Samples as one batch, shorter ones padded at the end."""
    longest = max(sample.mask.shape[1] for sample in samples)
    M, _, J, C = samples[0].joints.shape
    joints = np.zeros((len(samples), M, longest, J, C), dtype=np.float32)
    masks = np.zeros((len(samples), M, longest), dtype=bool)
    for b, sample in enumerate(samples):
        joints[b, :, : sample.mask.shape[1]] = sample.joints
        masks[b, :, : sample.mask.shape[1]] = sample.mask
    return ClipBatch(
        torch.from_numpy(joints),
        torch.from_numpy(masks),
        torch.tensor([sample.label for sample in samples]),
        torch.tensor([sample.mask.shape[1] for sample in samples]),
        derivatives=_padded([sample.derivatives for sample in samples], longest),
        frames=_stacked([sample.shown.frames for sample in samples]),
        joints_2d=_stacked([sample.shown.joints_2d for sample in samples]),
        seen_2d=_stacked([sample.shown.seen_2d for sample in samples]),
        hands=_stacked([sample.shown.hands for sample in samples]),
        hand_features=_stacked([sample.shown.hand_features for sample in samples]),
    )


def _padded(parts: Sequence[Array | None], longest: int) -> Tensor | None:
    arrays = [part for part in parts if part is not None]
    if not arrays:
        return None
    M, _, *rest = arrays[0].shape
    padded = np.zeros((len(arrays), M, longest, *rest), dtype=np.float32)
    for row, array in zip(padded, arrays, strict=True):
        row[:, : array.shape[1]] = array
    return torch.from_numpy(padded)


def _stacked(parts: Sequence[npt.NDArray | None]) -> Tensor | None:
    """Parts that all clips have, of one length, as a tensor; None where none has."""
    arrays = [part for part in parts if part is not None]
    return torch.from_numpy(np.stack(arrays)) if arrays else None

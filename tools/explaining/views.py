"""What a recognizer is shown of a clip, and pictures of it that can be drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from datasets.footage_making import footage_of_recording
from datasets.recordings import Recording
from recognizers.inputs.batch import ClipBatch, on_device
from recognizers.inputs.clip_dataset import ClipDataset, collated
from recognizers.inputs.pictures import Pictures, following, shown
from recognizers.recognizer import ClipRecognizer
from wildpose.cutting import trunk_length
from wildpose.footage import Footage, Making, Picture
from wildpose.types import Clip
from wildpose.video import probe

SIDE = 400  # px, about the height of pictures that are drawn on
Frames = npt.NDArray[np.int64]
Sides = npt.NDArray[np.floating]


@dataclass(frozen=True)
class View:
    """One look at a clip, as tests take it that look once: the middle of each part of it."""

    clip: Clip
    batch: ClipBatch
    """Of this clip alone, on the recognizer's device."""
    positions: Frames
    """(T,) frames of the clip at which poses, and hands, are shown."""
    moments: Frames
    """(F,) frames of the clip whose pictures are shown."""
    footage: Footage | None
    """The clip's, of people and joints as the network reads them; None where it needs none."""


def view_of(recognizer: ClipRecognizer, clip: Clip, footage: Footage | None) -> View:
    """What a recognizer is shown of a clip.

    Args:
        recognizer: which asks for it.
        clip: in any joint set and axes that can be converted.
        footage: of the clip; None: it has none.

    Raises:
        ValueError: as `ClipRecognizer.logits`.
    """
    clip = replace(clip, footage=footage)
    sampling, asked = replace(recognizer.sampling, views=1), recognizer.pictures
    samples = ClipDataset([clip], [-1], recognizer.preparation, sampling, pictures=asked)
    batch = on_device(collated([samples[0]]), recognizer.device)
    at = np.round(sampling.positions(len(clip), clip.frame_rate))
    positions = moments = np.clip(at, 0, len(clip) - 1).astype(np.int64)
    if asked is not None and asked.frames is not None:
        moments = following(len(clip), asked.frames, None)
    prepared = None
    if asked is not None and footage is not None:
        prepared = recognizer.preparation.footage(clip, footage)
    return View(clip, batch, positions, moments, prepared)


class Scene(NamedTuple):
    """Pictures of a clip to draw on."""

    footage: Footage
    """Its pictures, large enough, and the places of joints in them."""
    hand_sides: Sides | None
    """(M,) px of the squares around hands that a network is shown; None where nobody knows."""


def as_shown(view: View, asked: Pictures) -> Scene:
    """Every frame of a clip cut as a recognizer sees it, and larger.

    Args:
        view: with footage.
        asked: the recognizer's pictures, of which some are shown.
    """
    assert view.footage is not None and asked.shown
    every = np.arange(len(view.footage.pictures))
    alone = Pictures(asked.size, asked.kept, shown=asked.shown)  # no hands, every frame
    cut = shown(view.footage, alone, every)
    assert cut.frames is not None and cut.joints_2d is not None and cut.seen_2d is not None
    places = (cut.joints_2d + 1) / 2 * asked.shown
    pictures = list(np.moveaxis(cut.frames, 1, -1))
    return Scene(_enlarged(Footage(pictures, places, cut.seen_2d)), None)


def as_filmed(view: View, recording: Recording, recognizer: ClipRecognizer) -> Scene:
    """Every frame of a clip as its video has it, cut to the square around its people.

    For networks that are shown hands alone, whose footage may be of the size of a stamp.

    Args:
        view: of the clip.
        recording: of the clip.
        recognizer: whose joints, people and squares are wanted.

    Raises:
        VideoError: the video is missing, damaged, or ends before the clip does.
    """
    whole = footage_of_recording(recording, Making(size=(SIDE, SIDE), kept="people"))
    footage = recognizer.preparation.footage(view.clip, whole)
    asked, known = recognizer.pictures, recording.seen_2d
    if asked is None or asked.hand_px is None or not known.any():
        return Scene(footage, None)
    factor = 1.0 if recording.size is None else probe(recording.video).width / recording.size[0]
    before, after = (
        float(np.ptp(places[known], axis=0).max())
        for places in (recording.joints_2d, whole.joints_2d)
    )
    scale = after / max(factor * before, 1.0)  # of a pixel of the video
    return Scene(footage, _hand_sides(footage, asked, scale, recognizer.joint_set))


def _hand_sides(footage: Footage, asked: Pictures, scale: float, joint_set_name: str) -> Sides:
    """(M,) px of the squares around each person's hands, in pictures of some scale."""
    people = zip(footage.joints_2d, footage.seen_2d, strict=True)
    usual = scale * (asked.hand_px or 0)
    if asked.trunk_px is None:
        return np.array([usual for _ in people])
    trunks = [trunk_length(*person, joint_set_name) for person in people]
    sizes = [trunk / (scale * asked.trunk_px) if trunk else 1.0 for trunk in trunks]
    return usual * np.array(sizes)


def as_kept(view: View) -> Scene:
    """Every frame of a clip as its footage has it, where there is no video any more."""
    assert view.footage is not None
    return Scene(_enlarged(view.footage), None)


def nearest(frame: int, moments: Frames) -> int:
    """The index of the moment that is nearest to a frame; of two, the earlier."""
    return int(np.abs(moments - frame).argmin())


def _enlarged(footage: Footage) -> Footage:
    factor = max(1, round(SIDE / footage.pictures[0].shape[0]))
    pictures = _larger(footage.pictures, factor)
    return Footage(pictures, footage.joints_2d * factor, footage.seen_2d)


def _larger(pictures: Sequence[Picture], factor: int) -> list[Picture]:
    """Each pixel so many times as wide and high, smoothly."""
    return [
        np.asarray(cv2.resize(picture, None, fx=factor, fy=factor), dtype=np.uint8)
        for picture in pictures
    ]

"""Bandai-Namco Research motion data: 22-joint BVH of everyday motions in many styles, 30 fps.

Kobayashi et al., Motion Capture Dataset for Practical Use of AI-based Motion Editing and
Stylization, 2023; CC BY-NC 4.0. Content and style are in the file name:
`dataset-<1 or 2>_<content>_<style>_<number>.bvh`. Who moves is not known.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from datasets.bvh import Motion, read_bvh
from datasets.kinect25_rig import leg_size, rigged
from datasets.kinematics import JOINT, REFERENCE_HEIGHT, Body
from datasets.reading import usable
from datasets.retargeting import retargeted
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

CLASS_NAMES = (
    "bow", "bye", "byebye", "call", "dance-short", "dash", "guide", "kick", "punch",
    "raise-up-both-hands", "raise-up-left-hand", "raise-up-right-hand", "respond", "run", "slash",
    "walk", "walk-back", "walk-left", "walk-right", "walk-turn-left", "walk-turn-right",
    "wave-both-hands", "wave-left-hand", "wave-right-hand",
)  # fmt: skip
"""The contents, in alphabetical order."""

NAME = re.compile(r"dataset-[12]_([a-z-]+)_([a-z-]+)_\d+")

# Takes of one content in one style are near copies, so whole styles are held out, in both parts
# of the set: every content that has styles is in every split. Each of the six contents that
# come in the normal style only goes to one split as a whole.
# Frames: 76 % train, 11 % val, 13 % test.
HELD_OUT_STYLES: dict[str, Literal["val", "test"]] = {
    "active": "val",
    "youthful": "test",
    "childish": "test",  # of part 1, which has no youthful style
}
HELD_OUT_CONTENTS: dict[str, Literal["val", "test"]] = {
    "dance-short": "val",
    "respond": "val",
    "kick": "test",
    "slash": "test",
}

# Joint of the file -> joint of kinect25, where both mean the same place.
SAME = {
    f"{theirs}_{side[0].upper()}": f"{side}_{ours}"
    for side in ("left", "right")
    for theirs, ours in (
        ("UpperArm", "shoulder"),
        ("LowerArm", "elbow"),
        ("Hand", "wrist"),
        ("UpperLeg", "hip"),
        ("LowerLeg", "knee"),
        ("Foot", "ankle"),
        ("Toes", "foot"),
    )
}
JOINTS = (*SAME, "Head", "Chest", "Spine")

# Points fixed to a joint, in its own axes, in the file's centimetres. The head's x points up and
# its y forward, and its joint is at the base of the skull. The hands' x points along the left
# hand and against the right, their z to the thumb's side of the left and the other of the right.
HEAD_CENTRE = (6.5, 1.5, 0.0)
HAND = (7.0, 0.0, 0.0)
THUMB = (6.5, 0.0, 5.1)


def files(root: Path) -> list[Path]:
    """All BVH files of the set, sorted.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("dataset-*.bvh"))
    if not found:
        raise FileNotFoundError(
            f"{root}: no dataset-*.bvh: datasets/README.md says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One motion by an adult, kinect25, metres, y up, the floor at y = 0.

    The figure in the files is no adult's: its legs are those of a person of 1.63 m, but its
    shoulders are 0.21 m apart and lie 0.38 m above the hips. So its bones keep their
    directions and get the average adult's lengths for those legs. Hands that meet in the file
    may miss each other by some centimetres.

    Raises:
        ValueError: the file is malformed, or its name or its joints are not the set's.
    """
    content, _ = _parts(path.stem, str(path))
    motion = read_bvh(path, needed=JOINTS)
    try:
        joints = rigged({name: points / 100 for name, points in _named(motion).items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Clip(
        _adult(joints)[None].astype(np.float32),
        np.ones((1, len(motion)), dtype=bool),
        "kinect25",
        round(1 / motion.frame_time, 1),  # the files round the frame time
        name=path.stem,
        label=CLASS_NAMES.index(content),
    )


def clips(root: Path) -> Iterator[Clip]:
    """All motions in the order of `files`; one that cannot be read is named in the log."""
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """The split by style and content: near copies of one performance never cross.

    Raises:
        ValueError: the clip is not of this set.
    """
    content, style = _parts(clip.name, clip.name)
    return HELD_OUT_CONTENTS.get(content) or HELD_OUT_STYLES.get(style, "train")


def _parts(stem: str, named: str) -> tuple[str, str]:
    """Content and style, from a file name without its suffix; errors call it `named`."""
    match = NAME.fullmatch(stem)
    if match is None or match[1] not in CLASS_NAMES:
        raise ValueError(
            f"{named}: not called dataset-<1 or 2>_<content>_<style>_<number>.bvh with one of the "
            f"contents {', '.join(CLASS_NAMES)}"
        )
    return match[1], match[2]


def _adult(joints: Array) -> Array:
    """The same motion by an average adult whose legs have the same length."""
    named = {name: joints[:, i] for name, i in JOINT.items()}
    return retargeted(joints, Body(REFERENCE_HEIGHT * leg_size(named)))


def _named(motion: Motion) -> dict[str, Array]:
    """(T, 3) joints in the file's centimetres, by their names in kinect25."""
    named = {ours: motion.at(theirs) for theirs, ours in SAME.items()}
    named["head"] = motion.at("Head", HEAD_CENTRE)
    # The file's spine joints are 0.16 and 0.25 m above the hips; the Kinect's is between them.
    named["spine_mid"] = (motion.at("Spine") + motion.at("Chest")) / 2
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hand = f"Hand_{side[0].upper()}"
        named[f"{side}_hand"] = motion.at(hand, _mirrored(HAND, sign))
        named[f"{side}_thumb"] = motion.at(hand, _mirrored(THUMB, sign))
    return named


def _mirrored(point: tuple[float, float, float], sign: float) -> tuple[float, float, float]:
    """A point of the left hand, or (sign -1) its place in the axes of the right hand."""
    return sign * point[0], sign * point[1], sign * point[2]

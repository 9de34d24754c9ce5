"""Northwestern-UCLA Multiview Action 3D: Kinect v1 skeletons of ten actions, seen by three cameras.

Wang et al., Cross-view action modeling, learning and recognition, CVPR 2014. One JSON file per
take and view, `a01_s01_e00_v01.json`: action, subject, take, view. `datasets/README.md` says how
to get them.

In the public copy, CTR-GCN's, the skeletons of two actions (picking up with two hands, dropping
trash) are the same in views 2 and 3 to the last digit, in all 95 takes: two cameras cannot have
seen that. So a fifth of the clips that test in `xview3` and in `xview2`, as papers report them, are
copies of clips that train or validate; `xview3_distinct` and `xview2_distinct` test without them.
In `xview1` none is.

Pictures are in the set as its authors give it, `multiview_action/view_1/a01_s01_e00`; see
`nw_ucla_pictures`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from datasets.kinect_v1_camera import colour_places
from datasets.nw_ucla_pictures import first_people, folder_of, frames_in, moments, spread
from datasets.protocols import Protocol, Split, name_parts
from datasets.reading import DAMAGED_JSON, kinect_v1_clip, single_precision, usable
from datasets.recordings import PictureFiles, Recording, picture_size
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

ACTIONS = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12)  # as file names count them: there is no 7 and no 10
CLASS_NAMES = (
    "pick up with one hand",
    "pick up with two hands",
    "drop trash",
    "walk around",
    "sit down",
    "stand up",
    "donning",
    "doffing",
    "throw",
    "carry",
)
# Nominal, of the Kinect v1: the files name none. The recording lost frames, and unevenly so: people
# who walk take a stride in about 14 frames, so the mean rate is nearer to half of this.
FRAME_RATE = 30.0
# By subject: three cameras see the same take at once, so a split by view would put one motion on
# both sides. The recognition protocols, which do split by view, are another matter.
SPLITS: dict[str, Literal["train", "val", "test"]] = {
    **dict.fromkeys(("s01", "s02", "s03", "s04", "s05", "s06", "s07"), "train"),
    "s08": "val",
    **dict.fromkeys(("s09", "s10"), "test"),
}
_NAME = re.compile(r"(?P<action>a\d\d)_(?P<subject>s\d\d)_e\d\d_(?P<view>v\d\d)")
# Of the training views. All views see a take, so a take chosen for validation must leave all of
# them; this subject does every class in every view, and makes up 10 to 11 % of each training part.
VALIDATION_SUBJECT = "s08"
# All takes of these actions are in both of these views with the same skeletons; no others are.
COPIED_ACTIONS = frozenset(("a02", "a03"))
COPIED_VIEWS = frozenset(("v02", "v03"))


def _cross_view(test: str) -> Protocol:
    """Two views train, the third one tests."""

    def rule(name: str) -> Split:
        parts = name_parts(_NAME, name, of="NW-UCLA")
        if parts["view"] == test:
            return "test"
        return "val" if parts["subject"] == VALIDATION_SUBJECT else "train"

    source = (
        f"Wang et al., CVPR 2014: view {test} tests, the other two train; validation: subject "
        f"{VALIDATION_SUBJECT} of the training views, ours"
    )
    return Protocol(rule, CLASS_NAMES, source)


def _is_copied(name: str) -> bool:
    """Whether a clip's skeletons are in another view too."""
    parts = name_parts(_NAME, name, of="NW-UCLA")
    return parts["action"] in COPIED_ACTIONS and parts["view"] in COPIED_VIEWS


def _distinct(protocol: Protocol) -> Protocol:
    """The same training, tested on those clips alone whose skeletons are in no other view.

    Of the others a copy trains or validates: whether they are recognized says nothing of a view
    that was never seen. Eight classes are left to test; all ten are still told apart.
    """

    def rule(name: str) -> Split | None:
        split = protocol.rule(name)
        return None if split == "test" and _is_copied(name) else split

    without = "without test clips whose skeletons are in another view too, ours"
    return replace(protocol, rule=rule, source=f"{protocol.source}; {without}")


PROTOCOLS = {f"xview{view}": _cross_view(f"v0{view}") for view in (3, 2, 1)}
PROTOCOLS |= {f"xview{view}_distinct": _distinct(PROTOCOLS[f"xview{view}"]) for view in (3, 2)}


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted.

    Args:
        root: folder that holds the JSON files.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(root.glob("a*_s*_e*_v*.json"))
    if not found:
        raise FileNotFoundError(
            f"no NW-UCLA skeletons (aAA_sSS_eEE_vVV.json) in {root}: datasets/README.md says "
            "where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One take from one view: kinect20 joints, in metres, in the axes of the Kinect that saw it.

    The file's joints are in the order of kinect20 already.

    Raises:
        ValueError: the file's name or its content is not as the set's are; the line says what.
    """
    named = _NAME.fullmatch(path.stem)
    action = int(named["action"][1:]) if named is not None else 0
    if named is None or action not in ACTIONS or named["subject"] not in SPLITS:
        raise ValueError(
            f"{path}: not a name of NW-UCLA (aAA_sSS_eEE_vVV.json, actions {ACTIONS}, "
            "subjects s01 to s10)"
        )
    return kinect_v1_clip(
        path,
        _joints(path),
        frame_rate=FRAME_RATE,
        subject=named["subject"],
        label=ACTIONS.index(action),
    )


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """The clips whose pictures are there, in the order of `files`.

    Args:
        root: folder that holds the JSON files and the authors' `multiview_action`.

    Returns:
        Names, and what reads where the clip is in its pictures, see `recording`.

    Raises:
        FileNotFoundError: there are no files, or no pictures of them.
    """
    pairs = [(path, folder_of(root, path.stem)) for path in files(root)]
    found = [(path, folder) for path, folder in pairs if folder is not None and folder.is_dir()]
    if not found:
        raise FileNotFoundError(
            f"no pictures (multiview_action/view_V/aAA_sSS_eEE) of the skeletons in {root}: "
            "datasets/README.md says where to get them"
        )
    return ((path.stem, partial(recording, path, folder)) for path, folder in found)


def recording(path: Path, folder: Path) -> Recording:
    """Where a clip is in the pictures of its take and view.

    Of a clip whose skeletons the public copy has from another view, pictures are spread evenly over
    the take, and places are those of the skeletons that lie beside them.

    Raises:
        ValueError: as of `read`, or the pictures are of other skeletons.
        FileNotFoundError: there are no pictures.
    """
    clip = read(path)
    frames, joints = frames_in(folder), clip.joints
    skeletons = [frame.skeletons for frame in frames]
    try:
        shown = moments(joints[0], clip.mask[0], skeletons)
    except ValueError as error:
        if not _is_copied(clip.name):
            raise ValueError(
                f"{path}: {error}: are the pictures in {folder} of another take or view?"
            ) from None
        shown = spread(skeletons, joints.shape[1])
        joints = first_people(skeletons, shown)[None]
    pictures = [frame.picture for frame in frames]
    places, seen = colour_places(joints, clip.mask, size=picture_size(pictures[0]))
    return PictureFiles(folder, shown, places, seen, "kinect20", mirrored=True, files=pictures)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """Where a clip belongs when a lifter is trained: by subject."""
    return SPLITS[clip.subject]


def _joints(path: Path) -> Array:
    """(T, 20, 3) float32 m of a file."""
    try:
        joints = np.array(json.loads(path.read_text())["skeletons"], dtype=np.float64)
    except DAMAGED_JSON as error:
        raise ValueError(
            f"{path}: no JSON with the key 'skeletons' and 20 joints in each frame ({error})"
        ) from None
    if joints.ndim != 3 or joints.shape[1:] != (20, 3) or not len(joints):
        raise ValueError(f"{path}: expected skeletons of shape (T, 20, 3), got {joints.shape}")
    return single_precision(path, joints)

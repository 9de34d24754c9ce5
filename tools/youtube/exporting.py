"""A set for other tools: as ActivityNet's annotations, and as pickles of pyskl and MMAction2.

FOLDER/export/activitynet.json     which part of which video shows what
FOLDER/export/skeletons_2d.pkl     17 joints of COCO, pixels of the clips
FOLDER/export/skeletons_3d.pkl     13 joints, lcr13, metres in kinect axes, at equal distances
FOLDER/export/label_map.txt        the class names that labels of the pickles count
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets import skeleton_pickle
from datasets.labelled_video_files import read_skeleton, skeleton_path
from datasets.protocols import SPLITS
from datasets.skeleton_pickle import PortablePickler
from datasets.youtube import CLASS_NAMES, clips
from datasets.youtube_files import Entry, whole_set
from wildpose.alignment import HALF_TURN
from wildpose.atomic import writing
from wildpose.joints import joint_set
from wildpose.types import Clip

FOLDER = "export"
SUBSETS = {"train": "training", "val": "validation", "test": "testing"}
VERSION = "VERSION 1.3"  # of ActivityNet's files
LCR, COCO = joint_set("lcr13"), joint_set("coco17")
# COCO has no centre of the head: the nose stands for it. Eyes and ears have no place of their own.
FROM_LCR = {name: LCR.index(name) for name in COCO.names if name in LCR.names} | {
    "nose": LCR.index("head")
}


def write_activitynet(root: Path) -> list[Path]:
    """Write the annotations of all videos that clips were cut out of.

    Returns:
        The files.

    Raises:
        ValueError: clips of one video are in several splits, which this form has no place for.
    """
    entries = whole_set(root).entries
    names = sorted({entry.label for entry in entries})
    tree = {
        "version": VERSION,
        "taxonomy": [
            {"nodeId": 0, "nodeName": "Root", "parentId": None, "parentName": None},
            *(
                {"nodeId": i, "nodeName": name, "parentId": 0, "parentName": "Root"}
                for i, name in enumerate(names, start=1)
            ),
        ],
        "database": _database(entries),
    }
    path = root / FOLDER / "activitynet.json"
    with writing(path) as temporary:
        text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
        temporary.write_text(text, encoding="utf-8")
    return [path]


def _database(entries: Sequence[Entry]) -> dict[str, Any]:
    videos: dict[str, dict[str, Any]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.key, entry.start)):
        subset = SUBSETS[entry.split]
        video = videos.setdefault(
            entry.key,
            {
                "subset": subset,
                "duration": entry.source_duration,
                "resolution": f"{entry.width}x{entry.height}",
                "url": entry.url or "",
                "annotations": [],
            },
        )
        if video["subset"] != subset:
            raise ValueError(
                f"clips of {entry.source} are in {video['subset']} and in {subset}, and a video of "
                "ActivityNet is in one subset: give its rows one split"
            )
        segment = [round(entry.start, 3), round(entry.stop, 3)]
        video["annotations"].append({"label": entry.label, "segment": segment})
    return videos


def write_pickles(root: Path) -> list[Path]:
    """Write the skeletons of all clips, in 2D and in 3D, for pyskl and MMAction2.

    Labels count NTU RGB+D 60's classes where all clips are of these, else the set's own, sorted.

    Returns:
        The files.

    Raises:
        ValueError: a skeleton is damaged.
    """
    made, folder = whole_set(root), root / FOLDER
    ours = set(made.class_names) <= set(CLASS_NAMES)
    names = CLASS_NAMES if ours else made.class_names
    paths = [folder / name for name in ("skeletons_2d.pkl", "skeletons_3d.pkl", "label_map.txt")]
    known = {entry.clip_name: entry.name for entry in made.entries}
    found = [_as_kinect(clip, known[clip.name]) for clip in clips(root, class_names=names)]
    there = {clip.name for clip in found}
    splits = {
        split: [e.name for e in made.entries if e.split == split and e.name in there]
        for split in SPLITS
    }
    splits = {split: clips_of for split, clips_of in splits.items() if clips_of}
    flat = [
        _annotation_2d(skeleton_path(root, entry.name), entry, names.index(entry.label))
        for entry in made.entries
        if entry.name in there
    ]
    with writing(paths[0]) as temporary, temporary.open("wb") as file:
        PortablePickler(file, protocol=4).dump({"split": splits, "annotations": flat})
    skeleton_pickle.write(paths[1], found, splits)
    with writing(paths[2]) as temporary:
        temporary.write_text("\n".join(names) + "\n", encoding="utf-8")
    return paths


def _as_kinect(clip: Clip, name: str) -> Clip:
    joints = (clip.joints * HALF_TURN).astype(np.float32)
    return replace(clip, joints=joints, axes="kinect", name=name)


def _annotation_2d(path: Path, entry: Entry, label: int) -> dict[str, Any]:
    """Every frame of the clip; zeros, and scores of 0, where the person is out of sight."""
    kept = read_skeleton(path)
    frames = kept["frames"]
    T = max(entry.frames, int(frames[-1]) + 1)
    places = np.zeros((1, T, len(COCO), 2), dtype=np.float16)
    scores = np.zeros((1, T, len(COCO)), dtype=np.float16)
    for joint, name in enumerate(COCO.names):
        source = FROM_LCR.get(name, LCR.index("head"))
        places[0, frames, joint] = np.clip(kept["joints_2d"][:, source], -2e4, 2e4)
        if name in FROM_LCR:
            scores[0, frames, joint] = kept["scores"][:, source]
    width, height = (int(side) for side in kept["video_size"])
    return {
        "frame_dir": entry.name,
        "label": label,
        "img_shape": (height, width),
        "original_shape": (height, width),
        "total_frames": T,
        "keypoint": places,
        "keypoint_score": scores,
    }


WRITERS = {"activitynet": write_activitynet, "pickle": write_pickles}


def exported(root: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Write a set in other forms.

    Args:
        root: folder of the set.
        kinds: names of WRITERS.

    Returns:
        The files, as they come.

    Raises:
        ValueError: see the writers.
    """
    for kind in kinds:
        yield from WRITERS[kind](root)

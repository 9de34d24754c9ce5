"""Skeletons in the pickle of pyskl and MMAction2: read without running what is in it, and written.

Both tools train on one file per data set: `{"split": {name: [frame_dir, ...]}, "annotations":
[{"frame_dir", "label", "total_frames", "keypoint", ...}, ...]}`, with `keypoint` of shape (people,
frames, joints, coordinates). Files of unknown origin may be opened: nothing that they name is
called.

Three coordinates, as pyskl has them for NTU RGB+D, are metres in kinect axes, and become clips.
Two are pixels of a picture, which a `Clip` does not hold.

NTU RGB+D in such a file is a data set here: `clips`, with NTU's classes and protocols, which read
the names of clips. `datasets/README.md` says how to get them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets import plain_pickle
from datasets.ntu_protocols import CLASS_NAMES, PROTOCOLS_60, PROTOCOLS_120, numbers_in
from wildpose import atomic
from wildpose.geometry import Array
from wildpose.joints import joint_set as joint_set_named
from wildpose.types import Clip

__all__ = [
    "CLASS_NAMES",
    "PROTOCOLS_60",
    "PROTOCOLS_120",
    "SkeletonPickle",
    "clips",
    "ntu_file",
    "read",
    "write",
]  # fmt: skip

# As pyskl (..._3danno.pkl) and MMAction2 (..._3d.pkl) call their files of 3D skeletons. That of 120
# goes on where 60 ends: it serves for both.
NTU_FILES = ("ntu120_3d*.pkl", "ntu60_3d*.pkl")


class PortablePickler(pickle.Pickler):
    """Spells arrays so that NumPy 1 and 2 read them: neither's own name for rebuilding is used."""

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401
        if type(obj) is np.ndarray:
            return np.ndarray, ((0,), obj.dtype), obj.__reduce__()[2]
        return NotImplemented


@dataclass(frozen=True)
class SkeletonPickle:
    """What such a file holds."""

    path: Path
    """Where it came from, for messages."""
    annotations: tuple[Mapping[str, Any], ...]
    """One per clip, as they stand in the file."""
    splits: Mapping[str, tuple[str, ...]]
    """Names of clips by name of a split: `xsub_train` and `xsub_val`; the latter are what papers
    test on. Empty where the file has none."""

    def clips(self, *, joint_set: str = "kinect25", frame_rate: float = 30.0) -> Iterator[Clip]:
        """Its clips in their order, in kinect axes; a person whose joints are all zero is masked.

        Args:
            joint_set: of the file, which does not name it.
            frame_rate: frames per second, which it does not tell either.

        Raises:
            ValueError: an annotation is not as the format has it, or is in 2D; the line says which.
        """
        for i in range(len(self.annotations)):
            yield self._clip(i, joint_set, frame_rate)

    def _clip(self, i: int, joint_set: str, frame_rate: float) -> Clip:
        annotation = self.annotations[i]
        try:
            joints = _joints(annotation, joint_set)
            return Clip(
                joints=joints,
                mask=np.any(joints != 0, axis=(2, 3)),
                joint_set=joint_set,
                frame_rate=frame_rate,
                axes="kinect",
                name=annotation["frame_dir"],
                label=annotation["label"],
            )
        except ValueError as error:
            raise ValueError(f"{self.path}: annotation {i}: {error}") from None


def read(path: Path) -> SkeletonPickle:
    """What a file holds; nothing that it names is called.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is no pickle, damaged, of another layout, or names anything but arrays.
    """
    content = plain_pickle.read(path)
    splits = content.get("split", {}) if isinstance(content, dict) else None
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if (
        not isinstance(annotations, list)
        or not all(isinstance(annotation, dict) for annotation in annotations)
        or not isinstance(splits, dict)
        or not all(isinstance(names, list | tuple) for names in splits.values())
    ):
        raise ValueError(
            f"{path}: expected a dict with 'annotations', a list of dicts, and 'split', lists of "
            "names by name: is it a skeleton pickle of pyskl or MMAction2?"
        )
    parts = {str(split): tuple(map(str, names)) for split, names in splits.items()}
    return SkeletonPickle(path, tuple(annotations), parts)


def ntu_file(root: Path) -> Path:
    """The file of NTU RGB+D's skeletons in a folder: that of 120, or else that of 60.

    Args:
        root: folder that holds it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: there are several of the same set.
    """
    for pattern in NTU_FILES:
        found = sorted(root.glob(pattern))
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise ValueError(f"{root}: {names} are of one data set: leave one of them there")
        if found:
            return found[0]
    raise FileNotFoundError(
        f"no pickle of NTU RGB+D's 3D skeletons ({' or '.join(reversed(NTU_FILES))}) in {root}: "
        "datasets/README.md says where to get it"
    )


def clips(root: Path) -> Iterator[Clip]:
    """All clips of NTU RGB+D from the file in a folder, in its order, kinect25 in kinect axes.

    One maker wrote all of it: whatever is wrong in one place is no reason to go on in the next.

    Args:
        root: folder that holds it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: there are several, the file is not of the format, or a label is not the action
            of the clip's name; the line says which.
    """
    path = ntu_file(root)
    return (_of_ntu(path, clip) for clip in read(path).clips())


def write(
    path: Path, clips: Iterable[Clip], splits: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Save clips as a file that pyskl and MMAction2 train on.

    Numbers are rounded to float16 as in their files, to 2 mm at four metres from the origin. Their
    graphs know NTU RGB+D's joints, which are kinect25; clips of other sets need a graph there.

    Args:
        path: to write; the file appears when it is whole.
        clips: in kinect axes, with labels, all of one joint set.
        splits: names of clips by name of a split, as `xsub_train` and `xsub_val`.

    Raises:
        ValueError: a clip cannot be written, two have one name, or a split names one not there.
    """
    annotations: dict[str, dict[str, Any]] = {}
    joint_sets: set[str] = set()
    for clip in clips:
        joint_sets.add(clip.joint_set)
        if clip.name in annotations:
            raise ValueError(f"two clips are named {clip.name!r}")
        if len(joint_sets) > 1:
            raise ValueError(f"clips of several joint sets: {', '.join(sorted(joint_sets))}")
        annotations[clip.name] = _annotation(clip)
    parts = {split: list(names) for split, names in (splits or {}).items()}
    for split, names in parts.items():
        if absent := [name for name in names if name not in annotations]:
            raise ValueError(f"split {split!r} names {absent[0]!r}, and no clip is called so")
    content = {"split": parts, "annotations": list(annotations.values())}
    with atomic.writing(path) as temporary, temporary.open("wb") as file:
        PortablePickler(file, protocol=4).dump(content)


def _of_ntu(path: Path, clip: Clip) -> Clip:
    """The clip with its subject, as its name tells it."""
    try:
        numbers = numbers_in(clip.name)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if clip.label != numbers["action"] - 1:
        raise ValueError(
            f"{path}: {clip.name} has the label {clip.label}, and action {numbers['action']} is "
            f"{numbers['action'] - 1}, counted from 0"
        )
    return replace(clip, subject=f"P{numbers['subject']:03}")


def _joints(annotation: Mapping[str, Any], joint_set: str) -> Array:
    """(M, T, J, 3) float32 m of an annotation."""
    for key, kind in (("frame_dir", str), ("label", int), ("keypoint", np.ndarray)):
        if not isinstance(annotation.get(key), kind):
            came = type(annotation.get(key)).__name__
            raise ValueError(f"expected {key!r}, {kind.__name__}, got {came}")
    joints = annotation["keypoint"]
    if joints.ndim != 4 or joints.dtype.kind != "f" or not joints.size:
        raise ValueError(
            "expected keypoint (people, frames, joints, coordinates) of floats, got "
            f"{joints.shape} of {joints.dtype}"
        )
    if joints.shape[-1] == 2:
        raise ValueError(
            "2D skeletons, in pixels, are not supported, only 3D ones, in metres: lift them first, "
            "or take the file of 3D skeletons"
        )
    J = len(joint_set_named(joint_set))
    if joints.shape[2:] != (J, 3):
        raise ValueError(
            f"{joints.shape[2]} joints of {joints.shape[3]} coordinates are not {joint_set}, which "
            f"has {J} of 3: name the file's joint set"
        )
    if annotation.get("total_frames", joints.shape[1]) != joints.shape[1]:
        raise ValueError(f"{joints.shape[1]} frames, total_frames {annotation['total_frames']}")
    return joints.astype(np.float32)


def _annotation(clip: Clip) -> dict[str, Any]:
    if clip.axes != "kinect" or clip.label is None or not clip.name:
        raise ValueError(
            f"clip {clip.name!r} with axes {clip.axes} and label {clip.label}: a skeleton pickle "
            "is in kinect axes, and names and labels every clip"
        )
    return {
        "frame_dir": clip.name,
        "label": int(clip.label),
        "total_frames": len(clip),
        "keypoint": np.where(clip.mask[..., None, None], clip.joints, 0).astype(np.float16),
    }

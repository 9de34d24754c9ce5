"""result.json: written piece by piece, read back, and checked against its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from wildpose.atomic import writing
from wildpose.joints import joint_set
from wildpose.named_files import recorded_now
from wildpose.results import (
    Person,
    Result,
    Settings,
    VideoSummary,
    parts,
    rounded,
    settings_from,
)
from wildpose.types import Segment, SkeletonSequence

FORMAT = "wildpose/1"
NAME = "result.json"
AXES = "camera: x right, y down, z forward"


def write_result(path: Path, result: Result) -> None:
    """Write result.json under a temporary name and rename it when whole.

    Raises:
        ValueError: a skeleton that the format has no place for.
        OSError: the file cannot be written.
    """
    for person in result.people:
        skeleton = person.skeleton
        if skeleton.axes != "camera" or skeleton.joints_2d is None or skeleton.root is None:
            raise ValueError(
                f"person {person.id}: result.json holds skeletons in camera axes with joints_2d "
                f"and root, got axes {skeleton.axes!r}, joints_2d "
                f"{'missing' if skeleton.joints_2d is None else 'there'}, root "
                f"{'missing' if skeleton.root is None else 'there'}"
            )
    with writing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(_pieces(result))


def read_result(path: Path) -> Result:
    """The result in a result.json.

    Raises:
        ValueError: the file is not JSON, or not of this format; one line says where.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    validate(tree, str(path))
    joints = tree["joint_set"]["name"]
    try:
        people = tuple(_person(entry, joints) for entry in tree["people"])
    except ValueError as error:
        raise ValueError(f"{path}: not a {FORMAT} result: {error}") from error
    return Result(
        video=VideoSummary(**tree["video"]),
        people=people,
        settings=settings_from(tree["settings"]),
        versions=tree["versions"],
        focal_px=tree["settings"].get("focal_px"),
    )


@dataclass(frozen=True)
class Head:
    """What stands in a result.json before its people."""

    video: VideoSummary
    settings: dict[str, Any]
    """As `Settings.record`; of another version of wildpose maybe with other names of settings."""
    people: int
    """How many there are."""

    def is_of(self, sha256: str, settings: Settings) -> bool:
        """Whether a run of that video with those settings would give this result again."""
        return self.video.sha256 == sha256 and self.settings == settings.record

    def has_poses_of(self, sha256: str, settings: Settings) -> bool:
        """Whether a run of that video with those settings would give these people and skeletons."""
        poses = parts(settings.record).poses
        return self.video.sha256 == sha256 and parts(self.settings).poses == poses


def read_head(path: Path) -> Head | None:
    """Video and settings of a result.json, without parsing hours of skeletons.

    Returns:
        None where the file is not one that `write_result` wrote.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline()
        try:
            tree = json.loads(first.rstrip() + "]}")
            people, last = 0, first
            for last in file:
                people += last.startswith('{"id":')
            if not last.endswith("]}\n"):
                return None  # cut off
            settings = recorded_now(tree["settings"])
            settings.pop("focal_px", None)
            return Head(VideoSummary(**tree["video"]), settings, people)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


def schema() -> dict:
    """The JSON Schema of result.json, as shipped with the package."""
    return json.loads(files("wildpose.export").joinpath("result.schema.json").read_text("utf-8"))


def validate(tree: Any, name: str) -> None:  # noqa: ANN401  # whatever JSON holds
    """Check a parsed result.json.

    Raises:
        ValueError: one line with the place and what was wrong there.
    """
    errors = jsonschema.Draft202012Validator(schema()).iter_errors(tree)
    first = next(iter(errors), None)
    if first is not None:
        raise ValueError(f"{name}: not a {FORMAT} result: {first.json_path}: {first.message:.200}")


def arrays(person: Person) -> dict[str, np.ndarray]:
    """The arrays of one person under the names that result.json and skeletons.npz use."""
    skeleton = person.skeleton
    named = {
        "frames": person.frames,
        "times": skeleton.times,
        "boxes": person.boxes,
        "joints_2d": skeleton.joints_2d,
        "joints_3d": skeleton.joints,
        "root": skeleton.root,
        "observed": skeleton.observed,
        "scores": skeleton.scores,
    }
    return {name: array for name, array in named.items() if array is not None}


def _pieces(result: Result) -> Iterator[str]:
    """The text of the file, one field of one person at a time: memory stays small."""
    joints = joint_set(result.people[0].skeleton.joint_set if result.people else "lcr13")
    head = {
        "format": FORMAT,
        "video": asdict(result.video),
        "settings": {**result.settings.record, "focal_px": result.focal_px},
        "versions": result.versions,
        "axes": AXES,
        "units": "m",
        "joint_set": {
            "name": joints.name,
            "names": list(joints.names),
            "edges": [list(edge) for edge in joints.edges],
        },
    }
    # `read_head` reads the first line, and counts the people by their lines.
    yield json.dumps(head)[:-1] + ', "people": [\n'
    for i, person in enumerate(result.people):
        yield ",\n" if i else ""
        yield f'{{"id": {person.id}'
        for name, array in arrays(person).items():
            yield f', "{name}": {json.dumps(rounded(array, name).tolist())}'
        actions = [_action(segment) for segment in person.actions]
        yield f', "actions": {json.dumps(actions)}}}'
    yield "]}\n"


def _action(segment: Segment) -> dict:
    return {
        "start": segment.start,
        "stop": segment.stop,
        "label": segment.label,
        "score": segment.score,
        "top": [{"label": label, "score": score} for label, score in segment.top],
    }


def _person(entry: dict, joints: str) -> Person:
    J = len(joint_set(joints))
    T = len(entry["frames"])
    if any(b <= a for a, b in pairwise(entry["frames"])):
        raise ValueError(f"person {entry['id']}: frames must increase")
    return Person(
        id=entry["id"],
        frames=np.array(entry["frames"], dtype=int),
        boxes=np.array(entry["boxes"], dtype=float).reshape(T, 4),
        skeleton=SkeletonSequence(
            joints=np.array(entry["joints_3d"], dtype=float).reshape(T, J, 3),
            scores=np.array(entry["scores"], dtype=float).reshape(T, J),
            times=np.array(entry["times"], dtype=float),
            joint_set=joints,
            joints_2d=np.array(entry["joints_2d"], dtype=float).reshape(T, J, 2),
            observed=np.array(entry["observed"], dtype=bool),
            root=np.array(entry["root"], dtype=float).reshape(T, 3),
        ),
        actions=tuple(
            Segment(
                start=action["start"],
                stop=action["stop"],
                label=action["label"],
                score=action["score"],
                top=tuple((entry["label"], entry["score"]) for entry in action["top"]),
            )
            for action in entry["actions"]
        ),
    )

"""The tables of an archive: their columns, with what each means in the metadata of its field.

`pyarrow.parquet.read_schema(FILE).field("box").metadata` tells it of a file, docs/tables.md of all.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from wildpose.joints import joint_set

FOLDER, ABOUT = "tables", "about.json"
"""Where the tables of an archive are, and the file there that says which archive they are of."""
FORMAT = "wildpose tables/1"
JOINT_SET = "lcr13"
JOINTS = joint_set(JOINT_SET)
J = len(JOINTS)

CONTENTS_PER_PART = {"videos": 1000, "people": 1000, "segments": 1000, "frames": 100}
"""How many contents, by their number in the ledger, share a file: one that is labelled anew costs
writing the files that it is in, and a file for every video would cost whoever reads them all. All
but `frames` have the same, of which that of `frames` is a part."""


def part_path(archive: Path, table: str, content: int) -> Path:
    """The file with the rows of a content."""
    number = content // CONTENTS_PER_PART[table]
    return archive / FOLDER / table / f"part-{number:06d}.parquet"


def _field(name: str, kind: pa.DataType, about: str, **more: str) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={"about": about, **more})


def _numbers(size: int) -> pa.DataType:
    return pa.list_(pa.float32(), size)


_NAMES = ", ".join(JOINTS.names)
_VIDEO = (
    _field("content", pa.int64(), "number of the video's content: the same in all tables"),
    _field("video", pa.string(), "absolute path; of several that are the same, the first"),
)
_PERSON = (
    *_VIDEO,
    _field("person", pa.int32(), "1-based, in order of appearance, unique in a video"),
)
_TOP = pa.list_(pa.struct([("label", pa.string()), ("score", pa.float64())]))

TABLES = {
    "videos": pa.schema(
        (
            _VIDEO[0],
            _field("video", pa.string(), "absolute path: here each file has a row"),
            _field("path", pa.string(), "as it was given"),
            _field("sha256", pa.string(), "of the content"),
            _field("folder", pa.string(), "of its results, below that of the archive"),
            _field("settings", pa.string(), "hash of those it was labelled with, as in the ledger"),
            _field("settings_record", pa.string(), "the settings themselves, JSON"),
            _field("labelled", pa.timestamp("us"), "when that was, UTC"),
            _field("width", pa.int32(), "of the upright picture", unit="px"),
            _field("height", pa.int32(), "of the upright picture", unit="px"),
            _field("fps", pa.float64(), "frames per second, on average", unit="1/s"),
            _field("frames", pa.int64(), "frames decoded"),
            _field("duration_s", pa.float64(), "to the end of the last frame", unit="s"),
            _field("rotation", pa.int32(), "clockwise, that made it upright", unit="degrees"),
            _field("corrupt_frames", pa.int32(), "that could not be decoded"),
            _field("people", pa.int32(), "found"),
        )
    ),
    "people": pa.schema(
        (
            *_PERSON,
            _field("start", pa.float64(), "time of the first pose", unit="s"),
            _field("stop", pa.float64(), "time of the last pose", unit="s"),
            _field("first_frame", pa.int32(), "index of the frame of the first pose"),
            _field("last_frame", pa.int32(), "index of the frame of the last pose"),
            _field("poses", pa.int64(), "frames with a pose"),
            _field("observed", pa.int64(), "of these, not filled in"),
            _field("score", pa.float64(), "mean of all joints, 0 to 1"),
            _field("segments", pa.int32(), "labelled spans of time"),
        )
    ),
    "frames": pa.schema(
        (
            *_PERSON,
            _field("frame", pa.int32(), "zero-based index among the decoded frames"),
            _field("time", pa.float64(), "timestamp of the frame in its container", unit="s"),
            _field("observed", pa.bool_(), "false where the pose was filled in"),
            _field("box", _numbers(4), "x0 y0 x1 y1", unit="px", axes="x right, y down"),
            _field(
                "joints_2d",
                _numbers(J * 2),
                "x y of each joint",
                unit="px",
                axes="x right, y down",
                joints=_NAMES,
            ),
            _field(
                "joints_3d",
                _numbers(J * 3),
                "x y z of each joint, from the torso",
                unit="m",
                axes="camera: x right, y down, z forward",
                joints=_NAMES,
            ),
            _field(
                "root",
                _numbers(3),
                "x y z of the torso in the scene, under an assumed focal length",
                unit="m",
                axes="camera: x right, y down, z forward",
            ),
            _field("scores", _numbers(J), "of each joint, 0 to 1", joints=_NAMES),
        )
    ),
    "segments": pa.schema(
        (
            *_PERSON,
            _field("start", pa.float64(), "of the span", unit="s"),
            _field("stop", pa.float64(), "of the span", unit="s"),
            _field("label", pa.string(), "name of the class of the highest score"),
            _field("score", pa.float64(), "of it, 0 to 1"),
            _field("top", _TOP, "the classes of the highest scores, that one first"),
        )
    ),
}

"""BVH files are read as their text says, by hand-made figures whose joints are easy to place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.bvh import Motion, read_bvh
from wildpose.geometry import rotation_x, rotation_y, rotation_z

ARM = """HIERARCHY
ROOT Shoulder
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Elbow
  {
    OFFSET 10 0 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 5 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
1 2 3 0 0 0 0 0 0
0 0 7 90 0 0 -90 0 0
"""


def written(folder: Path, text: str = ARM) -> Path:
    path = folder / "arm.bvh"
    path.write_text(text)
    return path


def read(folder: Path, text: str = ARM) -> Motion:
    return read_bvh(written(folder, text))


def test_an_arm_bends_as_its_channels_say(tmp_path: Path) -> None:
    motion = read(tmp_path)
    assert motion.names == ("Shoulder", "Elbow", "Elbow.end")
    assert motion.parents == (-1, 0, 1)
    assert (len(motion), motion.frame_time) == (2, 0.04)
    # Second frame: the upper arm is turned from x to y about z, the forearm back again.
    wanted = [[(1, 2, 3), (11, 2, 3), (16, 2, 3)], [(0, 0, 7), (0, 10, 7), (5, 10, 7)]]
    np.testing.assert_allclose(motion.positions, wanted, atol=1e-9)
    np.testing.assert_allclose(motion.rotations[1, 0], rotation_z(np.pi / 2), atol=1e-9)
    np.testing.assert_allclose(motion.rotations[1, 1], np.eye(3), atol=1e-9)


def test_a_point_fixed_to_a_joint_turns_with_it(tmp_path: Path) -> None:
    motion = read(tmp_path)
    np.testing.assert_allclose(motion.at("Shoulder", (10, 0, 0)), motion.at("Elbow"), atol=1e-9)
    np.testing.assert_allclose(motion.at("Elbow", (0, 1, 0))[1], (0, 11, 7), atol=1e-9)


@pytest.mark.parametrize("order", ["ZXY", "ZYX", "XYZ", "YXZ", "XZY", "YZX"])
def test_the_first_rotation_channel_is_the_outermost(tmp_path: Path, order: str) -> None:
    turns = {"X": (rotation_x, 20.0), "Y": (rotation_y, -35.0), "Z": (rotation_z, 50.0)}
    channels = " ".join(f"{axis}rotation" for axis in order)
    angles = " ".join(str(turns[axis][1]) for axis in order)
    text = ARM.replace("Zrotation Yrotation Xrotation", channels)
    text = text.replace("1 2 3 0 0 0 0 0 0", f"1 2 3 0 0 0 {angles}")
    wanted = np.eye(3)
    for axis in order:
        turn, degrees = turns[axis]
        wanted = wanted @ turn(np.radians(degrees))
    np.testing.assert_allclose(read(tmp_path, text).rotations[0, 1], wanted, atol=1e-12)


def test_position_channels_stand_in_place_of_the_offset(tmp_path: Path) -> None:
    text = ARM.replace("CHANNELS 3 Zrotation", "CHANNELS 4 Yposition Zrotation")
    text = text.replace("0 0 0 0 0 0\n", "0 0 0 4 0 0 0\n").replace("90 0 0 -90", "90 0 0 4 -90")
    motion = read(tmp_path, text)
    np.testing.assert_allclose(motion.at("Elbow"), [(11, 6, 3), (-4, 10, 7)], atol=1e-9)


def test_the_text_may_be_laid_out_in_any_way(tmp_path: Path) -> None:
    head, motion = ARM.split("MOTION")
    text = "\ufeff" + " ".join(head.split()) + "\r\nMOTION" + motion.replace("\n", "\t\r\n\r\n")
    again = read(tmp_path, text)
    np.testing.assert_array_equal(again.positions, read(tmp_path).positions)


def test_bones_keep_their_lengths_whatever_the_angles(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).uniform(-200, 200, (7, 9))
    text = ARM[: ARM.index("1 2 3 0 0")].replace("Frames: 2", "Frames: 7")
    text += "\n".join(" ".join(f"{value:.6f}" for value in row) for row in rows)
    motion = read(tmp_path, text)
    lengths = np.linalg.norm(np.diff(motion.positions, axis=1), axis=-1)
    np.testing.assert_allclose(lengths, np.tile((10, 5), (7, 1)), atol=1e-9)
    np.testing.assert_allclose(motion.positions[:, 0], rows[:, :3], atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(motion.rotations), 1, atol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "line 1: expected HIERARCHY, got 'HIERARCHIE'"),
        ("ROOT", "JOINT", "line 2: expected ROOT, got 'JOINT'"),
        ("OFFSET 1 2 3", "OFFSET 1 2", "line 5: expected a number, got 'CHANNELS'"),
        ("OFFSET 5 0 0", "OFFSET 5 0 nan", "line 12: expected a number, got nan"),
        ("Xposition", "Wposition", "line 5: expected Xposition or .*, got 'Wposition'"),
        ("CHANNELS 3", "CHANNELS three", "line 9: expected the number of channels, got 'three'"),
        ("CHANNELS 3", "CHANNELS 2", "line 9: expected JOINT or End or }, got 'Xrotation'"),
        ("Zrotation Yrotation", "Xrotation Yrotation", "line 9: a channel of Elbow comes twice"),
        ("JOINT Elbow", "JOINT Shoulder", "line 9: a second joint called Shoulder"),
        ("  }\n}\n", "  }\n", "line 14: the hierarchy ends too early"),
        ("  }\n}\n", "  }\n}\n}\n", "line 16: expected MOTION after the root's closing brace"),
        ("MOTION", "MOTIONS", "no line MOTION: not a BVH file, or cut off"),
        ("Frames: 2", "Frames: 3", "line 17: 3 frames announced, 2 rows of values came"),
        ("Frames: 2", "Frames: 1", "line 17: 1 frames announced, 2 rows of values came"),
        ("Frames: 2", "Frames: two", "line 17: could not convert"),
        ("Frames: 2", "2", "line 17: expected Frames: and a number, got '2'"),
        ("Frame Time: 0.04", "Frame Time: 0", "line 18: Frame Time: must be positive, got 0"),
        ("Frame Time: 0.04", "FrameTime: 0.04", "line 18: expected Frame Time: and a number"),
        ("-90 0 0", "-90 0", "line 20: expected 9 values, got 8"),
        ("-90 0 0", "-90 0 0 0", "line 20: expected 9 values, got 10"),
        ("-90 0 0", "-90 0 x", "line 20: could not convert string to float: .*x"),
        ("-90 0 0", "-90 0 inf", "line 20: NaN or infinity among the values"),
    ],
)
def test_a_malformed_file_is_named_with_the_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in ARM
    with pytest.raises(ValueError, match=rf"arm\.bvh: {message}"):
        read(tmp_path, ARM.replace(old, new, 1))


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    # Not within the last number, which may be shorter and still be one.
    for end in range(0, len(ARM) - 2, 7):
        with pytest.raises(ValueError, match=r"arm\.bvh: "):
            read(tmp_path, ARM[:end])


def test_no_frames_are_refused(tmp_path: Path) -> None:
    text = ARM[: ARM.index("1 2 3 0 0")].replace("Frames: 2", "Frames: 0")
    with pytest.raises(ValueError, match="0 frames announced, 0 rows of values came"):
        read(tmp_path, text)


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arm.bvh"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match=r"arm\.bvh: no line MOTION"):
        read_bvh(path)


def test_joints_that_are_needed_and_missing_are_named(tmp_path: Path) -> None:
    assert read_bvh(written(tmp_path), needed=("Elbow",)).names[1] == "Elbow"
    with pytest.raises(ValueError, match=r"arm\.bvh: the figure lacks Hand, Hip; it has 3 joints"):
        read_bvh(written(tmp_path), needed=("Elbow", "Hand", "Hip"))


def test_a_joint_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"no joint 'Hand'.*Shoulder, Elbow, Elbow\.end"):
        read(tmp_path).at("Hand")

"""DeepMimic's motions: the skeleton, the clock, which side is left, what is refused."""

from __future__ import annotations

import json
import logging
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from datasets import deepmimic
from datasets.kinematics import JOINT, SIDES
from tests.conftest import SHARED
from wildpose.geometry import Array, unit

ARCHIVE = SHARED / "deepmimic.tar.xz"
STANDING = ("walk", "run", "jog", "jump", "punch", "zombie_walk")

ROOT, CHEST, RIGHT_SHOULDER, LEFT_KNEE = 4, 8, 25, 34  # columns of a frame


def frame(duration: float = 0.1, height: float = 0.9) -> Array:
    """(44,) one frame of somebody who stands upright and looks along x."""
    row = np.zeros(deepmimic.COLUMNS)
    row[0], row[2] = duration, height
    row[[4, 8, 12, 16, 21, 25, 30, 35, 39]] = 1.0  # w of nine quaternions
    return row


def written(folder: Path, rows: Sequence[Array], name: str = "humanoid3d_made") -> Path:
    path = folder / "motions" / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"Loop": "none", "Frames": [row.tolist() for row in rows]}))
    return path


def joint(path: Path, name: str) -> Array:
    """(T, 3) metres of one joint of a file."""
    return deepmimic.read(path).joints[0, :, JOINT[name]].astype(float)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not ARCHIVE.exists():
        pytest.skip("the DeepMimic motions are not beside this checkout")
    folder = tmp_path_factory.mktemp("deepmimic")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "deepmimic"


def test_a_standing_frame_has_the_joints_where_the_skeleton_file_puts_them(tmp_path: Path) -> None:
    path = written(tmp_path, [frame(), frame()])

    # 0.9 - 0.421546 - 0.40987 and 0.9 + 0.236151 + 0.2435 by hand; z to the right.
    np.testing.assert_allclose(joint(path, "left_ankle")[0], [0, 0.068584, -0.084887], atol=1e-5)
    shoulder = [-0.02405, 1.379651, 0.18311]
    np.testing.assert_allclose(joint(path, "right_shoulder")[0], shoulder, atol=1e-5)
    wrist = [-0.02405, 1.379651 - 0.274788 - 0.258947, 0.18311]
    np.testing.assert_allclose(joint(path, "right_wrist")[0], wrist, atol=1e-5)
    assert joint(path, "left_foot")[0, 0] > 0.1  # the feet point along x


def test_a_bent_knee_brings_the_ankle_back(tmp_path: Path) -> None:
    row = frame()
    row[LEFT_KNEE] = -np.pi / 2

    path = written(tmp_path, [row, row])

    expected = [-0.409870, 0.9 - 0.421546, -0.084887]
    np.testing.assert_allclose(joint(path, "left_ankle")[0], expected, atol=1e-5)


def test_quaternions_begin_with_w_and_turn_what_hangs_on_the_joint(tmp_path: Path) -> None:
    row = frame()
    row[ROOT : ROOT + 4] = [np.sqrt(0.5), 0, np.sqrt(0.5), 0]  # 90 degrees about y: x to -z
    row[RIGHT_SHOULDER : RIGHT_SHOULDER + 4] = [np.sqrt(0.5), 0, 0, np.sqrt(0.5)]  # arm forward

    path = written(tmp_path, [row, row])

    arm = joint(path, "right_wrist")[0] - joint(path, "right_shoulder")[0]
    np.testing.assert_allclose(arm, [0, 0, -(0.274788 + 0.258947)], atol=1e-5)


def test_uneven_frame_times_become_an_even_30_per_second(tmp_path: Path) -> None:
    rows = [frame(duration) for duration in (0.1, 0.3, 0.1, 0.0)]
    for row, x in zip(rows, (0.0, 0.1, 0.4, 0.5), strict=True):
        row[1] = x  # one metre per second

    path = written(tmp_path, rows)

    at = joint(path, "left_hip")[:, 0]
    assert deepmimic.read(path).frame_rate == 30
    np.testing.assert_allclose(at, np.arange(16) / 30, atol=1e-5)


def test_limbs_keep_their_length_between_frames_of_a_fast_turn(tmp_path: Path) -> None:
    turned = frame()
    turned[RIGHT_SHOULDER : RIGHT_SHOULDER + 4] = [np.sqrt(0.5), 0, 0, np.sqrt(0.5)]

    path = written(tmp_path, [frame(0.2), turned])

    arm = joint(path, "right_elbow") - joint(path, "right_shoulder")
    np.testing.assert_allclose(np.linalg.norm(arm, axis=1), 0.274788, atol=1e-5)
    # Half way in time is half way in angle.
    np.testing.assert_allclose(unit(arm[3]), [np.sqrt(0.5), -np.sqrt(0.5), 0], atol=1e-4)


def test_blended_quaternions_are_scaled_to_one(tmp_path: Path) -> None:
    row = frame()
    row[CHEST : CHEST + 4] *= 0.6

    shrunk, whole = written(tmp_path, [row, row], "humanoid3d_a"), written(tmp_path, [frame()] * 2)

    np.testing.assert_array_equal(deepmimic.read(shrunk).joints, deepmimic.read(whole).joints)


def spoiled(column: int, value: float) -> list[Array]:
    row = frame()
    row[column] = value
    return [row, frame()]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([frame()], "1 frames, at least 2"),
        ([frame(), frame()[:-1]], "frame 1 must hold 44 numbers, got 43"),
        (spoiled(2, np.nan), "NaN"),
        (spoiled(0, 0.0), "duration is not positive"),
        (spoiled(CHEST, 0.0), "chest is far from length one"),
    ],
)
def test_a_malformed_motion_is_refused_in_one_line_that_names_it(
    rows: list[Array], text: str, tmp_path: Path
) -> None:
    path = written(tmp_path, rows)

    with pytest.raises(ValueError, match=text) as error:
        deepmimic.read(path)

    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"Frames": 3}', '{"Frames": [["a"], 1]}'])
def test_what_is_no_motion_at_all_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "humanoid3d_made.txt"
    path.write_text(content)

    with pytest.raises(ValueError, match=str(path)):
        deepmimic.read(path)


def test_clips_leave_out_a_bad_file_and_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, [frame()], "humanoid3d_bad")
    written(tmp_path, [frame()] * 2, "humanoid3d_good")

    with caplog.at_level(logging.WARNING):
        clips = list(deepmimic.clips(tmp_path))

    assert [clip.name for clip in clips] == ["humanoid3d_good"]
    assert "humanoid3d_bad" in caplog.text
    assert deepmimic.split_of(clips[0]) == "test"


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="datasets/README"):
        deepmimic.files(tmp_path)


def test_the_skeleton_is_that_of_the_skeleton_file(real: Path) -> None:
    data = json.loads((real / "humanoid3d.txt").read_text())
    there = {each["Name"]: each for each in data["Skeleton"]["Joints"]}
    names = {each["ID"]: each["Name"] for each in there.values()}
    wrists = [point for point in deepmimic.POINTS if point[0].endswith("wrist")]

    for name, parent, offset in (*deepmimic.SKELETON, *wrists):
        assert names.get(there[name]["Parent"], "") == parent
        assert tuple(there[name][f"Attach{axis}"] for axis in "XYZ") == offset


def test_every_real_motion_is_read_with_steady_limbs(real: Path) -> None:
    paths = deepmimic.files(real)
    clips = [deepmimic.read(path) for path in paths if path.parent.name != "long"]

    assert len(paths) == 29
    assert len(clips) == 20
    for clip in clips:
        thigh = clip.joints[0, :, JOINT["left_hip"]] - clip.joints[0, :, JOINT["left_knee"]]
        np.testing.assert_allclose(np.linalg.norm(thigh, axis=-1), 0.421546, atol=1e-4)


@pytest.mark.parametrize("name", STANDING)
def test_left_is_left_and_feet_are_on_the_floor(name: str, real: Path) -> None:
    clip = deepmimic.read(real / "motions" / f"humanoid3d_{name}.txt")
    at = {name: clip.joints[0, :, index] for name, index in JOINT.items()}
    feet = sum(at[f"{side}_foot"] - at[f"{side}_ankle"] for side in SIDES)
    ahead = np.cross(at["left_shoulder"] - at["right_shoulder"], (0.0, 1.0, 0.0))
    lowest = np.min([at[f"{side}_foot"][:, 1] for side in SIDES], axis=0)

    assert ((ahead * feet)[:, [0, 2]].sum(axis=-1) > 0).mean() > 0.98
    assert -0.03 < np.percentile(lowest, 10) < 0.06  # metres

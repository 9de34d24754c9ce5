"""CMU's motions as BVH: a figure written here in their format, and real files where they lie."""

from __future__ import annotations

import logging
import tarfile
from pathlib import Path

import numpy as np
import pytest

from datasets.cmu_bvh import JOINTS, clips, descriptions, files, read, split_of
from datasets.kinect_chirality import forward_agrees
from datasets.kinematics import JOINT
from tests.conftest import SHARED
from tests.made_bvh import Point, bvh_text
from wildpose.geometry import Array
from wildpose.types import Clip

ARCHIVE = SHARED / "cmu_bvh.tar.xz"
needs_data = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="CMU's BVH files are not beside this checkout"
)
TRIALS = ("003_02", "005_16", "006_11", "007_01", "007_05")

FIGURE: dict[str, tuple[str, Point]] = {
    "Hip": ("", (0, 105, 0)),
    "Spine02": ("Hip", (0, 26, 4)),
    "NeckTwist01": ("Spine02", (0, 26, -4)),
    "Head": ("NeckTwist01", (0, 8, 0)),
}
for letter, sign in (("L", 1), ("R", -1)):
    FIGURE |= {
        f"{letter}_Upperarm": ("Spine02", (sign * 18, 20, -4)),
        f"{letter}_Forearm": (f"{letter}_Upperarm", (sign * 25, 0, 0)),
        f"{letter}_Hand": (f"{letter}_Forearm", (sign * 25, 0, 0)),
        f"{letter}_Mid1": (f"{letter}_Hand", (sign * 11, 0, 0)),
        f"{letter}_Mid3": (f"{letter}_Mid1", (sign * 7, 0, 0)),
        f"{letter}_Thumb2": (f"{letter}_Hand", (sign * 7, 0, 6)),
        f"{letter}_Thigh": ("Hip", (sign * 9, -1, 0)),
        f"{letter}_Calf": (f"{letter}_Thigh", (0, -47, 0)),
        f"{letter}_Foot": (f"{letter}_Calf", (0, -48, 0)),
        f"{letter}_ToeBase": (f"{letter}_Foot", (0, -6, 12)),
    }
FIGURE = {
    f"CC_Base_{name}": (parent and f"CC_Base_{parent}", place)
    for name, (parent, place) in FIGURE.items()
}
SPREAD: dict[str, Point] = {}
HANGING: dict[str, Point] = {"CC_Base_L_Upperarm": (-80, 0, 0), "CC_Base_R_Upperarm": (80, 0, 0)}
FLIPPED: dict[str, Point] = HANGING | {"CC_Base_L_Thigh": (0, 40, 0)}


def written(
    folder: Path,
    turns: list[dict[str, Point]],
    *,
    name: str = "007_05",
    origin: Point = (0.0, 105.0, 0.0),
) -> Path:
    path = folder / "subjects" / name[:3] / f"{name}.bvh"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = bvh_text(FIGURE, turns, frame_time=0.016667, positions=[origin] * len(turns))
    path.write_text(text)
    return path


def at(clip: Clip) -> dict[str, Array]:
    """(T, 3) joints by name, of the frames that are not masked."""
    return {name: clip.joints[0, clip.mask[0], index] for name, index in JOINT.items()}


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cmu_bvh")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if Path(m.name).stem in (*TRIALS, "cmu_index")]
        archive.extractall(folder, members=wanted, filter="data")
    return folder / "cmu_bvh"


@pytest.fixture(scope="session")
def real(unpacked: Path) -> list[Clip]:
    return list(clips(unpacked))


def test_the_figure_has_all_joints_that_are_read() -> None:
    assert set(JOINTS) <= set(FIGURE)


def test_a_file_becomes_a_clip(tmp_path: Path) -> None:
    clip = read(written(tmp_path, [HANGING] * 3))
    assert clip.joints.shape == (1, 3, 25, 3)
    assert clip.joints.dtype == np.float32
    assert clip.mask.tolist() == [[True] * 3]
    assert (clip.joint_set, clip.axes, clip.frame_rate) == ("kinect25", "kinect", 60.0)
    assert (clip.name, clip.subject, clip.label) == ("007_05", "007", None)
    assert split_of(clip) == "test"


def test_joints_are_where_the_file_has_them_in_metres(tmp_path: Path) -> None:
    joints = at(read(written(tmp_path, [HANGING])))
    step = joints["left_knee"] - joints["left_hip"]
    np.testing.assert_allclose(step, [(0, -0.47, 0)], atol=1e-6)
    across = joints["left_shoulder"] - joints["right_shoulder"]
    np.testing.assert_allclose(across, [(0.36, 0, 0)], atol=1e-6)
    palm = joints["left_hand"] - joints["left_wrist"]
    assert np.linalg.norm(palm) == pytest.approx(0.65 * 0.11, abs=1e-6)
    between = (joints["left_hip"] + joints["right_hip"]) / 2
    assert (np.abs(joints["spine_mid"] - between)[:, [0, 2]] < 1e-6).all()  # the spine is straight


def test_feet_stand_on_the_floor_wherever_the_origin_is(tmp_path: Path) -> None:
    high = read(written(tmp_path, [HANGING] * 2, origin=(0.0, 105.0, 0.0)))
    centred = read(written(tmp_path, [HANGING] * 2, origin=(0.0, 0.0, 0.0)))
    np.testing.assert_allclose(high.joints, centred.joints, atol=1e-6)
    assert 0.02 < at(high)["left_foot"][0, 1] < 0.04


def test_a_t_pose_before_the_motion_is_cut_off(tmp_path: Path) -> None:
    motion = [HANGING, HANGING, SPREAD, HANGING]  # arms may be spread later on
    assert len(read(written(tmp_path, [SPREAD] * 3 + motion))) == 4
    assert len(read(written(tmp_path, motion))) == 4
    with pytest.raises(ValueError, match=r"007_05\.bvh: nothing but a T-pose"):
        read(written(tmp_path, [SPREAD] * 3))


def test_a_leg_that_flips_there_and_back_is_masked_meanwhile(tmp_path: Path) -> None:
    clip = read(written(tmp_path, [HANGING] * 2 + [FLIPPED] * 3 + [HANGING] * 2))
    # The frame after the second jump is masked too, so that no neighbours left are a jump apart.
    assert clip.mask.tolist() == [[True, True, False, False, False, False, True]]
    assert (clip.joints[0, ~clip.mask[0]] == 0).all()


def test_a_pose_that_stays_is_kept_after_one_jump(tmp_path: Path) -> None:
    long = 40  # frames, more than half a second
    clip = read(written(tmp_path, [HANGING] * 2 + [FLIPPED] * long + [HANGING] * 2))
    assert np.flatnonzero(~clip.mask[0]).tolist() == [2, 2 + long]


def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, [HANGING] * 2)
    whole = path.read_text()
    for text, message in (
        (whole.replace("CC_Base_Head", "Tail"), "the figure lacks CC_Base_Head; it has"),
        (whole[:-40], "line [0-9]+: "),
        (whole.replace("80", "nan"), "line [0-9]+: NaN or infinity"),
        ("", "no line MOTION"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=rf"007_05\.bvh: {message}"):
            read(path)


def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"walk\.bvh: not called <subject>_<trial>\.bvh"):
        read(written(tmp_path, [HANGING], name="walk"))


def test_files_are_sorted_and_none_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"datasets/README\.md says"):
        files(tmp_path)
    paths = [written(tmp_path, [HANGING], name=name) for name in ("007_01", "002_10", "002_09")]
    assert files(tmp_path) == paths[::-1]


def test_a_bad_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path, [HANGING])
    written(tmp_path, [HANGING], name="001_01").write_text("HIERARCHY")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["007_05"]
    assert "001_01.bvh: no line MOTION" in caplog.text


def test_descriptions_are_known_by_the_clips_names(tmp_path: Path) -> None:
    text = '"Subject","Trial #","Motion Description","framerate"\n2,4,"jump, balance",120\n'
    (tmp_path / "cmu_index.csv").write_text(text)
    assert descriptions(tmp_path) == {"002_04": "jump, balance"}


@needs_data
def test_every_real_clip_has_a_description(unpacked: Path, real: list[Clip]) -> None:
    texts = descriptions(unpacked)
    assert [clip.name for clip in real] == list(TRIALS)
    assert texts["007_01"] == "walk"
    assert all(texts[clip.name] for clip in real)


@needs_data
def test_real_people_stand_upright_and_their_left_is_left(real: list[Clip]) -> None:
    agrees = np.concatenate(
        [forward_agrees(clip.joints[0][clip.mask[0]], "kinect25") for clip in real]
    )
    assert len(agrees) > 800
    assert agrees.mean() > 0.97
    for clip in real:
        joints = at(clip)
        assert ((joints["head"] - joints["spine_base"])[:, 1] > 0.3).mean() > 0.95
        lowest = np.minimum(joints["left_foot"][:, 1], joints["right_foot"][:, 1])
        assert 0.01 < np.percentile(lowest, 5) < 0.06


@needs_data
def test_real_bones_are_an_adults_and_the_same_on_both_sides(real: list[Clip]) -> None:
    for clip in real:
        joints = at(clip)
        assert 0.30 < length(joints, "left_shoulder", "right_shoulder") < 0.42
        for near, far, low, high in (("hip", "knee", 0.35, 0.50), ("elbow", "wrist", 0.20, 0.32)):
            sides = [length(joints, f"{s}_{near}", f"{s}_{far}") for s in ("left", "right")]
            assert low < min(sides) < high
            assert sides[0] == pytest.approx(sides[1], rel=0.02)


@needs_data
def test_real_clips_start_with_the_motion_and_never_jump_unmasked(real: list[Clip]) -> None:
    frames = {clip.name: len(clip) for clip in real}
    assert (frames["003_02"], frames["007_05"], frames["007_01"]) == (182 - 25, 259 - 1, 157)
    for clip in real:
        both = clip.mask[0, 1:] & clip.mask[0, :-1]
        speed = np.linalg.norm(np.diff(clip.joints[0], axis=0), axis=-1)[both] * clip.frame_rate
        assert speed.max() < 12.1  # m/s
        assert clip.mask.mean() > 0.9


def length(joints: dict[str, Array], near: str, far: str) -> float:
    return float(np.median(np.linalg.norm(joints[near] - joints[far], axis=-1)))

"""UTD-MHAD: files written here in its format, and the real set where it lies beside us."""

from __future__ import annotations

import logging
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.io import savemat

from datasets.kinect_chirality import forward_agrees
from datasets.protocols import Split, parted
from datasets.utd_mhad import CLASS_NAMES, PROTOCOLS, SPLITS, clips, files, read, split_of
from tests.conftest import SHARED
from wildpose.joints import joint_set
from wildpose.types import Clip

ARCHIVE = SHARED / "utd_mhad.tar.xz"
KINECT20 = joint_set("kinect20")
needs_data = pytest.mark.skipif(not ARCHIVE.exists(), reason="UTD-MHAD is not beside this checkout")


def skeleton(count: int) -> npt.NDArray[np.float64]:
    """(20, 3, T) as in a file: joint 5 in frame 2 lies at (5.02, 5.12, 5.22)."""
    joint, axis, frame = np.indices((20, 3, count))
    return joint + axis / 10 + frame / 100


def written(folder: Path, d_skel: object, *, name: str = "a12_s7_t4_skeleton") -> Path:
    path = folder / f"{name}.mat"
    savemat(path, {"d_skel": d_skel})
    return path


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """The first trial of every action and subject."""
    folder = tmp_path_factory.mktemp("utd_mhad")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if "_t1_" in m.name]
        archive.extractall(folder, members=wanted, filter="data")
    return list(clips(folder / "utd_mhad"))


def test_a_file_becomes_a_clip_of_frames_with_joints_in_order(tmp_path: Path) -> None:
    clip = read(written(tmp_path, skeleton(4)))
    assert clip.joints.shape == (1, 4, 20, 3)
    assert clip.joints.dtype == np.float32
    # The file begins head, shoulder centre, spine, hip centre; the limbs are as in kinect20.
    rows = {"head": 0, "spine_shoulder": 1, "spine_mid": 2, "spine_base": 3, "left_shoulder": 4}
    rows |= {"right_hand": 11, "left_foot": 15, "right_hip": 16, "right_foot": 19}
    for name, row in rows.items():
        expected = [row + 0.02, row + 0.12, row + 0.22]
        np.testing.assert_allclose(clip.joints[0, 2, KINECT20.index(name)], expected, rtol=1e-6)
    assert clip.mask.tolist() == [[True] * 4]
    assert (clip.joint_set, clip.axes, clip.name) == ("kinect20", "kinect", "a12_s7_t4_skeleton")
    assert (clip.subject, split_of(clip)) == ("s7", "val")


def test_labels_count_the_actions_from_zero(tmp_path: Path) -> None:
    for number, name in {1: "swipe left", 12: "bowling", 22: "jog", 27: "squat"}.items():
        clip = read(written(tmp_path, skeleton(1), name=f"a{number}_s1_t1_skeleton"))
        assert clip.label is not None
        assert CLASS_NAMES[clip.label] == name
    assert len(CLASS_NAMES) == 27


def test_a_clip_of_one_frame_keeps_it(tmp_path: Path) -> None:
    # MATLAB has no third dimension of length one: such an array is saved as 20x3.
    assert len(read(written(tmp_path, skeleton(1)[..., 0]))) == 1


def test_a_frame_that_is_all_zero_is_masked(tmp_path: Path) -> None:
    d_skel = skeleton(3)
    d_skel[..., 0] = 0
    assert read(written(tmp_path, d_skel)).mask.tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("d_skel", "wrong"),
    [
        (skeleton(2)[:19], r"expected d_skel of shape \(20, 3, T\), got \(19, 3, 2\)"),
        (skeleton(2)[:, :2], r"got \(20, 2, 2\)"),
        (np.zeros((20, 3, 0)), r"got \(20, 3, 0\)"),
        ("left foot", "numeric 'd_skel'"),
        (np.zeros((20, 3, 2)), "nobody was tracked"),
        (np.full((20, 3, 2), np.nan), "not a finite number"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, d_skel: object, wrong: str
) -> None:
    path = written(tmp_path, d_skel)
    with pytest.raises(ValueError, match=rf"{path.name}: .*{wrong}"):
        read(path)


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_named(tmp_path: Path, share: float) -> None:
    path = written(tmp_path, skeleton(5))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=rf"{path.name}: no MATLAB file with a numeric 'd_skel'"):
        read(path)


def test_a_matlab_file_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    savemat(path, {"d_depth": np.ones((2, 2))})
    with pytest.raises(ValueError, match=r"a1_s1_t1_skeleton\.mat: .*'d_skel'"):
        read(path)


@pytest.mark.parametrize("name", ["a28_s1_t1_skeleton", "a1_s9_t1_skeleton", "a1_s1_t1_inertial"])
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name of UTD-MHAD"):
        read(written(tmp_path, skeleton(1), name=name))


def test_files_are_sorted_and_other_files_are_passed_by(tmp_path: Path) -> None:
    second = written(tmp_path, skeleton(1), name="a2_s1_t1_skeleton")
    first = written(tmp_path, skeleton(1), name="a1_s8_t4_skeleton")
    written(tmp_path, skeleton(1), name="a1_s1_t1_inertial")
    assert files(tmp_path) == [first, second]


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no UTD-MHAD .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_a_file_without_anybody_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, np.zeros((20, 3, 2)), name="a1_s1_t1_skeleton")
    written(tmp_path, skeleton(1), name="a2_s1_t1_skeleton")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["a2_s1_t1_skeleton"]
    assert "a1_s1_t1_skeleton.mat" in caplog.text


def test_even_subjects_are_the_test_split() -> None:
    assert {s for s, split in SPLITS.items() if split == "test"} == {"s2", "s4", "s6", "s8"}
    assert Counter(SPLITS.values()) == {"train": 3, "val": 1, "test": 4}


@needs_data
def test_all_classes_and_subjects_are_there(real: list[Clip]) -> None:
    assert {clip.label for clip in real} == set(range(27))
    assert {clip.subject for clip in real} == set(SPLITS)


@needs_data
def test_the_protocol_parts_the_set_as_published() -> None:
    with tarfile.open(ARCHIVE) as archive:
        names = [Path(n).stem for n in archive.getnames() if n.endswith(".mat")]
    parts = parted(names, PROTOCOLS["xsub"])
    assert (len(parts["train"]) + len(parts["val"]), len(parts["test"])) == (431, 430)
    assert len(parts["val"]) == 108
    expected: dict[Split, str] = {"train": "135", "val": "7", "test": "2468"}
    for split, subjects in expected.items():
        assert {name.split("_")[1] for name in parts[split]} == {f"s{n}" for n in subjects}
        assert len({name.split("_")[0] for name in parts[split]}) == 27  # actions


@needs_data
def test_people_who_stand_face_where_their_feet_point(real: list[Clip]) -> None:
    agrees = [forward_agrees(clip.joints[0][clip.mask[0]], "kinect20") for clip in real]
    assert np.concatenate(agrees).mean() > 0.95


@needs_data
@pytest.mark.parametrize("action", ["wave", "throw", "draw X", "knock", "catch"])
def test_what_one_arm_does_is_done_by_the_right_one(real: list[Clip], action: str) -> None:
    left, right = (KINECT20.index(f"{side}_wrist") for side in ("left", "right"))
    for clip in real:
        if clip.label == CLASS_NAMES.index(action):
            joints = clip.joints[0][clip.mask[0]]
            joints = joints - joints[:, [KINECT20.index("spine_shoulder")]]
            path = np.linalg.norm(np.diff(joints, axis=0), axis=-1).sum(axis=0)  # (20,) m
            assert path[right] > 2 * path[left]


@needs_data
@pytest.mark.parametrize(
    ("parent", "child", "low", "high"),
    [
        ("hip", "knee", 0.35, 0.50),
        ("knee", "ankle", 0.33, 0.46),
        ("shoulder", "elbow", 0.22, 0.34),
        ("elbow", "wrist", 0.20, 0.32),
    ],
)
def test_limbs_are_an_adults_and_alike_on_both_sides(
    real: list[Clip], parent: str, child: str, low: float, high: float
) -> None:
    joints = np.concatenate([clip.joints[0][clip.mask[0]] for clip in real])
    medians = []
    for side in ("left", "right"):
        a, b = KINECT20.index(f"{side}_{parent}"), KINECT20.index(f"{side}_{child}")
        medians.append(np.median(np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)))
    assert low < min(medians)
    assert max(medians) < high
    assert abs(medians[0] - medians[1]) < 0.02  # m

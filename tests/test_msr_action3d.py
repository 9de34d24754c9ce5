"""MSR Action3D: files written here in its format, and the real set where it lies beside us."""

from __future__ import annotations

import logging
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from datasets.kinect_chirality import forward_agrees
from datasets.msr_action3d import (
    CLASS_NAMES,
    PROTOCOLS,
    ROWS,
    SPLITS,
    clips,
    files,
    read,
    split_of,
)
from datasets.protocols import parted
from tests.conftest import SHARED
from wildpose.joints import joint_set
from wildpose.types import Clip

ARCHIVE = SHARED / "msr_action3d.tar.xz"
KINECT20 = joint_set("kinect20")
ALL_ZERO = "a13_s09_e02_skeleton3D"
needs_data = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="MSR Action3D is not beside this checkout"
)


def rows(count: int) -> npt.NDArray[np.float64]:
    """(T * 20, 4) as in a file: row 5 of frame 2 is 5.02, 5.12, 5.22 with confidence 1."""
    frame, row, axis = np.indices((count, 20, 3))
    joints = row + axis / 10 + frame / 100
    return np.concatenate([joints, np.ones((count, 20, 1))], axis=-1).reshape(-1, 4)


def written(folder: Path, table: npt.NDArray, *, name: str = "a17_s09_e01_skeleton3D") -> Path:
    path = folder / f"{name}.txt"
    np.savetxt(path, table, fmt="%.6f")
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second trial of every action and subject."""
    folder = tmp_path_factory.mktemp("msr_action3d")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if "_e02_" in m.name]
        archive.extractall(folder, members=wanted, filter="data")
    return folder / "msr_action3d"


@pytest.fixture(scope="session")
def real(folder: Path) -> list[Clip]:
    return list(clips(folder))


def test_a_file_becomes_a_clip_of_frames_with_joints_in_order(tmp_path: Path) -> None:
    clip = read(written(tmp_path, rows(4)))
    assert clip.joints.shape == (1, 4, 20, 3)
    assert clip.joints.dtype == np.float32
    order = {"left_shoulder": 0, "right_shoulder": 1, "spine_shoulder": 2, "spine_mid": 3}
    order |= {"left_hip": 4, "right_hip": 5, "spine_base": 6, "right_wrist": 10, "head": 19}
    for name, row in order.items():
        expected = [row + 0.02, row + 0.12, row + 0.22]
        np.testing.assert_allclose(clip.joints[0, 2, KINECT20.index(name)], expected, rtol=1e-6)
    assert clip.mask.tolist() == [[True] * 4]
    assert (clip.joint_set, clip.axes) == ("kinect20", "kinect")
    assert clip.name == "a17_s09_e01_skeleton3D"
    assert (clip.subject, split_of(clip)) == ("s09", "val")


def test_every_row_of_the_file_is_used_once() -> None:
    assert sorted(ROWS) == list(range(20))


def test_labels_count_the_actions_from_zero(tmp_path: Path) -> None:
    names = {1: "high arm wave", 10: "hand clap", 16: "jogging", 20: "pickup and throw"}
    for number, name in names.items():
        clip = read(written(tmp_path, rows(1), name=f"a{number:02}_s01_e01_skeleton3D"))
        assert clip.label is not None
        assert CLASS_NAMES[clip.label] == name
    assert len(CLASS_NAMES) == 20


def test_a_frame_without_anybody_is_masked_whatever_its_confidence(tmp_path: Path) -> None:
    table = rows(3)
    table[20:40, :3] = 0
    clip = read(written(tmp_path, table))
    assert clip.mask.tolist() == [[True, False, True]]
    assert not clip.joints[0, 1].any()


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        (rows(2)[:-1], r"expected 20 rows of x, y, z, confidence per frame, got \(39, 4\)"),
        (rows(2)[:, :3], r"got \(40, 3\)"),
        (rows(0), r"got \(0,\)"),
        (np.zeros((40, 4)), "nobody was tracked"),
        (np.full((20, 4), np.nan), "not a finite number"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, table: npt.NDArray, wrong: str
) -> None:
    path = written(tmp_path, table)
    with pytest.raises(ValueError, match=rf"{path.name}: .*{wrong}"):
        read(path)


@pytest.mark.parametrize("line", ["0.1 0.2", "0.1 0.2 0.3 high", "0.1 0.2 0.3 1 5", "\udcff"])
def test_a_line_cut_short_or_no_numbers_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, rows(1)[:19])
    path.write_bytes(path.read_bytes() + line.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=rf"{path.name}: not a table of numbers in four columns"):
        read(path)


@pytest.mark.parametrize("name", ["a21_s01_e01_skeleton3D", "a01_s11_e01_skeleton3D", "ActionSet1"])
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name of MSR Action3D"):
        read(written(tmp_path, rows(1), name=name))


def test_files_are_sorted_and_the_authors_lists_are_passed_by(tmp_path: Path) -> None:
    second = written(tmp_path, rows(1), name="a02_s01_e01_skeleton3D")
    first = written(tmp_path, rows(1), name="a01_s10_e03_skeleton3D")
    (tmp_path / "ActionSet1.txt").write_text("a02_s01_e01\n")
    assert files(tmp_path) == [first, second]


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no MSR Action3D .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_a_file_without_anybody_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, np.zeros((40, 4)), name=ALL_ZERO)
    written(tmp_path, rows(1), name="a13_s09_e03_skeleton3D")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["a13_s09_e03_skeleton3D"]
    assert f"{ALL_ZERO}.txt" in caplog.text


def test_even_subjects_are_the_test_split() -> None:
    tested = {s for s, split in SPLITS.items() if split == "test"}
    assert tested == {"s02", "s04", "s06", "s08", "s10"}
    assert Counter(SPLITS.values()) == {"train": 4, "val": 1, "test": 5}


@needs_data
def test_the_published_all_zero_file_is_the_only_one_left_out(
    folder: Path, real: list[Clip]
) -> None:
    assert {path.stem for path in files(folder)} - {clip.name for clip in real} == {ALL_ZERO}
    with pytest.raises(ValueError, match="nobody was tracked"):
        read(folder / f"{ALL_ZERO}.txt")


@needs_data
def test_the_protocol_parts_the_set_by_odd_and_even_subjects() -> None:
    with tarfile.open(ARCHIVE) as archive:
        names = [Path(n).stem for n in archive.getnames() if n.endswith("_skeleton3D.txt")]
    parts = parted(names, PROTOCOLS["xsub"])
    # One of the files for validation is the one without anybody.
    assert {split: len(part) for split, part in parts.items()} == {
        "train": 232,
        "val": 60,
        "test": 275,
    }
    assert {name[4:7] for name in parts["test"]} == {"s02", "s04", "s06", "s08", "s10"}
    assert {name[4:7] for name in parts["val"]} == {"s09"}
    for part in parts.values():
        assert len({name[:3] for name in part}) == 20  # actions


@needs_data
def test_all_classes_and_subjects_are_there(real: list[Clip]) -> None:
    assert {clip.label for clip in real} == set(range(20))
    assert {clip.subject for clip in real} == set(SPLITS)


@needs_data
def test_people_who_stand_face_where_their_feet_point(real: list[Clip]) -> None:
    agrees = [forward_agrees(clip.joints[0][clip.mask[0]], "kinect20") for clip in real]
    assert np.concatenate(agrees).mean() > 0.95


@needs_data
@pytest.mark.parametrize("action", ["high arm wave", "hammer", "high throw", "draw x", "draw tick"])
def test_what_one_arm_does_is_done_by_the_right_one(real: list[Clip], action: str) -> None:
    # Independent of the feet: subjects were told to use the right arm (Li et al. 2010).
    left, right = (KINECT20.index(f"{side}_wrist") for side in ("left", "right"))
    ratios = []
    for clip in real:
        if clip.label == CLASS_NAMES.index(action):
            joints = clip.joints[0][clip.mask[0]]
            joints = joints - joints[:, [KINECT20.index("spine_shoulder")]]
            path = np.linalg.norm(np.diff(joints, axis=0), axis=-1).sum(axis=0)  # (20,) m
            ratios.append(path[right] / path[left])
    assert np.median(ratios) > 2


@needs_data
@pytest.mark.parametrize(
    ("parent", "child", "low", "high"),
    [
        ("hip", "knee", 0.45, 0.60),  # this early tracker puts the hips at the height of the waist
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

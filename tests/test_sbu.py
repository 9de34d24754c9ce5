"""SBU Kinect Interaction: files written here in its format, and the folds."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.protocols import Split, parted
from datasets.sbu import CLASS_NAMES, FOLDS, PAIRS, PROTOCOLS, clips, files, read, recordings
from tests.made_kinect_pictures import hands_are_found, stored_picture
from wildpose.geometry import Array, rotation_y
from wildpose.joints import convert, joint_set

SBU15 = joint_set("sbu15")
LIMBS = [("hip", "knee"), ("knee", "foot"), ("shoulder", "elbow"), ("elbow", "hand")]


def person(T: int, *, turn: float, place: tuple[float, float, float]) -> Array:
    """(T, 15, 3) m, kinect axes: somebody who waves, turned about y, feet 0.9 m below the sensor.

    At no turn the person looks away from the sensor.
    """
    joints = MOTIONS["wave"](np.arange(T) / 15, Body(), Style()) @ rotation_y(turn).T
    return convert(joints, "kinect25", "sbu15") + place


def two_people(T: int = 3) -> Array:
    """(2, T, 15, 3) m: they stand in front of the sensor, side on, and look at each other."""
    return np.stack(
        [
            person(T, turn=np.pi / 2, place=(-0.6, -0.9, 2.2)),
            person(T, turn=-np.pi / 2, place=(0.6, -0.9, 2.6)),
        ]
    )


def rows(people: Array, *, first: int = 1) -> npt.NDArray[np.float64]:
    """(T, 91) as in a file: the readme's formulas, undone by hand."""
    millimetres = 1000 * people
    x = (1280 - millimetres[..., 0]) / 2560
    y = (960 - millimetres[..., 1]) / 1920
    z = millimetres[..., 2] * 7.8125 / 10000
    joints = np.stack([x, y, z], axis=-1).transpose(1, 0, 2, 3)  # (T, 2, 15, 3)
    numbers = np.arange(first, first + len(joints), dtype=float)[:, None]
    return np.hstack([numbers, joints.reshape(len(joints), 90)])


def written(folder: Path, table: npt.NDArray, *, where: str = "s01s02/03/001") -> Path:
    path = folder / where / "skeleton_pos.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, table, fmt=["%d"] + ["%.7f"] * (table.shape[1] - 1), delimiter=",")
    return path


def test_a_file_becomes_a_clip_with_two_people_where_they_were(tmp_path: Path) -> None:
    clip = read(written(tmp_path, rows(two_people(4), first=120)))
    assert clip.joints.shape == (2, 4, 15, 3)
    assert clip.joints.dtype == np.float32
    np.testing.assert_allclose(clip.joints, two_people(4), atol=1e-6)
    assert clip.mask.all()
    assert (clip.joint_set, clip.axes, clip.name) == ("sbu15", "kinect", "s01s02_03_001")
    assert (clip.subject, clip.frame_rate) == ("s01s02", 15.0)
    assert clip.label == CLASS_NAMES.index("kicking")


def test_the_middle_is_straight_ahead_and_a_unit_of_depth_is_128_centimetres(
    tmp_path: Path,
) -> None:
    table = np.hstack([[1.0], np.tile((0.5, 0.5, 2.0), 30)])[None]
    table[0, 1:4] = (0.0, 0.0, 1.0)  # the head of the first person: to the sensor's left, and up
    joints = read(written(tmp_path, table)).joints[:, 0]
    np.testing.assert_allclose(joints[0, SBU15.index("head")], (1.28, 0.96, 1.28), atol=1e-6)
    np.testing.assert_allclose(joints[1], np.tile((0, 0, 2.56), (15, 1)), atol=1e-6)


@pytest.mark.parametrize("distance", [1.5, 2.3, 3.5])
def test_limbs_are_an_adults_at_any_distance(tmp_path: Path, distance: float) -> None:
    people = two_people() + np.array((0, 0, distance - 2.4))
    joints = read(written(tmp_path, rows(people))).joints
    for parent, child in LIMBS:
        for side in ("left", "right"):
            a, b = SBU15.index(f"{side}_{parent}"), SBU15.index(f"{side}_{child}")
            lengths = np.linalg.norm(joints[:, :, a] - joints[:, :, b], axis=-1)
            expected = np.linalg.norm(two_people()[:, :, a] - two_people()[:, :, b], axis=-1)
            np.testing.assert_allclose(lengths, expected, atol=1e-5)
            assert lengths.min() > 0.2 and lengths.max() < 0.6


def test_people_face_each_other_with_the_sides_of_their_bodies(tmp_path: Path) -> None:
    joints = read(written(tmp_path, rows(two_people()))).joints[:, 0]
    across = joints[:, SBU15.index("left_shoulder")] - joints[:, SBU15.index("right_shoulder")]
    chests = np.cross(across, (0, 1, 0))
    between = joints[1, SBU15.index("neck")] - joints[0, SBU15.index("neck")]
    assert chests[0] @ between > 0
    assert chests[1] @ between < 0
    heads, feet = joints[:, SBU15.index("head"), 1], joints[:, SBU15.index("left_foot"), 1]
    assert (heads > feet + 1.3).all()  # y is up


def test_frames_that_the_file_leaves_out_are_masked(tmp_path: Path) -> None:
    people = two_people(5)
    clip = read(written(tmp_path, np.delete(rows(people, first=40), (1, 2), axis=0)))
    assert clip.mask.tolist() == [[True, False, False, True, True]] * 2
    np.testing.assert_allclose(clip.joints[:, 3], people[:, 3], atol=1e-6)
    assert not clip.joints[:, 1:3].any()


def test_a_person_whose_joints_are_all_zero_is_masked(tmp_path: Path) -> None:
    table = rows(two_people())
    table[1, 46:] = 0  # the second person of the second frame
    clip = read(written(tmp_path, table))
    assert clip.mask.tolist() == [[True, True, True], [True, False, True]]
    assert not clip.joints[1, 1].any()
    np.testing.assert_allclose(clip.joints[0], two_people()[0], atol=1e-6)


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        (rows(two_people())[:, :-1], r"expected 91 numbers in each line.*got \(3, 90\)"),
        (rows(two_people())[:, :46], r"got \(3, 46\)"),
        (np.where(np.arange(91) == 7, np.nan, rows(two_people())), "not a finite number"),
        (np.where(np.arange(91) < 1, rows(two_people()), 0), "nobody was tracked"),
        (rows(two_people())[::-1], "not numbered one after the other"),
        (rows(two_people())[[0, 0, 1]], "not numbered one after the other"),
        (rows(two_people()) * ([1e9] + [1] * 90), "not numbered one after the other"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, table: npt.NDArray, wrong: str
) -> None:
    path = written(tmp_path, table)
    with pytest.raises(ValueError, match=rf"^{path}: .*{wrong}[^\n]*$"):
        read(path)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "1,2\n1,2,3\n", "frame,x\n", "1 2 3", b"\xff\xfe\x00".decode("latin1")]
)
def test_what_is_not_its_table_is_named(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, rows(two_people()))
    path.write_bytes(text.encode("latin1"))
    with pytest.raises(ValueError, match=rf"^{path}: [^\n]*$"):
        read(path)


@pytest.mark.parametrize("where", ["s01s04/03/001", "s01s02/09/001", "s01s02/3/001", "clip"])
def test_folders_that_the_set_does_not_have_are_refused(tmp_path: Path, where: str) -> None:
    with pytest.raises(ValueError, match="not in the folders of SBU"):
        read(written(tmp_path, rows(two_people()), where=where))


def test_files_are_sorted_and_other_files_are_passed_by(tmp_path: Path) -> None:
    second = written(tmp_path, rows(two_people()), where="s01s02/03/002")
    first = written(tmp_path, rows(two_people()), where="s01s02/01/001")
    (first.parent / "rgb_000001.png").touch()
    assert files(tmp_path) == [first, second]
    assert [clip.name for clip in clips(tmp_path)] == ["s01s02_01_001", "s01s02_03_002"]


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no SBU .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_a_bad_file_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = written(tmp_path, np.zeros((3, 4)), where="s01s02/01/001")
    written(tmp_path, rows(two_people()), where="s01s02/01/002")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["s01s02_01_002"]
    assert str(bad) in caplog.text


# Folds

NAMES = [f"{pair}_{action:02}_001" for pair in PAIRS for action in range(1, 9)]


def test_21_pairs_are_in_one_fold_each() -> None:
    assert [len(fold) for fold in FOLDS] == [4, 4, 4, 4, 5]
    assert len(set(PAIRS)) == 21


def test_every_clip_is_tested_once_and_validates_once() -> None:
    assert list(PROTOCOLS) == ["fold1", "fold2", "fold3", "fold4", "fold5"]
    parts = [parted(NAMES, protocol) for protocol in PROTOCOLS.values()]
    times: dict[Split, int] = {"test": 1, "val": 1, "train": 3}
    for split, count in times.items():
        counts = Counter(name for part in parts for name in part[split])
        assert counts == dict.fromkeys(NAMES, count)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_fold_tests_and_the_next_one_validates(number: int) -> None:
    parts = parted(NAMES, PROTOCOLS[f"fold{number}"])
    assert {name[:6] for name in parts["test"]} == set(FOLDS[number - 1])
    assert {name[:6] for name in parts["val"]} == set(FOLDS[number % 5])
    assert f"fold {number} tests" in PROTOCOLS[f"fold{number}"].source


# Pictures


def with_pictures(folder: Path, people: Array, *, first: int = 398) -> Path:
    """A run of two people with what the Kinect stored of it."""
    path = written(folder, rows(people, first=first))
    for t in range(people.shape[1]):
        picture = stored_picture(people[:, t], "sbu15")
        cv2.imwrite(str(path.parent / f"rgb_{first + t:06}.png"), picture[..., ::-1])
    return path


def test_hands_are_where_they_are_in_the_pictures(tmp_path: Path) -> None:
    people = two_people()
    with_pictures(tmp_path, people)
    written(tmp_path, rows(people), where="s01s03/03/001")  # without pictures
    ((name, found),) = recordings(tmp_path)
    recording = found()
    assert name == "s01s02_03_001" and recording.joint_set == "sbu15"
    assert recording.joints_2d.shape == (2, 3, 15, 2)
    assert recording.seen_2d.all()
    assert hands_are_found(recording)
    # The readers of the set found that 640 (1 - x) is where joints are as they were stored.
    stored = 640 - recording.joints_2d[..., 0]
    assert np.corrcoef(stored.ravel(), people[..., 0].ravel())[0, 1] > 0.99


def test_a_frame_that_the_file_leaves_out_has_its_picture(tmp_path: Path) -> None:
    people = two_people(4)
    path = with_pictures(tmp_path, people)
    np.savetxt(path, np.delete(rows(people, first=398), 1, axis=0), delimiter=",")
    recording = next(iter(recordings(tmp_path)))[1]()
    assert recording.seen_2d[:, :, 0].tolist() == [[True, False, True, True]] * 2
    assert len(list(recording.pictures())) == 4
    np.testing.assert_allclose(recording.joints_2d[:, 1], 0)


def test_pictures_that_are_missing_are_named(tmp_path: Path) -> None:
    path = with_pictures(tmp_path, two_people())
    recording = next(iter(recordings(tmp_path)))[1]()
    last = path.with_name("rgb_000400.png")
    last.unlink()
    with pytest.raises(FileNotFoundError, match=str(last)):
        list(recording.pictures())
    path.with_name("rgb_000398.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"rgb_000398\.png"):
        next(iter(recordings(tmp_path)))[1]()
    path.with_name("rgb_000399.png").unlink()
    with pytest.raises(FileNotFoundError, match=rf"no pictures .*{tmp_path}.*datasets/README"):
        recordings(tmp_path)

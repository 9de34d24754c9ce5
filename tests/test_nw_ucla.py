"""NW-UCLA: files written here in its format, and the real set where it lies beside the checkout."""

from __future__ import annotations

import hashlib
import json
import logging
import tarfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from datasets.kinect_chirality import forward_agrees
from datasets.kinect_v1_camera import colour_places
from datasets.nw_ucla import (
    ACTIONS,
    CLASS_NAMES,
    PROTOCOLS,
    SPLITS,
    VALIDATION_SUBJECT,
    clips,
    files,
    read,
    recordings,
    split_of,
)
from datasets.protocols import parted
from tests.conftest import SHARED
from tests.made_kinect_pictures import hands_are_found, stored_picture, waving
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.types import Clip

ARCHIVE = SHARED / "nw_ucla.tar.xz"
KINECT20 = joint_set("kinect20")
needs_data = pytest.mark.skipif(not ARCHIVE.exists(), reason="NW-UCLA is not beside this checkout")


def frames(count: int) -> npt.NDArray[np.float64]:
    """(T, 20, 3) joints, each number another: 0.001, 0.002 and so on."""
    return np.arange(1, count * 60 + 1).reshape(count, 20, 3) / 1000


def written(folder: Path, joints: object, *, name: str = "a11_s09_e02_v03") -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"file_name": name, "skeletons": joints, "label": 9}))
    return path


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """The files of the set by the names of their clips."""
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file is not None:
                found[Path(member.name).stem] = file.read()
    return found


@pytest.fixture(scope="module")
def names(contents: dict[str, bytes]) -> list[str]:
    """Of all clips of the set."""
    return list(contents)


@pytest.fixture(scope="module")
def real(contents: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """The first take of every action, subject and view."""
    folder = tmp_path_factory.mktemp("nw_ucla")
    for name in contents:
        if "_e00_" in name:
            (folder / f"{name}.json").write_bytes(contents[name])
    return list(clips(folder))


@pytest.fixture(scope="module")
def joints_of(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Digests of the joints of all clips of the set, by name."""
    arrays = {name: np.array(json.loads(text)["skeletons"]) for name, text in contents.items()}
    return {name: hashlib.sha256(array.tobytes()).digest() for name, array in arrays.items()}


def test_a_file_becomes_a_clip_with_the_joints_where_they_were(tmp_path: Path) -> None:
    clip = read(written(tmp_path, frames(2).tolist()))
    assert clip.joints.shape == (1, 2, 20, 3)
    assert clip.joints.dtype == np.float32
    np.testing.assert_allclose(clip.joints[0], frames(2), rtol=1e-6)
    assert clip.mask.tolist() == [[True, True]]
    assert (clip.joint_set, clip.axes, clip.name) == ("kinect20", "kinect", "a11_s09_e02_v03")
    assert (clip.subject, split_of(clip)) == ("s09", "test")


def test_labels_skip_the_action_numbers_that_the_set_does_not_have(tmp_path: Path) -> None:
    names = {1: "pick up with one hand", 6: "stand up", 8: "donning", 11: "throw", 12: "carry"}
    for number, name in names.items():
        clip = read(written(tmp_path, frames(1).tolist(), name=f"a{number:02}_s01_e00_v01"))
        assert clip.label is not None
        assert CLASS_NAMES[clip.label] == name


def test_a_frame_that_is_all_zero_is_masked(tmp_path: Path) -> None:
    joints = frames(3)
    joints[1] = 0
    assert read(written(tmp_path, joints.tolist())).mask.tolist() == [[True, False, True]]


@pytest.mark.parametrize(
    ("joints", "wrong"),
    [
        ([], r"expected skeletons of shape \(T, 20, 3\), got \(0,\)"),
        (frames(2)[:, :19].tolist(), r"got \(2, 19, 3\)"),
        (frames(2)[..., :2].tolist(), r"got \(2, 20, 2\)"),
        ([frames(1)[0].tolist(), [[0.1, 0.2, 0.3]]], "20 joints in each frame"),
        ([[["left", "foot", "up"]] * 20], "20 joints in each frame"),
        (np.zeros((2, 20, 3)).tolist(), "nobody was tracked"),
        (np.full((2, 20, 3), np.nan).tolist(), "not a finite number"),
        (np.full((2, 20, 3), 1e39).tolist(), "not a finite number"),
        ([[[10**400] * 3] * 20], "20 joints in each frame"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, joints: object, wrong: str
) -> None:
    path = written(tmp_path, joints)
    with pytest.raises(ValueError, match=rf"{path.name}: .*{wrong}"):
        read(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", '{"file_name": "x"}', "\x00\x01", "7", "[" * 100_000]
)
def test_what_is_not_its_json_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a01_s01_e00_v01.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"a01_s01_e00_v01\.json: no JSON with the key"):
        read(path)


@pytest.mark.parametrize("name", ["a07_s01_e00_v01", "a01_s11_e00_v01", "a01_s01_e00", "walk"])
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name of NW-UCLA"):
        read(written(tmp_path, frames(1).tolist(), name=name))


def test_files_are_sorted_and_other_files_are_passed_by(tmp_path: Path) -> None:
    second = written(tmp_path, frames(1).tolist(), name="a02_s01_e00_v01")
    first = written(tmp_path, frames(1).tolist(), name="a01_s01_e00_v02")
    (tmp_path / "notes.json").write_text("{}")
    assert files(tmp_path) == [first, second]


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no NW-UCLA .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_a_file_without_anybody_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, np.zeros((2, 20, 3)).tolist(), name="a01_s01_e00_v01")
    written(tmp_path, frames(1).tolist(), name="a02_s01_e00_v01")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["a02_s01_e00_v01"]
    assert "a01_s01_e00_v01.json" in caplog.text


@pytest.mark.parametrize("number", ["1e39", "1" + "0" * 400, "1" + "0" * 5000, "[" * 100_000])
def test_no_number_of_a_file_ends_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, number: str
) -> None:
    written(tmp_path, frames(1).tolist(), name="a02_s01_e00_v01")
    bad = written(tmp_path, frames(1).tolist(), name="a01_s01_e00_v01")
    bad.write_text(bad.read_text().replace("0.001", number))
    assert [clip.name for clip in clips(tmp_path)] == ["a02_s01_e00_v01"]
    assert caplog.messages[0].startswith(f"left out: {bad}: ")


def test_a_take_is_in_one_split_whatever_the_view(tmp_path: Path) -> None:
    for subject in SPLITS:
        views = [
            read(written(tmp_path, frames(1).tolist(), name=f"a01_{subject}_e00_v0{view}"))
            for view in (1, 2, 3)
        ]
        assert len({split_of(clip) for clip in views}) == 1
    assert Counter(SPLITS.values()) == {"train": 7, "val": 1, "test": 2}


def test_a_view_is_kept_for_the_test_and_a_subject_of_the_others_for_validation() -> None:
    rule = PROTOCOLS["xview3"].rule
    assert [rule(f"a01_s01_e00_v0{view}") for view in (1, 2, 3)] == ["train", "train", "test"]
    held = [rule(f"a01_{VALIDATION_SUBJECT}_e00_v0{view}") for view in (1, 2, 3)]
    assert held == ["val", "val", "test"]
    assert PROTOCOLS["xview1"].rule("a01_s01_e00_v01") == "test"
    assert PROTOCOLS["xview2"].rule("a01_s01_e00_v01") == "train"


def test_distinct_protocols_train_alike_and_test_without_the_copied_actions() -> None:
    for view in (2, 3):
        published, distinct = PROTOCOLS[f"xview{view}"], PROTOCOLS[f"xview{view}_distinct"]
        assert distinct.class_names == published.class_names == CLASS_NAMES
        for action in ACTIONS:
            for subject in SPLITS:
                for seen in (1, 2, 3):
                    name = f"a{action:02}_{subject}_e00_v0{seen}"
                    left_out = seen == view and action in (2, 3)
                    assert distinct.rule(name) == (None if left_out else published.rule(name))


@needs_data
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_only_the_published_protocols_test_clips_that_are_copies_of_others(
    joints_of: dict[str, bytes], protocol: str
) -> None:
    parts = parted(list(joints_of), PROTOCOLS[protocol])
    known = {joints_of[name] for name in (*parts["train"], *parts["val"])}
    copies = [name for name in parts["test"] if joints_of[name] in known]
    assert len(copies) == (95 if protocol in ("xview2", "xview3") else 0)
    assert {name[:3] for name in copies} <= {"a02", "a03"}


@needs_data
@pytest.mark.parametrize(
    ("protocol", "training", "validation", "test"),
    [
        ("xview3", 1020, 106, 464),
        ("xview2", 980, 109, 504),
        ("xview1", 968, 101, 516),
        ("xview3_distinct", 1020, 106, 369),
        ("xview2_distinct", 980, 109, 409),
    ],
)
def test_the_protocols_part_the_set_as_they_should(
    names: list[str], protocol: str, training: int, validation: int, test: int
) -> None:
    parts = parted(names, PROTOCOLS[protocol])
    assert len(names) == 1484
    assert len(parts["train"]) + len(parts["val"]) == training
    assert (len(parts["val"]), len(parts["test"])) == (validation, test)
    assert {name[-3:] for name in parts["test"]} == {f"v0{protocol[5]}"}


@needs_data
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_take_is_in_training_and_validation_and_both_have_every_class(
    names: list[str], protocol: str
) -> None:
    parts = parted(names, PROTOCOLS[protocol])
    takes = [{name[:-4] for name in parts[split]} for split in ("train", "val")]
    assert not takes[0] & takes[1]
    found = {split: {int(name[1:3]) for name in own} for split, own in parts.items()}
    tested = set(ACTIONS) - ({2, 3} if protocol.endswith("distinct") else set())
    assert found == {"train": set(ACTIONS), "val": set(ACTIONS), "test": tested}


@needs_data
def test_all_classes_subjects_and_views_are_there(real: list[Clip]) -> None:
    assert {clip.label for clip in real} == set(range(10))
    assert {clip.subject for clip in real} == set(SPLITS)
    assert {clip.name[-3:] for clip in real} == {"v01", "v02", "v03"}


@needs_data
@pytest.mark.parametrize("view", ["v01", "v02", "v03"])
def test_people_who_stand_face_where_their_feet_point(real: list[Clip], view: str) -> None:
    seen = [c.joints[0][c.mask[0]] for c in real if c.name.endswith(view)]
    agrees = np.concatenate([forward_agrees(joints, "kinect20") for joints in seen])
    assert len(agrees) > 1000
    # 7 % of the whole set do not: Kinect takes some people who turn their back for facing it.
    assert agrees.mean() > 0.85


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


# Pictures


def in_front(T: int = 4) -> Array:
    """(T, 20, 3) m: somebody who waves and is pushed to the sensor's left, as %g writes it."""
    steps = np.linspace(-0.4, 0.5, T)[:, None, None] * (1, 0, 0)
    joints = waving(T, "kinect20", place=(0.0, -0.9, 2.6)) + steps
    return np.vectorize(lambda number: float(f"{number:g}"))(joints)


def take(
    root: Path, people: list[list[Array]], *, name: str = "a01_s01_e00", view: int = 1
) -> Path:
    """A folder of the authors' set: of each frame its picture and its skeletons."""
    folder = root / "multiview_action" / f"view_{view}" / name
    folder.mkdir(parents=True)
    for number, poses in enumerate(people, start=7):  # so that 10 comes behind 9
        time = 90_000_000 + 33 * number
        shown = np.array(poses).reshape(-1, 20, 3)
        picture = stored_picture(shown, "kinect20")
        cv2.imwrite(str(folder / f"frame_{number}_tc_{time}_rgb.jpg"), picture[..., ::-1])
        lines = []
        for person, pose in enumerate(shown):
            lines += [f"{person + 1}", *(f"{x:g},{y:g},{z:g},2" for x, y, z in pose)]
        text = folder / f"frame_{number}_tc_{time + 16}_skeletons.txt"
        text.write_text("\n".join(lines))
        (folder / f"frame_{number}_tc_{time + 16}_depth.png").touch()
    (folder / "fileList.txt").touch()
    return folder


def test_hands_are_where_they_are_in_the_pictures_of_a_clip_s_skeletons(tmp_path: Path) -> None:
    joints = in_front()
    other = joints[0] + (1.2, 0.1, 0.4)
    # The copy lacks a frame, frames without skeletons, and who else was there.
    poses = [[joints[0]], [], [other, joints[1]], [], [joints[2]], [joints[3]]]
    take(tmp_path, poses)
    written(tmp_path, joints[[0, 1, 3]].tolist(), name="a01_s01_e00_v01")
    written(tmp_path, joints.tolist(), name="a01_s01_e00_v02")  # without pictures
    ((name, found),) = recordings(tmp_path)
    recording = found()
    assert name == "a01_s01_e00_v01"
    assert recording.frames.tolist() == [0, 2, 5]
    assert recording.joints_2d.shape == (1, 3, 20, 2) and recording.seen_2d.all()
    assert hands_are_found(recording)


def test_a_frame_without_a_skeleton_is_shown_as_the_one_before(tmp_path: Path) -> None:
    joints = in_front(4)
    take(tmp_path, [[pose] for pose in joints])
    joints[[0, 2]] = 0
    written(tmp_path, joints.tolist(), name="a01_s01_e00_v01")
    recording = next(iter(recordings(tmp_path)))[1]()
    assert recording.frames.tolist() == [1, 1, 1, 3]
    assert recording.seen_2d[0, :, 0].tolist() == [False, True, False, True]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0)])
def test_pictures_of_other_skeletons_are_refused(tmp_path: Path, order: tuple[int, ...]) -> None:
    joints = in_front(3)
    folder = take(tmp_path, [[joints[0]], [joints[1]]])
    path = written(tmp_path, joints[list(order)].tolist(), name="a01_s01_e00_v01")
    wrong = (
        rf"^{path}: no later frame has its pose \d of {len(order)}: are the pictures in {folder} "
    )
    with pytest.raises(ValueError, match=wrong):
        next(iter(recordings(tmp_path)))[1]()


@pytest.mark.parametrize("name", ["a02_s01_e00", "a03_s01_e00"])
def test_a_clip_with_another_view_s_skeletons_has_pictures_of_its_own(
    tmp_path: Path, name: str
) -> None:
    own = in_front(5) + np.array((0.1, 0.0, 0.3))  # as this view sees the take
    take(tmp_path, [[], *([pose] for pose in own), []], name=name, view=3)
    copied = in_front(3)
    path = written(tmp_path, copied.tolist(), name=f"{name}_v03")
    recording = next(iter(recordings(tmp_path)))[1]()
    assert recording.frames.tolist() == [1, 3, 5]
    assert recording.joints_2d.shape == (1, *read(path).joints.shape[1:3], 2)
    assert hands_are_found(recording)


def test_pictures_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    joints = in_front(2)
    written(tmp_path, joints.tolist(), name="a01_s01_e00_v01")
    with pytest.raises(FileNotFoundError, match=rf"no pictures .*{tmp_path}.*datasets/README"):
        recordings(tmp_path)
    folder = take(tmp_path, [[pose] for pose in joints])
    text = next(folder.glob("frame_8_*_skeletons.txt"))
    for content in ("1\n0.1,0.2,0.3,2", "1\n" + "left,0,1,2\n" * 20, "1\n" + "nan,0,1,2\n" * 20):
        text.write_text(content)
        with pytest.raises(ValueError, match=rf"^{text}: [^\n]*$"):
            next(iter(recordings(tmp_path)))[1]()
    for path in folder.glob("*_rgb.jpg"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match=rf"no pictures \(frame_N_.* in {folder}"):
        next(iter(recordings(tmp_path)))[1]()


@needs_data
def test_as_the_kinects_camera_sees_them_people_are_in_the_picture(real: list[Clip]) -> None:
    inside = []
    for clip in real:
        places, seen = colour_places(clip.joints, clip.mask)
        inside.append(((places[seen] > 0) & (places[seen] < (640, 480))).all(axis=-1))
    assert np.concatenate(inside).mean() > 0.99

"""Toyota Smarthome: files written here in its format, and the authors' lists where they lie."""

from __future__ import annotations

import json
import logging
import tarfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.protocols import parted
from datasets.smarthome import clips, files, followed, read, recordings
from datasets.smarthome_protocols import CLASS_NAMES, CROSS_VIEW_CLASS_NAMES, PROTOCOLS, SUBJECTS
from tests.conftest import SHARED
from tests.made_kinect_pictures import RED, is_of
from tests.media import write_video
from wildpose.geometry import Array
from wildpose.joints import convert, torso
from wildpose.video import VideoError

NAME = "Drink.Fromcup_p04_r02_v09_c01"
LISTS = SHARED / "protocols.tar.xz"
needs_lists = pytest.mark.skipif(not LISTS.exists(), reason="the lists are not beside us")
FOCAL = 525.0  # px

Person = dict[str, list[float]]


def body(T: int = 3, *, place: tuple[float, float, float] = (0.0, 0.0, 3.0)) -> Array:
    """(T, 13, 3) m, kinect axes: somebody who faces the camera, with the torso somewhere."""
    joints = convert(MOTIONS["wave"](np.arange(T) / 20, Body(), Style()), "kinect25", "lcr13")
    joints = joints * (-1.0, 1.0, -1.0)  # half a turn: their left is the camera's right
    return joints - torso(joints, "lcr13") + place


def person(joints: Array) -> Person:
    """As in a file: (13, 3) m of one person in one frame, and where a camera sees them."""
    flat = FOCAL * joints[:, :2] / joints[:, 2:] * -1 + (320, 240)
    centred = joints - torso(joints, "lcr13")
    return {"pose2d": flat.T.ravel().tolist(), "pose3d": centred.T.ravel().tolist()}


def written(
    folder: Path, frames: object, *, name: str = NAME, others: dict[str, object] | None = None
) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"K": 20, "njts": 13, "frames": frames, **(others or {})}))
    return path


def frames_of(*people: Array) -> list[list[Person]]:
    return [[person(joints) for joints in here] for here in zip(*people, strict=True)]


def test_a_file_becomes_a_clip_with_the_joints_where_they_were(tmp_path: Path) -> None:
    clip = read(written(tmp_path, frames_of(body(4, place=(0.4, -0.2, 3.0)))))
    assert clip.joints.shape == (1, 4, 13, 3)
    assert clip.joints.dtype == np.float32
    np.testing.assert_allclose(clip.joints[0], body(4, place=(0, 0, 0)), atol=1e-6)
    assert clip.mask.tolist() == [[True] * 4]
    assert (clip.joint_set, clip.axes, clip.name) == ("lcr13", "kinect", NAME)
    assert (clip.subject, clip.frame_rate) == ("p04", 20.0)
    assert clip.label == CLASS_NAMES.index("Drink.Fromcup") == 8


def test_numbers_come_as_all_x_then_all_y_then_all_z(tmp_path: Path) -> None:
    frame = frames_of(body(1))[0]
    joints = read(written(tmp_path, [frame])).joints[0, 0]
    for joint in (0, 5, 12):
        expected = [frame[0]["pose3d"][joint + 13 * axis] for axis in range(3)]
        np.testing.assert_allclose(joints[joint], expected, atol=1e-6)


def test_files_of_version_1_2_are_named_like_those_of_the_first(tmp_path: Path) -> None:
    clip = read(written(tmp_path, frames_of(body()), name=f"{NAME}_pose3d"))
    assert clip.name == NAME


def test_poses_in_camera_axes_are_turned(tmp_path: Path) -> None:
    expected = read(written(tmp_path, frames_of(body()))).joints
    frames = frames_of(body())
    for frame in frames:  # x to the right and y down, as a lifter has them
        numbers = np.array(frame[0]["pose3d"]).reshape(3, 13) * ((-1,), (-1,), (1,))
        frame[0]["pose3d"] = numbers.ravel().tolist()
    np.testing.assert_allclose(read(written(tmp_path, frames)).joints, expected, atol=1e-6)


@pytest.mark.parametrize("mirror", [(-1, 1, 1), (1, -1, 1)])
def test_mirrored_poses_are_refused(tmp_path: Path, mirror: tuple[int, int, int]) -> None:
    frames = frames_of(body())
    for frame in frames:
        numbers = np.array(frame[0]["pose3d"]).reshape(3, 13) * np.array(mirror)[:, None]
        frame[0]["pose3d"] = numbers.ravel().tolist()
    with pytest.raises(ValueError, match=rf"{NAME}\.json: 3D poses are mirrored against 2D poses"):
        read(written(tmp_path, frames))


def test_poses_in_millimetres_are_refused(tmp_path: Path) -> None:
    frames = frames_of(body())
    for frame in frames:
        frame[0]["pose3d"] = [1000 * number for number in frame[0]["pose3d"]]
    with pytest.raises(ValueError, match=r"trunks of 3D poses are \d+ long: are they in metres\?"):
        read(written(tmp_path, frames))


def test_frames_without_anybody_are_masked(tmp_path: Path) -> None:
    frames = frames_of(body(4))
    frames[1] = []
    clip = read(written(tmp_path, frames))
    assert clip.mask.tolist() == [[True, False, True, True]]
    assert not clip.joints[0, 1].any()


def test_two_people_are_told_apart_when_they_change_places_in_the_file(tmp_path: Path) -> None:
    one, other = body(6, place=(-0.8, 0.0, 3.0)), body(6, place=(0.9, 0.0, 3.5))
    other = np.flip(other, axis=0) * (1.1, 1.0, 1.0)  # so that they differ about their torsos
    frames = frames_of(one, other)
    for t in (2, 3, 5):
        frames[t].reverse()
    clip = read(written(tmp_path, frames))
    assert clip.mask.all() and len(clip.mask) == 2
    for joints, expected in zip(clip.joints, (one, other), strict=True):
        np.testing.assert_allclose(joints, expected - torso(expected, "lcr13"), atol=1e-6)


# Who is who


def poses(*places: float) -> Array:
    """(N, 4, 2) px: squares of 100 px, so many to the right."""
    square = np.array([(0, 0), (100, 0), (0, 100), (100, 100)], dtype=float)
    shifts = np.array([(place, 0.0) for place in places]).reshape(-1, 1, 2)
    return square + shifts


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([[0], [10], [20]], [[0], [0], [0]]),
        ([[0, 300], [300, 0]], [[0, 1], [1, 0]]),
        ([[0], [], [5]], [[0], [], [0]]),  # the same person is back
        ([[0], [200]], [[0], [1]]),  # too far for one frame
        ([[0], [300, 5], [301, 6]], [[0], [1, 0], [1, 0]]),  # somebody comes in
        ([[], [0]], [[], [0]]),
        ([[0, 40], [30, 70]], [[0, 1], [0, 1]]),  # both move; all steps together are smallest
    ],
)
def test_people_are_followed_by_where_they_are(
    places: Sequence[Sequence[float]], expected: list[list[int]]
) -> None:
    people = followed([poses(*here) for here in places])
    assert [own.tolist() for own in people] == expected


def test_nobody_is_two_people_at_once() -> None:
    rng = np.random.default_rng(0)
    frames = [rng.uniform(0, 640, (rng.integers(0, 5), 13, 2)) for _ in range(40)]
    for own in followed(frames):
        assert len(set(own.tolist())) == len(own)


# What is wrong


def spoiled(key: str, value: object) -> list[list[dict[str, object]]]:
    frame: dict[str, object] = dict(frames_of(body(1))[0][0])
    frame[key] = value
    return [[frame]]


@pytest.mark.parametrize(
    ("frames", "wrong"),
    [
        ([], "nobody was found in any frame"),
        ([[], []], "nobody was found in any frame"),
        (spoiled("pose3d", [0.1] * 38), "'pose3d' of 39 numbers"),
        (spoiled("pose2d", [0.1] * 39), "'pose2d' of 26"),
        (spoiled("pose3d", ["left"] * 39), "'pose3d' of 39 numbers"),
        (spoiled("pose3d", None), "'pose3d' of 39 numbers"),
        (spoiled("pose3d", [float("nan")] * 39), "not a finite number"),
        (spoiled("pose3d", [1e39] * 39), "not a finite number"),
        (spoiled("pose3d", [1e300] * 39), "not a finite number"),
        (spoiled("pose2d", [-1e39] * 26), "not a finite number"),
        (spoiled("pose3d", [10**400] * 39), "'pose3d' of 39 numbers"),
        ([[{"pose3d": [0.1] * 39}]], "'pose2d' of 26"),
        ([{"pose3d": []}], "'frames'"),
        (7, "'frames'"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, frames: object, wrong: str
) -> None:
    path = written(tmp_path, frames)
    with pytest.raises(ValueError, match=rf"^{path}: .*{wrong}[^\n]*$"):
        read(path)


def test_other_joints_than_13_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, frames_of(body()), others={"njts": 17})
    with pytest.raises(ValueError, match=r"\(17 joints\)"):
        read(path)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"K": 1}', "\x00", "[" * 100_000])
def test_what_is_not_its_json_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / f"{NAME}.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"^{path}: no JSON with the key 'frames'[^\n]*$"):
        read(path)


@pytest.mark.parametrize("name", ["Walk_p3_r00_v01_c01", "Walk", "P02T01C06", f"{NAME}_2"])
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name of Toyota Smarthome"):
        read(written(tmp_path, frames_of(body()), name=name))


# The set


def test_files_of_version_1_2_stand_for_the_others(tmp_path: Path) -> None:
    first = written(tmp_path, frames_of(body()), name="Walk_p02_r00_v01_c01")
    second = written(tmp_path, frames_of(body()), name="Walk_p03_r00_v01_c01")
    (tmp_path / "notes.json").write_text("{}")
    assert files(tmp_path) == [first, second]
    refined = written(tmp_path, frames_of(body()), name="Walk_p02_r00_v01_c01_pose3d")
    assert files(tmp_path) == [refined]


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no Toyota .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_a_bad_file_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, [[]], name="Walk_p02_r00_v01_c01")
    written(tmp_path, frames_of(body()), name="Walk_p03_r00_v01_c01")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == ["Walk_p03_r00_v01_c01"]
    assert "Walk_p02_r00_v01_c01.json" in caplog.text


def test_pour_from_cup_is_no_class_and_in_no_split(tmp_path: Path) -> None:
    name = "Pour.Fromcup_p02_r00_v01_c01"
    assert read(written(tmp_path, frames_of(body()), name=name)).label is None
    assert all(protocol.rule(name) is None for protocol in PROTOCOLS.values())


# Protocols


@cache
def official(part: str) -> frozenset[str]:
    """Names of one of the authors' lists, without Pour.Fromcup."""
    with tarfile.open(LISTS) as archive:
        file = archive.extractfile(f"protocols/smarthome/{part}.txt")
        assert file is not None
        names = file.read().decode().split()
    return frozenset(name.removesuffix(".mp4") for name in names if "Pour.Fromcup" not in name)


def all_names() -> list[str]:
    """Of the whole set: each is in one of the lists by subject."""
    return sorted(official("train_CS") | official("validation_CS") | official("test_CS"))


@needs_lists
@pytest.mark.parametrize(
    ("protocol", "suffix", "sizes"),
    [
        ("xsub", "CS", (8829, 1853, 5433)),
        ("xview1", "CV1", (1877, 3539, 1901)),
        ("xview2", "CV2", (7806, 3539, 1901)),
    ],
)
def test_the_protocols_give_the_names_of_the_authors_lists(
    protocol: str, suffix: str, sizes: tuple[int, int, int]
) -> None:
    parts = parted(all_names(), PROTOCOLS[protocol])
    assert set(parts["train"]) == official(f"train_{suffix}")
    assert set(parts["val"]) == official(f"validation_{suffix}")
    assert set(parts["test"]) == official(f"test_{suffix}")
    assert (len(parts["train"]), len(parts["val"]), len(parts["test"])) == sizes


@needs_lists
def test_the_set_is_16115_clips_of_31_classes_by_18_people() -> None:
    names = all_names()
    assert len(names) == 16_115
    assert {name.split("_")[0] for name in names} == set(CLASS_NAMES)
    assert {name.split("_")[1] for name in names} == {f"p{subject}" for subject in SUBJECTS}
    assert len(SUBJECTS) == 18


def test_classes_are_counted_as_by_the_authors() -> None:
    assert (len(CLASS_NAMES), len(CROSS_VIEW_CLASS_NAMES)) == (31, 19)
    assert list(CLASS_NAMES) == sorted(CLASS_NAMES)
    assert [name for name in CLASS_NAMES if name in CROSS_VIEW_CLASS_NAMES] == list(
        CROSS_VIEW_CLASS_NAMES
    )
    assert {protocol.metric for protocol in PROTOCOLS.values()} == {"mean_class"}


# Videos


def with_video(
    folder: Path, frames: list[list[Person]], *, size: tuple[int, int] = (640, 480)
) -> Path:
    """A clip, and its video in which everybody's left wrist is a red square."""
    pictures = []
    for people in frames:
        picture = np.full((480, 640, 3), 110, dtype=np.uint8)
        for one in people:
            x, y = (round(one["pose2d"][7 + 13 * axis]) for axis in (0, 1))
            picture[y - 9 : y + 10, x - 9 : x + 10] = RED
        pictures.append(cv2.resize(picture, size))
    (folder / "mp4").mkdir(exist_ok=True)
    write_video(folder / "mp4" / f"{NAME}.mp4", pictures=pictures, fps=20)
    return written(folder, frames, name=f"{NAME}_pose3d")


@pytest.mark.parametrize("size", [(640, 480), (320, 240)])
def test_wrists_are_where_they_are_in_the_video(tmp_path: Path, size: tuple[int, int]) -> None:
    one, other = body(4, place=(-0.8, 0.0, 3.0)), body(4, place=(0.9, 0.0, 3.5))
    frames = frames_of(one, other)
    frames[1].reverse()  # the file does not tell who is who
    frames[2].pop()
    path = with_video(tmp_path, frames, size=size)
    written(tmp_path, frames, name="Walk_p02_r00_v01_c01_pose3d")  # without a video
    ((name, found),) = recordings(tmp_path)
    recording, clip = found(), read(path)
    assert name == NAME == clip.name and not recording.mirrored
    assert recording.joint_set == "lcr13" == clip.joint_set
    np.testing.assert_array_equal(recording.seen_2d, np.repeat(clip.mask[..., None], 13, axis=-1))
    scale = np.divide(size, (640, 480))
    for t, picture in enumerate(recording.pictures()):
        for person_2d, seen in zip(recording.joints_2d, clip.mask, strict=True):
            if seen[t]:
                assert is_of(RED, picture, scale * person_2d[t, 7])
    assert not recording.joints_2d[~recording.seen_2d].any()


def test_videos_that_were_cropped_are_refused(tmp_path: Path) -> None:
    with_video(tmp_path, frames_of(body(2)), size=(224, 224))
    wrong = rf"{NAME}\.mp4: 224 x 224 px is not of the shape of 640 x 480, .* not those that"
    with pytest.raises(ValueError, match=wrong):
        next(iter(recordings(tmp_path)))[1]()


def test_videos_that_are_missing_damaged_or_too_short_are_named(tmp_path: Path) -> None:
    written(tmp_path, frames_of(body(2)))
    with pytest.raises(FileNotFoundError, match=rf"no videos .*{tmp_path}.*datasets/README"):
        recordings(tmp_path)
    with_video(tmp_path, frames_of(body(2)))
    written(tmp_path, frames_of(body(3)), name=f"{NAME}_pose3d")
    with pytest.raises(VideoError, match=rf"{NAME}\.mp4: ends before frame 2"):
        list(next(iter(recordings(tmp_path)))[1]().pictures())
    video = tmp_path / "mp4" / f"{NAME}.mp4"
    video.write_bytes(b"cut off")
    with pytest.raises(VideoError, match=rf"^{video}: [^\n]*$"):
        next(iter(recordings(tmp_path)))[1]()

"""Skeleton pickles are read without running what is in them, and come back as they were written."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.skeleton_pickle import read, write
from wildpose.geometry import Array
from wildpose.types import Clip


def joints_of(M: int = 2, T: int = 5, J: int = 25, C: int = 3) -> Array:
    rng = np.random.default_rng(M * T * J)
    return rng.uniform(-1, 4, (M, T, J, C)).astype(np.float16)


def annotation(**others: object) -> dict[str, Any]:
    """As pyskl writes one of NTU RGB+D's 3D skeletons."""
    name = "S001C001P001R001A007"
    return {
        "frame_dir": name,
        "label": 6,
        "keypoint": joints_of(),
        "total_frames": 5,
        **others,
    }


def written(folder: Path, content: object, *, protocol: int = 4) -> Path:
    path = folder / "ntu60_3danno.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def content(*annotations: dict[str, Any]) -> dict[str, Any]:
    names = [a["frame_dir"] for a in annotations]
    return {"split": {"xsub_train": names, "xsub_val": []}, "annotations": list(annotations)}


def clip(name: str = "a clip", **others: Any) -> Clip:
    joints = np.random.default_rng(1).uniform(-1, 4, (2, 6, 25, 3)).astype(np.float32)
    mask = np.ones((2, 6), dtype=bool)
    mask[1, 3:] = False
    joints *= mask[..., None, None]
    values: dict[str, Any] = {
        "joint_set": "kinect25",
        "frame_rate": 30.0,
        "name": name,
        "label": 3,
        **others,
    }
    return Clip(joints, mask, **values)


# Reading


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_file_of_3d_skeletons_becomes_clips(tmp_path: Path, protocol: int) -> None:
    file = read(written(tmp_path, content(annotation()), protocol=protocol))
    assert file.splits == {"xsub_train": ("S001C001P001R001A007",), "xsub_val": ()}
    (found,) = file.clips(frame_rate=25.0)
    assert found.joints.dtype == np.float32
    np.testing.assert_array_equal(found.joints, joints_of().astype(np.float32))
    assert found.mask.all()
    assert (found.joint_set, found.axes, found.frame_rate) == ("kinect25", "kinect", 25.0)
    assert (found.name, found.label) == ("S001C001P001R001A007", 6)


def test_a_file_written_with_numpy_1_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, content(annotation()), protocol=2)
    new, old = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
    assert new in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(new, old))
    (found,) = read(path).clips()
    np.testing.assert_array_equal(found.joints, joints_of().astype(np.float32))


def test_a_person_who_is_all_zero_is_masked(tmp_path: Path) -> None:
    joints = joints_of()
    joints[1, 2:] = 0
    (found,) = read(written(tmp_path, content(annotation(keypoint=joints)))).clips()
    assert found.mask.tolist() == [[True] * 5, [True, True, False, False, False]]


def test_other_keys_and_a_missing_split_do_no_harm(tmp_path: Path) -> None:
    extra = annotation(img_shape=(1080, 1920), original_shape=(1080, 1920), box_score=joints_of())
    file = read(written(tmp_path, {"annotations": [extra]}))
    assert file.splits == {}
    assert len(list(file.clips())) == 1


def test_other_joint_sets_are_read_by_their_name(tmp_path: Path) -> None:
    path = written(tmp_path, content(annotation(keypoint=joints_of(J=20))))
    (found,) = read(path).clips(joint_set="kinect20")
    assert found.joint_set == "kinect20"
    with pytest.raises(ValueError, match="20 joints of 3 coordinates are not kinect25, which has"):
        next(read(path).clips())


def test_2d_skeletons_are_said_not_to_be_supported(tmp_path: Path) -> None:
    flat = annotation(keypoint=joints_of(J=17, C=2), keypoint_score=joints_of(J=17)[..., 0])
    file = read(written(tmp_path, content(annotation(), flat)))
    found = file.clips()
    next(found)
    with pytest.raises(
        ValueError, match=rf"^{file.path}: annotation 1: 2D skeletons, in pixels, are not supported"
    ):
        next(found)


@pytest.mark.parametrize(
    ("others", "wrong"),
    [
        ({"keypoint": joints_of()[0]}, r"expected keypoint \(people, frames,.* got \(5, 25, 3\)"),
        ({"keypoint": joints_of()[:0]}, "expected keypoint"),
        ({"keypoint": joints_of().astype(int)}, "of int64"),
        ({"keypoint": joints_of().tolist()}, "expected 'keypoint', ndarray, got list"),
        ({"keypoint": joints_of() * np.nan}, "NaN or infinity"),
        ({"total_frames": 6}, "5 frames, total_frames 6"),
        ({"label": None}, "expected 'label', int, got NoneType"),
        ({"frame_dir": 7}, "expected 'frame_dir', str, got int"),
    ],
)
def test_a_malformed_annotation_is_named_with_what_is_wrong(
    tmp_path: Path, others: dict[str, Any], wrong: str
) -> None:
    path = written(tmp_path, content(annotation(**others)))
    with pytest.raises(ValueError, match=rf"^{path}: annotation 0: .*{wrong}[^\n]*$"):
        next(read(path).clips())


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        [annotation()],
        {},
        {"annotations": {"a": 1}},
        {"annotations": [1, 2]},
        {"annotations": [], "split": ["xsub"]},
        {"annotations": [], "split": {"xsub": 7}},
    ],
)
def test_a_pickle_of_something_else_is_refused(tmp_path: Path, wrong: object) -> None:
    path = written(tmp_path, wrong)
    with pytest.raises(ValueError, match=rf"^{path}: expected a dict with 'annotations'[^\n]*$"):
        read(path)


def complaint(path: Path) -> str:
    """What is said of a file; empty where it is read."""
    try:
        list(read(path).clips())
    except ValueError as error:
        return str(error)
    return ""


def test_no_damage_ends_in_anything_but_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, content(annotation(keypoint=joints_of(1, 1), total_frames=1)))
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    assert complaint(path) == ""
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        spoiled = data.copy()
        where = rng.integers(0, len(data), 3)
        spoiled[where] = rng.integers(0, 256, 3)
        path.write_bytes(spoiled.tobytes())
        said = complaint(path)
        assert "\n" not in said
        refused += bool(said)
    assert refused > 50


def test_a_file_that_calls_something_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    class Call:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(trace),)

    path = written(tmp_path, content(annotation(label=Call())))
    with pytest.raises(ValueError, match=r"it names \w+\.mkdir, and only NumPy arrays"):
        read(path)
    assert not trace.exists()


# Writing


def test_clips_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "ours.pkl"
    first, second = clip("first"), clip("second", label=0)
    write(path, [first, second], {"xsub_train": ["second"], "xsub_val": ["first"]})
    file = read(path)
    assert file.splits == {"xsub_train": ("second",), "xsub_val": ("first",)}
    for found, expected in zip(file.clips(), (first, second), strict=True):
        np.testing.assert_allclose(found.joints, expected.joints, atol=0.001)  # float16 below 4 m
        np.testing.assert_array_equal(found.mask, expected.mask)
        assert (found.name, found.label) == (expected.name, expected.label)


def test_a_written_file_is_as_pyskl_has_them(tmp_path: Path) -> None:
    path = tmp_path / "ours.pkl"
    write(path, iter([clip()]), {"xsub_train": ("a clip",)})
    found = pickle.loads(path.read_bytes())
    assert found["split"] == {"xsub_train": ["a clip"]}
    (only,) = found["annotations"]
    assert set(only) == {"frame_dir", "label", "total_frames", "keypoint"}
    assert (only["frame_dir"], only["label"], only["total_frames"]) == ("a clip", 3, 6)
    assert only["keypoint"].dtype == np.float16
    assert only["keypoint"].shape == (2, 6, 25, 3)
    only["keypoint"] += 1  # transforms there work in place


def test_a_written_file_names_nothing_that_one_numpy_has_and_another_has_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ours.pkl"
    write(path, [clip()])
    assert b"_core" not in path.read_bytes()
    assert b"multiarray" not in path.read_bytes()


@pytest.mark.parametrize(
    ("clips", "splits", "wrong"),
    [
        ([clip(axes="camera")], {}, "clip 'a clip' with axes camera and label 3"),
        ([clip(label=None)], {}, "label None"),
        ([clip("")], {}, "names and labels every clip"),
        ([clip(), clip()], {}, "two clips are named 'a clip'"),
        ([clip()], {"xsub_val": ["b"]}, "split 'xsub_val' names 'b', and no clip is called so"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_and_nothing_written(
    tmp_path: Path, clips: list[Clip], splits: dict[str, list[str]], wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        write(tmp_path / "ours.pkl", clips, splits)
    assert list(tmp_path.iterdir()) == []


def test_clips_of_several_joint_sets_are_refused(tmp_path: Path) -> None:
    other = Clip(np.ones((1, 2, 20, 3)), np.ones((1, 2), bool), "kinect20", 30.0, "kinect", "b")
    with pytest.raises(ValueError, match="clips of several joint sets: kinect20, kinect25"):
        write(tmp_path / "ours.pkl", [clip(), other])

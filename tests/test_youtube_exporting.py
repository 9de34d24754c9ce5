"""A set for other tools: ActivityNet's annotations, and pickles that our own reader opens."""

from __future__ import annotations

import json
import pickletools
from pathlib import Path

import numpy as np
import pytest

from datasets import skeleton_pickle
from datasets.labelled_video_files import read_skeleton, skeleton_path
from datasets.youtube import CLASS_NAMES, clips
from tests.made_youtube import entry, write_entries
from tools.youtube.exporting import exported, write_activitynet, write_pickles
from wildpose.joints import joint_set

OTHER = {"source": "v.mp4", "key": "v-1", "url": None, "source_duration": None}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_entries(
        tmp_path,
        entry("b", "throw", "test", start=5.5, stop=7.0),
        entry("a", "jump up", "test"),
        entry("c", "jump up", "train", **OTHER),
    )


def test_annotations_are_parts_of_videos_in_their_own_time(root: Path) -> None:
    (path,) = write_activitynet(root)
    tree = json.loads(path.read_text())
    assert tree["database"] == {
        "aaaaaaaaaaa": {
            "subset": "testing",
            "duration": 10.0,
            "resolution": "640x480",
            "url": "https://www.youtube.com/watch?v=aaaaaaaaaaa",
            "annotations": [
                {"label": "jump up", "segment": [2.0, 3.0]},
                {"label": "throw", "segment": [5.5, 7.0]},
            ],
        },
        "v-1": {
            "subset": "training",
            "duration": None,
            "resolution": "640x480",
            "url": "",
            "annotations": [{"label": "jump up", "segment": [2.0, 3.0]}],
        },
    }
    assert tree["version"] == "VERSION 1.3"
    leaves = {node["nodeName"] for node in tree["taxonomy"] if node["parentName"] == "Root"}
    assert leaves == {"jump up", "throw"}


def test_a_video_in_two_splits_has_no_place_among_annotations(tmp_path: Path) -> None:
    root = write_entries(tmp_path, entry("a", "throw", "test"), entry("b", "throw", "val"))
    with pytest.raises(ValueError, match="clips of aaaaaaaaaaa are in testing and in validation"):
        write_activitynet(root)


def test_pickles_are_read_back_by_our_own_reader(root: Path) -> None:
    flat, deep, names = write_pickles(root)
    assert names.read_text().splitlines() == list(CLASS_NAMES)
    for path in (flat, deep):
        content = skeleton_pickle.read(path)
        assert content.splits == {"train": ("c",), "test": ("a", "b")}
        assert [one["frame_dir"] for one in content.annotations] == ["a", "b", "c"]
        labels = [CLASS_NAMES[one["label"]] for one in content.annotations]
        assert labels == ["jump up", "throw", "jump up"]
    again = list(skeleton_pickle.read(deep).clips(joint_set="lcr13", frame_rate=10.0))
    for ours, theirs in zip(clips(root), again, strict=True):
        turned = theirs.joints * np.array([-1, -1, 1])  # half a turn about z
        np.testing.assert_allclose(turned, ours.joints, atol=4e-3)  # float16 at some 6 m
        assert ours.name.endswith(f"_{theirs.name}") and theirs.axes == "kinect"


def test_places_in_pictures_are_those_of_coco_with_a_row_for_each_frame(root: Path) -> None:
    first = skeleton_pickle.read(write_pickles(root)[0]).annotations[0]
    assert first["keypoint"].shape == (1, 10, 17, 2) and first["keypoint"].dtype == np.float16
    assert first["keypoint_score"].shape == (1, 10, 17)
    assert first["img_shape"] == first["original_shape"] == (480, 640)
    assert first["total_frames"] == 10
    scores = first["keypoint_score"][0]
    assert not scores[[0, 1, 6, 7, 8, 9]].any() and not first["keypoint"][0, 6:].any()
    kept = read_skeleton(skeleton_path(root, "a"))
    lcr, coco = joint_set("lcr13"), joint_set("coco17")
    for name in ("left_wrist", "right_ankle", "left_hip"):
        places = first["keypoint"][0, 2:6, coco.index(name)]
        wanted = kept["joints_2d"][:, lcr.index(name)]
        np.testing.assert_allclose(places, wanted, atol=0.26)  # px of 500 in float16
        np.testing.assert_allclose(
            scores[2:6, coco.index(name)], kept["scores"][:, lcr.index(name)], atol=1e-3
        )
    # The head's centre stands for the nose; nothing is known of eyes and ears.
    nose = kept["joints_2d"][:, lcr.index("head")]
    np.testing.assert_allclose(first["keypoint"][0, 2:6, coco.index("nose")], nose, atol=0.26)
    assert scores[2:6, 0].all() and not scores[2:6, 1:5].any()


def test_pickles_name_nothing_but_numpy_of_any_version(root: Path) -> None:
    for path in write_pickles(root)[:2]:
        strings = {arg for code, arg, _ in pickletools.genops(path.read_bytes()) if arg}
        modules = {text for text in strings if isinstance(text, str) and text.startswith("numpy")}
        assert modules == {"numpy"}


def test_labels_of_ones_own_are_counted_in_their_order(tmp_path: Path) -> None:
    root = write_entries(tmp_path, entry("a", "wave", "test"), entry("b", "clap", "test"))
    flat, _, names = write_pickles(root)
    assert names.read_text() == "clap\nwave\n"
    assert [one["label"] for one in skeleton_pickle.read(flat).annotations] == [1, 0]


def test_all_forms_come_when_they_are_asked_for(root: Path) -> None:
    assert list(exported(root, [])) == []
    made = [path.name for path in exported(root, ["pickle", "activitynet"])]
    assert made == ["skeletons_2d.pkl", "skeletons_3d.pkl", "label_map.txt", "activitynet.json"]

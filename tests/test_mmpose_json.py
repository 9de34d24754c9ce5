"""predictions.json: what mmpose's users find in their own files, and what we know more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.made_results import TWO
from wildpose.export.mmpose_json import write_mmpose
from wildpose.joints import joint_set
from wildpose.predictions import read_predictions

COCO, LCR = joint_set("coco17").names, joint_set("lcr13").names


def test_frames_are_a_list_as_the_inferencer_writes_it(tmp_path: Path) -> None:
    write_mmpose(tmp_path / "predictions.json", TWO)
    tree = json.loads((tmp_path / "predictions.json").read_text())
    assert [entry["frame_id"] for entry in tree] == list(range(90))
    there = {entry["frame_id"]: len(entry["instances"]) for entry in tree if entry["instances"]}
    assert there == {0: 1, 1: 1, 2: 1, 5: 1}
    (one,) = tree[5]["instances"]
    assert np.shape(one["keypoints"]) == (17, 2) and np.shape(one["keypoint_scores"]) == (17,)
    person = TWO.people[0]
    np.testing.assert_allclose(one["bbox"], [person.boxes[2]], atol=0.005)  # nested once more
    assert one["track_id"] == 1
    assert abs(one["time_s"] - 5 / 29.97) < 1e-6
    np.testing.assert_allclose(one["keypoints_3d"], person.skeleton.joints[2], atol=5e-5)
    np.testing.assert_allclose(one["bbox_score"], person.skeleton.scores[2].mean(), atol=1e-4)
    assert one["observed"] is True


def test_limbs_are_by_name_and_what_coco_has_besides_is_absent(tmp_path: Path) -> None:
    write_mmpose(tmp_path / "predictions.json", TWO)
    (one,) = json.loads((tmp_path / "predictions.json").read_text())[0]["instances"]
    skeleton = TWO.people[0].skeleton
    assert skeleton.joints_2d is not None
    for i, name in enumerate(COCO):
        where, score = one["keypoints"][i], one["keypoint_scores"][i]
        if name in LCR:
            own = LCR.index(name)
            np.testing.assert_allclose(where, skeleton.joints_2d[0, own] - 0.5, atol=0.005)
            np.testing.assert_allclose(score, skeleton.scores[0, own], atol=5e-5)
        else:
            assert (where, score) == ([0, 0], 0)
    head = [*(skeleton.joints_2d[0, 12] - 0.5), skeleton.scores[0, 12]]
    np.testing.assert_allclose(one["head"], head, atol=0.005)


def test_the_first_frame_says_what_numbers_are_in(tmp_path: Path) -> None:
    for content in (TWO, replace(TWO, people=())):
        write_mmpose(tmp_path / "predictions.json", content)
        first, *rest = json.loads((tmp_path / "predictions.json").read_text())
        assert first["wildpose"]["joint_set"] == "coco17"
        assert first["wildpose"]["joint_names_3d"] == list(LCR)
        assert first["wildpose"]["axes_3d"] == "camera: x right, y down, z forward"
        assert not any("wildpose" in entry for entry in rest)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_mmpose(tmp_path / "predictions.json", TWO)
    found = read_predictions(tmp_path / "predictions.json")
    assert found.are_named and found.are_timed
    read = {f: people[0] for f, people in found.frames.items() if people}
    assert {f: p.track_id for f, p in read.items()} == {0: 1, 2: 4, 5: 1}  # 1 was filled in
    for row, frame in ((0, 0), (2, 5)):
        skeleton = TWO.people[0].skeleton
        assert skeleton.joints_2d is not None
        np.testing.assert_allclose(read[frame].joints_2d, skeleton.joints_2d[row], atol=0.005)
        np.testing.assert_allclose(read[frame].scores, skeleton.scores[row], atol=5e-5)

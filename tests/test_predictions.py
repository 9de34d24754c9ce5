"""Files of predictions: the forms that mmpose writes, and a clear line for all others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made_predictions import frames_of, in_coco, in_h36m, instance, written
from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.joints import joint_set
from wildpose.predictions import (
    check_one_video_each,
    predictions_for,
    read_predictions,
)

TRUTH = pixels_of(acted("walk", "lcr13") @ FACING.T)[:4]  # (4, 13, 2) px
OTHER = TRUTH + np.array([120.0, 5.0])
COCO = in_coco(TRUTH)
ONE = instance(COCO[0])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clip.json"


def read(file: Path, tree: object) -> dict[int, list[np.ndarray]]:
    """Joints of everyone, by frame."""
    predictions = read_predictions(written(file, tree))
    return {f: [p.joints_2d for p in people] for f, people in predictions.frames.items()}


def one_frame(*people: object, frame: object = 0) -> list[dict[str, Any]]:
    return [{"frame_id": frame, "instances": list(people)}]


def test_the_inferencers_list_counts_from_0(file: Path) -> None:
    found = read(file, frames_of([COCO, in_coco(OTHER)]))
    assert list(found) == [0, 1, 2, 3]
    for t, people in found.items():
        np.testing.assert_allclose(people, [TRUTH[t], OTHER[t]], atol=1e-9)


def test_the_demos_object_counts_from_1(file: Path) -> None:
    entries = [{**entry, "frame_id": entry["frame_id"] + 1} for entry in frames_of([COCO])]
    names = {str(i): name for i, name in enumerate(joint_set("coco17").names)}
    found = read(file, {"meta_info": {"keypoint_id2name": names}, "instance_info": entries})
    assert list(found) == [0, 1, 2, 3]
    np.testing.assert_allclose(found[3], [TRUTH[3]], atol=1e-9)
    assert list(read(file, {"instance_info": entries})) == [0, 1, 2, 3]


def test_text_as_mmpose_writes_it(file: Path) -> None:
    file.write_text(
        '[\n  {\n    "frame_id": 0,\n    "instances": [\n      {\n        "keypoints": '
        + json.dumps((COCO[0] - 0.5).tolist(), indent=2)
        + ',\n "keypoint_scores": '
        + json.dumps([0.87] * 17)
        + ', "bbox": [[12.5, 3.0, 99.0, 180.0]], "bbox_score": 0.9312\n}\n]\n}\n]'
    )
    ((person,),) = read_predictions(file).frames.values()
    np.testing.assert_allclose(person.joints_2d, TRUTH[0], atol=1e-9)
    np.testing.assert_allclose(person.scores, 0.87)
    assert (person.track_id, person.time) == (None, None)


def test_frames_may_be_missing_empty_and_out_of_order(file: Path) -> None:
    tree = [
        {"frame_id": 7, "instances": [ONE]},
        {"frame_id": 2, "instances": []},
        {"frame_id": 4, "instances": [ONE, instance(in_coco(OTHER[0]))]},
    ]
    assert {f: len(people) for f, people in read(file, tree).items()} == {2: 0, 4: 2, 7: 1}


@pytest.mark.parametrize("tree", [[], [{"frame_id": 0, "instances": []}], {"instance_info": []}])
def test_nobody_is_no_error(file: Path, tree: object) -> None:
    predictions = read_predictions(written(file, tree))
    assert not list(predictions.people)


def test_a_person_whom_mmpose_gave_up_is_left_out(file: Path) -> None:
    gone = np.tile([50.0, -10.0], (17, 1))
    assert read(file, one_frame(instance(gone), ONE))[0][0].shape == (13, 2)
    assert len(read(file, one_frame(instance(gone), ONE))[0]) == 1


@pytest.mark.parametrize("more", [9, 116, 119])
def test_more_joints_than_coco_has_come_after_its_own(file: Path, more: int) -> None:
    joints = np.concatenate([COCO[0], np.random.default_rng(0).uniform(0, 300, (more, 2))])
    np.testing.assert_allclose(read(file, one_frame(instance(joints)))[0], [TRUTH[0]], atol=1e-9)


def test_human36m_is_known_by_where_joints_lie(file: Path) -> None:
    found = read(file, frames_of([in_h36m(TRUTH)]))
    np.testing.assert_allclose([people[0] for people in found.values()], TRUTH, atol=1e-9)


def test_joints_are_what_meta_info_names_them(file: Path) -> None:
    order = np.random.default_rng(0).permutation(17)
    names = {str(i): joint_set("coco17").names[k] for i, k in enumerate(order)}
    entries = [
        {**entry, "frame_id": entry["frame_id"] + 1} for entry in frames_of([COCO[:, order]])
    ]
    tree = {"meta_info": {"keypoint_id2name": names}, "instance_info": entries}
    np.testing.assert_allclose(read(file, tree)[0], [TRUTH[0]], atol=1e-9)
    names[str(list(order).index(5))] = "beak"
    with pytest.raises(
        ValueError, match=r"clip\.json: none of the joints .* gives the left_shoulder"
    ):
        read(file, tree)


def test_scores_above_1_are_1(file: Path) -> None:
    tree = one_frame({**ONE, "keypoint_scores": [1.07] * 16 + [-0.01]})
    ((person,),) = read_predictions(written(file, tree)).frames.values()
    assert person.scores.max() == 1 and person.scores.min() == 0


def test_our_own_keys_are_understood(file: Path) -> None:
    known = {**ONE, "track_id": 3, "time_s": 0.25, "head": [5.0, 6.0, 0.7], "observed": True}
    filled = {**known, "track_id": 4, "observed": False}
    ((person,),) = read_predictions(written(file, one_frame(known, filled))).frames.values()
    assert (person.track_id, person.time) == (3, 0.25)
    np.testing.assert_allclose(person.joints_2d[-1], [5.5, 6.5])
    assert person.scores[-1] == 0.7


def test_ids_and_times_count_where_everyone_has_them(file: Path) -> None:
    named = {**ONE, "track_id": 0, "time_s": 0.0}
    both = read_predictions(written(file, one_frame(named)))
    assert both.are_named and both.are_timed
    some = read_predictions(written(file, one_frame(named, instance(in_coco(OTHER[0])))))
    assert not some.are_named and not some.are_timed


def with_joint(value: object) -> dict[str, Any]:
    joints = COCO[0].tolist()
    joints[3] = value
    return {**ONE, "keypoints": joints}


WRONG: list[tuple[Any, str]] = [
    (7, "neither a list of frames"),
    ({"frames": []}, "neither a list of frames"),
    ([ONE], "predictions of one picture"),
    ([[]], "entry 0 is no frame: it needs frame_id and instances"),
    ([{"frame_id": 0}], "entry 0 is no frame"),
    (one_frame(ONE, frame="0"), "frame_id must be a whole number, got '0'"),
    (one_frame(ONE, frame=True), "frame_id must be a whole number, got True"),
    (one_frame(ONE, frame=-1), "frame_id -1 is below 0"),
    ({"instance_info": one_frame(ONE)}, "frame_id 0 is below 1, where this form begins"),
    ([*one_frame(ONE), *one_frame(ONE)], "frame 0 is there twice"),
    ([{"frame_id": 3, "instances": ONE}], "frame 3: instances must be a list"),
    (one_frame("me"), "frame 0, person 1: a person needs keypoints and keypoint_scores"),
    (one_frame(ONE, {"keypoints": []}), "frame 0, person 2: a person needs"),
    (one_frame(with_joint([float("nan"), 1.0])), "frame 0, person 1: keypoints hold NaN"),
    (one_frame(with_joint([1e999, 1.0])), "frame 0, person 1: keypoints hold NaN or infinity"),
    (one_frame(with_joint([1.0])), "frame 0, person 1: keypoints must be numbers, as many"),
    (one_frame(with_joint("here")), "frame 0, person 1: keypoints must be numbers"),
    (one_frame(with_joint([None, 2.0])), "frame 0, person 1: keypoints must be numbers"),
    (one_frame(with_joint([1e7, 2.0])), "a joint lies more than 1,000,000 px away"),
    (one_frame({**ONE, "keypoint_scores": [0.5] * 16}), r"got shapes \(17, 2\) and \(16,\)"),
    (one_frame({**ONE, "keypoint_scores": [True] * 17}), "keypoint_scores must be numbers"),
    (one_frame({**ONE, "keypoints": []}), "keypoints must be pairs"),
    (one_frame({**ONE, "keypoints": [[1.0, 2.0, 3.0]] * 17}), "keypoints of three numbers each"),
    (one_frame(instance(COCO[0][:14])), "poses of 14 joints, which are not known"),
    (one_frame(ONE, instance(np.ones((26, 2)))), "17 joints in .* frame 0 and 26 in"),
    (one_frame({**ONE, "track_id": "me"}), "track_id must be a whole number, 0 or more, got 'me'"),
    (one_frame({**ONE, "track_id": 1}, {**ONE, "track_id": 1}), "frame 0: two people have the"),
    (one_frame({**ONE, "time_s": [1]}), r"time_s must have shape \(\), got \(1,\)"),
    (one_frame({**ONE, "head": [1, 2]}), r"head must have shape \(3,\), got \(2,\)"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_no_such_file_is_told_in_one_line(file: Path, tree: object, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_predictions(written(file, tree))
    assert str(caught.value).startswith(str(file)) and "\n" not in str(caught.value)


def test_files_that_are_no_json_are_told(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no predictions .*clip\.json: no such file"):
        read_predictions(file)
    for content in (b"\xff\xfe", b"{", b"[" * 200_000):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"clip\.json: not JSON"):
            read_predictions(file)
    with pytest.raises(ValueError, match="cannot read predictions"):
        read_predictions(tmp_path)


def test_a_folder_has_a_file_for_each_video(tmp_path: Path) -> None:
    assert predictions_for(tmp_path / "a.json", Path("b.mp4")) == tmp_path / "a.json"
    assert predictions_for(tmp_path, Path("films/b.mp4")) == tmp_path / "b.json"


def test_a_folder_of_our_own_results_has_one_beside_each(tmp_path: Path) -> None:
    ours = tmp_path / "b" / "predictions.json"
    ours.parent.mkdir()
    ours.touch()
    assert predictions_for(tmp_path, Path("films/b.mp4")) == ours
    assert predictions_for(tmp_path, Path("films/c.mp4")) == tmp_path / "c.json"
    with pytest.raises(ValueError, match=r"a/b\.mp4 and b/b\.mp4 have one name"):
        check_one_video_each(tmp_path, [Path("a/b.mp4"), Path("b/b.mp4")])
    (tmp_path / "b.json").touch()
    assert predictions_for(tmp_path, Path("films/b.mp4")) == tmp_path / "b.json"


def test_no_file_is_taken_for_two_videos(tmp_path: Path) -> None:
    one, other = Path("a/one.mp4"), Path("a/two.mp4")
    check_one_video_each(tmp_path, [one, other])
    check_one_video_each(tmp_path / "p.json", [one])
    with pytest.raises(ValueError, match="has the poses of one video, and there are 2: give a"):
        check_one_video_each(tmp_path / "p.json", [one, other])
    with pytest.raises(ValueError, match=r"a/one\.mp4 and b/one\.mp4 have one name"):
        check_one_video_each(tmp_path, [one, Path("b/one.mp4")])

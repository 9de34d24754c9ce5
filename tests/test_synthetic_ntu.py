"""The set is read as NTU's files are, once it is whole, and parted by subject and by view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from datasets import synthetic_ntu
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from datasets.protocols import parted
from datasets.synthetic_files import (
    INDEX,
    begin,
    complete,
    is_made,
    read_index,
    skeleton_of,
    truth_path,
)
from datasets.synthetic_ntu import (
    CLASS_NAMES,
    PROTOCOLS,
    clips,
    read,
    recordings,
    truth_of,
    video_of,
)
from datasets.synthetic_takes import Hold, takes_in_order
from datasets.synthetic_truth import Truth, read_truth, write_truth

NAME = "S001C002P003R001A004"
TRUTH = Truth(
    object="ball",
    both_hands=False,
    holds=(Hold(1, 0, 2, 4), Hold(0, 1, 5, 6)),
    seen_px=(9, 8, 7, 0, 0, 1),
    captured=False,
)


def written(root: Path, name: str) -> Path:
    """A .skeleton file of somebody who stands for a while."""
    joints = np.random.default_rng(0).normal(0, 0.3, (14, 25, 3)) + np.array([0.0, 0.0, 3.0])
    path = skeleton_of(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_skeleton_file(path, SkeletonFile(14, (tracked_body(joints, id="1"),)))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A whole set of two clips."""
    begin(tmp_path, {"seed": 0}, 2)
    for name in (NAME, "S001C001P001R001A013"):
        written(tmp_path, name)
    complete(tmp_path, {"seed": 0}, 2)
    return tmp_path


def test_clips_come_by_name_with_their_labels(root: Path) -> None:
    found = list(clips(root))
    assert [clip.name for clip in found] == ["S001C001P001R001A013", NAME]
    assert [clip.label for clip in found] == [12, 3]
    assert [clip.subject for clip in found] == ["P001", "P003"]
    assert CLASS_NAMES[3] == "raise a ball"
    assert found[0].joint_set == "kinect25" and found[0].frame_rate == 30


def test_every_clip_has_a_mirrored_recording_in_the_kinects_pixels(root: Path) -> None:
    found = list(recordings(root))
    assert [name for name, _ in found] == ["S001C001P001R001A013", NAME]
    recording = found[1][1]()
    assert recording.video == video_of(root, NAME)
    assert recording.mirrored and recording.size == (1920, 1080)
    assert recording.frames.tolist() == list(range(14))
    assert recording.joints_2d.shape[1:] == (14, 25, 2)


def test_a_set_that_is_not_there_or_not_whole_is_no_set(tmp_path: Path) -> None:
    for reader in (clips, recordings):
        with pytest.raises(FileNotFoundError, match=rf"{tmp_path}: run tools/make_synthetic_ntu"):
            reader(tmp_path)
    begin(tmp_path, {}, 2)
    with pytest.raises(ValueError, match=r"not complete, run .* again: it goes on"):
        clips(tmp_path)


def test_a_clip_of_an_action_that_is_not_ours_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match=r"A014.*actions end at A013"):
        read(written(root, "S001C001P001R001A014"))
    with pytest.raises(ValueError, match="camera 4"):
        read(written(root, "S001C004P001R001A001"))
    assert len(list(clips(root))) == 2


def test_a_video_is_found_by_the_clip_s_name() -> None:
    assert video_of(Path("d"), NAME) == Path(f"d/videos/{NAME}_rgb.mp4")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_protocols_part_all_clips_and_are_about_all_classes(protocol: str) -> None:
    names = [take.name(c) for take in takes_in_order(10, 2) for c in (1, 2, 3)]
    parts = parted(names, PROTOCOLS[protocol])
    assert sum(map(len, parts.values())) == len(names)
    for part in parts.values():
        assert {int(name[-3:]) for name in part} == set(range(1, 14))
    assert PROTOCOLS[protocol].class_names == CLASS_NAMES


def test_subjects_are_in_one_split_of_xsub() -> None:
    rule = PROTOCOLS["xsub"].rule
    splits = {s: {rule(f"S001C{c:03}P{s:03}R001A001") for c in (1, 2, 3)} for s in range(1, 21)}
    assert all(len(found) == 1 for found in splits.values())
    assert [s for s, found in splits.items() if found == {"test"}] == [5, 10, 15, 20]
    assert [s for s, found in splits.items() if found == {"val"}] == [4, 9, 14, 19]


def test_cameras_2_and_3_train_in_xview_and_camera_1_tests() -> None:
    rule = PROTOCOLS["xview"].rule
    for subject in range(1, 11):
        found = [rule(f"S001C{c:03}P{subject:03}R001A001") for c in (1, 2, 3)]
        seen = "val" if subject in (4, 9) else "train"
        assert found == ["test", seen, seen]


def test_names_of_other_sets_are_in_no_split() -> None:
    for name, wrong in (("S001C001P001R001A014", "actions end"), ("a01_s01", "not a name")):
        with pytest.raises(ValueError, match=wrong):
            PROTOCOLS["xsub"].rule(name)


def test_a_truth_is_read_back_and_says_which_hand_holds(tmp_path: Path) -> None:
    write_truth(truth_path(tmp_path, NAME), TRUTH)
    assert truth_of(tmp_path, NAME) == TRUTH
    held = TRUTH.holding()
    assert held.shape == (6, 2, 2)
    assert np.argwhere(held).tolist() == [[2, 1, 0], [3, 1, 0], [5, 0, 1]]


def test_a_damaged_truth_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for text in ("{", "[]", '{"object": "cup"}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"a\.json: damaged .*make_synthetic_ntu\.py again"):
            read_truth(path)
    with pytest.raises(FileNotFoundError):
        read_truth(tmp_path / "b.json")


def test_a_clip_is_made_when_all_its_files_are_there(root: Path) -> None:
    assert not is_made(root, NAME)
    write_truth(truth_path(root, NAME), TRUTH)
    assert not is_made(root, NAME)
    video_of(root, NAME).write_bytes(b"")
    assert is_made(root, NAME)


def test_a_set_is_gone_on_with_under_the_same_settings_alone(root: Path) -> None:
    assert begin(root, {"seed": 0}, 9) == 9
    assert begin(root, {"seed": 0}, 1) == 9  # those that were asked for before are made too
    with pytest.raises(ValueError, match=r"'seed': 0.*not with .*'seed': 1.*another folder"):
        begin(root, {"seed": 1}, 9)


def test_leftovers_of_a_killed_run_are_removed_and_files_stay(root: Path) -> None:
    leftover = root / synthetic_ntu.SKELETONS / ".S001.999999999.abcd.partial"
    leftover.touch()
    begin(root, {"seed": 0}, 2)
    assert not leftover.exists()
    assert skeleton_of(root, NAME).exists()


def test_a_damaged_or_old_index_is_named(root: Path) -> None:
    (root / INDEX).write_text("[]")
    with pytest.raises(ValueError, match="damaged"):
        read_index(root)
    index = {"version": 0, "settings": {}, "clips": 1, "complete": True}
    (root / INDEX).write_text(json.dumps(index))
    with pytest.raises(ValueError, match="version 0, expected 1"):
        list(clips(root))

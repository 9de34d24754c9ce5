"""Sets from YouTube are read with the labels and splits that their manifest gave."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from datasets import youtube
from datasets.catalogue import dataset_named
from datasets.labelled_video_files import read_index, skeleton_path
from datasets.protocols import parted
from datasets.youtube import CLASS_NAMES, TEN, class_names_of, clips, files, protocols, read
from datasets.youtube import recordings as recordings_of
from datasets.youtube_files import INDEX, read_set, whole_set
from tests.made_youtube import entry, write_entries

JUMP, THROW = "jump up", "throw"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two clips that test and one that trains, of two actions of NTU RGB+D."""
    return write_entries(
        tmp_path / "youtube",
        entry("b_1_2", THROW, "test"),
        entry("a_1_2", JUMP, "train"),
        entry("c_1_2", JUMP, "test"),
    )


def test_the_ten_classes_are_those_of_the_thesis() -> None:
    assert len(CLASS_NAMES) == 60
    assert TEN == (
        "pickup",
        "throw",
        "sitting down",
        "standing up (from sitting position)",
        "reading",
        "take off a shoe",
        "hopping (one foot jumping)",
        "jump up",
        "nod head/bow",
        "falling",
    )


def test_clips_are_named_after_their_split_and_labelled_as_ntu(root: Path) -> None:
    made = list(clips(root))
    assert [(clip.name, CLASS_NAMES[clip.label or 0]) for clip in made] == [
        ("train_a_1_2", JUMP),
        ("test_b_1_2", THROW),
        ("test_c_1_2", JUMP),
    ]
    assert (made[0].joint_set, made[0].axes, len(made[0])) == ("lcr13", "camera", 4)
    assert [path.stem for path in files(root)] == ["a_1_2", "b_1_2", "c_1_2"]
    one = read(files(root)[1])
    assert (one.name, one.label) == (made[1].name, made[1].label)
    np.testing.assert_array_equal(one.joints, made[1].joints)
    assert class_names_of(root) == (JUMP, THROW)


def test_pictures_are_found_under_the_names_of_the_clips(root: Path) -> None:
    found = dict(recordings_of(root))
    assert list(found) == [clip.name for clip in clips(root)]
    recording = found["test_b_1_2"]()
    assert recording.video == root / "clips" / "throw" / "b_1_2.mp4"
    assert recording.frames.tolist() == [2, 3, 4, 5]


def test_a_set_may_be_moved(root: Path, tmp_path: Path) -> None:
    moved = root.rename(tmp_path / "elsewhere")
    recording = dict(recordings_of(moved))["test_b_1_2"]()
    assert recording.video == moved / "clips" / "throw" / "b_1_2.mp4"
    assert len(list(clips(moved))) == 3


def test_protocols_read_the_split_in_the_name(root: Path) -> None:
    names = [clip.name for clip in clips(root)]
    every = parted(names, youtube.PROTOCOLS["all"])
    assert (every["test"], every["train"], every["val"]) == (names, [], [])
    said = parted(names, youtube.PROTOCOLS["split"])
    assert (said["train"], said["val"], said["test"]) == (names[:1], [], names[1:])
    for protocol in youtube.PROTOCOLS.values():
        assert protocol.class_names == CLASS_NAMES  # as the thesis, random is 1.7 %
        with pytest.raises(ValueError, match="'a_1_2' is not a name of a clip of a set from"):
            protocol.rule("a_1_2")


def test_the_set_is_in_the_catalogue(root: Path) -> None:
    chosen = dataset_named("youtube")
    assert [clip.name for clip in chosen.clips(root.parent)] == [c.name for c in clips(root)]
    assert chosen.class_names == CLASS_NAMES and chosen.recordings is not None


def test_a_set_of_other_labels_is_read_by_their_names(tmp_path: Path) -> None:
    root = write_entries(tmp_path, entry("a", "wave", "val"), entry("b", "clap", "test"))
    assert class_names_of(root) == ("clap", "wave")
    with pytest.raises(ValueError, match=r"'clap' is none of the 60 classes, 'drink water' and so"):
        clips(root)
    names = ("wave", "bow", "clap")
    made = list(clips(root, class_names=names))
    assert [(clip.name, clip.label) for clip in made] == [("val_a", 0), ("test_b", 2)]
    ours = protocols(names)
    assert ours["split"].class_names == names and ours["split"].rule("val_a") == "val"


@pytest.mark.parametrize("reader", [clips, files, recordings_of, class_names_of])
def test_a_set_that_is_not_there_or_not_whole_is_no_set(
    reader: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path}: run tools/build_youtube_set"):
        reader(tmp_path)
    write_entries(tmp_path, entry("a", JUMP, "test"), complete=False)
    with pytest.raises(ValueError, match=r"not complete, run tools/build_youtube_set.py again: it"):
        reader(tmp_path)


def test_a_file_that_the_set_does_not_know_is_told(root: Path) -> None:
    with pytest.raises(ValueError, match=r"z\.npz: the set in its folder does not know it"):
        read(skeleton_path(root, "z"))


def test_a_damaged_skeleton_is_left_out_with_a_warning(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = skeleton_path(root, "b_1_2")
    path.write_bytes(path.read_bytes()[:200])
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(root)] == ["train_a_1_2", "test_c_1_2"]
    assert caplog.messages[0].startswith(f"left out: {path}: damaged")


def test_a_damaged_index_is_told(root: Path) -> None:
    whole = json.loads((root / INDEX).read_text())
    assert read_set(root) == whole_set(root)
    entries = whole["entries"]
    worse = [
        "{",
        "[]",
        "{}",
        json.dumps({**whole, "version": 0}),
        json.dumps({**whole, "entries": [{**entries[0], "split": "tests"}]}),
        json.dumps({**whole, "entries": [{"name": "a"}]}),
        *(
            json.dumps({**whole, "entries": [{**entries[0], column: path}]})
            for column in ("name", "video")
            for path in ("../a", "/a", "a/../../b", "a\\..\\..\\b", "C:a", "", 5)
        ),
    ]
    for text in worse:
        (root / INDEX).write_text(text)
        with pytest.raises(ValueError, match=rf"{INDEX}: damaged, or of another version: remove"):
            read_set(root)


def test_the_index_of_labelled_videos_says_the_same(root: Path) -> None:
    index = read_index(root)
    assert index is not None and index.complete and index.class_names == (JUMP, THROW)
    assert [clip.name for clip in index.used] == ["a_1_2", "b_1_2", "c_1_2"]
    assert index.videos / index.clips[1].video == root / "clips" / "throw" / "b_1_2.mp4"


def test_a_module_of_ones_own_needs_no_more_than_the_names(tmp_path: Path) -> None:
    names = ("clap", "wave")
    reader = partial(clips, class_names=names)
    root = write_entries(tmp_path, entry("b", "clap", "test"))
    assert [clip.label for clip in reader(root)] == [0]

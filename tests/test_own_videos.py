"""Folders of videos are a data set by themselves, parted by the names of their files."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from datasets.catalogue import dataset_named
from datasets.labelled_video_files import (
    INDEX,
    Index,
    LabelledVideo,
    skeleton_path,
    write_index,
)
from datasets.own_videos import FILES, parted_by_hash, protocols
from recognizers.training.experiment import Data
from tools.experiments.samples import read_samples
from wildpose.usage import python_here

CLASSES = ("clap", "wave")


def made(
    folder: Path, *, of_each: int = 10, left_out: tuple[str, ...] = (), complete: bool = True
) -> list[str]:
    """A set as `tools/prepare_videos.py` leaves it; names of its clips."""
    clips = tuple(
        LabelledVideo(f"{name}_{i}", label, f"{name}/{i}.mp4")
        for label, name in enumerate(CLASSES)
        for i in range(of_each)
    )
    (folder / "skeletons").mkdir(parents=True, exist_ok=True)
    T = 5
    for clip in clips:
        np.savez_compressed(
            skeleton_path(folder, clip.name), video_sha256="", video_size=[64, 48], video_fps=30.0,
            joint_set="lcr13", frames=np.arange(T), times=np.arange(T) / 30,
            joints_3d=np.ones((T, 13, 3)), joints_2d=np.ones((T, 13, 2)), root=np.zeros((T, 3)),
            observed=np.ones(T, bool), scores=np.ones((T, 13)),
        )  # fmt: skip
    reasons = dict.fromkeys(left_out, "nobody was found in it")
    write_index(folder, Index(folder, CLASSES, clips, {}, reasons, complete=complete))
    return [clip.name for clip in clips]


def test_a_folder_of_labelled_videos_is_a_set_of_its_name(tmp_path: Path) -> None:
    names = made(tmp_path / "exercises")
    chosen = dataset_named("exercises", tmp_path)
    assert (chosen.name, chosen.folder, chosen.class_names) == ("exercises", "exercises", CLASSES)
    found = {clip.name: clip.label for clip in chosen.clips(tmp_path)}
    assert found == {name: CLASSES.index(name.split("_")[0]) for name in names}
    assert chosen.recordings is not None
    assert [name for name, _ in chosen.recordings(tmp_path / "exercises")] == names


@pytest.mark.parametrize(
    ("count", "expected"),  # train, val, test
    [
        (1, (1, 0, 0)),
        (2, (1, 0, 1)),
        (3, (1, 1, 1)),
        (5, (3, 1, 1)),
        (12, (8, 2, 2)),
        (100, (60, 20, 20)),
    ],
)
def test_a_fifth_tests_and_a_fifth_validates(count: int, expected: tuple[int, ...]) -> None:
    sizes = Counter(parted_by_hash([f"clap_{i}" for i in range(count)]).values())
    assert tuple(sizes[split] for split in ("train", "val", "test")) == expected


def test_splits_depend_on_names_alone_and_are_of_each_class(tmp_path: Path) -> None:
    names = made(tmp_path / "a")
    made(tmp_path / "b")
    first, second = (protocols(tmp_path / name)[FILES].rule for name in "ab")
    assert [first(name) for name in names] == [second(name) for name in names]
    assert parted_by_hash(names) == parted_by_hash(names[::-1])
    sizes = Counter((name.split("_")[0], first(name)) for name in names)
    assert sizes == {
        (name, split): 6 if split == "train" else 2
        for name in CLASSES
        for split in ("train", "val", "test")
    }
    with pytest.raises(ValueError, match="'jump_1' is not a name of a clip of a"):
        first("jump_1")


def test_a_clip_that_is_added_moves_few_others() -> None:
    names = [f"clap_{i}" for i in range(50)]
    before, after = parted_by_hash(names), parted_by_hash([*names, "clap_new"])
    assert sum(before[name] != after[name] for name in names) <= 2


def test_videos_without_a_person_count_for_no_split(tmp_path: Path) -> None:
    left_out = tuple(f"clap_{i}" for i in range(7))
    made(tmp_path / "few", left_out=left_out)
    rule = protocols(tmp_path / "few")[FILES].rule
    assert sorted(str(rule(f"clap_{i}")) for i in (7, 8, 9)) == ["test", "train", "val"]


def test_who_trains_is_told_that_people_may_be_on_both_sides(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made(tmp_path / "exercises")
    with caplog.at_level(logging.WARNING):
        samples = read_samples(Data("exercises", FILES), tmp_path)
    assert {split: len(own) for split, own in samples.clips.items()} == {
        "train": 12, "val": 4, "test": 4,
    }  # fmt: skip
    (line,) = caplog.messages
    assert line.startswith("exercises: files are parted by their names alone")


def test_where_there_is_no_such_folder_the_line_says_how_to_make_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "exercises"):
        line = (
            rf"^unknown data set '{name}': there are .* For videos of your own there must be "
            rf"{tmp_path / name / INDEX}: {python_here()} tools/prepare_videos.py VIDEOS --out "
            rf"{tmp_path / name}$"
        )
        with pytest.raises(ValueError, match=line):
            dataset_named(name, tmp_path)


def test_a_folder_that_is_not_complete_or_lies_elsewhere_is_no_set(tmp_path: Path) -> None:
    made(tmp_path / "half", complete=False)
    with pytest.raises(ValueError, match=r"half: not complete, run tools/prepare_videos\.py again"):
        dataset_named("half", tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("../half", "", "."):
        with pytest.raises(ValueError, match="unknown data set"):
            dataset_named(name, tmp_path / "data")


def test_a_set_of_the_catalogue_is_never_a_folder(tmp_path: Path) -> None:
    made(tmp_path / "pushups")
    assert FILES not in dataset_named("pushups", tmp_path).protocols

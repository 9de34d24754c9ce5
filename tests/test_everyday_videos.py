"""Videos of everyday actions are parted by number and person, and keep the list of actions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.catalogue import dataset_named
from datasets.everyday_actions import ACTIONS
from datasets.everyday_films import films
from datasets.everyday_takes import Take
from datasets.everyday_videos import CLASS_NAMES, PROTOCOLS, SHOTS, VALIDATED, clips
from datasets.labelled_video_files import Index, LabelledVideo, skeleton_path, write_index
from datasets.protocols import parted


@pytest.mark.parametrize("k", [1, 3, 5])
def test_so_many_shots_train_and_the_same_others_validate(k: int) -> None:
    names = [f"sit down_shot{i:02}_bandai-a-whole" for i in range(SHOTS + VALIDATED)]
    found = parted([*names, "sit down_test00_bandai-b-at1.50"], PROTOCOLS[f"shots{k}"])
    assert found["train"] == names[:k]
    assert found["val"] == names[SHOTS:]
    assert found["test"] == ["sit down_test00_bandai-b-at1.50"]


def test_names_that_films_get_are_those_that_protocols_read() -> None:
    joints = np.zeros((9, 25, 3))
    takes = [
        Take("nw_ucla", split, "a/b_1", "at1.50", "s", action, joints)
        for action in ACTIONS
        for split in ("train", "val", "test")
    ]
    names = [f"{film.action}_{film.name}" for film in films(takes)]
    for k in (1, 3, 5):
        found = parted(names, PROTOCOLS[f"shots{k}"])
        sizes = {split: len(own) / len(ACTIONS) for split, own in found.items()}
        assert sizes == {"train": k, "val": VALIDATED, "test": 12}


@pytest.mark.parametrize("name", ["walk", "walk_shot1_a", "walk_train00_a", "bandai/train/a/true"])
def test_a_name_of_another_set_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name of a clip of everyday videos"):
        PROTOCOLS["shots1"].rule(name)


def made(root: Path, names: dict[str, str]) -> None:
    """A folder as `tools/prepare_videos.py` leaves it: clip -> its class."""
    folders = tuple(sorted(set(names.values())))
    videos = [
        LabelledVideo(name, folders.index(action), f"{action}/a.mp4")
        for name, action in names.items()
    ]
    for name in names:
        path = skeleton_path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        T = 5
        np.savez_compressed(
            path, video_sha256="", video_size=[64, 48], video_fps=30.0, joint_set="lcr13",
            frames=np.arange(T), times=np.arange(T) / 30, joints_3d=np.ones((T, 13, 3)),
            joints_2d=np.ones((T, 13, 2)), root=np.zeros((T, 3)), observed=np.ones(T, bool),
            scores=np.ones((T, 13)),
        )  # fmt: skip
    write_index(root, Index(root, folders, tuple(videos), {}, {}, complete=True))


def test_labels_count_the_actions_whatever_folders_there_are(tmp_path: Path) -> None:
    names = {"walk_test00_a": "walk", "bow_shot00_b": "bow", "background_test00_c": "background"}
    made(tmp_path / "everyday_videos", names)
    found = {
        clip.name: CLASS_NAMES[clip.label]
        for clip in dataset_named("everyday_videos").clips(tmp_path)
        if clip.label is not None
    }
    assert found == names


def test_a_class_that_is_no_action_is_refused(tmp_path: Path) -> None:
    made(tmp_path, {"walk_test00_a": "walk", "fly_test00_a": "fly"})
    with pytest.raises(ValueError, match="fly is none of walk, run"):
        clips(tmp_path)

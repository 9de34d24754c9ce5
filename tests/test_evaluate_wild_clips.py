"""Where labelled clips come from: folders, lists, and sets that were built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_youtube import entry, write_entries, write_manifest
from tools.wild.clips import WildClip, read_clips
from tools.youtube.manifest import ManifestError
from tools.youtube.records import write_record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, and what is no clip: stray, hidden, text, and a folder of results."""
    root = tmp_path / "clips"
    for name in (
        "walk/a.mp4", "walk/day 2/a.mp4", "sit_down/a.mkv", "sit_down/.b.mp4", "walk/notes.txt",
        ".trash/c.mp4", "stray.mp4", "out/poses/viterbi/walk/a.mp4/overlay.mp4",
    ):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_each_folder_is_a_class(folder: Path) -> None:
    clips = read_clips(folder, out=folder / "out")
    assert [(clip.name, clip.label) for clip in clips] == [
        ("sit_down/a.mkv", "sit_down"),
        ("walk/a.mp4", "walk"),
        ("walk/day 2/a.mp4", "walk"),
    ]
    assert clips[0] == WildClip(
        "sit_down/a.mkv", "sit_down/a.mkv", "sit_down", folder / "sit_down" / "a.mkv", "largest"
    )
    longest = read_clips(folder, out=folder / "out", actor="longest")
    assert {clip.actor for clip in longest} == {"longest"}


def test_a_folder_without_classes_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(FileNotFoundError, match="expected a folder for each class"):
        read_clips(tmp_path, out=tmp_path / "out")


def test_a_list_says_part_and_person(tmp_path: Path) -> None:
    rows = [
        {"video": "a.mp4", "label": "walk"},
        {"video": "a.mp4", "label": "A8", "start": "1:02", "stop": "65.5", "actor": 2},
        {"video": "https://example.org/b.mp4", "label": "run"},
    ]
    path = write_manifest(tmp_path / "list.csv", rows)
    whole, part, away = read_clips(path, out=tmp_path / "out")
    assert (whole.label, whole.title, whole.video) == ("walk", "a.mp4", tmp_path / "a.mp4")
    assert (whole.actor, whole.start, whole.stop) == ("largest", None, None)
    assert (part.label, part.title) == ("sitting down", "a.mp4 62-65.5 s")
    assert (part.actor, part.start, part.stop) == ("2", 62.0, 65.5)
    assert away.video is None
    assert len({clip.name for clip in (whole, part, away)}) == 3


def test_files_of_a_list_stay_in_its_folders(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "b.mp4").touch()
    rows = [{"video": "b.mp4", "label": "walk"}]
    path = write_manifest(tmp_path / "list.csv", rows)
    (clip,) = read_clips(path, out=tmp_path / "out", media=[tmp_path / "media"])
    assert clip.video == tmp_path / "media" / "b.mp4"
    write_manifest(path, [{"video": "../secret.mp4", "label": "walk"}])
    with pytest.raises(ManifestError, match=r"row 2: video .* is outside of"):
        read_clips(path, out=tmp_path / "out")


def test_of_a_set_the_person_is_meant_who_was_chosen(tmp_path: Path) -> None:
    root = write_entries(
        tmp_path / "set", entry("a_1_2", "jump up", "train"), entry("b_1_2", "throw", "test")
    )
    write_record(root, "b_1_2", {"people": {"found": 3, "kept": 2}})
    first, second = read_clips(root, out=tmp_path / "out")
    assert (first.label, first.split, first.actor) == ("jump up", "train", "largest")
    assert (second.label, second.split, second.actor) == ("throw", "test", "2")
    assert second.video == root / "clips" / "throw" / "b_1_2.mp4"


def test_a_set_that_is_not_complete_is_none(tmp_path: Path) -> None:
    root = write_entries(tmp_path / "set", entry("a_1_2", "jump up", "test"), complete=False)
    with pytest.raises(ValueError, match="not complete"):
        read_clips(root, out=tmp_path / "out")

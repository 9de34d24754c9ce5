"""Skeletons that the pipeline found in labelled videos, as clips and as places in the pictures."""

from __future__ import annotations

import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from datasets import catalogue
from datasets.labelled_video_files import (
    INDEX,
    Index,
    LabelledVideo,
    origin_of,
    read_index,
    skeleton_path,
    write_index,
    write_skeleton,
)
from datasets.labelled_videos import (
    clips,
    files,
    folds,
    read,
    recordings,
    steady,
)
from datasets.protocols import parted
from recognizers.training.experiment import Data, read_config, read_experiment
from tests.made_results import person, result
from tests.media import index_of, write_video
from wildpose.cutting import SEEN_SCORE
from wildpose.results import Person, Result

CLASSES = ("clap", "wave")
CLIPS = (
    LabelledVideo("clap_a", 0, "clap/a.mp4"),
    LabelledVideo("wave_a", 1, "wave/a.mp4"),
    LabelledVideo("wave_b", 1, "wave/b.mp4"),
)


def found(*frames: int, fps: float = 10.0, **skeleton: np.ndarray) -> Result:
    """A video with somebody in some of its frames, or with nobody."""
    video = replace(result().video, fps=fps)
    if not frames:
        return replace(result(), video=video)
    somebody = person(1, frames=list(frames))
    T = len(frames)
    changed = {
        "times": np.array(frames) / fps,
        "observed": np.ones(T, dtype=bool),
        "scores": np.ones((T, 13)),
        **skeleton,
    }
    somebody = replace(somebody, skeleton=replace(somebody.skeleton, **changed))
    return replace(result(somebody), video=video)


def index_of_set(videos: Path, **changes: object) -> Index:
    index = Index(videos, CLASSES, CLIPS, {"actor": "longest"}, {}, complete=True)
    return replace(index, **changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A whole set of three videos, of which one shows nobody."""
    write_skeleton(skeleton_path(tmp_path, "clap_a"), found(0, 1, 2))
    write_skeleton(skeleton_path(tmp_path, "wave_a"), found())
    write_skeleton(skeleton_path(tmp_path, "wave_b"), found(2, 3, 4, 5))
    write_index(tmp_path, index_of_set(tmp_path / "videos", left_out={"wave_a": "nobody"}))
    return tmp_path


def somebody(content: Result) -> Person:
    return content.people[0]


def test_clips_come_by_name_with_the_labels_of_their_folders(root: Path) -> None:
    made = list(clips(root, class_names=CLASSES))
    assert [(clip.name, clip.label) for clip in made] == [("clap_a", 0), ("wave_b", 1)]
    assert [path.stem for path in files(root)] == ["clap_a", "wave_b"]
    assert made[0].joint_set == "lcr13" and made[0].axes == "camera"
    assert made[0].frame_rate == 10.0
    assert read(files(root)[1]).label == 1


def test_a_person_is_where_the_pipeline_placed_them(root: Path) -> None:
    skeleton = somebody(found(2, 3, 4, 5)).skeleton
    assert skeleton.root is not None
    clip = read(skeleton_path(root, "wave_b"))
    expected = skeleton.joints + skeleton.root[:, None]
    np.testing.assert_allclose(clip.joints[0], expected, atol=1e-6)
    assert clip.joints.dtype == np.float32
    assert clip.mask.all() and len(clip) == 4


def test_frames_out_of_sight_are_masked_and_empty(root: Path) -> None:
    write_skeleton(skeleton_path(root, "clap_a"), found(3, 4, 8, 9))
    clip = read(skeleton_path(root, "clap_a"))
    assert clip.mask.tolist() == [[True, True, False, False, False, True, True]]
    assert not clip.joints[:, 2:5].any()
    skeleton = somebody(found(3, 4, 8, 9)).skeleton
    assert skeleton.root is not None
    placed = skeleton.joints + skeleton.root[:, None]
    np.testing.assert_allclose(clip.joints[0, [0, 1, 5, 6]], placed, atol=1e-6)


def test_uneven_frames_come_at_equal_distances_in_time() -> None:
    frames, times = np.arange(5), np.array([0.0, 0.1, 0.2, 0.6, 0.7])  # none is missing
    rows, shown, seen = steady(frames, times, 10.0)
    np.testing.assert_allclose(rows, [0, 1, 2, 2.25, 2.5, 2.75, 3, 4], atol=1e-9)
    assert shown.tolist() == [0, 1, 2, 2, 3, 3, 3, 4]
    assert seen.all()


def test_a_rate_that_was_rounded_moves_nothing() -> None:
    frames = np.arange(100, 650)
    rows, shown, seen = steady(frames, frames / (30000 / 1001), 29.97)
    np.testing.assert_allclose(rows, np.arange(550), atol=1e-3)
    np.testing.assert_array_equal(shown, frames)
    assert seen.all()


def test_nobody_moves_towards_where_they_come_back() -> None:
    frames, times = np.array([0, 1, 5, 6]), np.array([0.0, 0.1, 0.54, 0.64])
    rows, shown, seen = steady(frames, times, 10.0)
    assert seen.tolist() == [True, True, False, False, False, True, True]
    np.testing.assert_allclose(rows[seen], [0, 1, 2, 2.6], atol=1e-9)  # the third at 0.5 s
    assert shown[seen].tolist() == [0, 1, 5, 6]


def test_one_frame_is_a_clip_of_one() -> None:
    rows, shown, seen = steady(np.array([7]), np.array([0.7]), 10.0)
    assert (rows.tolist(), shown.tolist(), seen.tolist()) == ([0.0], [7], [True])


def test_places_are_those_in_the_very_picture_that_is_shown(root: Path) -> None:
    content = found(3, 4, 8, 9)
    write_skeleton(skeleton_path(root, "clap_a"), content)
    recording = dict(recordings(root))["clap_a"]()
    assert recording.video == root / "videos" / "clap" / "a.mp4"
    assert recording.frames.tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert recording.seen_2d[0, :, 0].tolist() == [True, True, False, False, False, True, True]
    assert recording.size is None and not recording.mirrored
    places = somebody(content).skeleton.joints_2d
    assert places is not None
    np.testing.assert_array_equal(recording.joints_2d[0, [0, 1, 5, 6]], places)
    assert not recording.joints_2d[0, 2:5].any()
    clip = read(skeleton_path(root, "clap_a"))
    assert recording.joints_2d.shape[:3] == clip.joints.shape[:3]


def test_joints_that_are_not_sure_or_filled_in_have_no_place(root: Path) -> None:
    scores = np.ones((3, 13))
    scores[0, 6], scores[1, 6] = SEEN_SCORE - 0.01, SEEN_SCORE
    content = found(0, 1, 2, scores=scores, observed=np.array([True, True, False]))
    write_skeleton(skeleton_path(root, "clap_a"), content)
    recording = dict(recordings(root))["clap_a"]()
    assert recording.seen_2d[0, :, 6].tolist() == [False, True, False]
    assert recording.seen_2d[0, :, 0].tolist() == [True, True, False]
    assert recording.placed[0, :, 6].tolist() == [True, True, False]
    assert not recording.joints_2d[~recording.placed].any()
    assert read(skeleton_path(root, "clap_a")).mask.all()  # in 3D what was filled in counts


def test_the_pictures_of_a_clip_are_those_of_its_frames(root: Path) -> None:
    video = root / "videos" / "wave" / "b.mp4"
    video.parent.mkdir(parents=True)
    write_video(video, pictures=8, fps=10)
    recording = dict(recordings(root))["wave_b"]()
    assert [index_of(picture) for picture in recording.pictures()] == [2, 3, 4, 5]


def test_a_set_that_is_not_there_or_not_whole_is_no_set(tmp_path: Path) -> None:
    for reader in (clips, files, recordings):
        with pytest.raises(FileNotFoundError, match=rf"{tmp_path}: run tools/prepare_videos"):
            reader(tmp_path)
    write_index(tmp_path, index_of_set(tmp_path, complete=False))
    for reader in (clips, files, recordings):
        with pytest.raises(ValueError, match=r"not complete, run .* again: it goes on"):
            reader(tmp_path)


def test_other_classes_than_the_modules_are_refused(root: Path) -> None:
    with pytest.raises(ValueError, match=r"of clap, wave; expected the classes wave, clap"):
        clips(root, class_names=("wave", "clap"))


def test_an_index_is_read_back_and_a_damaged_one_named(tmp_path: Path) -> None:
    assert read_index(tmp_path) is None
    index = index_of_set(tmp_path / "v", left_out={"wave_a": "nobody"})
    write_index(tmp_path, index)
    assert read_index(tmp_path) == index
    whole = json.loads((tmp_path / INDEX).read_text())
    lacking = {name: value for name, value in whole.items() if name != "left_out"}
    for text in ("{", "[]", "{}", json.dumps({**whole, "version": 0}), json.dumps(lacking)):
        (tmp_path / INDEX).write_text(text)
        with pytest.raises(ValueError, match=rf"{INDEX}: damaged, or of another version"):
            read_index(tmp_path)


def test_a_damaged_file_is_left_out_with_a_warning(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = skeleton_path(root, "clap_a")
    path.write_bytes(path.read_bytes()[:300])
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(root)] == ["wave_b"]
    (line,) = caplog.messages
    assert line.startswith(f"left out: {path}: damaged; remove it")
    path.unlink()
    with pytest.raises(ValueError, match=r"clap_a\.npz: damaged"):
        read(path)


def test_a_file_of_nobody_and_one_that_the_index_does_not_know(root: Path) -> None:
    assert origin_of(skeleton_path(root, "wave_a")) == (result().video.sha256, False)
    assert origin_of(skeleton_path(root, "wave_b")) == (result().video.sha256, True)
    for name in ("wave_a", "wave_c"):
        with pytest.raises(ValueError, match=rf"{name}.npz: .* does not know it"):
            read(skeleton_path(root, name))
    write_index(root, index_of_set(root))
    with pytest.raises(ValueError, match="nobody was found in the video"):
        read(skeleton_path(root, "wave_a"))


def test_folds_test_each_name_once_with_as_much_of_each_group() -> None:
    groups = [[f"a{i}" for i in range(12)], [f"b{i}" for i in range(7)]]
    made = folds(groups, ("a", "b"), source="ours", of="letters", count=3)
    names = [name for group in groups for name in group]
    tested: list[str] = []
    for protocol in made:
        parts = parted(names, protocol)
        assert sum(map(len, parts.values())) == len(names)
        tested += parts["test"]
        assert sum(name[0] == "a" for name in parts["test"]) == 4
        assert sum(name[0] == "b" for name in parts["test"]) in (2, 3)
        # Of 8 the first and the sixth validate, of 4 or 5 the first.
        assert [name[0] for name in parts["val"]] == ["a", "a", "b"]
    assert sorted(tested) == sorted(names)
    assert parted(names, made[0])["test"] == ["a0", "a3", "a6", "a9", "b0", "b3", "b6"]
    assert "fold 2 of 3 tests" in made[1].source
    with pytest.raises(ValueError, match="'c1' is not a name of a clip of letters"):
        made[0].rule("c1")


def test_the_module_that_the_readme_shows_is_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(catalogue.__file__).parent / "README.md").read_text(encoding="utf-8")
    (source,) = (
        part for part in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "PROTOCOLS" in part
    )
    module = ModuleType("datasets.our_clips")
    exec(source, module.__dict__)  # our own page
    monkeypatch.setitem(sys.modules, "datasets.our_clips", module)
    monkeypatch.setitem(catalogue.DATASETS, "our_clips", "datasets.our_clips:PROTOCOLS")
    chosen = catalogue.dataset_named("our_clips")
    rule = chosen.protocols["xsub"].rule
    assert [rule(f"wave_{who}_1") for who in ("ann", "bob", "eve")] == ["train", "val", "test"]
    root = tmp_path / "our_clips"
    write_skeleton(skeleton_path(root, "wave_eve_1"), found(0, 1, 2))
    clip = LabelledVideo("wave_eve_1", 1, "wave/eve_1.mp4")
    write_index(root, index_of_set(tmp_path, clips=(clip,)))
    assert [chosen.class_names[c.label or 0] for c in chosen.clips(tmp_path)] == ["wave"]
    assert chosen.recordings is not None
    assert [name for name, _ in chosen.recordings(root)] == ["wave_eve_1"]


def test_a_file_with_wrong_bytes_anywhere_is_damaged_or_as_good_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    numbers = np.random.default_rng(0).normal(size=(40, 13, 3))
    about = {"video_sha256": np.array("a"), "video_size": np.array([4, 3]), "video_fps": np.ones(1)}
    np.savez_compressed(path, joints_3d=numbers, **about)
    content, said = path.read_bytes(), list[str]()
    for place in range(0, len(content), 97):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            origin_of(path)
        except ValueError as error:
            said.append(str(error))
    assert len(said) > 20
    assert all("damaged; remove it" in line for line in said)


def test_the_config_that_the_readme_shows_begins_with_the_one_that_comes_with_wildpose(
    tmp_path: Path,
) -> None:
    folder = Path(catalogue.__file__).parent
    text = (folder / "README.md").read_text(encoding="utf-8")
    (source,) = (
        part for part in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "_base_" in part
    )
    path = tmp_path / "graph_our_clips_xsub.py"
    base = folder.parent / "configs" / "graph" / "graph_own_videos.py"
    path.write_text(source.replace(base.name, base.as_posix()), encoding="utf-8")
    experiment = read_experiment(path)
    assert experiment.data == Data("our_clips", "xsub")
    assert experiment.network["initial"] == "default"
    assert experiment.precision is None  # it always says something
    assert read_config(path)["variants"] == {}

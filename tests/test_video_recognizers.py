"""Recognizers that look at pictures name actions in videos: of their person and their time."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wildpose
from tests.conftest import SHARED
from tests.made_footage import BLUE, RED, Witness, hands_of
from tests.made_picture_recognizers import NAMES, NETWORKS, tiny, tiny_file
from tests.media import write_video
from wildpose import chosen_frames, cli, recognition
from wildpose.cutting import cut
from wildpose.footage import Making, squares
from wildpose.pipeline import Pipeline, Tracking
from wildpose.results import Result, Settings
from wildpose.types import SkeletonSequence
from wildpose.video import read_frames
from wildpose.video_writer import VideoWriter

CLIPS = SHARED / "clips.tar"
Rendered = tuple[Path, Result]


class Entry:
    """An entry point: a name, and what makes the recognizer."""

    def __init__(self, name: str, make: Callable[..., Any]):
        self.name = name
        self.load = lambda: make


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    """A recognizer that can be named, and keeps what it is shown."""
    own = Witness(frame_rate=30.0, window_s=0.5)
    entries = [Entry("witness", lambda: own)]
    monkeypatch.setattr(recognition, "entry_points", lambda group: entries)
    return own


@pytest.fixture(scope="module")
def painted(waving: Rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mannequin that waves, for 0.8 s, its left hand painted red and its right one blue."""
    path = tmp_path_factory.mktemp("painted") / "painted.mp4"
    skeleton = waving[1].people[0].skeleton
    assert skeleton.joints_2d is not None
    with VideoWriter(path, width=320, height=240, fps=30) as video:
        for frame, pose in zip(read_frames(waving[0], stop=0.8), skeleton.joints_2d, strict=False):
            image = frame.image.copy()
            for (x, y), colour in zip(hands_of(pose), (RED, BLUE), strict=True):
                row, column = int(y), int(x)
                image[row - 4 : row + 5, column - 4 : column + 5] = colour
            video.write(image, frame.time)
    return path


@pytest.fixture(scope="module")
def bare() -> Pipeline:
    """A pipeline without a recognizer."""
    return Pipeline(Settings(recognizer=None), offline=True, threads=1)


@pytest.fixture(scope="module")
def tracking(painted: Path, bare: Pipeline) -> Tracking:
    """Who is in it, found once for many tests."""
    return bare.track(painted)


@pytest.fixture(scope="module")
def skeleton(tracking: Tracking, bare: Pipeline) -> SkeletonSequence:
    """The mannequin's."""
    return bare.skeletons(tracking).people[0].skeleton


def share(square: np.ndarray, colour: tuple[int, int, int]) -> float:
    """Of a square's pixels, that are of a colour."""
    return float((np.abs(square.astype(int) - colour).max(axis=-1) < 80).mean())


# Whole runs


@pytest.mark.parametrize("family", sorted(NETWORKS))
def test_a_run_names_actions_by_a_network_that_looks(
    family: str, painted: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    recognizer = tiny_file(family, tmp_path)
    given = [str(painted), "--out", str(tmp_path), "--save", "json,activitynet", "--offline"]
    assert cli.main(["run", *given, "--recognizer", str(recognizer), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    written = json.loads((tmp_path / "painted" / "result.json").read_text())
    actions = written["people"][0]["actions"]
    assert actions
    assert {action["label"] for action in actions} <= set(NAMES)
    assert all(len(action["top"]) == len(NAMES) for action in actions)
    assert (tmp_path / "painted" / "activitynet.json").exists()


@pytest.mark.skipif(not CLIPS.exists(), reason="the real clips are not beside this checkout")
def test_a_real_clip_is_labelled_on_its_overlay_too(tmp_path: Path) -> None:
    with tarfile.open(CLIPS) as archive:
        archive.extract("clips/tai_chi.mp4", tmp_path, filter="data")
    result = wildpose.run(
        tmp_path / "clips" / "tai_chi.mp4",
        out=tmp_path,
        recognizer=str(tiny_file("sta", tmp_path)),
        stop=0.6,
        offline=True,
    )
    assert [action.label in NAMES for action in result.people[0].actions] == [True]
    frames = list(read_frames(tmp_path / "tai_chi" / "overlay.mp4"))
    assert len(frames) == result.video.frames


def test_joints_that_the_pipeline_has_not_are_one_line_before_any_video_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tiny_file("sta", tmp_path, joints="kinect25")
    video = write_video(tmp_path / "gray.mp4", pictures=3)
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", str(video), "--out", str(tmp_path / "out"), "--recognizer", str(path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "reads kinect25, and lcr13 cannot be converted to kinect25" in said
    assert not (tmp_path / "out").exists()


def test_a_network_that_reads_no_joints_is_for_any(
    skeleton: SkeletonSequence, painted: Path, tmp_path: Path
) -> None:
    path = tiny_file("glimpse_clouds", tmp_path, joints="kinect25")
    found = [
        wildpose.recognize(shown, recognizer=path, video=painted, min_score=0.0)
        for shown in (skeleton, replace(skeleton, joints=1.5 * skeleton.joints))
    ]
    assert found[0] and found[0] == found[1]
    for segment in found[0]:
        assert sum(score for _, score in segment.top) == pytest.approx(1, abs=1e-3)


# What it is shown


def test_left_hands_are_left_and_people_are_where_they_are(
    witness: Witness, tracking: Tracking
) -> None:
    witness.pictures = Making(size=(120, 120), kept="people", hand_px=12)
    Pipeline(Settings(recognizer="witness"), offline=True).skeletons(tracking)
    assert len(witness.shown) == 2  # 0.8 s in windows of 0.5
    hands, places = [], []
    for clip in witness.shown:
        footage = clip.footage
        assert footage is not None
        assert footage.hands is not None
        assert len(footage.pictures) == len(clip) == len(footage.hands)
        hands += [[[share(h, c) for c in (RED, BLUE)] for h in both] for both in footage.hands]
        for picture, joints in zip(footage.pictures, footage.joints_2d[0], strict=True):
            around = squares(picture, np.stack(hands_of(joints)), 20)
            places += [[[share(square, c) for c in (RED, BLUE)] for square in around]]
    for found in (hands, places):
        (red, blue), (also_red, also_blue) = np.mean(found, axis=0)  # of the left, of the right
        assert red > 0.04 > 0.004 > blue
        assert also_blue > 0.04 > 0.004 > also_red


def test_each_window_shows_its_own_seconds(
    witness: Witness, tracking: Tracking, painted: Path
) -> None:
    witness.pictures = Making(size=(80, 60))
    settings = Settings(recognizer="witness", window=0.5, stride=0.1)
    Pipeline(settings, offline=True).skeletons(tracking)
    whole = np.array([0.0, 0.0, 320.0, 240.0])
    images = np.stack([cut(frame.image, whole, (80, 60)) for frame in read_frames(painted)])
    assert len(witness.shown) == 4  # from 0, 0.1, 0.2 s, and the last half second
    for start, clip in zip((0, 3, 6, 9), witness.shown, strict=True):
        assert clip.footage is not None
        for t, picture in enumerate(clip.footage.pictures):
            apart = np.abs(images.astype(int) - picture).mean(axis=(1, 2, 3))
            assert apart[start + t] < apart.min() + 0.02  # it hardly moves in some


# How often it is read


@pytest.mark.parametrize("looks", [False, True])
def test_only_for_a_recognizer_that_looks_is_the_video_read_again(
    witness: Witness,
    monkeypatch: pytest.MonkeyPatch,
    waving: Rendered,
    looks: bool,  # noqa: FBT001
) -> None:
    witness.needs_rgb = looks
    read: list[Path] = []
    own = chosen_frames.read_frames
    monkeypatch.setattr(
        chosen_frames,
        "read_frames",
        lambda path, **options: read.append(path) or own(path, **options),
    )
    told: list[tuple[int, int | None]] = []
    settings = Settings(recognizer="witness", start=0.2, stop=0.8)
    result = Pipeline(settings, offline=True).run(
        waving[0], progress=lambda done, of: told.append((done, of))
    )
    assert [action.label for action in result.people[0].actions] == ["moves"]
    times = 1 + looks
    assert read == [waving[0]] * times
    assert [done for done, _ in told] == list(range(1, 18 * times + 1))
    assert {of for _, of in told} == {18 * times}
    assert all((clip.footage is not None) == looks for clip in witness.shown)


def test_nobody_in_view_is_not_looked_at(witness: Witness, tmp_path: Path) -> None:
    video = write_video(tmp_path / "gray.mp4", pictures=6)
    result = Pipeline(Settings(recognizer="witness"), offline=True).run(video)
    assert result.people == ()
    assert witness.shown == []


# Skeletons alone


def test_a_skeleton_with_its_video_gets_the_labels_of_the_run(
    tracking: Tracking, painted: Path, tmp_path: Path
) -> None:
    path = tiny_file("vpn", tmp_path)
    (person,) = Pipeline(Settings(recognizer=str(path)), offline=True).skeletons(tracking).people
    assert person.actions
    assert wildpose.recognize(person.skeleton, recognizer=path, video=painted) == person.actions


def test_a_skeleton_alone_is_refused_in_one_line_that_says_what_to_give(
    skeleton: SkeletonSequence, painted: Path
) -> None:
    recognizer = tiny("sta")
    for sequence, video in ((skeleton, None), (replace(skeleton, joints_2d=None), painted)):
        with pytest.raises(ValueError, match=r"looks at pictures too.*video=PATH") as caught:
            wildpose.recognize(sequence, recognizer=recognizer, video=video)
        assert "\n" not in str(caught.value)


def test_another_video_is_named(skeleton: SkeletonSequence, tmp_path: Path) -> None:
    short = write_video(tmp_path / "short.mp4", pictures=5)
    with pytest.raises(ValueError, match=r"short\.mp4: the video ends before the skeletons do"):
        wildpose.recognize(skeleton, recognizer=Witness(), video=short)
    with pytest.raises(ValueError, match=r"gone\.mp4: no such file"):
        wildpose.recognize(skeleton, recognizer=Witness(), video="gone.mp4")


def test_skeletons_in_other_joints_are_looked_at_with_their_hands(painted: Path) -> None:
    sequence = SkeletonSequence(
        joints=np.zeros((20, 15, 3)),
        scores=np.ones((20, 15)),
        times=np.arange(20) / 30,
        joint_set="sbu15",
        joints_2d=np.full((20, 15, 2), 100.0),
    )
    own = Witness(window_s=0.6)
    assert wildpose.recognize(sequence, recognizer=own, video=painted)
    assert own.shown[0].footage is not None
    assert own.shown[0].footage.hands is not None

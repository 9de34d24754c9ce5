"""The tool that makes clips of labelled videos: what it finds, leaves out, and how it goes on."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import prepare_videos
import pytest

from datasets.footage_making import footage_of_recording
from datasets.labelled_video_files import SKELETONS, read_index, skeleton_path
from datasets.labelled_videos import clips, recordings
from tests.made_results import person, result
from tests.media import write_video
from wildpose.footage import Making
from wildpose.hashing import sha256_of
from wildpose.results import Result, Settings
from wildpose.video import VideoError, read_frames
from wildpose.video_writer import VideoWriter


class StandIn:
    """Finds somebody in every video, and knows what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: dict[str, Callable[[], Result]] = {}

    def run(self, path: Path, *, sha256: str) -> Result:
        self.asked.append(path.name)
        if path.name in self.before:
            return self.before[path.name]()
        assert next(iter(read_frames(path))).index == 0
        found = result(person(1, frames=[0, 1, 2]))
        return replace(found, video=replace(found.video, sha256=sha256))


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr(prepare_videos, "_pipeline", lambda *_: stand_in)
    return stand_in


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two classes with a video or two each, and things that are no videos."""
    root = tmp_path / "videos"
    for number, name in enumerate(("wave/a.mp4", "wave/b.MP4", "clap/a.mkv")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(root / name, pictures=4 + number)
    (root / "clap" / "notes.txt").write_text("of Tuesday")
    (root / "clap" / ".hidden.mp4").touch()
    for name in (".trash", "empty"):
        (root / name).mkdir()
    (root / ".trash" / "old.mp4").touch()
    (root / "stray.mp4").touch()
    return root


def run(videos: Path, *options: str) -> int:
    out = videos.parent / "out"
    return prepare_videos.main([str(videos), "--out", str(out), "--workers", "1", *options])


def fail(error: BaseException) -> Result:
    raise error


def test_every_video_becomes_a_clip_of_its_folder_s_class(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos) == 0
    out, err = capsys.readouterr()
    root = videos.parent / "out"
    assert out.startswith(f"3 clips of 2 classes in {root}: 3 new; 0 left out;")
    assert err == ""
    assert [(clip.name, clip.label) for clip in clips(root)] == [
        ("clap_a", 0),
        ("wave_a", 1),
        ("wave_b", 1),
    ]
    index = read_index(root)
    assert index is not None and index.class_names == ("clap", "wave")
    assert index.settings["recognizer"] is None and index.settings["actor"] == "longest"
    found = dict(recordings(root))["wave_b"]()
    assert found.video == videos / "wave" / "b.MP4"


def test_a_run_goes_on_where_it_was(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before["a.mp4"] = lambda: fail(KeyboardInterrupt())
    assert run(videos) == 130
    assert "interrupted; what was found is kept" in capsys.readouterr().err
    with pytest.raises(ValueError, match="not complete"):
        clips(videos.parent / "out")
    left = videos.parent / "out" / SKELETONS / ".wave_a.npz.999999999.ab.partial"
    left.touch()  # of a run that was killed
    pipeline.before.clear()
    pipeline.asked.clear()
    assert run(videos) == 0
    assert pipeline.asked == ["a.mp4", "b.MP4"]
    assert "3 clips of 2 classes" in (out := capsys.readouterr().out) and "2 new" in out
    assert not left.exists()
    pipeline.asked.clear()
    assert run(videos) == 0
    assert pipeline.asked == []


def test_videos_that_cannot_be_used_have_a_line_each_and_are_left_out(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before["a.mkv"] = lambda: fail(VideoError("is cut off"))
    pipeline.before["a.mp4"] = result  # of nobody
    assert run(videos) == 1
    out, err = capsys.readouterr()
    assert "1 clip of 2 classes" in out and "1 new; 2 left out" in out
    assert err.splitlines() == [
        f"left out: {videos / 'clap' / 'a.mkv'}: is cut off",
        f"left out: {videos / 'wave' / 'a.mp4'}: nobody was found in it",
    ]
    root = videos.parent / "out"
    assert [clip.name for clip in clips(root)] == ["wave_b"]
    assert [name for name, _ in recordings(root)] == ["wave_b"]
    assert list(read_index(root).left_out) == ["clap_a", "wave_a"]  # type: ignore[union-attr]


def test_a_video_that_may_not_be_read_is_a_line(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before["a.mkv"] = lambda: fail(PermissionError(13, "Permission denied"))
    assert run(videos) == 1
    line = f"left out: {videos / 'clap' / 'a.mkv'}: Permission denied\n"
    assert capsys.readouterr().err == line


def test_another_video_under_a_name_is_not_taken_for_the_one_before(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos) == 0
    write_video(videos / "wave" / "a.mp4", pictures=9)
    capsys.readouterr()
    assert run(videos) == 1
    kept = skeleton_path(videos.parent / "out", "wave_a")
    assert capsys.readouterr().err == (
        f"left out: {videos / 'wave' / 'a.mp4'}: is not the video that {kept} was made of: remove "
        "that file and its footage\n"
    )
    kept.unlink()
    assert run(videos) == 0


def test_videos_that_were_moved_are_found_again(videos: Path, pipeline: StandIn) -> None:
    assert run(videos) == 0
    videos = videos.rename(videos.with_name("moved"))
    pipeline.asked.clear()
    assert run(videos) == 0
    assert pipeline.asked == []
    found = dict(recordings(videos.parent / "out"))["wave_a"]()
    assert len(list(found.pictures())) == 3


def test_what_cannot_begin_is_usage(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos / "nowhere") == 2
    assert capsys.readouterr().err == f"prepare_videos: no folder {videos / 'nowhere'}\n"
    assert run(videos / "wave") == 2
    assert "expected a folder for each class" in capsys.readouterr().err
    assert run(videos) == 0
    capsys.readouterr()
    assert run(videos, "--actor", "largest") == 2
    line = "made with actor 'longest', now 'largest': name another folder, or delete this one"
    assert line in capsys.readouterr().err


def test_two_videos_of_one_name_are_usage(
    videos: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(videos / "wave" / "A.avi", pictures=3, codec="mpeg4")
    assert run(videos) == 2
    assert "wave/A.avi and wave/a.mp4 would both be the clip 'wave_a'" in capsys.readouterr().err
    assert pipeline.asked == []


def test_a_full_disk_is_a_line_and_a_failure(
    videos: Path,
    pipeline: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    assert run(videos) == 1
    line = f"cannot write to {videos.parent / 'out'}: No space left on device"
    assert capsys.readouterr().err == f"prepare_videos: {line}\n"
    assert not list((videos.parent / "out" / SKELETONS).iterdir())


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--actor", "all"], ["--actor", "id=2"]])
def test_wrong_options_are_usage(videos: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(videos, *wrong)
    assert ended.value.code == 2


def test_jobs_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    job = prepare_videos.Job("wave_a", tmp_path / "a.mp4", tmp_path / "a.npz")
    find = partial(
        prepare_videos._find, settings=Settings(recognizer=None), networks=(tmp_path, True)
    )
    sent, how = pickle.loads(pickle.dumps((job, find)))
    assert (sent, how.func, how.keywords) == (job, find.func, find.keywords)


@pytest.mark.thorough
def test_two_processes_find_what_one_finds(waving: tuple[Path, Result], tmp_path: Path) -> None:
    pictures = [frame.image for frame, _ in zip(read_frames(waving[0]), range(12), strict=False)]
    for name, shown in (("a", pictures), ("b", pictures[::-1])):
        (tmp_path / "videos" / "wave").mkdir(parents=True, exist_ok=True)
        height, width = shown[0].shape[:2]
        path = tmp_path / "videos" / "wave" / f"{name}.mp4"
        with VideoWriter(path, width=width, height=height, fps=30) as video:
            for t, picture in enumerate(shown):
                video.write(picture, t / 30)
    found = []
    for workers in ("1", "2"):
        assert run(tmp_path / "videos", "--offline", "--workers", workers) == 0
        kept = {}
        for name in ("wave_a", "wave_b"):
            with np.load(skeleton_path(tmp_path / "out", name)) as file:
                kept[name] = {key: file[key] for key in file}
        found.append(kept)
        shutil.rmtree(tmp_path / "out")
    for name, by_one in found[0].items():
        by_two = found[1][name]
        assert by_two.keys() == by_one.keys()
        for key, values in by_one.items():
            if (
                values.dtype.kind == "f"
            ):  # of one thread or of several sums may be rounded otherwise
                np.testing.assert_allclose(by_two[key], values, atol=1e-2, err_msg=key)
            else:
                np.testing.assert_array_equal(by_two[key], values, err_msg=key)
    assert found[0]["wave_a"]["video_sha256"] != found[0]["wave_b"]["video_sha256"]


def test_a_mannequin_who_waves_becomes_a_clip_with_pictures(
    waving: tuple[Path, Result], tmp_path: Path
) -> None:
    path, truth = waving
    (tmp_path / "videos" / "wave").mkdir(parents=True)
    (tmp_path / "videos" / "wave" / "w.mp4").symlink_to(path)
    assert run(tmp_path / "videos", "--offline") == 0
    (clip,) = clips(tmp_path / "out")
    assert (clip.name, len(clip), clip.frame_rate) == ("wave_w", 45, 30.0)
    assert clip.mask.all() and clip.joints.shape == (1, 45, 13, 3)
    # In the scene: as far from the camera as the pipeline thinks, feet below the head, y down.
    assert (clip.joints[..., 2] > 1).all()
    assert (clip.joints[0, :, 0, 1] > clip.joints[0, :, 12, 1] + 1).all()
    recording = next(iter(recordings(tmp_path / "out")))[1]()
    places = truth.people[0].skeleton.joints_2d
    assert places is not None and recording.seen_2d.mean() > 0.8
    wrists = recording.seen_2d[0, :, 6:8]  # right, then left: nothing is mirrored
    error = np.linalg.norm(recording.joints_2d[0, :, 6:8] - places[:, 6:8], axis=-1)
    assert np.median(error[wrists]) < 12  # px of 320; the wrists are some 60 px apart
    footage = footage_of_recording(recording, Making(size=(64, 64), kept="people", hand_px=16))
    assert len(footage.pictures) == 45 and footage.seen_2d.shape == (1, 45, 13)
    with np.load(skeleton_path(tmp_path / "out", "wave_w")) as kept:
        assert str(kept["video_sha256"]) == sha256_of(path)

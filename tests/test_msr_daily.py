"""MSR Daily Activity 3D: files written here in the format of the set's readme."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from datasets.msr_daily import CLASS_NAMES, PROTOCOLS, SPLITS, clips, files, read, recordings
from datasets.protocols import parted
from tests.made_kinect_pictures import hands_are_found, stored_picture, waving
from tests.media import write_video
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.video import VideoError

NAME = "a07_s09_e02_skeleton"
KINECT20 = joint_set("kinect20")


def skeleton(seed: int) -> Array:
    """(20, 3) m: joints of one frame, each number another."""
    return np.random.default_rng(seed).uniform(-1, 3, (20, 3)).round(6)


def frame(*people: Array) -> str:
    """As in a file: the number of rows, and of each joint the place in space and in the picture."""
    lines = [str(40 * len(people))]
    for joints in people:
        for x, y, z in joints:
            lines += [f"{x:.6f} {y:.6f} {z:.6f} 1", f"{0.5:.6f} {0.25:.6f} {1000 * z:.6f} 1"]
    return "\n".join(lines)


def text_of(*frames: str) -> str:
    return "\n".join([f"{len(frames)} 20", *frames]) + "\n"


def written(folder: Path, text: str, *, name: str = NAME) -> Path:
    path = folder / f"{name}.txt"
    path.write_text(text)
    return path


def test_a_file_becomes_a_clip_with_the_joints_in_space(tmp_path: Path) -> None:
    clip = read(written(tmp_path, text_of(frame(skeleton(1)), frame(skeleton(2)))))
    assert clip.joints.shape == (1, 2, 20, 3)
    assert clip.joints.dtype == np.float32
    np.testing.assert_allclose(clip.joints[0], [skeleton(1), skeleton(2)], atol=1e-6)
    assert clip.mask.tolist() == [[True, True]]
    assert (clip.joint_set, clip.axes, clip.name) == ("kinect20", "kinect", NAME)
    assert (clip.subject, clip.frame_rate) == ("s09", 30.0)
    assert clip.label == CLASS_NAMES.index("use vacuum cleaner")


def test_frames_without_anybody_are_masked(tmp_path: Path) -> None:
    nobody, zeros = frame(), frame(np.zeros((20, 3)))
    clip = read(written(tmp_path, text_of(nobody, frame(skeleton(1)), zeros, frame(skeleton(2)))))
    assert clip.mask.tolist() == [[False, True, False, True]]
    np.testing.assert_allclose(clip.joints[0, [1, 3]], [skeleton(1), skeleton(2)], atol=1e-6)


def test_of_two_skeletons_the_first_is_taken(tmp_path: Path) -> None:
    clip = read(written(tmp_path, text_of(frame(skeleton(1), skeleton(2)), frame(skeleton(3)))))
    np.testing.assert_allclose(clip.joints, [[skeleton(1), skeleton(3)]], atol=1e-6)


def test_lines_may_be_broken_anywhere(tmp_path: Path) -> None:
    text = text_of(frame(skeleton(1)), frame())
    expected = read(written(tmp_path, text))
    joined = read(written(tmp_path, text.replace("\n", "\r\n  "), name="a07_s09_e01_skeleton"))
    np.testing.assert_array_equal(joined.joints, expected.joints)


ONE = frame(skeleton(1))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "expected a number of frames and then 20 joints"),
        ("0 20\n", "expected a number of frames and then 20 joints"),
        (text_of(ONE).replace("1 20", "1 25", 1), "expected a number of frames and then 20"),
        (text_of(ONE, ONE).replace("2 20", "3 20", 1), "frame 3 of 3 does not have 0, 40 or 80"),
        (text_of(ONE, ONE).replace("2 20", "1 20", 1), "161 numbers too many after the last frame"),
        (text_of(ONE)[:-9], "frame 1 of 1 does not have"),
        (text_of(ONE.replace("40", "39", 1)), "frame 1 of 1 does not have"),
        (text_of(ONE.replace("40", "-40", 1)), "frame 1 of 1 does not have"),
        (text_of(ONE.replace(" 1\n", " nan\n", 1)), "not a finite number"),
        ("frames 20\n", "not numbers alone"),
        (text_of(frame(), frame()), "nobody was tracked"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(
    tmp_path: Path, text: str, wrong: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=rf"^{path}: .*{wrong}[^\n]*$"):
        read(path)


@pytest.mark.parametrize(
    "name", ["a17_s01_e01_skeleton", "a01_s11_e01_skeleton", "a01_s01_e01_skeleton3D"]
)
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name of MSR Daily Activity"):
        read(written(tmp_path, text_of(ONE), name=name))


def test_files_are_sorted_and_bad_ones_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second = written(tmp_path, text_of(ONE), name="a02_s01_e01_skeleton")
    first = written(tmp_path, "1 20", name="a01_s01_e02_skeleton")
    (tmp_path / "a01_s01_e02_depth.bin").touch()
    assert files(tmp_path) == [first, second]
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == [second.stem]
    assert str(first) in caplog.text


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no MSR Daily .*{tmp_path}.*datasets/README"):
        files(tmp_path)


def test_160_clips_of_odd_subjects_train_and_those_of_even_ones_test() -> None:
    names = [
        f"a{action:02}_{subject}_e{take:02}_skeleton"
        for action in range(1, len(CLASS_NAMES) + 1)
        for subject in SPLITS
        for take in (1, 2)
    ]
    parts = parted(names, PROTOCOLS["xsub"])
    assert (len(parts["train"]), len(parts["val"]), len(parts["test"])) == (128, 32, 160)
    assert all(int(name[5:7]) % 2 == 0 for name in parts["test"])
    assert all(int(name[5:7]) % 2 == 1 for name in parts["train"] + parts["val"])


# Videos


def with_video(
    folder: Path, joints: Array, *, frames: int, mirrored: bool = True, name: str = NAME
) -> Path:
    """(T, 20, 3) m of a clip, and its video of so many frames, the nearest in time."""
    side = 1 if mirrored else -1
    texts = []
    for pose in joints:
        u = 0.5 + side * 0.89 * pose[:, 0] / pose[:, 2]
        rows = [
            f"{x:.6f} {y:.6f} {z:.6f} 1\n{own:.6f} 0.5 {1000 * z:.6f} 1"
            for (x, y, z), own in zip(pose, u, strict=True)
        ]
        texts.append("\n".join(["40", *rows]))
    path = written(folder, text_of(*texts), name=name)
    shown = joints[np.linspace(0, len(joints) - 1, frames).round().astype(int)]
    pictures = [stored_picture(pose[None], "kinect20")[:, ::side] for pose in shown]
    write_video(folder / f"{name.removesuffix('_skeleton')}_rgb.avi", pictures=pictures)
    return path


def walking(T: int) -> Array:
    """(T, 20, 3) m: somebody who faces the sensor and is pushed to its left, 50 px a frame."""
    steps = np.linspace(-0.4, 0.5, T)[:, None, None] * (1, 0, 0)
    return waving(T, "kinect20", place=(0.0, -0.9, 2.4)) + steps


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize("frames", [5, 9])
def test_hands_are_where_they_are_in_a_video_of_another_rate(
    tmp_path: Path, frames: int, *, mirrored: bool
) -> None:
    with_video(tmp_path, walking(5), frames=frames, mirrored=mirrored)
    written(tmp_path, text_of(ONE), name="a01_s01_e01_skeleton")  # without a video
    ((name, found),) = recordings(tmp_path)
    recording = found()
    assert name == NAME
    assert recording.mirrored is mirrored
    assert recording.joints_2d.shape == (1, 5, 20, 2) and recording.seen_2d.all()
    assert hands_are_found(recording)


def test_a_video_of_fewer_frames_shows_some_twice(tmp_path: Path) -> None:
    with_video(tmp_path, walking(5), frames=3)
    recording = next(iter(recordings(tmp_path)))[1]()
    assert recording.frames.tolist() == [0, 0, 1, 2, 2]
    assert len(list(recording.pictures())) == 5


def test_videos_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    written(tmp_path, text_of(ONE))
    with pytest.raises(FileNotFoundError, match=rf"no videos .*{tmp_path}.*datasets/README"):
        recordings(tmp_path)
    video = tmp_path / "a07_s09_e02_rgb.avi"
    video.write_bytes(b"RIFF")
    with pytest.raises(VideoError, match=rf"^{video}: [^\n]*$"):
        next(iter(recordings(tmp_path)))[1]()


def test_who_was_never_in_front_of_the_camera_is_in_no_picture(tmp_path: Path) -> None:
    with_video(tmp_path, waving(2, "kinect20", place=(0.3, -0.9, 2.4)), frames=2)
    written(tmp_path, text_of(frame(skeleton(1) - (0, 0, 9))))
    recording = next(iter(recordings(tmp_path)))[1]()
    assert not recording.seen_2d.any() and not recording.joints_2d.any()

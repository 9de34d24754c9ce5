"""NTU RGB+D as clips, from files written here in its format."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from datasets.acting import Style
from datasets.clip_cache import ClipCacheWriter
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.ntu import (
    CLASS_NAMES,
    NobodyTrackedError,
    clips,
    files,
    ignored,
    missing_lists,
    read,
    read_sample,
    unmirrored,
)
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from wildpose.geometry import Array
from wildpose.joints import joint_set

KINECT25 = joint_set("kinect25")


def waving(frames: int, *, x: float = 0.0) -> Array:
    """(T, 25, 3) somebody who waves at the sensor, 3 m away, at x m to its left."""
    joints = MOTIONS["wave"](np.arange(frames) / 30, Body(), Style())
    return joints * np.array([-1, 1, -1]) + np.array([x, -0.9, 3.0])


def written(
    folder: Path,
    *people: Array,
    name: str = "S001C002P003R002A013",
    frames: list[range] | None = None,
    frame_count: int = 40,
) -> Path:
    """A file of some people, all in view from the first frame on unless told otherwise."""
    bodies = [
        tracked_body(joints, id=str(2**56 + i), frames=np.array(frames[i]) if frames else None)
        for i, joints in enumerate(people)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_skeleton_file(folder / f"{name}.skeleton", SkeletonFile(frame_count, tuple(bodies)))
    return folder / f"{name}.skeleton"


def test_a_file_becomes_a_clip_with_the_joints_where_they_were(tmp_path: Path) -> None:
    clip = read(written(tmp_path, waving(40)))
    assert clip.joints.shape == (1, 40, 25, 3)
    assert clip.joints.dtype == np.float32
    np.testing.assert_allclose(clip.joints[0], waving(40), atol=2e-6)  # m; seven digits
    assert clip.mask.all()
    assert (clip.joint_set, clip.axes, clip.frame_rate) == ("kinect25", "kinect", 30.0)
    assert (clip.name, clip.subject, clip.label) == ("S001C002P003R002A013", "P003", 12)


@pytest.mark.parametrize(
    ("action", "name"), [(1, "drink water"), (100, "butt kicks (kick backward)")]
)
def test_labels_count_actions_beyond_99_too(tmp_path: Path, action: int, name: str) -> None:
    clip = read(written(tmp_path, waving(40), name=f"S018C001P045R001A{action:03}"))
    assert clip.label == action - 1
    assert CLASS_NAMES.index(name) == clip.label


def test_two_people_are_told_apart_and_masked_where_they_are_away(tmp_path: Path) -> None:
    near, far = waving(40), waving(20, x=0.8)
    clip = read(written(tmp_path, near, far, frames=[range(40), range(15, 35)]))
    assert clip.joints.shape == (2, 40, 25, 3)
    order = [0, 1] if clip.mask[0].all() else [1, 0]
    assert np.flatnonzero(clip.mask[order[1]]).tolist() == list(range(15, 35))
    np.testing.assert_allclose(clip.joints[order[1], 15:35], far, atol=2e-6)
    assert not clip.joints[~clip.mask].any()


def test_a_clip_begins_and_ends_with_somebody_in_view(tmp_path: Path) -> None:
    path = written(tmp_path, waving(20), frames=[range(7, 27)], frame_count=60)
    sample = read_sample(path)
    assert sample.frames.tolist() == list(range(7, 27))
    assert sample.clip.mask.all()


def test_a_long_absence_is_masked_not_cut_and_a_short_one_filled(tmp_path: Path) -> None:
    frames = [*range(10), *range(14, 24), *range(54, 64)]
    path = written(tmp_path, waving(30), frames=[frames], frame_count=64)  # type: ignore[list-item]
    clip = read(path)
    assert np.flatnonzero(~clip.mask[0]).tolist() == list(range(24, 54))
    assert not clip.joints[0, 24:54].any()
    assert clip.joints[0, 10:14].all()
    assert not read(path, fill="none").mask[0, 10:14].any()
    assert read(path, max_gap_s=np.inf).mask.all()


def test_a_file_without_anybody_says_so(tmp_path: Path) -> None:
    for frame_count in (0, 74):
        path = written(tmp_path, frame_count=frame_count)
        with pytest.raises(
            NobodyTrackedError, match=rf"{path.name}: nobody .* {frame_count} frames"
        ):
            read(path)


@pytest.mark.parametrize(("joints", "named"), [([7], "left_hand"), ([3, 7], "head, left_hand")])
def test_a_joint_that_is_never_known_is_named_and_no_lack_of_people(
    tmp_path: Path, joints: list[int], named: str
) -> None:
    people = waving(40)
    people[:, joints] = np.nan
    with pytest.raises(
        ValueError, match=rf"A013\.skeleton: nobody .*: {named} is known in none$"
    ) as e:
        read(written(tmp_path, people))
    assert not isinstance(e.value, NobodyTrackedError)


def test_joints_that_are_never_known_together_are_no_lack_of_people(tmp_path: Path) -> None:
    people = waving(80)
    people[:40, 3] = people[40:, 7] = np.nan
    with pytest.raises(ValueError, match=r"nobody has all joints in any frame$") as e:
        read(written(tmp_path, people, frame_count=80), fill="none")
    assert not isinstance(e.value, NobodyTrackedError)


def test_somebody_with_all_joints_is_enough(tmp_path: Path) -> None:
    other = waving(40, x=0.8)
    other[:, 7] = np.nan
    clip = read(written(tmp_path, waving(40), other))
    assert clip.joints.shape == (1, 40, 25, 3)
    np.testing.assert_allclose(clip.joints[0], waving(40), atol=2e-6)


@pytest.mark.parametrize("name", ["S001C002P003R002A121", "S001C002P003R002", "walk"])
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, waving(40), name=name)
    with pytest.raises(ValueError, match=rf"{name}\.skeleton: .* is not a name of a clip of NTU"):
        read(path)


def test_colour_coordinates_are_those_of_the_flipped_video(tmp_path: Path) -> None:
    path = written(tmp_path, waving(40))
    flipped, as_filmed = read_sample(path), read_sample(path, mirrored=True)
    assert flipped.colour.dtype == np.float32
    assert flipped.colour_known.all()
    # Column 0 of a picture, whose centre the file calls 0, is column 1919 of the flipped one.
    np.testing.assert_array_equal(unmirrored(np.array([0.0, 0.0])), [1919.5, 0.5])
    np.testing.assert_allclose(flipped.colour, unmirrored(as_filmed.colour), atol=1e-3)
    left, right = (KINECT25.index(f"{side}_shoulder") for side in ("left", "right"))
    assert (flipped.clip.joints[..., left, 0] < flipped.clip.joints[..., right, 0]).all()
    # x is to the sensor's left, and so to the left of what it sees as it is.
    assert (flipped.colour[..., left, 0] > flipped.colour[..., right, 0]).all()
    assert (as_filmed.colour[..., left, 0] < as_filmed.colour[..., right, 0]).all()


def test_colour_coordinates_that_are_no_number_are_masked(tmp_path: Path) -> None:
    pixels = np.full((40, 25, 2), 500.0)
    pixels[3, 4, 0] = np.nan
    body = tracked_body(waving(40), id="1", pixels=pixels)
    path = tmp_path / "S001C002P003R002A013.skeleton"
    write_skeleton_file(path, SkeletonFile(40, (body,)))
    sample = read_sample(path)
    assert np.argwhere(~sample.colour_known).tolist() == [[0, 3, 4]]
    assert sample.colour[0, 3, 4].tolist() == [0, 0]
    np.testing.assert_allclose(sample.colour[0, 5], 500.0)


def test_a_joint_filled_in_has_no_colour_coordinates(tmp_path: Path) -> None:
    path = written(tmp_path, waving(30), frames=[[*range(10), *range(14, 34)]])  # type: ignore[list-item]
    sample = read_sample(path)
    assert sample.clip.mask[0, 10:14].all()
    assert not sample.colour_known[0, 10:14].any()


def test_files_are_found_in_all_folders_below_and_sorted_by_name(tmp_path: Path) -> None:
    second = written(tmp_path / "a", waving(1), name="S002C001P001R001A001")
    first = written(tmp_path / "b", waving(1), name="S001C001P001R001A002")
    (tmp_path / "Sketch.skeleton").write_text("no clip")
    assert files(tmp_path) == [first, second]
    assert files(tmp_path, ignore={first.stem}) == [second]


def test_of_two_files_of_one_name_one_is_taken_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [written(tmp_path / place, waving(1)) for place in ("a", "b")]
    with caplog.at_level(logging.WARNING):
        assert files(tmp_path) == paths[:1]
    assert str(paths[1]) in caplog.text


def test_an_empty_folder_says_what_was_looked_for_and_where(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=rf"no NTU RGB.*skeleton.*{tmp_path}.*datasets/READ"
    ):
        files(tmp_path)


def test_a_list_of_clips_may_have_prose_around_them(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(
        "2 of the samples are bad.\r\n\r\nS001C002P005R002A008\r\nS017C003P020R002A060.avi\n"
    )
    assert ignored(path) == {"S001C002P005R002A008", "S017C003P020R002A060"}
    path.write_text("none")
    with pytest.raises(ValueError, match=r"list\.txt: names no clip"):
        ignored(path)


def test_clips_leave_out_what_lists_beside_them_name_and_what_is_malformed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for action in range(1, 5):
        written(tmp_path, waving(12), name=f"S001C001P001R001A{action:03}", frame_count=12)
    (tmp_path / "S001C001P001R001A002.skeleton").write_text("12\n1\n")
    (tmp_path / "NTU_samples_with_missing_skeletons.txt").write_text("S001C001P001R001A003\n")
    assert [path.name for path in missing_lists(tmp_path)] == [
        "NTU_samples_with_missing_skeletons.txt"
    ]
    with caplog.at_level(logging.WARNING):
        found = [clip.name for clip in clips(tmp_path)]
    assert found == ["S001C001P001R001A001", "S001C001P001R001A004"]
    assert "A002.skeleton: line 2" in caplog.text


@pytest.mark.parametrize("place", [".", "cache"])
def test_clips_come_from_a_cache_where_there_is_one(tmp_path: Path, place: str) -> None:
    made = [
        read(written(tmp_path / "raw", waving(20), name=f"S001C001P001R001A00{a}", frame_count=20))
        for a in (2, 1, 3)
    ]
    with ClipCacheWriter(tmp_path / "ntu" / place, settings={}) as cache:
        for clip in made:
            cache.add(clip)
    (tmp_path / "ntu" / "NTU_missing_skeletons.txt").write_text("S001C001P001R001A003\n")
    found = list(clips(tmp_path / "ntu"))
    assert [clip.name for clip in found] == ["S001C001P001R001A001", "S001C001P001R001A002"]
    np.testing.assert_array_equal(found[1].joints, made[0].joints)


def test_files_that_are_in_no_cache_and_on_no_list_are_warned_of_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"S001C001P001R001A00{action}" for action in range(1, 7)]
    paths = [written(tmp_path / "s001", waving(20), name=name, frame_count=20) for name in names]
    with ClipCacheWriter(tmp_path / "cache", settings={}, ignored={names[1]}) as cache:
        cache.add(read(paths[0]))
        cache.leave_out(names[2])
    (tmp_path / "NTU_missing_skeletons.txt").write_text(names[3])
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == names[:1]
    (line,) = caplog.messages
    assert line.startswith(f"2 .skeleton files below {tmp_path} are not in {tmp_path / 'cache'}")
    assert f"such as {names[4]}: run tools/prepare_ntu.py again" in line
    caplog.clear()
    for path in paths[4:]:
        path.unlink()
    with caplog.at_level(logging.WARNING):
        clips(tmp_path)
    assert caplog.messages == []


def test_a_cache_that_is_not_complete_is_not_taken(tmp_path: Path) -> None:
    clip = read(written(tmp_path / "raw", waving(20), frame_count=20))
    with suppress(KeyboardInterrupt), ClipCacheWriter(tmp_path / "cache", settings={}) as cache:
        cache.add(clip)
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match=r"cache: not complete, run tools/prepare_ntu\.py again"):
        clips(tmp_path)

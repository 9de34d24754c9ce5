"""overlay.mp4: whose skeleton is drawn where, and what of the source is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.media import Image, audio_packets, corner_picture, gray_picture, turn, write_video
from wildpose.joints import joint_set
from wildpose.overlay import colour_of, draw_person, write_overlay
from wildpose.results import Person, Result, Settings, VideoSummary
from wildpose.types import Segment, SkeletonSequence
from wildpose.video import probe, read_frames
from wildpose.video_writer import VideoWriter

LCR = joint_set("lcr13")
GRAY = 90
PLATE = (20, 20, 20)
# Fills the unit square: ankles, knees, hips, wrists, elbows, shoulders, right before left; head.
FIGURE = np.array(
    "0.3 1 0.7 1 0.3 0.8 0.7 0.8 0.35 0.55 0.65 0.55 0 0.55 1 0.55 0.1 0.4 0.9 0.4 0.25 0.2 "
    "0.75 0.2 0.5 0".split(),
    float,
).reshape(13, 2)
BOX = (220.0, 110.0, 380.0, 430.0)  # on a canvas of 640 x 480


def canvas(width: int = 640, height: int = 480) -> Image:
    return np.full((height, width, 3), GRAY, np.uint8)


def person(
    *,
    id: int = 1,
    box: tuple[float, float, float, float] = BOX,
    frames: int = 1,
    score: float = 1.0,
    observed: bool = True,
    actions: tuple[Segment, ...] = (),
) -> Person:
    """A figure that fills its box, the same in every frame, at 30 frames/s."""
    corner, size = np.array(box[:2]), np.subtract(box[2:], box[:2])
    skeleton = SkeletonSequence(
        joints=np.zeros((frames, 13, 3)),
        scores=np.full((frames, 13), score),
        times=np.arange(frames) / 30,
        joints_2d=np.repeat((corner + FIGURE * size)[None], frames, axis=0),
        observed=np.full(frames, observed),
        root=np.tile([0.0, 0.0, 4.0], (frames, 1)),
    )
    return Person(id, np.arange(frames), np.tile(box, (frames, 1)), skeleton, actions)


def points_of(someone: Person) -> np.ndarray:
    """(J, 2) px in the first frame."""
    assert someone.skeleton.joints_2d is not None
    return someone.skeleton.joints_2d[0]


def result_of(path: Path, *people: Person, settings: Settings | None = None) -> Result:
    """What a run on this video would say, with these people in it."""
    info = probe(path)
    size, frames = (info.width, info.height), info.frames or 0
    video = VideoSummary(str(path), "0" * 64, *size, info.fps, frames, 1.0, info.rotation)
    return Result(video, people, settings or Settings())


def drawn(*people: Person, time: float = 0.0) -> Image:
    """The first frame of these people on a gray picture."""
    image = canvas()
    for someone in people:
        draw_person(image, someone, 0, time=time)
    return image


def changed(image: Image) -> np.ndarray:
    """(H, W) where something was drawn on the gray."""
    return np.abs(image.astype(int) - GRAY).max(axis=2) > 20


def amount_of(image: Image, colour: tuple[int, int, int]) -> int:
    """Pixels of exactly this colour."""
    return int((image == np.array(colour)).all(axis=2).sum())


# What is kept of the source


def test_the_sound_of_the_source_arrives_packet_by_packet(tmp_path: Path) -> None:
    source = write_video(tmp_path / "s.mp4", pictures=15, sound=("aac", 0, 0.5))
    note = write_overlay(tmp_path / "o.mp4", source, result_of(source))
    before, after = audio_packets(source), audio_packets(tmp_path / "o.mp4")
    assert note is None
    assert len(before) > 20
    assert [data for _, data in after] == [data for _, data in before]
    np.testing.assert_allclose([t for t, _ in after], [t for t, _ in before], atol=1e-4)


def test_uneven_times_of_the_source_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.033, 0.2, 0.21, 0.5, 0.9, 0.933]
    source = write_video(tmp_path / "s.mkv", pictures=len(times), times=times)
    write_overlay(tmp_path / "o.mp4", source, result_of(source))
    kept = [frame.time for frame in read_frames(tmp_path / "o.mp4")]
    np.testing.assert_allclose(kept, times, atol=1e-3)


@pytest.mark.parametrize("clockwise", [90, 270])
def test_a_portrait_recording_becomes_an_upright_overlay(tmp_path: Path, clockwise: int) -> None:
    stored = np.rot90(corner_picture((48, 64)), k=clockwise // 90)  # as the sensor lay
    source = turn(write_video(tmp_path / "s.mp4", pictures=[stored] * 3), clockwise)
    write_overlay(tmp_path / "o.mp4", source, result_of(source))
    info = probe(tmp_path / "o.mp4")
    assert (info.width, info.height, info.rotation) == (48, 64, 0)
    first = next(read_frames(tmp_path / "o.mp4")).image
    assert np.abs(first.astype(int) - corner_picture((48, 64))).mean() < 8


@pytest.mark.parametrize("size", [(64, 48), (65, 49)])
def test_without_people_the_overlay_is_a_plain_copy(tmp_path: Path, size: tuple[int, int]) -> None:
    pictures = [gray_picture(i, size) for i in range(12)]
    source = write_video(tmp_path / "s.mkv", pictures=pictures, codec="ffv1", pix_fmt="bgr0")
    write_overlay(tmp_path / "o.mp4", source, result_of(source))
    plain, copied = list(read_frames(source)), list(read_frames(tmp_path / "o.mp4"))
    assert len(copied) == len(plain) == 12
    for before, after in zip(plain, copied, strict=True):
        height, width = before.image.shape[:2]
        assert np.abs(after.image[:height, :width].astype(int) - before.image).max() < 6


@pytest.mark.parametrize(("clockwise", "upright"), [(0, 4 / 3), (90, 3 / 4)])
def test_wide_pixels_stay_wide(tmp_path: Path, clockwise: int, upright: float) -> None:
    source = tmp_path / "s.mp4"
    with VideoWriter(source, width=64, height=48, fps=30, pixel_aspect=4 / 3) as writer:
        writer.write(corner_picture(), 0.0)
    turn(source, clockwise)
    write_overlay(tmp_path / "o.mp4", source, result_of(source))
    assert probe(tmp_path / "o.mp4").pixel_aspect == pytest.approx(upright, abs=1e-3)


def test_only_the_chosen_part_is_drawn_and_kept(tmp_path: Path) -> None:
    source = write_video(tmp_path / "s.mp4", pictures=20, fps=10)
    result = result_of(source, settings=Settings(start=0.5, stop=1.0))
    write_overlay(tmp_path / "o.mp4", source, result)
    times = [frame.time for frame in read_frames(tmp_path / "o.mp4")]
    np.testing.assert_allclose(times, [0.5, 0.6, 0.7, 0.8, 0.9], atol=1e-4)


def test_a_person_is_drawn_in_the_frames_where_it_is(tmp_path: Path) -> None:
    source = write_video(tmp_path / "s.mp4", pictures=[canvas(320, 240)] * 6)
    someone = person(box=(120, 80, 200, 220), frames=2)
    late = Person(1, np.array([2, 4]), someone.boxes, someone.skeleton)
    write_overlay(tmp_path / "o.mp4", source, result_of(source, late))
    there = [bool(changed(frame.image).any()) for frame in read_frames(tmp_path / "o.mp4")]
    assert there == [False, False, True, False, True, False]


# The skeleton


def test_the_skeleton_is_drawn_at_its_joints_and_nowhere_else() -> None:
    mask = changed(drawn(person()))
    for x, y in points_of(person()).astype(int):
        assert mask[y - 2 : y + 3, x - 2 : x + 3].any()
    rows, columns = np.nonzero(mask)
    assert columns.min() >= BOX[0] - 8 and columns.max() <= BOX[2] + 8
    assert rows.max() <= BOX[3] + 8
    assert rows.min() >= BOX[1] - 40  # the tag stands over the head


def test_every_bone_is_drawn_in_the_colour_of_its_id() -> None:
    image = drawn(person(id=3)).astype(int)
    points = points_of(person())
    for a, b in LCR.edges:
        x, y = ((points[a] + points[b]) / 2).astype(int)
        patch = image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
        assert np.abs(patch - colour_of(3)).max(axis=1).min() < 5, (LCR.names[a], LCR.names[b])


def test_left_joints_are_white_and_right_ones_black() -> None:
    image = drawn(person())
    for (x, y), name in zip(points_of(person()).astype(int), LCR.names, strict=True):
        if name != "head":
            wanted = 255 if name.startswith("left_") else 0
            assert np.abs(image[y, x].astype(int) - wanted).max() < 20, name


def test_two_people_have_two_colours() -> None:
    one = person(id=1, box=(40, 110, 200, 430))
    two = person(id=2, box=(440, 110, 600, 430))
    image = drawn(one, two)
    for part, own, other in ((image[:, :320], 1, 2), (image[:, 320:], 2, 1)):
        assert amount_of(part, colour_of(own)) > 500
        assert amount_of(part, colour_of(other)) == 0


def test_the_first_ids_have_colours_that_differ() -> None:
    colours = np.array([colour_of(id) for id in range(1, 9)])
    apart = np.abs(colours[:, None] - colours).max(axis=-1)
    assert apart[~np.eye(8, dtype=bool)].min() >= 40  # of 255


def test_unsure_joints_are_drawn_fainter() -> None:
    body = slice(int(BOX[1]) + 20, None)  # without the tag
    sure, unsure = (drawn(person(score=score))[body] for score in (0.9, 0.1))
    assert amount_of(sure, colour_of(1)) > 500
    assert amount_of(unsure, colour_of(1)) == 0
    assert (changed(unsure) == changed(sure)).mean() > 0.999  # faint, not gone


def test_a_pose_that_was_filled_in_can_be_told_from_a_seen_one() -> None:
    assert (drawn(person(observed=False)) != drawn(person())).any()


@pytest.mark.parametrize("far", [1e4, 1e9, -1e9])
def test_joints_far_outside_the_picture_are_no_error(far: float) -> None:
    someone = person()
    points_of(someone)[LCR.index("left_wrist")] = far, far
    assert 0 < changed(drawn(someone)).mean() < 0.3


# The tag


def test_the_tag_shows_the_id() -> None:
    # The brightest channel is the same for all colours: what differs is the number.
    pictures = {drawn(person(id=id)).max(axis=2).tobytes() for id in range(1, 13)}
    assert len(pictures) == 12


def test_a_label_is_shown_as_long_as_its_action_lasts() -> None:
    waving = person(actions=(Segment(1.0, 2.0, "wave", 0.75),))
    plain = drawn(person())
    for time in (0.0, 0.999, 2.0, 5.0):
        np.testing.assert_array_equal(drawn(waving, time=time), plain)
    for time in (1.0, 1.999):
        labelled = drawn(waving, time=time)
        assert amount_of(labelled, PLATE) > 1.5 * amount_of(plain, PLATE)


@pytest.mark.parametrize(
    "corner", [(-60, -40), (560, -40), (-60, 300), (560, 460), (5000, 5000), (-5000, -5000)]
)
def test_the_tag_stays_inside_the_picture(corner: tuple[int, int]) -> None:
    x, y = corner
    action = (Segment(0.0, 1.0, "wave", 0.75),)
    at_corner = drawn(person(box=(x, y, x + 160, y + 320), actions=action))
    in_the_middle = drawn(person(actions=action))
    assert amount_of(at_corner, PLATE) == amount_of(in_the_middle, PLATE)


def test_where_there_is_no_room_over_the_head_the_tag_stands_under_the_feet() -> None:
    low = drawn(person(box=(200, 4, 360, 324)))
    rows = np.flatnonzero((low == PLATE).all(axis=2).sum(axis=1) > 4)
    assert rows.min() > 324


def test_a_long_label_fits_into_a_small_picture() -> None:
    image = np.full((120, 96, 3), 255, dtype=np.uint8)
    action = (Segment(0.0, 1.0, "put on or take off clothes", 0.75),)
    draw_person(image, person(box=(30, 40, 60, 100), actions=action), 0, time=0.5)
    columns = np.flatnonzero((image == PLATE).all(axis=2).sum(axis=0) > 4)
    assert columns.min() > 0
    assert columns.max() < 95  # both edges of its plate
    assert np.ptp(columns) > 60

"""Films agree with their files: joints come back, places are on the people, hands are the true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets import ntu
from datasets.figure import Appearance
from datasets.kinematics import JOINT
from datasets.ntu_skeleton_file import read_skeleton_file
from datasets.synthetic_actions import ACTIONS
from datasets.synthetic_clips import (
    KINECT,
    bodies_of,
    film_of,
    renderer_of,
    write_clips,
    write_video,
)
from datasets.synthetic_files import is_made, skeleton_of
from datasets.synthetic_ntu import CLASS_NAMES, read, truth_of, video_of
from datasets.synthetic_takes import Grip, Take, Wishes, performed
from wildpose.video import probe, read_frames

TINY, SMALL = (64, 36), (320, 180)
SHORT = Wishes(frames=(12, 12))
NUMBER = {name: number for number, name in enumerate(CLASS_NAMES, start=1)}
HANDS = [JOINT["left_hand"], JOINT["right_hand"]]
GREEN = Appearance(skin=(0.1, 0.9, 0.1), shirt=(0.9, 0.1, 0.9), trousers=(0.9, 0.1, 0.9))


def take_of(action: str, **numbers: int) -> Take:
    return replace(Take(1, 1, 1, NUMBER[action]), **numbers)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some clips of all kinds, tiny."""
    root = tmp_path_factory.mktemp("made")
    for action in ("raise a cup", "throw a ball", "give a cup", "push somebody"):
        write_clips(root, take_of(action), (1, 2), SHORT, size=TINY)
    return root


def written(root: Path, action: str, camera: int) -> str:
    name = take_of(action).name(camera)
    assert is_made(root, name)
    return name


@pytest.mark.parametrize("action", ["raise a cup", "give a cup", "push somebody"])
@pytest.mark.parametrize("camera", [1, 2])
def test_joints_come_back_to_seven_digits(made: Path, action: str, camera: int) -> None:
    take = take_of(action)
    clip = read(skeleton_of(made, written(made, action, camera)))
    seen_by = renderer_of(SHORT.seed, take.setup, camera, TINY).camera
    joints = seen_by.to_camera(performed(take, SHORT).joints) * KINECT
    _, order = bodies_of(performed(take, SHORT), seen_by)
    assert clip.joints.shape == joints.shape and clip.mask.all()
    np.testing.assert_allclose(clip.joints, joints[order], atol=2e-6)  # metres, of up to 4


def test_who_moves_most_comes_first_as_the_reader_sorts(made: Path) -> None:
    for action in ("give a cup", "push somebody"):
        for camera in (1, 2):
            path = skeleton_of(made, written(made, action, camera))
            bodies = read_skeleton_file(path).bodies
            joints = read(path).joints
            for body, own in zip(bodies, joints, strict=True):
                np.testing.assert_allclose(body.joints, own, atol=1e-6)


@pytest.mark.parametrize("action", ["raise a cup", "throw a ball", "give a cup"])
@pytest.mark.parametrize("camera", [1, 2])
def test_the_true_hand_is_where_the_object_is(made: Path, action: str, camera: int) -> None:
    take, name = take_of(action), written(made, action, camera)
    clip, truth = read(skeleton_of(made, name)), truth_of(made, name)
    assert truth.object == ACTIONS[take.action - 1].object
    seen_by = renderer_of(SHORT.seed, take.setup, camera, TINY).camera
    grip = performed(take, SHORT).grip
    assert grip is not None
    places = seen_by.to_camera(grip.origin) * KINECT
    for hold in truth.holds:
        t = (hold.start + hold.stop) // 2
        apart = np.linalg.norm(clip.joints[:, t, HANDS] - places[t], axis=-1)  # (M, 2)
        assert np.unravel_index(apart.argmin(), apart.shape) == (hold.person, hold.hand)


def test_videos_have_a_frame_per_skeleton_at_30_hz(made: Path) -> None:
    video = probe(video_of(made, written(made, "give a cup", 1)))
    assert (video.width, video.height, video.fps, video.frames) == (64, 36, 30.0, 12)
    times = [frame.time for frame in read_frames(video.path)]
    np.testing.assert_allclose(times, np.arange(12) / 30, atol=1e-4)


@pytest.mark.parametrize("camera", [1, 2, 3])
def test_colour_coordinates_are_on_the_hands_of_the_mirrored_video(
    tmp_path: Path, camera: int
) -> None:
    take = take_of("wave", setup=2, replication=2)
    performance = replace(performed(take, replace(SHORT, both_share=0.0)), looks=(GREEN,))
    renderer = renderer_of(SHORT.seed, take.setup, camera, SMALL)
    write_video(tmp_path / "a.mp4", film_of(performance), renderer)
    frames = np.stack([frame.image for frame in read_frames(tmp_path / "a.mp4")]).astype(int)
    (body,), _ = bodies_of(performance, renderer.camera)
    up = performance.joints[0, :, HANDS, 1] > 1.5  # (2, T); hands that are raised are seen
    assert up.sum() > 4
    places = body.colour * SMALL[0] / 1920  # as in the file: of the video as it is
    hits, flipped_hits = [], []
    for hand, t in np.argwhere(up):
        column, row = np.floor(places[t, HANDS[hand]] + 0.5 / 6).astype(int)
        hits.append(is_green(frames[t, row, column]))
        flipped_hits.append(is_green(frames[t, row, SMALL[0] - 1 - column]))
    assert np.mean(hits) > 0.9
    assert np.mean(flipped_hits) < 0.3


def is_green(pixel: np.ndarray) -> bool:
    red, green, blue = pixel.tolist()
    return green > red + 40 and green > blue + 40


def test_the_reader_gives_places_in_the_flipped_video(made: Path) -> None:
    path = skeleton_of(made, written(made, "raise a cup", 2))
    sample = ntu.read_sample(path)
    camera = renderer_of(SHORT.seed, 1, 2, TINY).camera
    pixels = camera.project(performed(take_of("raise a cup"), SHORT).joints) * 1920 / 64
    np.testing.assert_allclose(sample.colour, pixels, atol=2e-3)
    assert sample.colour_known.all()


def test_the_object_is_counted_where_it_shows_and_not_behind_somebody(tmp_path: Path) -> None:
    performance = performed(take_of("raise a cup"), SHORT)
    renderer = renderer_of(SHORT.seed, 1, 1, SMALL)
    assert performance.grip is not None
    chest = performance.joints[0, :, JOINT["spine_mid"]]
    seen = {}
    for name, offset in (("before", 0.5), ("behind", -0.5)):
        grip = Grip(chest + np.array([0.0, 0.0, offset]), performance.grip.axes)
        film = film_of(replace(performance, grip=grip))
        seen[name] = write_video(tmp_path / "a.mp4", film, renderer)
    assert min(seen["before"]) > 30
    assert max(seen["behind"]) < 10


def test_pixels_of_the_object_are_those_that_change_with_it(tmp_path: Path) -> None:
    performance = performed(take_of("raise a ball"), SHORT)
    renderer = renderer_of(SHORT.seed, 1, 1, SMALL)
    film = film_of(performance)
    assert film.things is not None
    seen = write_video(tmp_path / "a.mp4", film, renderer)
    without = renderer.render(film.figures[6], shadows=film.shadows[6])
    with_it = renderer.render(film.things[6])
    nearer = with_it.depth < without.depth
    assert seen[6] == nearer.sum() > 30


def test_a_take_is_filmed_the_same_by_each_camera_alone(made: Path, tmp_path: Path) -> None:
    take = take_of("give a cup")
    write_clips(tmp_path, take, (2,), SHORT, size=TINY)
    name = take.name(2)
    for file in (skeleton_of, video_of):
        assert file(tmp_path, name).read_bytes() == file(made, name).read_bytes()
    assert truth_of(tmp_path, name) == truth_of(made, name)


def test_videos_are_the_same_whatever_lies_in_memory(tmp_path: Path) -> None:
    renderer = renderer_of(SHORT.seed, 1, 1, (480, 270))
    film = film_of(performed(take_of("raise a phone"), SHORT))
    films = [write_video(tmp_path / f"{n}.mp4", film, renderer) for n in range(2)]
    assert films[0] == films[1]
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_skeletons_come_last_so_that_a_clip_with_them_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("datasets.synthetic_clips.write_skeleton_file", stopped)
    take = take_of("bow")
    with pytest.raises(KeyboardInterrupt):
        write_clips(tmp_path, take, (1,), SHORT, size=TINY)
    assert video_of(tmp_path, take.name(1)).exists()
    assert not is_made(tmp_path, take.name(1))
    assert not list(tmp_path.rglob("*.partial"))

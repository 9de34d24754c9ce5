"""People told by a file of poses: by their ids, or told apart by us, at the right frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_predictions import crossing, frames_of, in_coco, instance, written
from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.predicted_people import PredictedPeople
from wildpose.predictions import read_predictions
from wildpose.results import Settings
from wildpose.types import Frame, Track

Array = npt.NDArray[np.floating]
WALK = pixels_of(acted("walk", "lcr13") @ FACING.T) + 100  # (30, 13, 2) px
T = len(WALK)
CLOCK = np.arange(T) / 30
GRAY = np.full((400, 480, 3), 90, dtype=np.uint8)


def gray(clock: Array = CLOCK) -> Iterator[Frame]:
    """Pictures in which there is nothing to see."""
    return (Frame(GRAY, index, float(time)) for index, time in enumerate(clock))


def people_of(
    tree: object, folder: Path, clock: Array = CLOCK, *, partly: bool = False
) -> list[Track]:
    predictions = read_predictions(written(folder / "clip.json", tree))
    people = PredictedPeople(predictions, partly=partly)
    for frame in gray(clock):
        people.step(frame)
    return people.people(clock)


def test_somebody_is_where_the_file_says_frame_by_frame(tmp_path: Path) -> None:
    tree = frames_of([in_coco(WALK)])
    del tree[7:9]
    (track,) = people_of(tree, tmp_path)
    seen = [t for t in range(T) if t not in (7, 8)]
    assert track.frames.tolist() == seen
    np.testing.assert_allclose(track.times, CLOCK[seen])
    np.testing.assert_allclose(track.joints_2d, WALK[seen], atol=1e-3)
    np.testing.assert_allclose(track.scores, 0.9, atol=1e-6)
    assert (track.id, track.joint_set, track.picture) == (1, "lcr13", (480, 400))
    assert track.joints_3d is None
    inside = (track.joints_2d >= track.boxes[:, None, :2]) & (
        track.joints_2d <= track.boxes[:, None, 2:]
    )
    assert inside.all()


@pytest.fixture(scope="module")
def crossed() -> tuple[Array, list[Frame]]:
    """(2, T, 13, 2) px of two people who cross, and the pictures of them."""
    return crossing()


@pytest.mark.parametrize("noise_px", [0.5, 4.0])
@pytest.mark.parametrize("hidden", [0, 5])
def test_ids_stay_when_two_people_cross(
    crossed: tuple[Array, list[Frame]], tmp_path: Path, noise_px: float, hidden: int
) -> None:
    truth, frames = crossed
    rng = np.random.default_rng(1)
    seen = truth + rng.normal(0, noise_px, truth.shape)
    tree = [
        {
            "frame_id": t,
            "instances": [  # in any order; the one behind is not seen for some frames
                instance(in_coco(seen[m, t]))
                for m in rng.permutation(2)
                if m == 0 or abs(t - 20) > hidden or not hidden
            ],
        }
        for t in range(40)
    ]
    people = PredictedPeople(read_predictions(written(tmp_path / "clip.json", tree)))
    clock = []
    for frame in frames:
        people.step(frame)
        clock.append(frame.time)
    tracks = people.people(np.array(clock))
    assert [track.id for track in tracks] == [1, 2]
    behind = 40 - (2 * hidden + 1 if hidden else 0)
    assert sorted(map(len, tracks)) == sorted([40, behind])
    for track in tracks:
        away = np.linalg.norm(track.joints_2d - truth[:, track.frames], axis=-1).mean(axis=-1)
        assert (away.argmin(axis=0) == away.argmin(axis=0)[0]).all()  # one and the same


def test_who_has_a_track_id_keeps_it_whatever_it_looks_like(tmp_path: Path) -> None:
    elsewhere = WALK + np.array([200.0, 0.0])
    tree = []
    for t in range(T):
        one, other = (WALK, elsewhere) if t % 2 else (elsewhere, WALK)
        named = [instance(in_coco(p[t]), track_id=id) for p, id in ((one, 9), (other, 4))]
        tree.append({"frame_id": t, "instances": named if t < 20 else named[:1]})
    four, nine = people_of(tree, tmp_path)
    assert (four.id, len(four), nine.id, len(nine)) == (4, 20, 9, T)
    np.testing.assert_allclose(nine.joints_2d[1], WALK[1], atol=1e-3)
    np.testing.assert_allclose(nine.joints_2d[2], elsewhere[2], atol=1e-3)


def test_ids_from_0_on_are_one_more(tmp_path: Path) -> None:
    tree = frames_of([in_coco(WALK)], track_id=0)
    for entry in tree[5:]:
        entry["instances"].append(instance(in_coco(WALK[0] + 150), track_id=3))
    assert [track.id for track in people_of(tree, tmp_path)] == [1, 4]


def test_times_go_before_numbers_of_frames(tmp_path: Path) -> None:
    """As in our own export of a run with `--fps`, whose frames are fewer."""
    tree = [
        {"frame_id": i, "instances": [instance(in_coco(WALK[t]), time_s=round(t / 30, 6))]}
        for i, t in enumerate(range(0, T, 3))
    ]
    (track,) = people_of(tree, tmp_path)
    assert track.frames.tolist() == list(range(0, T, 3))
    (part,) = people_of(tree, tmp_path, CLOCK[10:], partly=True)
    assert part.frames.tolist() == [t - 10 for t in range(0, T, 3) if t >= 10]


def test_frames_that_the_video_does_not_have_are_told(tmp_path: Path) -> None:
    message = r"clip\.json: somebody is in frame 29 \(counted from 0\), and the video has 12 frames"
    with pytest.raises(ValueError, match=message):
        people_of(frames_of([in_coco(WALK)]), tmp_path, CLOCK[:12])
    empty = [{"frame_id": 99, "instances": []}]
    assert people_of(empty, tmp_path) == []


@pytest.mark.parametrize("partly", [False, True])
def test_times_that_the_video_does_not_have_are_told(tmp_path: Path, *, partly: bool) -> None:
    tree = frames_of([in_coco(WALK)], time_s=77.5)
    with pytest.raises(ValueError, match=r"clip\.json: somebody is there at 77\.5 s, and the vid"):
        people_of(tree, tmp_path, partly=partly)


def test_a_part_of_the_video_needs_times(tmp_path: Path) -> None:
    file = written(tmp_path / "clip.json", frames_of([in_coco(WALK)]))
    whole = Settings(poses=str(file))
    for settings, named in (
        (replace(whole, start=1.0), "--start"),
        (replace(whole, stop=2.0, fps=9.0), "--stop and --fps"),
    ):
        with pytest.raises(ValueError, match=f"without time_s, .*: leave out {named}"):
            PredictedPeople.of(tmp_path / "clip.mp4", settings)


def test_flickers_are_nobody_unless_they_are_named(tmp_path: Path) -> None:
    tree = frames_of([in_coco(WALK)])
    tree[3]["instances"].append(instance(in_coco(WALK[0] + 150)))
    assert len(people_of(tree, tmp_path)) == 1
    for entry in tree:
        for k, person in enumerate(entry["instances"]):
            person["track_id"] = k
    assert len(people_of(tree, tmp_path)) == 2


def test_the_same_person_twice_in_a_frame_is_one(tmp_path: Path) -> None:
    double = WALK + np.random.default_rng(0).normal(0, 1, WALK.shape)
    (track,) = people_of(frames_of([in_coco(WALK), in_coco(double)]), tmp_path)
    assert len(track) == T


def test_who_is_out_of_the_picture_is_not_in_view(tmp_path: Path) -> None:
    away = WALK + np.linspace(0, 900, T)[:, None, None] * [1, 0]
    (track,) = people_of(frames_of([in_coco(away)]), tmp_path)
    assert 5 < len(track) < T - 5
    assert (track.boxes[:, 2] > track.boxes[:, 0]).all() and (track.boxes[:, 2] <= 480).all()
    assert people_of(frames_of([in_coco(WALK - 1000)]), tmp_path) == []

"""Pictures of clips: kept, cut, read back, and shown to networks with the right places in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from datasets.footage_files import read_footage, write_footage
from datasets.footage_making import footage_of_recording
from datasets.recordings import Recording
from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset, collated
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures, following, shown
from recognizers.inputs.preparation import Preparation
from tests.made_clips import waving_or_squatting
from tests.made_footage import standing
from wildpose.cutting import hand_places, hand_squares
from wildpose.footage import Footage, Making, squares
from wildpose.joints import joint_set
from wildpose.types import Clip
from wildpose.video import VideoError
from wildpose.video_writer import VideoWriter

WIDTH, HEIGHT, T, M, J = 96, 64, 12, 2, 13
RED = (230, 20, 20)


def marked(places: npt.NDArray) -> list[npt.NDArray[np.uint8]]:
    """T grey pictures with a red square of 9 px around the left wrist of the first person."""
    pictures = []
    for t in range(T):
        picture = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
        x, y = places[0, t, 7].astype(int)
        picture[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5] = RED
        pictures.append(picture)
    return pictures


@pytest.fixture
def places() -> npt.NDArray:
    """(M, T, J, 2) px."""
    rng = np.random.default_rng(0)
    found = rng.uniform([20, 16], [WIDTH - 20, HEIGHT - 16], (M, T, J, 2))
    found[:, :, 9] = found[:, :, 7]  # elbows at wrists: hands are there too
    return found


@pytest.fixture
def seen() -> npt.NDArray[np.bool_]:
    """(M, T, J) all but a joint of the second person."""
    seen = np.ones((M, T, J), dtype=bool)
    seen[1, :, 7] = False
    return seen


def is_red(picture: npt.NDArray, place: npt.NDArray) -> bool:
    """Whether a picture is red at a place, px."""
    x, y = np.floor(place).astype(int)
    return bool(np.abs(picture[y, x].astype(int) - RED).max() < 60)


def video_of(path: Path, pictures: list[npt.NDArray[np.uint8]], *, mirrored: bool) -> Path:
    with VideoWriter(path, width=WIDTH, height=HEIGHT, fps=30) as writer:
        for t, picture in enumerate(pictures):
            writer.write(np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture, t / 30)
    return path


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("kept", ["whole", "people"])
def test_joints_stay_where_they_are_in_what_is_kept(
    places: npt.NDArray, seen: npt.NDArray, tmp_path: Path, *, mirrored: bool, kept: str
) -> None:
    video = video_of(tmp_path / "clip.mp4", marked(places), mirrored=mirrored)
    frames = np.arange(2, T)
    # Places are told in a picture of twice the size.
    recording = Recording(
        video, frames, 2 * places[:, 2:], seen[:, 2:], "lcr13", (2 * WIDTH, 2 * HEIGHT), mirrored
    )
    making = Making(size=(120, 100), kept=kept, hand_px=11)  # type: ignore[arg-type]
    write_footage(tmp_path / "kept.npz", footage_of_recording(recording, making))
    footage = read_footage(tmp_path / "kept.npz")
    assert len(footage.pictures) == len(frames)
    assert footage.hands is not None
    for t in range(len(frames)):
        assert footage.pictures[t].shape == (100, 120, 3)
        assert is_red(footage.pictures[t], footage.joints_2d[0, t, 7])
        assert footage.hands[t].shape == (2 * M, 11, 11, 3)
        assert is_red(footage.hands[t][0], np.array([5.5, 5.5]))
        assert not footage.hands[t][2].any()  # nobody knows where it is
    assert not footage.joints_2d[1, :, 7].any()


def test_around_a_hand_whose_place_is_a_guess_a_square_is_cut_too() -> None:
    joints, seen = standing(np.array([[100.0, 50.0]]))[:, None], np.ones((1, 1, 13), dtype=bool)
    picture = np.random.default_rng(1).integers(0, 255, (160, 200, 3), np.uint8)
    seen[..., 7] = False

    class Played(Recording):
        def pictures(self):  # noqa: ANN202
            yield picture

    recording = Played(Path("none"), np.arange(1), joints, seen, "lcr13")
    guessed = replace(recording, placed_2d=np.ones_like(seen))
    black, cut_out = (
        footage_of_recording(each, Making(hand_px=12)) for each in (recording, guessed)
    )
    assert black.hands is not None and cut_out.hands is not None
    assert not black.hands[0][0].any()
    hands, known = hand_places(joints[0, 0], np.ones(13, dtype=bool), "lcr13")
    np.testing.assert_array_equal(
        cut_out.hands[0], hand_squares(picture, hands, known, side=12, shown=12)
    )
    assert not cut_out.seen_2d[0, 0, 7] and not cut_out.joints_2d[0, 0, 7].any()


def test_people_fill_what_is_kept_of_them(places: npt.NDArray, seen: npt.NDArray) -> None:
    recording = Recording(Path("none"), np.arange(T), places, seen, "lcr13")
    making = Making(size=(100, 100), kept="people")

    class Played(Recording):
        def pictures(self):  # noqa: ANN202
            yield from marked(places)

    footage = footage_of_recording(Played(**vars(recording)), making)
    inside = footage.joints_2d[seen]
    assert (inside > 10).all() and (inside < 90).all()
    assert np.ptp(inside, axis=0).max() > 70


def test_each_way_to_make_footage_has_a_folder_where_networks_look_for_it() -> None:
    assert Making().folder == Pictures().folder == "whole_256x256"
    assert Making((64, 36), "people", 50).folder == "people_64x36_hands50"
    asked = Pictures((64, 36), "people", 50, shown=32, frames=8)
    assert asked.folder == "people_64x36_hands50"
    assert Making(hand_px=50, trunk_px=130.0).folder == "whole_256x256_hands50of130"


def test_squares_around_hands_grow_with_people_and_are_brought_to_one_size() -> None:
    at_hand = np.array([standing(np.array([[100.0, 50.0]]), size=size)[0] for size in (1.0, 0.5)])
    picture = np.random.default_rng(1).integers(0, 255, (160, 200, 3), np.uint8)

    class Played(Recording):
        def pictures(self):  # noqa: ANN202
            yield picture

    seen = np.ones((2, 1, 13), dtype=bool)
    recording = Played(Path("none"), np.arange(1), at_hand[:, None], seen, "lcr13")
    footage = footage_of_recording(
        recording, Making(hand_px=12, trunk_px=40.0)
    )  # as the first person has
    assert footage.hands is not None
    hands, known = hand_places(at_hand, seen[:, 0], "lcr13")
    for person, side in ((0, 12), (1, 6)):
        wanted = hand_squares(picture, hands[person], known[person], side=side, shown=12)
        np.testing.assert_array_equal(footage.hands[0][2 * person : 2 * person + 2], wanted)


@pytest.mark.parametrize("kind", [Making, partial(Pictures, shown=0)])
@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"kept": "faces"}, "kept 'faces' is none of whole, people"),
        ({"size": (0, 36)}, r"must be 1 px or more, got \(0, 36\) and None"),
        ({"hand_px": 0}, r"must be 1 px or more, got \(256, 256\) and 0"),
        ({"hand_px": 9, "trunk_px": 0.0}, r"trunk_px must be positive.*got 0.0 and hand_px 9"),
        ({"trunk_px": 9.0}, r"is for squares of hand_px; got 9.0 and hand_px None"),
    ],
)
def test_footage_cannot_be_made_or_asked_for_so(
    kind: Callable[..., Making], wrong: dict[str, Any], line: str
) -> None:
    with pytest.raises(ValueError, match=line):
        kind(**wrong)


def test_a_video_that_ends_early_is_named(
    places: npt.NDArray, seen: npt.NDArray, tmp_path: Path
) -> None:
    video = video_of(tmp_path / "short.mp4", marked(places)[:5], mirrored=False)
    recording = Recording(video, np.arange(T), places, seen)
    with pytest.raises(VideoError, match=r"short\.mp4: ends before frame 5"):
        list(recording.pictures())


def test_what_is_no_footage_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no footage .*tools/prepare_footage\.py makes it"):
        read_footage(tmp_path / "none.npz")
    damaged = tmp_path / "damaged.npz"
    for content in (b"", b"PK\x03\x04 something"):
        damaged.write_bytes(content)
        with pytest.raises(ValueError, match=r"damaged\.npz: no footage, or damaged") as caught:
            read_footage(damaged)
        assert "\n" not in str(caught.value)


def test_squares_beyond_the_edges_are_black() -> None:
    picture = np.full((20, 30, 3), 200, dtype=np.uint8)
    corner, inside, far = squares(picture, np.array([[0, 0], [15, 10], [1e9, -1e9]]), 8)
    assert corner[4:, 4:].all() and not corner[:4].any() and not corner[:, :4].any()
    assert inside.all() and inside.shape == (8, 8, 3)
    assert not far.any()


def test_footage_must_fit(places: npt.NDArray, seen: npt.NDArray) -> None:
    with pytest.raises(ValueError, match=r"got 11 pictures, joints_2d \(2, 12, 13, 2\)"):
        Footage(marked(places)[:11], places, seen)
    clip = Clip(np.zeros((1, T, J, 3), np.float32), np.ones((1, T), bool), "lcr13", 30.0)
    with pytest.raises(
        ValueError, match=r"expected footage of people.* \(1, 12, 13\), got \(2, 12"
    ):
        replace(clip, footage=Footage(marked(places), places, seen))


# Shown to networks


def test_places_follow_the_cut(places: npt.NDArray, seen: npt.NDArray) -> None:
    footage = Footage(marked(places), places, seen)
    asked = Pictures(size=(WIDTH, HEIGHT), shown=48)
    for seed in range(10):
        found = shown(footage, asked, np.arange(T), rng=np.random.default_rng(seed))
        assert found.frames is not None and found.joints_2d is not None
        assert found.seen_2d is not None
        assert found.frames.shape == (T, 3, 48, 48)
        for t in range(T):
            if found.seen_2d[0, t, 7]:
                place = (found.joints_2d[0, t, 7] + 1) / 2 * 48
                assert is_red(np.moveaxis(found.frames[t], 0, -1), np.minimum(place, 47))
        assert not found.seen_2d[1, :, 7].any()
        assert (np.abs(found.joints_2d) <= 1).all()


def test_hands_that_were_not_kept_are_not_cut_out_of_what_was(
    places: npt.NDArray, seen: npt.NDArray
) -> None:
    footage = Footage(marked(places), places, seen)
    asked = Pictures(size=(WIDTH, HEIGHT), shown=0, hand_px=10)
    with pytest.raises(ValueError, match="of 10 px around hands are asked for, and none were kept"):
        shown(footage, asked, np.arange(T))


@pytest.mark.parametrize(
    ("length", "first", "step"), [(200, (36, 36), 2), (100, (18, 18), 1), (30, (0, 0), 1)]
)
def test_pictures_follow_each_other(length: int, first: tuple[int, int], step: int) -> None:
    found = following(length, 64, None)
    assert found[0] == first[0]
    assert set(np.diff(found) % length) == {step}
    drawn = {int(following(length, 64, np.random.default_rng(seed))[0]) for seed in range(40)}
    assert len(drawn) > 10 if length > 64 else drawn == {0}
    assert max(drawn) + step * 63 < length or length < 64


def test_bins_show_a_frame_of_each_part() -> None:
    bins = Sampling(frames=8, moments="bins")
    np.testing.assert_array_equal(bins.positions(40, 30.0), np.arange(2, 40, 5))
    for seed in range(20):
        found = bins.positions(40, 30.0, np.random.default_rng(seed))
        np.testing.assert_array_equal(found // 5, np.arange(8))
    short = Sampling(frames=8, moments="bins", left_out=2).positions(3, 30.0)
    np.testing.assert_array_equal(short, np.zeros(8))
    window = Sampling(frames=8, moments="bins", window=16, left_out=2)
    starts = set()
    for seed in range(40):
        found = window.positions(100, 30.0, np.random.default_rng(seed))
        assert np.ptp(found) < 16 and found.max() < 98
        starts.add(int(found[0]))
    assert len(starts) > 10


def seen_clip(places: npt.NDArray, seen: npt.NDArray) -> Clip:
    """One of two people waves; the other is seen for one frame less."""
    waving = waving_or_squatting(1, frames=T)[0]
    joints = np.concatenate([np.zeros_like(waving.joints), waving.joints])
    mask = np.concatenate([np.zeros_like(waving.mask), waving.mask])
    mask[0, 1:] = True
    names = Clip(joints, mask, waving.joint_set, 30.0, waving.axes, label=0)
    more = len(joint_set(waving.joint_set))
    grown = np.zeros((M, T, more, 2))
    known = np.zeros((M, T, more), dtype=bool)
    wrist = joint_set(waving.joint_set).names.index("left_wrist")
    grown[1, :, wrist], known[1, :, wrist] = places[0, :, 7], True
    hands = [np.full((4, 10, 10, 3), [[[[k]]] for k in range(4)], np.uint8) for _ in range(T)]
    return replace(names, footage=Footage(marked(places), grown, known, hands))


def test_a_network_sees_the_people_that_it_reads(places: npt.NDArray, seen: npt.NDArray) -> None:
    clip = seen_clip(places, seen)
    preparation = Preparation(joint_set="lcr13", axes="kinect", people=1)
    pictures = Pictures(size=(WIDTH, HEIGHT), shown=64, hand_px=10)
    sampling = Sampling(frames=6, moments="bins", views=3, derivatives=True)
    samples = ClipDataset([clip, clip], [0, 0], preparation, sampling, pictures=pictures)
    assert len(samples) == 6
    batch = collated([samples[i] for i in range(6)])
    assert batch.derivatives is not None and batch.derivatives.shape == (6, 1, 6, J, 2, 3)
    assert batch.frames is not None and batch.frames.shape == (6, 6, 3, 64, 64)
    assert batch.joints_2d is not None and batch.seen_2d is not None
    assert batch.hands is not None and batch.hands.shape == (6, 6, 2, 3, 10, 10)
    # The one who is seen longest is the second, whose hands are the third and fourth squares.
    assert {int(v) for v in batch.hands[:, :, 0].unique()} == {2}
    assert {int(v) for v in batch.hands[:, :, 1].unique()} == {3}
    assert bool(batch.seen_2d[..., 7].any()) and not bool(batch.seen_2d[..., :7].any())
    assert not (batch.joints[0] == batch.joints[2]).all()  # another view of the same clip
    again = collated([samples[i] for i in range(6)])
    assert bool((again.frames == batch.frames).all())


def test_a_clip_without_pictures_is_named() -> None:
    clip = replace(waving_or_squatting(1, frames=T)[0], name="bare")
    samples = ClipDataset(
        [clip], [0], Preparation(), Sampling(frames=4), pictures=Pictures(shown=32)
    )
    with pytest.raises(ValueError, match="clip 'bare' has no pictures"):
        samples[0]


def test_speeds_are_of_joints_as_they_are_shown() -> None:
    """A body k times as large moves k times as fast: the same k in joints and in speeds."""
    clip = waving_or_squatting(1, frames=40)[0]
    preparation = Preparation(axes="kinect")
    sampling = Sampling(frames=10, derivatives=True)
    plain = ClipDataset([clip], [0], preparation, sampling)[0]
    grown = ClipDataset([clip], [0], preparation, sampling, Augmentation(size=0.5))
    found = []
    for sample in (grown[0] for _ in range(5)):
        assert sample.derivatives is not None
        found.append((sample.joints * plain.joints).sum() / (plain.joints**2).sum())
        np.testing.assert_allclose(sample.joints, found[-1] * plain.joints, atol=1e-5)
        np.testing.assert_allclose(sample.derivatives, found[-1] * plain.derivatives, atol=1e-3)
    assert np.ptp(found) > 0.05


def test_in_training_a_clip_and_its_hands_are_seen_in_one_other_light(
    places: npt.NDArray, seen: npt.NDArray
) -> None:
    clip = seen_clip(places, seen)
    assert clip.footage is not None
    white = [np.full((10, 10, 3), 200, np.uint8)] * T
    squares = [np.full((4, 10, 10, 3), 200, np.uint8)] * T
    one_grey = replace(clip, footage=replace(clip.footage, pictures=white, hands=squares))
    asked = Pictures(size=(10, 10), shown=10, hand_px=10)
    parts = (Preparation(people=1), Sampling(frames=6, moments="bins", views=2))
    (plain, changed) = (
        ClipDataset([one_grey], [0], *parts, augmentation, pictures=asked)
        for augmentation in (None, Augmentation(colours=0.4))
    )
    assert (plain[0].shown.frames == 200).all() and (plain[1].shown.hands == 200).all()
    lights = set()
    for _ in range(5):
        found = changed[0].shown
        assert found.frames is not None and found.hands is not None
        light = found.frames[0, :, 0, 0]
        assert (found.frames == light[:, None, None]).all()
        assert (found.hands == light[:, None, None]).all()
        lights.add(tuple(light))
    assert len(lights) == 5

"""The loop of every frame, with a detector and a pose backend that look at painted people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.following import Follower
from wildpose.regions import body_box, region_from_box
from wildpose.types import Detections, Frame, Keypoints

Array = npt.NDArray[np.floating]
Image = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]
FPS = 30
W, H = 640, 480

# Joints of lcr13 in a body's box, from (0, 0) to (1, 1).
IN_BOX = np.array(
    [
        [0.3, 1], [0.7, 1], [0.3, 0.75], [0.7, 0.75], [0.3, 0.5], [0.7, 0.5], [0, 0.5], [1, 0.5],
        [0.1, 0.35], [0.9, 0.35], [0.2, 0.2], [0.8, 0.2], [0.5, 0],
    ]
)  # fmt: skip


def painted(people: Mapping[int, Box], index: int = 0) -> Frame:
    """A picture with each person as a rectangle of their own gray; later ones stand in front."""
    image = np.zeros((H, W, 3), np.uint8)
    for gray, (x0, y0, x1, y1) in people.items():
        image[y0:y1, x0:x1] = gray
    return Frame(image, index, index / FPS)


def box_of(image: Image, gray: int) -> Array:
    y, x = np.nonzero(image[..., 0] == gray)
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], dtype=float)


@dataclass
class PaintDetector:
    """Sees people of at least a tenth of the picture's longer side; remembers its calls."""

    frames: list[Image] = field(default_factory=list)
    """The whole pictures it was shown."""
    tiles: int = 0
    """How many parts of pictures it was shown."""

    def detect(self, image: Image) -> Detections:
        if image.shape[:2] == (H, W):
            self.frames.append(image)
        else:
            self.tiles += 1
        grays = np.unique(image[image > 0])
        boxes = np.array([box_of(image, int(gray)) for gray in grays]).reshape(-1, 4)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        seen = sizes >= 0.1 * max(image.shape)
        boxes, sizes = boxes[seen], sizes[seen]
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        radius = sizes[:, None] / 2  # boxes of the circle around the body, as BlazePose gives them
        squares = np.concatenate([centre - radius, centre + radius], axis=1)
        return Detections(squares, np.full(len(boxes), 0.8), region_from_box(boxes))


@dataclass
class PaintPose:
    """Of each region, the person whose middle is nearest to its centre and in it."""

    score: float = 0.9
    shrink: float = 1.0
    """Of the body's size, how far the joints spread."""
    joint_set: str = "lcr13"

    def estimate(self, image: Image, people: Detections) -> list[Keypoints | None]:
        return [self._one(image, roi) for roi in people.rois]

    def _one(self, image: Image, roi: Array) -> Keypoints | None:
        boxes = [box_of(image, int(gray)) for gray in np.unique(image[image > 0])]
        offsets = [np.abs((b[:2] + b[2:]) / 2 - roi[:2]).max() for b in boxes]
        if not boxes or min(offsets) > roi[2] / 2:
            return None
        box = boxes[int(np.argmin(offsets))]
        spread = (IN_BOX - 0.5) * self.shrink + 0.5
        joints = box[:2] + spread * (box[2:] - box[:2])
        return Keypoints(
            joints, np.full(13, self.score), "lcr13", 1.0, np.zeros((13, 3)), region_from_box(box)
        )


def follow(
    frames: Sequence[Mapping[int, Box]],
    *,
    tiles: int | None = 1,
    pose: PaintPose | None = None,
    detector: PaintDetector | None = None,
) -> tuple[Follower, PaintDetector, list[dict[int, Keypoints]], list[int]]:
    """Run through painted frames: what was found, and the frames on which the detector ran."""
    detector = detector or PaintDetector()
    follower = Follower(detector, pose or PaintPose(), tiles=tiles)
    found, detected = [], []
    for index, people in enumerate(frames):
        before = len(detector.frames)
        found.append(follower.step(painted(people, index)))
        detected += [index] * (len(detector.frames) > before)
    return follower, detector, found, detected


def standing(x: int, *, height: int = 300) -> Box:
    return (x, 100, x + height // 3, 100 + height)


def test_the_detector_rests_while_everyone_is_followed() -> None:
    _, _, found, detected = follow([{100: standing(100 + 2 * t)} for t in range(60)])
    assert all(set(people) == {1} for people in found)
    assert detected[0] == 0
    assert 5 <= len(detected) <= 7  # three times a second, for two seconds
    assert min(np.diff(detected)) >= 9


def test_a_followed_person_is_where_they_are_in_every_frame() -> None:
    follower, *_ = follow([{100: standing(100 + 6 * t)} for t in range(40)])
    (track,) = follower.tracks()
    np.testing.assert_array_equal(track.frames, np.arange(40))
    np.testing.assert_allclose(track.times, np.arange(40) / FPS, atol=1e-12)
    heads = track.joints_2d[:, 12]
    np.testing.assert_allclose(heads[:, 0], 150 + 6 * np.arange(40), atol=1e-3)
    np.testing.assert_allclose(heads[:, 1], 100, atol=1e-3)


def test_the_detector_is_called_at_once_when_someone_is_lost() -> None:
    both, one = {100: standing(50), 101: standing(400)}, {100: standing(50)}
    _, _, found, detected = follow([both] * 15 + [one] * 10)
    assert 14 not in detected
    assert 15 in detected
    assert [set(people) for people in found[14:16]] == [{1, 2}, {1}]


def test_someone_who_jumps_out_of_their_region_is_found_again_in_the_same_frame() -> None:
    frames = [{100: standing(50), 101: standing(250)}] * 15
    moved = [{100: standing(50), 101: standing(500)}] * 5
    _, _, found, _ = follow(frames + moved)
    assert all(len(people) == 2 for people in found)


def test_while_someone_is_missing_the_detector_looks_more_often_but_not_always() -> None:
    both, one = {100: standing(50), 101: standing(400)}, {100: standing(50)}
    _, _, _, detected = follow([both] * 15 + [one] * 30)
    searching = [index for index in detected if index >= 15]
    assert 8 <= len(searching) <= 12  # ten times a second
    assert min(np.diff(searching)) >= 3


def test_in_an_empty_picture_the_detector_looks_ten_times_a_second() -> None:
    follower, _, found, detected = follow([{}] * 31)
    assert detected[0] == 0
    assert max(np.diff(detected)) <= 4
    assert found == [{}] * 31
    assert follower.tracks() == []


def test_a_newcomer_is_found_within_a_third_of_a_second() -> None:
    one, both = {100: standing(50)}, {100: standing(50), 101: standing(400)}
    _, _, found, _ = follow([one] * 12 + [both] * 12)
    first = next(index for index, people in enumerate(found) if 2 in people)
    assert 12 <= first <= 22
    assert all(set(people) == {1, 2} for people in found[first:])


@pytest.mark.parametrize(
    ("newcomer", "people"),
    [((60, 150, 120, 240), 1), ((60, 330, 120, 420), 2), ((400, 150, 460, 240), 2)],
    ids=["the torso of another", "before the legs of another", "elsewhere"],
)
def test_a_newcomer_is_somebody_else_if_their_torso_is(newcomer: Box, people: int) -> None:
    frames = [{100: standing(40, height=330)}] * 12
    frames += [{100: standing(40, height=330), 101: newcomer}] * 24
    *_, found, _ = follow(frames)
    assert len(found[-1]) == people


@pytest.mark.parametrize(
    ("score", "shrink", "people"),
    [
        (0.9, 1.0, 1),
        (0.6, 1.0, 1),  # doubtful, but a body fills its region
        (0.9, 0.2, 1),  # crouching, but surely seen
        (0.6, 0.2, 0),  # a thing
    ],
)
def test_a_newcomer_must_fill_the_region_or_be_surely_seen(
    score: float, shrink: float, people: int
) -> None:
    *_, found, _ = follow([{100: standing(200)}], pose=PaintPose(score, shrink))
    assert len(found[0]) == people


class OneGlance(PaintDetector):
    """Takes something for a person once, and never again."""

    def detect(self, image: Image) -> Detections:
        found = super().detect(image)
        return found if len(self.frames) == 1 else Detections.none()


@pytest.mark.parametrize(
    ("frames", "detector", "people"),
    [(24, OneGlance(), 0), (45, OneGlance(), 1), (24, PaintDetector(), 1)],
    ids=["briefly, once detected", "for long", "detected again"],
)
def test_someone_seen_briefly_must_be_detected_again_to_be_reported(
    frames: int, detector: PaintDetector, people: int
) -> None:
    scene = [{100: standing(200)}] * frames + [{}] * 3
    follower, *_ = follow(scene, detector=detector)
    assert len(follower.tracks()) == people


def test_two_followed_people_whose_landmarks_collapse_onto_one_become_one() -> None:
    # They meet, and the one behind cannot be seen any more: both regions then show the other.
    frames = [{100: standing(100 + 5 * t), 101: standing(500 - 5 * t)} for t in range(38)]
    alone = [{101: standing(500 - 5 * t)} for t in range(38, 60)]
    *_, found, _ = follow(frames + alone)
    assert set(found[37]) == {1, 2}
    assert all(len(people) == 1 for people in found[38:])
    assert len({id for people in found for id in people}) == 2


def test_tiles_auto_finds_someone_too_small_for_the_whole_picture() -> None:
    small: Box = (320, 200, 336, 248)
    *_, found, _ = follow([{100: small}] * 3, tiles=None)
    assert all(set(people) == {1} for people in found)
    np.testing.assert_allclose(found[0][1].joints_2d[12], (328, 200), atol=1e-6)
    *_, found, _ = follow([{100: small}] * 3, tiles=1)
    assert found == [{}] * 3


def test_tiles_auto_keeps_to_tiles_while_a_small_person_is_followed() -> None:
    def times_with_tiles(person: Box) -> int:
        detector = PaintDetector()
        follower = Follower(detector, PaintPose(), tiles=None)
        counts = []
        for index in range(3 * FPS):
            follower.step(painted({100: person}, index))
            counts.append(detector.tiles)
        return len(set(counts)) - (counts[0] == 0)

    assert times_with_tiles((320, 200, 346, 275)) >= 7  # three times a second
    assert times_with_tiles(standing(200)) <= 5


@pytest.mark.parametrize(("tiles", "shown"), [(1, 0), (2, 6)])
def test_a_number_of_tiles_is_taken_at_its_word(tiles: int, shown: int) -> None:
    _, detector, _, _ = follow([{100: standing(200)}], tiles=tiles)
    assert detector.tiles == shown


def test_tracks_have_gaps_where_the_person_was_not_seen() -> None:
    here, gone = {100: standing(200)}, {}
    follower, *_ = follow([here] * 10 + [gone] * 15 + [here] * 10)
    (track,) = follower.tracks()
    back = int(track.frames[10])
    assert 25 <= back <= 28  # looked for ten times a second
    np.testing.assert_array_equal(track.frames, [*range(10), *range(back, 35)])


def test_tracks_are_those_of_every_step() -> None:
    frames = [{100: standing(50 + 3 * t)} for t in range(10)]
    frames += [{100: standing(80), 101: standing(400 - 2 * t)} for t in range(30)]
    follower, _, found, _ = follow(frames)
    tracks = follower.tracks()
    assert [track.id for track in tracks] == [1, 2]
    for track in tracks:
        assert (np.diff(track.frames) > 0).all()
        assert track.frames.tolist() == [t for t, people in enumerate(found) if track.id in people]
        expected = np.stack([found[t][track.id].joints_2d for t in track.frames])
        np.testing.assert_allclose(track.joints_2d, expected, atol=1e-3)
        assert track.joints_3d is not None and track.joints_3d.shape == (len(track), 13, 3)


def test_boxes_stay_inside_the_picture() -> None:
    follower, *_ = follow([{100: (0, 100, 100, 480)}] * 3)
    (track,) = follower.tracks()
    np.testing.assert_allclose(track.boxes[0, [0, 3]], [0, 480], atol=1e-9)
    assert track.boxes[0, 1] < 100 and track.boxes[0, 2] > 100


def test_a_body_box_is_a_little_larger_than_the_joints() -> None:
    joints = np.array([[10.0, 20], [30, 120], [20, 60]])
    np.testing.assert_allclose(body_box(joints, margin=0.05), [5, 15, 35, 125], atol=1e-12)

"""The networks on photographs of people: who is found, and where their joints are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

from wildpose.detection.blazepose import BlazePoseDetector, anchor_centres, letterbox
from wildpose.joints import joint_set
from wildpose.pose.blazepose import BlazePose, refine
from wildpose.types import Detections, Keypoints

JOINTS = joint_set("blazepose33")
Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.floating]


def only(pose: BlazePose, image: Image, people: Detections) -> tuple[Keypoints, Array]:
    """The one person's landmarks, and their 3D, which this backend always gives."""
    (keypoints,) = pose.estimate(image, people)
    assert keypoints is not None
    assert keypoints.joints_3d is not None
    return keypoints, keypoints.joints_3d


@pytest.fixture(scope="module")
def detector() -> BlazePoseDetector:
    return BlazePoseDetector(offline=True)


@pytest.fixture(scope="module")
def pose() -> BlazePose:
    return BlazePose(offline=True)


@pytest.fixture(scope="module")
def astronaut() -> Image:
    return skimage.data.astronaut()


def test_anchors_are_cell_centres_in_the_order_of_the_strides() -> None:
    centres = anchor_centres()
    assert centres.shape == (2254, 2)
    np.testing.assert_allclose(centres[0], 0.5 / 28)
    np.testing.assert_allclose(centres[2], [1.5 / 28, 0.5 / 28])  # x first, two anchors a cell
    np.testing.assert_allclose(centres[28 * 28 * 2], 0.5 / 14)
    np.testing.assert_allclose(centres[-1], 6.5 / 7)


def test_letterbox_keeps_the_shape_and_maps_back() -> None:
    image = np.full((100, 400, 3), 255, np.uint8)
    square, scale, corner = letterbox(image)
    assert square.shape == (1, 224, 224, 3)
    inside = square[0, :, :, 0] > 0.9
    assert inside.sum() == 224 * 56
    top = np.flatnonzero(inside.any(axis=1))[0]
    np.testing.assert_allclose(corner + scale * np.array([0, top]), [0, 0], atol=1e-9)


def test_one_person_is_found_in_a_portrait(detector: BlazePoseDetector, astronaut: Image) -> None:
    found = detector.detect(astronaut)
    assert len(found) == 1
    assert found.scores[0] > 0.5


def test_nobody_is_found_in_an_empty_picture(detector: BlazePoseDetector) -> None:
    assert len(detector.detect(np.full((240, 320, 3), 128, np.uint8))) == 0


def test_two_people_side_by_side_are_found_both(
    detector: BlazePoseDetector, astronaut: Image
) -> None:
    found = detector.detect(np.hstack([astronaut, astronaut]))
    assert len(found) == 2
    near, far = np.sort(found.rois[:, 0])
    assert far - near == pytest.approx(512, abs=60)  # the hips are guessed: the picture ends above


def test_the_nose_moves_with_the_picture(
    detector: BlazePoseDetector, pose: BlazePose, astronaut: Image
) -> None:
    moved = np.pad(astronaut, ((60, 0), (100, 0), (0, 0)))
    before, after = (
        only(pose, image, detector.detect(image))[0].joints_2d[0] for image in (astronaut, moved)
    )
    np.testing.assert_allclose(after - before, [100, 60], atol=6)


def test_landmarks_of_a_portrait_are_where_a_person_sees_them(
    detector: BlazePoseDetector, pose: BlazePose, astronaut: Image
) -> None:
    keypoints, _ = only(pose, astronaut, detector.detect(astronaut))
    assert keypoints.presence > 0.9
    nose = keypoints.joints_2d[JOINTS.index("nose")]
    np.testing.assert_allclose(nose, [222, 115], atol=15)  # read off the photograph
    left = keypoints.joints_2d[JOINTS.index("left_shoulder")]
    right = keypoints.joints_2d[JOINTS.index("right_shoulder")]
    assert left[0] > nose[0] > right[0]  # she faces the camera
    assert min(left[1], right[1]) > nose[1] + 50


def test_3d_landmarks_are_a_person_in_metres_not_mirrored(
    detector: BlazePoseDetector, pose: BlazePose, astronaut: Image
) -> None:
    _, joints = only(pose, astronaut, detector.detect(astronaut))
    left, right = (joints[JOINTS.index(f"{side}_shoulder")] for side in ("left", "right"))
    assert 0.2 < np.linalg.norm(left - right) < 0.6
    across, up = left - right, np.array([0.0, -1.0, 0.0])  # camera axes: y down
    assert np.cross(across, up)[2] < 0  # out of the chest is towards the camera


def test_landmarks_turn_with_the_picture(
    detector: BlazePoseDetector, pose: BlazePose, astronaut: Image
) -> None:
    upright, upright_3d = only(pose, astronaut, detector.detect(astronaut))
    # Clockwise: (x, y) -> (H - y, x).
    turned_image = np.ascontiguousarray(np.rot90(astronaut, k=-1))
    x, y, side, rotation = detector.detect(astronaut).rois[0]
    roi = np.array([[512 - y, x, side, rotation + np.pi / 2]])
    people = Detections(np.zeros((1, 4)), np.ones(1), roi)
    turned, turned_3d = only(pose, turned_image, people)
    expected = np.stack([512 - upright.joints_2d[:, 1], upright.joints_2d[:, 0]], axis=1)
    np.testing.assert_allclose(turned.joints_2d[:13], expected[:13], atol=2)  # head and shoulders
    expected_3d = upright_3d[:, [1, 0, 2]] * [-1, 1, 1]
    np.testing.assert_allclose(turned_3d[:13], expected_3d[:13], atol=0.03)


def test_nobody_in_the_region_gives_none(pose: BlazePose) -> None:
    grey = np.full((240, 320, 3), 128, np.uint8)
    roi = np.array([[160.0, 120.0, 200.0, 0.0]])
    assert pose.estimate(grey, Detections(np.zeros((1, 4)), np.ones(1), roi)) == [None]


def test_the_next_region_holds_the_same_person(
    detector: BlazePoseDetector, pose: BlazePose, astronaut: Image
) -> None:
    people = detector.detect(astronaut)
    first, _ = only(pose, astronaut, people)
    assert first.roi is not None
    again = Detections(people.boxes, people.scores, first.roi[None])
    second, _ = only(pose, astronaut, again)
    visible = first.scores > 0.9
    np.testing.assert_allclose(second.joints_2d[visible], first.joints_2d[visible], atol=20)


def test_refining_moves_a_point_to_the_peak_nearby_and_leaves_one_without_a_peak() -> None:
    heatmap = np.full((64, 64, 2), -20.0)
    heatmap[30, 21, 0] = 20.0  # row 30, column 21: y 120, x 84 of 256
    heatmap[5, 5, 1] = 20.0  # far from the second point
    points = np.array([[80.0, 122.0], [200.0, 200.0]])
    np.testing.assert_allclose(refine(points, heatmap), [[84, 120], [200, 200]], atol=1e-3)


def test_refining_at_the_border_stays_finite() -> None:
    heatmap = np.full((64, 64, 1), 20.0)
    for point in ([-30.0, -30.0], [0.0, 0.0], [256.0, 256.0], [400.0, 10.0]):
        assert np.isfinite(refine(np.array([point]), heatmap)).all()

"""Tracks as they grow: what is kept, and when something is taken for no person after all."""

from __future__ import annotations

import numpy as np

from wildpose.joints import joint_set
from wildpose.track_building import TrackBuilder
from wildpose.tracking import Sighting
from wildpose.types import Frame, Keypoints

FIGURE = np.array(
    [[10, 90], [30, 90], [12, 70], [28, 70], [14, 50], [26, 50], [4, 48], [36, 48], [6, 34],
     [34, 34], [12, 20], [28, 20], [20, 5]], dtype=float,
)  # fmt: skip


def built(*, frames: int, noise: float = 0.0, speed: float = 0.0, fps: float = 30) -> TrackBuilder:
    """A standing figure that drifts to the right, its joints trembling."""
    rng = np.random.default_rng(0)
    builder = TrackBuilder()
    image = np.zeros((100, 400, 3), np.uint8)
    for index in range(frames):
        joints = np.add(FIGURE, [speed * index, 0]) + noise * rng.normal(size=FIGURE.shape)
        keypoints = Keypoints(joints, np.full(13, 0.9), "lcr13", presence=0.9)
        box = np.concatenate([joints.min(axis=0), joints.max(axis=0)])
        builder.add(Frame(image, index, index / fps), Sighting(joints, box, 0.9), keypoints)
    return builder


def test_a_track_holds_what_was_added() -> None:
    track = built(frames=4, speed=2).track(7)
    assert (track.id, len(track), track.joint_set) == (7, 4, "lcr13")
    np.testing.assert_allclose(track.joints_2d[3], np.add(FIGURE, [6, 0]), atol=1e-4)
    assert track.joints_3d is None


def test_33_landmarks_are_kept_as_13_joints() -> None:
    joints = np.arange(66, dtype=float).reshape(33, 2)
    metres = np.arange(99, dtype=float).reshape(33, 3)
    keypoints = Keypoints(joints, np.full(33, 0.5), "blazepose33", 0.9, joints_3d=metres)
    builder = TrackBuilder()
    frame = Frame(np.zeros((9, 9, 3), np.uint8), 0, 0.0)
    builder.add(frame, Sighting(FIGURE, np.zeros(4), 0.9), keypoints)
    track = builder.track(1)
    ankle = joint_set("blazepose33").index("right_ankle")
    assert track.joints_3d is not None
    np.testing.assert_allclose(track.joints_3d[0, 0], metres[ankle])


def test_unrest_is_that_of_the_limbs_not_of_the_way() -> None:
    assert built(frames=20, speed=8).unrest < 1e-6
    assert built(frames=20, noise=8).unrest > 0.05


def test_unrest_does_not_depend_on_the_size_in_the_picture() -> None:
    small = built(frames=20, noise=4)
    large = built(frames=20, noise=4)
    large.joints_2d = [3 * joints for joints in large.joints_2d]
    np.testing.assert_allclose(small.unrest, large.unrest, rtol=1e-5)


def test_a_restless_thing_that_the_detector_rarely_sees_is_doubted() -> None:
    builder = built(frames=60, noise=10)
    builder.looks, builder.detections = 7, 1
    assert builder.doubtful


def test_a_calm_person_from_behind_is_believed_though_rarely_detected() -> None:
    builder = built(frames=60, noise=1)
    builder.looks, builder.detections = 20, 1
    assert not builder.doubtful


def test_a_wild_dancer_whom_the_detector_sees_is_believed() -> None:
    builder = built(frames=60, noise=10)
    builder.looks, builder.detections = 6, 5
    assert not builder.doubtful


def test_without_any_look_of_the_detector_nobody_is_doubted() -> None:
    assert not built(frames=10, noise=10).doubtful


def test_at_a_low_frame_rate_people_may_move_more_from_frame_to_frame() -> None:
    slow, fast = (built(frames=60, noise=4.5, fps=fps) for fps in (3, 30))
    for builder in (slow, fast):
        builder.looks, builder.detections = 7, 1
    assert fast.doubtful and not slow.doubtful


def test_who_was_seen_briefly_and_never_again_is_doubted() -> None:
    builder = built(frames=20, noise=1)
    builder.looks, builder.detections = 2, 0
    assert builder.doubtful


def test_a_single_sighting_is_believed() -> None:
    assert not built(frames=1).doubtful

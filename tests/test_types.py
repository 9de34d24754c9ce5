"""The structs of arrays refuse what does not fit, and print shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wildpose.types import Detections, Hypotheses, Keypoints, SkeletonSequence, Track


def sequence(**changes: Any) -> SkeletonSequence:
    """Two frames of lcr13, with some fields replaced."""
    values: dict[str, Any] = {
        "joints": np.zeros((2, 13, 3)),
        "scores": np.ones((2, 13)),
        "times": np.array([0.0, 0.1]),
    }
    return SkeletonSequence(**(values | changes))


def track(**changes: Any) -> Track:
    """Three rows of person 7 in lcr13, with some fields replaced."""
    values: dict[str, Any] = {
        "id": 7,
        "frames": np.array([2, 3, 9]),
        "times": np.array([0.2, 0.3, 0.9]),
        "boxes": np.zeros((3, 4)),
        "joints_2d": np.zeros((3, 13, 2)),
        "scores": np.ones((3, 13)),
        "joint_set": "lcr13",
    }
    return Track(**(values | changes))


def keypoints(**changes: Any) -> Keypoints:
    values: dict[str, Any] = {
        "joints_2d": np.zeros((17, 2)),
        "scores": np.ones(17),
        "joint_set": "coco17",
        "presence": 1.0,
    }
    return Keypoints(**(values | changes))


def test_nobody_in_view_is_empty_arrays_of_the_right_shape() -> None:
    nobody = Detections.none()
    assert len(nobody) == 0
    assert (nobody.boxes.shape, nobody.rois.shape) == ((0, 4), (0, 4))


def test_detections_say_what_was_expected_and_what_came() -> None:
    message = (
        r"^Detections: expected boxes \(N, 4\), scores \(N\), rois \(N, 4\); "
        r"got boxes \(3, 4\), scores \(2\), rois \(3, 4\)$"
    )
    with pytest.raises(ValueError, match=message):
        Detections(np.zeros((3, 4)), np.zeros(2), np.zeros((3, 4)))


def test_keypoints_must_have_the_joints_of_their_set() -> None:
    message = r"Keypoints: expected joints_2d \(17, 2\), .*got joints_2d \(13, 2\)"
    with pytest.raises(ValueError, match=message):
        keypoints(joints_2d=np.zeros((13, 2)))


def test_keypoints_in_3d_must_have_three_coordinates() -> None:
    with pytest.raises(ValueError, match=r"expected joints_3d \(17, 3\); got joints_3d \(17, 2\)"):
        keypoints(joints_3d=np.zeros((17, 2)))


def test_an_unknown_joint_set_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown joint set 'coco18'"):
        keypoints(joint_set="coco18")


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("joints", (3, 13, 2)),  # no depth
        ("joints_2d", (3, 13, 3)),  # one coordinate too many
        ("joints_2d", (3, 12, 2)),  # another number of joints
        ("scores", (2,)),  # another number of hypotheses
        ("classes", (3, 1)),  # one dimension too many
    ],
)
def test_hypotheses_must_agree_in_number_and_joints(field: str, shape: tuple[int, ...]) -> None:
    values = {
        "joints": np.zeros((3, 13, 3)),
        "joints_2d": np.zeros((3, 13, 2)),
        "scores": np.zeros(3),
        "classes": np.zeros(3, dtype=int),
    }
    assert len(Hypotheses(**values)) == 3
    came = ", ".join(str(n) for n in shape)
    with pytest.raises(ValueError, match=rf"Hypotheses: expected .*; got .*{field} \({came}\)"):
        Hypotheses(**(values | {field: np.zeros(shape, dtype=int)}))


def test_a_track_may_have_gaps() -> None:
    assert len(track(frames=np.array([0, 5, 500]))) == 3


@pytest.mark.parametrize("frames", [[2, 2, 3], [3, 2, 4]])
def test_frames_of_a_track_must_increase(frames: list[int]) -> None:
    with pytest.raises(ValueError, match="Track 7: frames must increase"):
        track(frames=np.array(frames))


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("times", (2,)),
        ("boxes", (3, 2)),
        ("joints_2d", (3, 17, 2)),
        ("scores", (3,)),
        ("joints_3d", (3, 13, 2)),
    ],
)
def test_every_field_of_a_track_has_one_row_per_frame(field: str, shape: tuple[int, ...]) -> None:
    came = ", ".join(str(n) for n in shape)
    with pytest.raises(ValueError, match=rf"Track: expected .*; got .*{field} \({came}\)"):
        track(**{field: np.zeros(shape)})


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("joints", (2, 13, 2)),
        ("joints", (2, 25, 3)),
        ("scores", (2, 1)),
        ("times", (2, 1)),
        ("observed", (3,)),
        ("joints_2d", (2, 13, 3)),
        ("root", (2, 2)),
    ],
)
def test_every_field_of_a_sequence_has_one_row_per_time(field: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"SkeletonSequence: expected .*{field}"):
        sequence(**{field: np.zeros(shape)})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("joints", (2, 13, 3)),
        ("scores", (2, 13)),
        ("joints_2d", (2, 13, 2)),
        ("root", (2, 3)),
    ],
)
def test_a_sequence_refuses_what_is_not_finite(
    field: str, shape: tuple[int, ...], value: float
) -> None:
    array = np.zeros(shape)
    array[-1, -1] = value
    with pytest.raises(ValueError, match=f"SkeletonSequence: {field} holds NaN or infinity"):
        sequence(**{field: array})


def test_the_time_of_a_single_pose_must_be_finite_too() -> None:
    one = {"joints": np.zeros((1, 13, 3)), "scores": np.ones((1, 13))}
    with pytest.raises(ValueError, match="times holds NaN or infinity"):
        sequence(**one, times=np.array([np.nan]))


@pytest.mark.parametrize("times", [[0.1, 0.1], [0.2, 0.1], [0.1, np.nan]])
def test_times_of_a_sequence_must_increase(times: list[float]) -> None:
    with pytest.raises(ValueError, match="times must increase, in seconds"):
        sequence(times=np.array(times))


def test_axes_are_one_of_three_words() -> None:
    for axes in ("camera", "kinect", "body"):
        assert sequence(axes=axes).axes == axes
    with pytest.raises(ValueError, match="axes 'world' is none of camera, kinect, body"):
        sequence(axes="world")


def test_all_is_observed_where_nothing_is_said() -> None:
    np.testing.assert_array_equal(sequence().observed, [True, True])
    given = np.array([True, False])
    np.testing.assert_array_equal(sequence(observed=given).observed, given)


def test_a_sequence_without_frames_is_allowed() -> None:
    empty = sequence(joints=np.zeros((0, 13, 3)), scores=np.zeros((0, 13)), times=np.zeros(0))
    assert len(empty) == 0


def test_fields_cannot_be_replaced_afterwards() -> None:
    with pytest.raises(AttributeError, match="times"):
        sequence().times = np.zeros(2)  # type: ignore[misc]


def test_repr_prints_shapes_instead_of_data() -> None:
    assert repr(track(joints_3d=np.zeros((3, 13, 3)))) == (
        "Track(id=7, frames=(3), times=(3), boxes=(3, 4), joints_2d=(3, 13, 2), "
        "scores=(3, 13), joint_set='lcr13', joints_3d=(3, 13, 3), picture=None, "
        "appearance=None)"
    )

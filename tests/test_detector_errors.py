"""The errors of a pose backend are kept as they are, with the truth, and alike for equal seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from datasets import detector_errors
from datasets.acting import Style
from datasets.detector_errors import BURST, SIZE_PX, Looks, look, looks_at
from datasets.kinematics import BONES, JOINT, Body
from datasets.mannequin import SceneFrame
from datasets.motions import MOTIONS
from datasets.pose_sources import Motion
from datasets.pose_variety import HIGHEST_M
from wildpose.geometry import Array, Camera
from wildpose.joints import convert, joint_set
from wildpose.types import Detections, Keypoints

LANDMARKS = joint_set("blazepose33")
OFFSET_2D = np.array([3.0, -2.0])
OFFSET_3D = np.array([0.1, 0.2, -0.3])


def motion(name: str = "walk", source: str = "bandai", frames: int = 60) -> Motion:
    return Motion(source, name, MOTIONS[name](np.arange(frames) / 30, Body(), Style()))


def landmarks(joints: Array) -> Array:
    """(33, C) landmarks that say the same as (13, C) joints of lcr13."""
    found = np.zeros((33, joints.shape[-1]))
    for name, joint in zip(joint_set("lcr13").names, joints, strict=True):
        for landmark in ("left_ear", "right_ear") if name == "head" else (name,):
            found[LANDMARKS.index(landmark)] = joint
    return found


@dataclass
class Stage:
    """A renderer and a pose backend in one: what one shows, the other knows, but for offsets."""

    blind: frozenset[int] = frozenset()
    """Frames of each burst in which the backend sees nobody."""
    joint_set: str = "blazepose33"
    joints: Array = field(default_factory=lambda: np.zeros((0, 25, 3)))
    camera: Camera = None  # type: ignore[assignment]  # set by the renderer
    regions: list[Array] = field(default_factory=list)
    t: int = -1

    def render(
        self, joints: Array, looks: list, camera: Camera, times: Array, **_: object
    ) -> Iterator:
        self.joints, self.camera, self.regions = joints[0], camera, []
        for self.t in range(len(times)):
            image = np.full((16, 16, 3), 128, np.uint8)
            yield SceneFrame(float(self.t), image, np.ones((1, 25), dtype=bool))

    def estimate(self, image: npt.NDArray[np.uint8], people: Detections) -> list[Keypoints | None]:
        self.regions.append(people.rois[0])
        if self.t in self.blind:
            return [None]
        truth = convert(self.camera.to_camera(self.joints[self.t]), "kinect25", "lcr13")
        return [
            Keypoints(
                landmarks(self.camera.project_camera(truth)) + OFFSET_2D,
                np.linspace(0, 1, 33),
                "blazepose33",
                1.0,
                landmarks(truth) + OFFSET_3D,
                np.array([self.t, 0.0, 1.0, 0.0]),
            )
        ]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(detector_errors, "render_scene", stage.render)
    return stage


def some_look(stage: Stage, seed: int = 0, name: str = "walk") -> Looks:
    found = look(motion(name), stage, np.random.default_rng(seed), 7)
    assert found is not None
    return found


def test_errors_come_back_as_the_backend_made_them(stage: Stage) -> None:
    found = some_look(stage)
    np.testing.assert_allclose(
        found.found_2d - found.joints_2d, np.broadcast_to(OFFSET_2D, (BURST, 13, 2)), atol=1e-3
    )
    np.testing.assert_allclose(
        found.found_3d - found.joints, np.broadcast_to(OFFSET_3D, (BURST, 13, 3)), atol=1e-5
    )


def test_scores_are_those_of_the_same_joints(stage: Stage) -> None:
    found = some_look(stage)
    scores = np.linspace(0, 1, 33)
    knee, ear = LANDMARKS.index("left_knee"), LANDMARKS.index("left_ear")
    np.testing.assert_allclose(found.scores[:, joint_set("lcr13").index("left_knee")], scores[knee])
    np.testing.assert_allclose(found.scores[:, 12], scores[[ear, ear + 1]].mean(), atol=1e-6)


def test_the_truth_is_the_persons_in_the_cameras_axes_and_pixels(stage: Stage) -> None:
    found = some_look(stage)
    truth = convert(stage.camera.to_camera(stage.joints), "kinect25", "lcr13")
    np.testing.assert_allclose(found.joints, truth, atol=1e-5)
    np.testing.assert_allclose(found.joints_2d, stage.camera.project_camera(truth), atol=0.5)


def test_a_metre_at_the_persons_distance_takes_up_so_many_pixels(stage: Stage) -> None:
    found = some_look(stage)
    depth = found.joints[..., 2].mean(axis=1, keepdims=True)
    ends = np.stack([np.zeros_like(depth), np.ones_like(depth)], axis=1)  # a metre along x
    metre = np.concatenate([ends, 0 * ends, np.stack([depth, depth], axis=1)], axis=-1)
    pixels = stage.camera.project_camera(metre)
    np.testing.assert_allclose(found.metre_px, pixels[:, 1, 0] - pixels[:, 0, 0], rtol=1e-5)


def test_all_looks_of_a_burst_share_its_number(stage: Stage) -> None:
    found = some_look(stage)
    assert len(found) == BURST
    np.testing.assert_array_equal(found.burst, 7)


def test_a_backend_that_sees_nobody_gives_no_look(stage: Stage) -> None:
    stage.blind = frozenset(range(BURST))
    assert look(motion(), stage, np.random.default_rng(0), 0) is None
    assert list(looks_at([motion()], stage, bursts=range(3), seed=0)) == []


def test_frames_in_which_nobody_was_seen_are_left_out_with_their_truth(stage: Stage) -> None:
    whole = some_look(stage)
    stage.blind = frozenset({1})
    found = some_look(stage)
    assert len(found) == BURST - 1
    np.testing.assert_allclose(
        found.found_2d - found.joints_2d, OFFSET_2D + 0 * found.found_2d, atol=1e-3
    )
    np.testing.assert_array_equal(found.joints[0], whole.joints[0])
    np.testing.assert_array_equal(found.joints[1:], whole.joints[2:])


def test_a_person_is_followed_by_the_backends_region_and_found_anew_once_lost(stage: Stage) -> None:
    stage.blind = frozenset({1})
    some_look(stage)
    assert len(stage.regions) == BURST
    np.testing.assert_array_equal(stage.regions[1], (0, 0, 1, 0))  # as the backend said at t = 0
    np.testing.assert_array_equal(stage.regions[3], (2, 0, 1, 0))
    for t in (0, 2):  # where there is no region, about the middle of the body
        pixels = stage.camera.project(stage.joints[t])
        middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2
        np.testing.assert_allclose(stage.regions[t][:2], middle, atol=1e-6)
        assert 0.99 < stage.regions[t][2] / np.ptp(pixels, axis=0).max() < 1.7


def test_moments_are_those_of_bodies_on_the_floor_before_a_camera_above_it(stage: Stage) -> None:
    sizes, lying = [], 0
    for seed in range(80):
        some_look(stage, seed, "kick")
        joints = stage.joints
        bones = np.stack([np.linalg.norm(joints[:, a] - joints[:, b], axis=-1) for a, b in BONES])
        np.testing.assert_allclose(bones, np.broadcast_to(bones[:, :1], bones.shape), atol=1e-6)
        sizes.append(bones[:, 0].sum())
        assert -0.02 < joints[..., 1].min() < HIGHEST_M + 1e-9
        assert stage.camera.position[1] >= 0.05
        assert np.abs(joints.mean(axis=(0, 1))[[0, 2]]).max() < 1.0
        trunk = joints[:, JOINT["spine_shoulder"]] - joints[:, JOINT["spine_base"]]
        lying += (np.abs(trunk[:, 1]) < 0.25).all()
    assert np.std(sizes) > 0.1  # metres: other bodies
    assert 1 <= lying <= 20  # 8 % of 80


def test_half_of_the_moments_are_mirrored_and_none_is_turned_inside_out(stage: Stage) -> None:
    left = 0
    for seed in range(60):
        some_look(stage, seed, "kick")
        at = {name: stage.joints[:, index] for name, index in JOINT.items()}
        across, trunk = at["left_hip"] - at["right_hip"], at["spine_mid"] - at["spine_base"]
        toes = at["left_foot"] + at["right_foot"] - at["left_ankle"] - at["right_ankle"]
        assert ((np.cross(across, trunk) * toes).sum(axis=-1) > 0).all()
        # Kicks with the right foot as captured: that one moves.
        moved = [np.ptp(at[f"{side}_foot"], axis=0).max() for side in ("left", "right")]
        left += moved[0] > moved[1]
    assert 15 < left < 45


def test_a_burst_is_the_same_whenever_it_is_asked_for(stage: Stage) -> None:
    motions = [motion(), motion("wave", "utd_mhad"), motion("squat")]
    several = list(looks_at(motions, stage, bursts=range(4), seed=5))
    (third,) = looks_at(motions, stage, bursts=range(2, 3), seed=5)
    (other,) = looks_at(motions, stage, bursts=range(2, 3), seed=6)
    assert [int(found.burst[0]) for found in several] == [0, 1, 2, 3]
    for f in fields(Looks):
        np.testing.assert_array_equal(getattr(third, f.name), getattr(several[2], f.name))
    assert np.abs(third.joints - other.joints).max() > 0.01
    assert np.abs(several[0].joints - several[1].joints).max() > 0.01


def test_sources_are_drawn_by_their_shares_whatever_their_number_of_motions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(detector_errors, "look", lambda motion, *_: drawn.append(motion.source))
    motions = [motion(frames=10)] + [motion("wave", "msr_action3d", frames=10)] * 9
    assert list(looks_at(motions, Stage(), bursts=range(400), seed=0)) == []
    assert drawn.count("bandai") / 400 == pytest.approx(0.40 / 0.45, abs=0.05)


def test_looks_are_the_same_after_saving_and_loading(stage: Stage, tmp_path: Path) -> None:
    found = some_look(stage)
    found.save(tmp_path / "looks.npz")
    again = Looks.load(tmp_path / "looks.npz")
    for f in fields(Looks):
        np.testing.assert_array_equal(getattr(again, f.name), getattr(found, f.name))
        assert getattr(again, f.name).dtype == getattr(found, f.name).dtype
    assert [path.name for path in tmp_path.iterdir()] == ["looks.npz"]


def test_joined_looks_follow_each_other(stage: Stage) -> None:
    first, second = some_look(stage), some_look(stage, 1)
    both = Looks.joined([first, second])
    assert len(both) == 2 * BURST
    for f in fields(Looks):
        np.testing.assert_array_equal(getattr(both, f.name)[:BURST], getattr(first, f.name))
        np.testing.assert_array_equal(getattr(both, f.name)[BURST:], getattr(second, f.name))


def test_the_backend_is_shown_rendered_and_spoilt_pictures_of_the_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage, shown = Stage(), []

    def spy(joints: Array, looks: list, camera: Camera, times: Array, **others: Any) -> Iterator:
        stage.joints, stage.camera = joints[0], camera
        for stage.t, frame in enumerate(render(joints, looks, camera, times, **others)):
            yield frame

    def estimate(image: npt.NDArray[np.uint8], people: Detections) -> list[Keypoints | None]:
        shown.append(image)
        return Stage.estimate(stage, image, people)

    render = detector_errors.render_scene
    monkeypatch.setattr(detector_errors, "render_scene", spy)
    monkeypatch.setattr(detector_errors, "BURST", 2)
    monkeypatch.setattr(stage, "estimate", estimate)
    for _ in range(2):
        look(motion(), stage, np.random.default_rng(4), 0)
    first, second, *again = shown
    assert first.shape == (SIZE_PX, SIZE_PX, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(np.stack(again), np.stack([first, second]))
    changed = np.abs(first.astype(int) - second).max(axis=-1) > 40  # by the person alone
    rows, columns = np.nonzero(changed)
    pixels = stage.camera.project(stage.joints).reshape(-1, 2)
    low, high = pixels.min(axis=0) - 25, pixels.max(axis=0) + 25
    inside = (columns > low[0]) & (columns < high[0]) & (rows > low[1]) & (rows < high[1])
    assert len(rows) > 30
    assert inside.mean() > 0.9

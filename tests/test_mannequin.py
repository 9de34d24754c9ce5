"""Rendered clips agree with their ground truth."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.figure import Appearance, figure_solids, random_appearance
from datasets.kinematics import JOINT, Body
from datasets.mannequin import Actor, MannequinClip, random_actor, render_scene
from datasets.motions import MOTIONS
from datasets.renderer import Renderer
from wildpose.geometry import Camera, orbit_camera


def small_camera(yaw: float = 0.0) -> Camera:
    return orbit_camera(yaw=yaw, focal_px=220.0, width=240, height=192)


def small_clip(*actors: Actor, yaw: float = 0.0, times: tuple = (0.0, 0.7)) -> MannequinClip:
    return MannequinClip(actors, small_camera(yaw), np.array(times))


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_visible_joint_is_drawn_on_the_mannequin(motion: str) -> None:
    rng = np.random.default_rng(7)
    clip = small_clip(random_actor(motion, rng), yaw=0.6, times=(0.3, 1.1))
    empty = Renderer(clip.camera).background.astype(int)
    for t, frame in enumerate(clip.scene()):
        drawn = np.abs(frame.image.astype(int) - empty).max(-1) > 8
        columns, rows = np.floor(clip.joints_2d[0, t]).astype(int).T
        body = frame.visible[0].copy()
        body[
            [JOINT[f"{side}_{end}"] for side in ("left", "right") for end in ("hand_tip", "thumb")]
        ] = False  # thinner than a pixel here
        assert drawn[rows[body], columns[body]].mean() > 0.95


def test_joints_2d_are_the_projection_of_the_joints_in_camera_axes() -> None:
    clip = small_clip(Actor("squat", (0.3, -0.2), 0.8), yaw=1.0)
    x, y, z = np.moveaxis(clip.joints_camera, -1, 0)
    expected = np.stack([220 * x / z + 120, 220 * y / z + 96], -1)
    assert clip.joints_2d.shape == (1, 2, 25, 2)
    np.testing.assert_allclose(clip.joints_2d, expected, atol=1e-9)
    np.testing.assert_allclose(clip.camera.project(clip.joints_world), expected, atol=1e-9)


def test_front_camera_sees_the_left_shoulder_on_its_right() -> None:
    clip = small_clip(Actor("wave"))
    left, right = (clip.joints_2d[0, 0, JOINT[f"{side}_shoulder"], 0] for side in ("left", "right"))
    assert left > right
    back = small_clip(Actor("wave", heading=np.pi))
    left, right = (back.joints_2d[0, 0, JOINT[f"{side}_shoulder"], 0] for side in ("left", "right"))
    assert left < right


def test_camera_axes_keep_chirality() -> None:
    joints = small_clip(Actor("wave"), yaw=0.9).joints_camera[0, 0]
    up = joints[JOINT["spine_shoulder"]] - joints[JOINT["spine_base"]]
    across = joints[JOINT["left_shoulder"]] - joints[JOINT["right_shoulder"]]
    toes = joints[JOINT["left_foot"]] - joints[JOINT["left_ankle"]]
    assert np.cross(across, up) @ toes > 0


def test_person_in_front_hides_the_one_behind() -> None:
    front, behind = Actor("wave", (0.0, 0.8)), Actor("wave", (0.0, -0.8))
    visible = next(small_clip(front, behind).scene()).visible
    swapped = next(small_clip(behind, front).scene()).visible
    trunk = [JOINT[name] for name in ("spine_mid", "left_hip", "right_hip", "left_shoulder")]
    assert visible[0, trunk].all()
    assert not visible[1, trunk].any()
    np.testing.assert_array_equal(swapped, visible[::-1])


def test_joints_outside_the_image_are_not_visible() -> None:
    visible = next(small_clip(Actor("wave", (30.0, 0.0))).scene()).visible
    assert not visible.any()


def test_far_arm_is_hidden_from_the_side() -> None:
    visible = next(small_clip(Actor("squat"), yaw=np.pi / 2, times=(0.0,)).scene()).visible[0]
    assert visible[JOINT["left_elbow"]]  # yaw 90 degrees looks at the left side
    assert not visible[JOINT["right_elbow"]]


def test_same_seed_renders_the_same_pixels() -> None:
    images = []
    for _ in range(2):
        clip = small_clip(random_actor("kick", np.random.default_rng(11)))
        images.append(np.stack([image for _, image in clip.frames()]))
    np.testing.assert_array_equal(*images)
    assert images[0].dtype == np.uint8 and images[0].shape == (2, 192, 240, 3)


def test_frames_keep_uneven_times() -> None:
    clip = small_clip(Actor("walk"), times=(0.0, 0.03, 0.9))
    assert [time for time, _ in clip.frames()] == [0.0, 0.03, 0.9]


def test_figure_stands_on_the_floor_and_ends_at_its_height() -> None:
    for height in (1.6, 1.8):
        actor = Actor("wave", body=Body(height=height))
        solids = figure_solids(actor.joints(np.zeros(1)), Appearance())[0]
        spread = np.linalg.inv(solids.metric)[:, 1, 1] ** 0.5
        low = np.minimum(
            solids.start[:, 1] - solids.start_radius * spread,
            solids.stop[:, 1] - solids.stop_radius * spread,
        )
        high = solids.start[:, 1] + solids.start_radius * spread
        assert -0.01 < low.min() < 0.02
        assert high.max() == pytest.approx(height, abs=0.04)


def test_motion_capture_drives_a_mannequin_through_its_joints_alone() -> None:
    joints = Actor("throw").joints(np.array([0.0, 0.5]))[None]
    frames = list(render_scene(joints, [Appearance()], small_camera(), np.array([0.0, 0.5])))
    assert len(frames) == 2
    assert np.abs(frames[0].image.astype(int) - frames[1].image).max() > 50


def test_scene_names_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"\(M, T, 25, 3\), got \(2, 13, 3\)"):
        next(render_scene(np.zeros((2, 13, 3)), [], small_camera(), np.zeros(2)))
    with pytest.raises(ValueError, match="1 appearances and 2 times"):
        next(render_scene(np.zeros((2, 2, 25, 3)), [Appearance()], small_camera(), np.zeros(2)))


def test_unknown_motion_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown motion 'fly'.*walk, wave"):
        Actor("fly")


def test_appearances_differ_by_seed() -> None:
    looks = {random_appearance(np.random.default_rng(seed)) for seed in range(10)}
    assert len(looks) > 7

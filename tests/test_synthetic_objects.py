"""Objects lie in the palm, turn with the hand, and fly and change hands as they should."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.kinematics import JOINT, Body, Posture, joints_of
from datasets.renderer import Renderer
from datasets.synthetic_actions import Object
from datasets.synthetic_objects import OBJECTS, Grip, grip, handed_over, thrown
from wildpose.geometry import Array, orbit_camera

objects = pytest.mark.parametrize("name", OBJECTS)


def standing(T: int = 2) -> Array:
    """(T, 25, 3) somebody whose arms hang."""
    return joints_of(Body(), Posture(), np.zeros(T))


def made(name: Object, seed: int = 0):  # noqa: ANN201
    return OBJECTS[name](np.random.default_rng(seed))


@objects
@pytest.mark.parametrize("hand", [0, 1])
def test_a_thing_is_at_the_hand_that_holds_it(name: Object, hand: int) -> None:
    thing = made(name)
    held = grip(standing(), hand, thing)
    solids = thing.solids(held.origin[0], held.axes[0])
    side = ("left", "right")[hand]
    knuckles = standing()[0, JOINT[f"{side}_hand"]]
    nearest = np.linalg.norm(np.concatenate([solids.start, solids.stop]) - knuckles, axis=-1).min()
    assert nearest < 0.12
    assert np.linalg.norm(solids.start.mean(0) - knuckles) < 0.25


@objects
def test_a_thing_lies_on_the_palm_not_on_the_back_of_the_hand(name: Object) -> None:
    thing, joints = made(name), standing()
    for hand, inwards in ((0, -1.0), (1, 1.0)):  # hands that hang have their palms at the thighs
        held = grip(joints, hand, thing)
        wrist = joints[0, JOINT[("left_wrist", "right_wrist")[hand]]]
        assert inwards * (held.origin[0] - wrist)[0] > 0
        assert inwards * held.axes[0, 0, 2] > 0.5  # z points out of the palm


@objects
def test_axes_turn_without_mirroring_and_bags_and_cups_stay_upright(name: Object) -> None:
    thing = made(name)
    joints = standing() @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]).T  # leans
    for hand in (0, 1):
        axes = grip(joints, hand, thing).axes
        np.testing.assert_allclose(
            axes @ np.swapaxes(axes, 1, 2), np.eye(3)[None].repeat(2, 0), atol=1e-5
        )
        np.testing.assert_allclose(np.linalg.det(axes), 1.0, atol=1e-5)
        assert thing.upright == (name in ("cup", "bag"))
        if thing.upright:
            np.testing.assert_allclose(axes[:, :, 1], [[0, 1, 0]] * 2, atol=1e-9)


def test_a_thing_at_a_place_is_moved_and_turned_as_a_whole() -> None:
    thing = made("book")
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    here, there = thing.solids(np.zeros(3), np.eye(3)), thing.solids(np.ones(3), turn)
    np.testing.assert_allclose(there.start, here.start @ turn.T + 1)
    inside = np.einsum("pi,pij,pj->p", here.stop - here.start, here.metric, here.stop - here.start)
    moved = np.einsum(
        "pi,pij,pj->p", there.stop - there.start, there.metric, there.stop - there.start
    )
    np.testing.assert_allclose(moved, inside, atol=1e-9)


def test_things_look_different_and_are_seen_from_a_hand_s_distance() -> None:
    camera = orbit_camera(
        distance=2.7, camera_height=1.0, target=(0, 1, 0), focal_px=265, width=96, height=64
    )
    renderer = Renderer(camera)
    colours = []
    for name in OBJECTS:
        solids = made(name).solids(np.array([0.0, 1.0, 0.0]), np.eye(3))
        seen = np.isfinite(renderer.depth(solids))
        assert seen.sum() > 60  # px of a video of 480 x 270
        colours.append(renderer.render(solids).image[seen].mean(0))
    apart = np.linalg.norm(np.array(colours)[:, None] - np.array(colours), axis=-1)
    assert apart[~np.eye(len(apart), dtype=bool)].min() > 35


@objects
def test_the_same_seed_makes_the_same_thing(name: Object) -> None:
    one, other = made(name, 4), made(name, 4)
    np.testing.assert_array_equal(one.colour, other.colour)
    assert any(np.any(made(name, seed).colour != one.colour) for seed in range(4))


def test_a_ball_leaves_the_hand_falls_and_stays_on_the_floor() -> None:
    held = grip(standing(60), 1, made("ball"))
    flown = thrown(held, 10, np.array([0.0, 2.0, 3.0]), frame_rate=30.0, floor=0.09)
    np.testing.assert_array_equal(flown.origin[:11], held.origin[:11])
    air = flown.origin[11:20]
    np.testing.assert_allclose(np.diff(air, 2, axis=0) * 900, [[0, -9.81, 0]] * 7, atol=1e-6)
    np.testing.assert_allclose(np.diff(air, axis=0)[:, 2] * 30, 3.0)
    assert flown.origin[:, 1].min() == flown.origin[-1, 1] == pytest.approx(0.09)


def test_what_is_handed_over_goes_from_hand_to_hand_in_a_line() -> None:
    def at(x: float) -> Grip:
        return Grip(np.tile([x, 1.0, 0.0], (20, 1)), np.tile(x * np.eye(3), (20, 1, 1)))

    held = handed_over(at(1.0), at(2.0), 9.5)
    x = held.origin[:, 0]
    assert x[0] == 1.0 and x[-1] == 2.0 and (np.diff(x) >= 0).all()
    assert ((x > 1.0) & (x < 2.0)).sum() in (2, 3, 4)
    assert held.axes[9, 0, 0] == 1.0 and held.axes[10, 0, 0] == 2.0

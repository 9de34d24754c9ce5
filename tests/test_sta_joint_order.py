"""The joint orders follow the body, and every skeleton finds its places in them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from recognizers.sta.joint_order import NEAREST, ORDERS, order_of, slots
from wildpose.joints import JOINT_SETS, convert, joint_set

K25 = joint_set("kinect25")
BONES = {frozenset(edge) for edge in K25.edges}
TOUR = ORDERS["tour"]


def steps(order: tuple[int, ...]) -> list[frozenset[int]]:
    return [frozenset(pair) for pair in pairwise(order)]


def test_the_tour_walks_every_bone_out_and_back_and_ends_at_its_root() -> None:
    assert len(TOUR) == 50
    assert TOUR[0] == TOUR[-1] == TOUR[-2] == K25.index("spine_mid")
    assert Counter(steps(TOUR[:-1])) == dict.fromkeys(BONES, 2)


def test_the_tour_goes_into_each_limb_once_and_leaves_it_when_it_is_done() -> None:
    """A depth-first walk: what is met again before the root was met in the reverse order."""
    path: list[int] = []
    for joint in TOUR[:-1]:
        if joint in path:
            assert path[-2] == joint, "back by one bone, never over a joint"
            path.pop()
        else:
            path.append(joint)
    assert path == [K25.index("spine_mid")]


def test_the_random_order_is_the_tour_shuffled() -> None:
    assert Counter(ORDERS["random"]) == Counter(TOUR)
    near = sum(step in BONES for step in steps(ORDERS["random"]))
    assert near < 10  # 5 are to be expected


def test_the_topological_order_has_each_joint_where_the_tour_finds_it() -> None:
    order = ORDERS["topological"]
    assert sorted(order) == list(range(25))
    assert list(order) == sorted(range(25), key=TOUR.index)


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order 'depth' is none of tour, random, topological"):
        order_of("depth")


@pytest.mark.parametrize("name", JOINT_SETS)
def test_every_skeleton_fills_the_25_places_and_keeps_what_it_has(name: str) -> None:
    weights, source = slots(name), joint_set(name)
    assert weights.shape == (25, len(source))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert (weights >= 0).all()
    for row, joint in enumerate(K25.names):
        if joint in source.names:
            assert weights[row].argmax() == source.index(joint) and weights[row].max() == 1


@pytest.mark.parametrize("name", ["kinect20", "sbu15", "lcr13"])
def test_sides_stay_sides(name: str) -> None:
    weights, source = slots(name), joint_set(name)
    mirrored = weights[np.array(K25.mirrored)][:, np.array(source.mirrored)]
    np.testing.assert_allclose(mirrored, weights, atol=1e-12)


def test_what_kinect_v1_lacks_is_a_copy_of_the_nearest_joint() -> None:
    joints = np.random.default_rng(0).normal(size=(20, 3))
    places = slots("kinect20") @ joints
    for name, nearest in NEAREST.items():
        there = joints[joint_set("kinect20").index(nearest)]
        np.testing.assert_array_equal(places[K25.index(name)], there)


def test_the_places_of_thirteen_joints_by_hand() -> None:
    joints = np.random.default_rng(0).normal(size=(13, 3))
    places = slots("lcr13") @ joints
    of = joint_set("lcr13").index
    torso = [of(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "shoulder")]
    wanted = {
        "spine_mid": joints[torso].mean(axis=0),
        "spine_base": joints[[of("left_hip"), of("right_hip")]].mean(axis=0),
        "neck": joints[[of("left_shoulder"), of("right_shoulder")]].mean(axis=0),
        "left_thumb": joints[of("left_wrist")],
        "right_hand_tip": joints[of("right_wrist")],
        "left_foot": joints[of("left_ankle")],
        "head": joints[of("head")],
    }
    for name, there in wanted.items():
        np.testing.assert_allclose(places[K25.index(name)], there, atol=1e-12)


def test_sbu_keeps_its_neck_and_the_ends_of_its_limbs_serve_twice() -> None:
    joints = np.random.default_rng(0).normal(size=(15, 3))
    places, of = slots("sbu15") @ joints, joint_set("sbu15").index
    for name, source in (("neck", "neck"), ("left_wrist", "left_hand"), ("left_hand", "left_hand"),
                         ("right_ankle", "right_foot"), ("right_thumb", "right_hand")):  # fmt: skip
        np.testing.assert_array_equal(places[K25.index(name)], joints[of(source)])


def test_places_agree_with_conversion_where_that_knows_the_joint() -> None:
    joints = np.random.default_rng(0).normal(size=(15, 3))
    known = convert(joints, "sbu15", "kinect20")
    places = slots("sbu15") @ joints
    for row, name in enumerate(joint_set("kinect20").names):
        np.testing.assert_allclose(places[K25.index(name)], known[row], atol=1e-12)

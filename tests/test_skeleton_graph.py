"""The joint graph: facts counted by hand on small bodies and on the joint sets that there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from recognizers.skeleton_graph import PARTITIONS, SkeletonGraph, graph_of, skeleton_graph
from wildpose.joints import JOINT_SETS, JointSet, joint_set

ALL = pytest.mark.parametrize("name", JOINT_SETS)
CHAIN = JointSet("chain", ("hand", "elbow", "shoulder", "neck"), ((1, 0), (2, 1), (3, 2)))
"""hand - elbow - shoulder - neck: the middle is the elbow and the shoulder."""
SMALL = JointSet("small", ("hip", "left_foot", "right_foot"), ((0, 1), (0, 2)))


def neighbourhood(graph: SkeletonGraph) -> np.ndarray:
    """(J, J) the mean over a joint and its neighbours, from the edges."""
    J = len(graph)
    near = np.eye(J)
    for one, other in graph.edges:
        near[one, other] = near[other, one] = 1
    return near / near.sum(axis=1, keepdims=True)


def hop(graph: SkeletonGraph, one: str, other: str) -> int:
    return int(graph.hops[graph.joints.index(one), graph.joints.index(other)])


def parents(graph: SkeletonGraph, name: str) -> dict[str, float]:
    row = graph.parents[graph.joints.index(name)]
    return {graph.joints.names[i]: float(row[i]) for i in np.flatnonzero(row)}


def relabelled(joints: JointSet, order: np.ndarray) -> JointSet:
    """The same body; its joint order[i] comes at place i."""
    place = np.argsort(order)
    edges = tuple((int(place[a]), int(place[b])) for a, b in joints.edges)
    return JointSet("relabelled", tuple(joints.names[i] for i in order), edges)


# By hand


def test_a_hip_with_two_feet() -> None:
    graph = graph_of(SMALL)
    assert graph.centre == (0,)
    np.testing.assert_array_equal(graph.hops, [[0, 1, 1], [1, 0, 2], [1, 2, 0]])
    third, half = 1 / 3, 1 / 2
    level = [[third, 0, 0], [0, half, 0], [0, 0, half]]
    inward = [[0, 0, 0], [half, 0, 0], [half, 0, 0]]
    outward = [[0, third, third], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(graph.partitions, [level, inward, outward], atol=1e-6)
    np.testing.assert_allclose(graph.parents, [[1, 0, 0], [1, 0, 0], [1, 0, 0]], atol=0)


def test_two_joints_in_the_middle_are_level_and_each_others_parents() -> None:
    graph = graph_of(CHAIN)
    assert graph.centre == (1, 2)
    level, inward, outward = graph.partitions
    assert level[1, 2] == level[2, 1] == pytest.approx(1 / 3)
    assert inward[0, 1] == inward[3, 2] == pytest.approx(1 / 2)
    assert outward[1, 0] == outward[2, 3] == pytest.approx(1 / 3)
    assert parents(graph, "elbow") == {"shoulder": 1}
    assert parents(graph, "shoulder") == {"elbow": 1}
    assert parents(graph, "hand") == {"elbow": 1}


def test_kinect20_has_its_middle_on_the_spine() -> None:
    graph = skeleton_graph("kinect20")
    assert graph.centre == (graph.joints.index("spine_mid"),)
    assert hop(graph, "left_hand", "right_foot") == 10
    assert hop(graph, "head", "spine_base") == 3
    assert parents(graph, "left_elbow") == {"left_shoulder": 1}
    assert parents(graph, "spine_base") == {"spine_mid": 1}
    assert parents(graph, "spine_mid") == {"spine_mid": 1}


def test_lcr13_has_no_spine_and_its_middle_between_the_shoulders() -> None:
    graph = skeleton_graph("lcr13")
    assert [graph.joints.names[i] for i in graph.centre] == ["right_shoulder", "left_shoulder"]
    assert hop(graph, "right_ankle", "left_wrist") == 6  # knee, hip, shoulder, shoulder, elbow
    assert hop(graph, "head", "right_ankle") == 4
    assert parents(graph, "head") == {"right_shoulder": 0.5, "left_shoulder": 0.5}
    assert parents(graph, "left_hip") == {"left_shoulder": 1}
    assert parents(graph, "left_shoulder") == {"right_shoulder": 1}


@pytest.mark.parametrize("name", ["lcr13", "kinect25", "kinect20", "h36m17", "sbu15"])
def test_bones_that_hang_together_are_left_as_they_are(name: str) -> None:
    assert skeleton_graph(name).edges == joint_set(name).edges


def test_loose_heads_and_fingers_are_tied_to_the_body() -> None:
    coco, blaze = skeleton_graph("coco17"), skeleton_graph("blazepose33")
    assert hop(coco, "nose", "left_shoulder") == hop(coco, "nose", "right_shoulder") == 1
    assert len(coco.edges) == len(coco.joints.edges) + 2
    assert hop(blaze, "left_wrist", "left_pinky") == 1
    assert hop(blaze, "left_mouth", "right_eye") == 2
    assert [blaze.joints.names[i] for i in blaze.centre] == ["left_hip", "right_hip"]


# What must hold for every body


@ALL
def test_partitions_are_the_mean_over_neighbours_each_in_one_of_them(name: str) -> None:
    graph = skeleton_graph(name)
    assert graph.partitions.shape == (PARTITIONS, len(graph), len(graph))
    np.testing.assert_allclose(graph.partitions.sum(axis=0), neighbourhood(graph), atol=1e-6)
    assert ((graph.partitions > 0).sum(axis=0) <= 1).all()
    assert (np.diagonal(graph.partitions[0]) > 0).all()


@ALL
def test_what_is_inward_for_one_is_outward_for_the_other(name: str) -> None:
    level, inward, outward = skeleton_graph(name).partitions > 0
    np.testing.assert_array_equal(inward, outward.T)
    np.testing.assert_array_equal(level, level.T)


@ALL
def test_hops_are_the_shortest_ways(name: str) -> None:
    graph = skeleton_graph(name)
    J = len(graph)
    far = np.where(neighbourhood(graph) > 0, 1.0, np.inf)
    np.fill_diagonal(far, 0)
    for middle, one, other in product(range(J), repeat=3):  # Floyd and Warshall
        far[one, other] = min(far[one, other], far[one, middle] + far[middle, other])
    np.testing.assert_array_equal(graph.hops, far)


@ALL
def test_the_graph_is_the_same_in_a_mirror(name: str) -> None:
    graph = skeleton_graph(name)
    mirrored = list(graph.joints.mirrored)
    swapped = np.ix_(mirrored, mirrored)
    np.testing.assert_array_equal(graph.hops[swapped], graph.hops)
    np.testing.assert_allclose(graph.parents[swapped], graph.parents, atol=0)
    for partition in graph.partitions:
        np.testing.assert_allclose(partition[swapped], partition, atol=0)


@ALL
def test_bones_start_at_neighbours_one_step_nearer_to_the_centre(name: str) -> None:
    graph = skeleton_graph(name)
    depth = graph.hops[list(graph.centre)].min(axis=0)
    np.testing.assert_allclose(graph.parents.sum(axis=1), 1, atol=1e-6)
    for joint, parent in np.argwhere(graph.parents > 0):
        if joint not in graph.centre:
            assert graph.hops[joint, parent] == 1
            assert depth[parent] == depth[joint] - 1


@ALL
def test_new_labels_relabel_the_graph(name: str) -> None:
    graph = skeleton_graph(name)
    order = np.random.default_rng(0).permutation(len(graph))
    again = graph_of(relabelled(graph.joints, order))
    assert {again.joints.names[i] for i in again.centre} == {
        graph.joints.names[i] for i in graph.centre
    }
    both = np.ix_(order, order)
    np.testing.assert_array_equal(again.hops, graph.hops[both])
    np.testing.assert_allclose(again.parents, graph.parents[both], atol=0)
    np.testing.assert_allclose(again.partitions, graph.partitions[:, both[0], both[1]], atol=0)


def test_a_graph_that_all_share_cannot_be_written_to() -> None:
    graph = skeleton_graph("lcr13")
    assert graph is skeleton_graph("lcr13")
    for array in (graph.hops, graph.partitions, graph.parents):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# What it refuses


def test_an_unknown_joint_set_is_named() -> None:
    with pytest.raises(ValueError, match="unknown joint set 'lcr14': there are lcr13"):
        skeleton_graph("lcr14")


def test_a_loose_part_is_named() -> None:
    loose = JointSet("two", ("hip", "knee", "hat", "feather"), ((0, 1), (2, 3)))
    with pytest.raises(ValueError, match="two: no bone leads from hip to hat, feather"):
        graph_of(loose)

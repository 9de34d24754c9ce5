"""Who hears whom in the pose graph: small bodies by hand, and the joint sets that there are."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.skeleton_graph import graph_of, skeleton_graph
from recognizers.vpn.adjacency import adjacency, normalised
from wildpose.joints import JOINT_SETS, JointSet, joint_set

CHAIN = graph_of(JointSet("chain", ("hip", "knee", "ankle"), ((0, 1), (1, 2))))


def test_bones_weigh_five_and_all_other_pairs_two() -> None:
    np.testing.assert_array_equal(adjacency(CHAIN), [[0, 5, 2], [5, 0, 5], [2, 5, 0]])
    np.testing.assert_array_equal(
        adjacency(CHAIN, bone=3, apart=0.5), [[0, 3, 0.5], [3, 0, 3], [0.5, 3, 0]]
    )


def test_normalised_by_hand() -> None:
    # With themselves the joints hear 8, 11 and 8.
    side = 5 / np.sqrt(88)
    wanted = [[1 / 8, side, 2 / 8], [side, 1 / 11, side], [2 / 8, side, 1 / 8]]
    np.testing.assert_allclose(normalised(adjacency(CHAIN)), wanted, atol=1e-12)


def test_no_bone_joins_two_people() -> None:
    both = adjacency(CHAIN, people=2)
    one = adjacency(CHAIN)
    np.testing.assert_array_equal(both[:3, :3], one)
    np.testing.assert_array_equal(both[3:, 3:], one)
    np.testing.assert_array_equal(both[:3, 3:], np.full((3, 3), 2.0))


@pytest.mark.parametrize("name", JOINT_SETS)
@pytest.mark.parametrize("people", [1, 2])
def test_every_joint_set_has_a_symmetric_graph_of_its_bones(name: str, people: int) -> None:
    graph = skeleton_graph(name)
    J, weights = len(graph), adjacency(graph, people=people)
    np.testing.assert_array_equal(weights, weights.T)
    assert not np.diag(weights).any()
    assert (weights == 5).sum() == 2 * people * len(graph.edges)
    assert weights.shape == (people * J, people * J)
    heard = normalised(weights)
    np.testing.assert_allclose(heard, heard.T, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(heard)[-1], 1, atol=1e-9)


def test_of_kinect_s_joints_a_bone_is_heard_more_than_twice_as_well_as_the_rest() -> None:
    weights, joints = adjacency(skeleton_graph("kinect25")), joint_set("kinect25")
    heard = normalised(weights)
    elbow, wrist, knee = (joints.index(f"left_{name}") for name in ("elbow", "wrist", "knee"))
    # Each of the three has two bones, and hears 2 x 5 + 22 x 2 + 1 = 55.
    assert heard[elbow, wrist] == pytest.approx(5 / 55)
    assert heard[elbow, knee] == pytest.approx(2 / 55)
    assert heard[weights == 5].min() > 2 * heard[weights == 2].max()


def test_the_code_s_graph_has_24_bones_and_six_pairs_besides() -> None:
    weights = adjacency(skeleton_graph("kinect25"), kind="code6", people=2)
    one = weights[:25, :25]
    assert (one == 5).sum() == 2 * 24
    pairs = {(int(i) + 1, int(j) + 1) for i, j in zip(*np.nonzero(one == 2), strict=True)}
    six = {(12, 19), (10, 18), (6, 14), (8, 15), (12, 8), (10, 6)}  # counted from 1, as there
    assert pairs == six | {(j, i) for i, j in six}
    np.testing.assert_array_equal(weights[25:, 25:], one)
    assert not weights[:25, 25:].any()


def test_the_code_s_pairs_are_named_so_other_kinects_have_them_too() -> None:
    weights = adjacency(skeleton_graph("kinect20"), kind="code6")
    joints = joint_set("kinect20")
    assert weights[joints.index("left_hand"), joints.index("right_hand")] == 2
    assert (weights == 2).sum() == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "full"}, "adjacency 'full' is none of paper, code6"),
        ({"kind": "code6"}, "chain has no left_ankle, left_elbow, left_hand, .*; take 'paper'"),
        ({"people": 0}, "people >= 1 and weights >= 0, got 0"),
        ({"apart": -1.0}, r"bone 5.0 and apart -1.0"),
    ],
)
def test_graphs_that_cannot_be_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adjacency(CHAIN, **options)

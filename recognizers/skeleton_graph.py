"""The joints of a body as a graph: who is next to whom, and who is nearer to the centre."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import shortest_path

from wildpose.joints import JointSet, joint_set

PARTITIONS = 3
"""Level, inward and outward neighbours, in this order."""

# Where the bones that are drawn leave parts of a body apart: what these parts hang on.
_TIES = (
    ("nose", "left_shoulder"), ("nose", "right_shoulder"),
    ("nose", "left_mouth"), ("nose", "right_mouth"),
    ("left_eye", "left_eye_inner"), ("right_eye", "right_eye_inner"),
    ("left_eye", "left_eye_outer"), ("right_eye", "right_eye_outer"),
    ("left_wrist", "left_pinky"), ("right_wrist", "right_pinky"),
)  # fmt: skip


@dataclass(frozen=True)
class SkeletonGraph:
    """A joint set's connected graph; left and right are alike in it."""

    joints: JointSet
    """Whose graph it is."""
    edges: tuple[tuple[int, int], ...]
    """The bones that are drawn, then those that tie loose parts to the body."""
    hops: npt.NDArray[np.int64]
    """(J, J) bones on the shortest way between two joints."""
    centre: tuple[int, ...]
    """The joints in the middle: one, or the two of a left-right pair."""
    partitions: npt.NDArray[np.float32]
    """(3, J, J) weights with which a row's joint hears its neighbours: those as far from the
    centre as itself, which it is one of, those nearer to the centre and those farther from it."""
    parents: npt.NDArray[np.float32]
    """(J, J) weights of the joints at which a row's bone starts; each row sums to 1."""

    def __len__(self) -> int:
        return len(self.joints)


@cache
def skeleton_graph(name: str) -> SkeletonGraph:
    """The graph of a joint set, by its name.

    Raises:
        ValueError: there is no such joint set, or a part of it hangs on nothing.
    """
    return graph_of(joint_set(name))


def graph_of(joints: JointSet) -> SkeletonGraph:
    """The graph of a joint set.

    The three partitions are the spatial ones of ST-GCN (Yan, Xiong, Lin, AAAI 2018, section 3.3),
    whose sum is the mean over a joint and its neighbours. The centre is found from the graph, so
    that every joint set has one: the joints from which the farthest other is nearest, and of
    these the ones with the shortest ways to all others in sum. The farthest comes first because
    a sum leans towards where joints are many, as on the face of blazepose33. Without joints on
    the spine the centre is a pair, as the shoulders of lcr13, and no side is preferred.

    Raises:
        ValueError: a part of the body hangs on nothing.
    """
    edges = _connected(joints)
    hops = _hops(len(joints), edges).astype(np.int64)
    cost = list(zip(hops.max(axis=1), hops.sum(axis=1), strict=True))
    centre = np.flatnonzero([each == min(cost) for each in cost])
    depth = hops[centre].min(axis=0)
    arrays = hops, _partitions(hops, depth), _parents(hops, depth)
    for array in arrays:
        array.setflags(write=False)
    return SkeletonGraph(joints, edges, arrays[0], tuple(centre.tolist()), *arrays[1:])


def _hops(J: int, edges: tuple[tuple[int, int], ...]) -> npt.NDArray[np.float64]:
    """(J, J) bones on the shortest way between two joints; infinite where there is none."""
    bones = np.zeros((J, J))
    for one, other in edges:
        bones[one, other] = 1
    return shortest_path(bones, directed=False, unweighted=True)


def _connected(joints: JointSet) -> tuple[tuple[int, int], ...]:
    """The drawn bones of a joint set, and what ties its loose parts to the body."""
    apart = np.isinf(_hops(len(joints), joints.edges))
    named = [(a, b) for a, b in _TIES if a in joints.names and b in joints.names]
    ties = [(joints.index(a), joints.index(b)) for a, b in named]
    edges = (*joints.edges, *(tie for tie in ties if apart[tie]))
    loose = np.isinf(_hops(len(joints), edges)[0])
    if loose.any():
        names = ", ".join(np.array(joints.names)[loose])
        raise ValueError(f"{joints.name}: no bone leads from {joints.names[0]} to {names}")
    return edges


def _partitions(hops: npt.NDArray, depth: npt.NDArray) -> npt.NDArray[np.float32]:
    """(3, J, J) level, inward and outward parts of the mean over neighbours."""
    near = hops <= 1
    mean = near / near.sum(axis=1, keepdims=True)
    outward = np.sign(depth[None, :] - depth[:, None])  # of the column's joint, seen from the row's
    return np.stack([mean * (outward == way) for way in (0, -1, 1)]).astype(np.float32)


def _parents(hops: npt.NDArray, depth: npt.NDArray) -> npt.NDArray[np.float32]:
    """(J, J) weights of where the bone of a row's joint starts.

    It starts at the neighbours nearer to the centre, midway where there are several: the neck of
    lcr13 runs from between the shoulders to the head. Of a central pair each starts at the other,
    and a single centre at itself, which makes its bone zero.
    """
    starts = (hops == 1) & (depth[None, :] < depth[:, None])
    centre = depth == 0
    if centre.sum() > 1:
        starts |= centre[:, None] & centre[None, :] & (hops > 0)
    else:
        starts |= np.diag(centre)
    return (starts / starts.sum(axis=1, keepdims=True)).astype(np.float32)

"""How strongly joints hear each other: the weighted graph of a body, or of two."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from recognizers.skeleton_graph import SkeletonGraph
from wildpose.joints import JointSet

Array = npt.NDArray[np.float64]
Adjacency = Literal["paper", "code6"]
"""Which joints without a bone between them hear each other. paper: all, also those of two people.
code6: six pairs, as in the authors' code: hands and elbows with their twins, with the ankle and
the knee of their side."""

BONE, APART = 5.0, 2.0  # alpha and beta; paper, section 4.1
_SIX = (
    ("right_hand", "right_ankle"), ("right_elbow", "right_knee"),
    ("left_elbow", "left_knee"), ("left_hand", "left_ankle"),
    ("right_hand", "left_hand"), ("right_elbow", "left_elbow"),
)  # fmt: skip


def adjacency(
    graph: SkeletonGraph,
    *,
    kind: Adjacency = "paper",
    people: int = 1,
    bone: float = BONE,
    apart: float = APART,
) -> Array:
    """The weighted adjacency matrix E of one or more bodies (section 3.2).

    With the paper's weights nearly everything hears everything: of 25 joints a bone weighs about
    0.09 once normalised, no bone 0.04.

    Args:
        graph: of one body.
        kind: which joints hear each other without a bone.
        people: bodies, one behind the other; no bone joins two of them.
        bone: alpha, weight of two joints with a bone between them.
        apart: beta, weight of two joints that hear each other without one.

    Returns:
        (N, N), symmetric, zero on the diagonal; N nodes are J joints of each person in turn.

    Raises:
        ValueError: an argument is none of those allowed, or the body lacks a joint of the six
            pairs.
    """
    if kind not in get_args(Adjacency):
        raise ValueError(f"adjacency {kind!r} is none of {', '.join(get_args(Adjacency))}")
    if people < 1 or min(bone, apart) < 0:
        raise ValueError(
            f"expected people >= 1 and weights >= 0, got {people}, bone {bone} and apart {apart}"
        )
    J = len(graph)
    weights = np.full((people * J, people * J), apart if kind == "paper" else 0.0)
    for first in range(0, people * J, J):
        own = weights[first : first + J, first : first + J]
        for one, other in _six_pairs(graph.joints) if kind == "code6" else ():
            own[one, other] = own[other, one] = apart
        for one, other in graph.edges:
            own[one, other] = own[other, one] = bone
    np.fill_diagonal(weights, 0.0)
    return weights


def normalised(weights: Array) -> Array:
    """D^-1/2 (E + I) D^-1/2, with which a row's node hears a column's (eq. 1).

    Args:
        weights: (N, N) E, none negative.

    Returns:
        (N, N), symmetric where E is; its largest eigenvalue is 1.
    """
    heard = weights + np.eye(len(weights))
    scale = heard.sum(axis=1) ** -0.5
    return scale[:, None] * heard * scale


def _six_pairs(joints: JointSet) -> list[tuple[int, int]]:
    """Indices of the six pairs."""
    lacking = {name for pair in _SIX for name in pair} - set(joints.names)
    if lacking:
        raise ValueError(
            f"adjacency 'code6' is for hands, elbows, knees and ankles: {joints.name} has no "
            f"{', '.join(sorted(lacking))}; take 'paper'"
        )
    return [(joints.index(one), joints.index(other)) for one, other in _SIX]

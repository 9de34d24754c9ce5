"""People who come back: tracks joined over a longer absence, when the whole video is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from wildpose.appearance import difference
from wildpose.boxes import centre
from wildpose.types import Track

Array = npt.NDArray[np.floating]
MAX_ABSENCE_S = 10.0
SAME_CLOTHES = 8.0  # CIELAB; the same mannequin before and after is at 2 to 4, others above 10
SIZE_RATIO = 0.6  # of the smaller to the larger height, before and after
SPEED = 1.0  # body heights a second that somebody may have moved, unseen
NEARBY = 0.5  # body heights: as far as a box may be off
EDGE_ROWS = 10  # sightings from which size and place at an end are taken
UNLINKED = 1.2  # cost of joining from which two tracks are rather left alone
REFUSED = 1e6
MAX_REACH_S = 3.0  # nobody is expected farther than they go in this time


def relink(tracks: Sequence[Track]) -> list[Track]:
    """Tracks with those of one person joined, each under the id it had first.

    Two are joined where one ends before the other begins, at most 10 s later, nearby, in like
    size and in like clothes; of several ways the one with the least difference in clothes and
    distance in all. Tracks without an appearance are left as they are.

    Args:
        tracks: in any order.
    """
    ordered = sorted(tracks, key=lambda track: float(track.times[0]))
    if len(ordered) < 2:
        return ordered
    cost = np.array([[_cost(a, b) for b in ordered] for a in ordered])
    following = dict(_matches(cost))
    first = set(range(len(ordered))) - set(following.values())
    return [_joined([ordered[i] for i in _chain(start, following)]) for start in sorted(first)]


def _matches(cost: Array) -> list[tuple[int, int]]:
    """The cheapest set of pairs, where to leave two alone costs UNLINKED.

    Without that, the assignment would make as many pairs as it can, and break a sure one for it.
    """
    N = len(cost)
    alone = np.where(np.eye(N) > 0, UNLINKED / 2, REFUSED)
    square = np.block([[cost, alone], [alone, np.zeros((N, N))]])
    pairs = zip(*linear_sum_assignment(square), strict=True)
    return [(int(a), int(b)) for a, b in pairs if a < N and b < N and cost[a, b] < UNLINKED]


def _chain(start: int, following: dict[int, int]) -> list[int]:
    chain = [start]
    while chain[-1] in following:
        chain.append(following[chain[-1]])
    return chain


def _cost(before: Track, after: Track) -> float:
    """How unlikely `after` continues `before`: below 2, or REFUSED where it cannot."""
    absence = float(after.times[0] - before.times[-1])
    if not 0 < absence <= MAX_ABSENCE_S or before.appearance is None or after.appearance is None:
        return REFUSED
    end = np.median(before.boxes[-EDGE_ROWS:], axis=0)
    begin = np.median(after.boxes[:EDGE_ROWS], axis=0)
    heights = sorted((end[3] - end[1], begin[3] - begin[1]))
    reach = heights[1] * (NEARBY + SPEED * min(absence, MAX_REACH_S))
    distance = float(np.linalg.norm(centre(after.boxes[0]) - centre(before.boxes[-1])))
    clothes = difference(before.appearance, after.appearance)
    if heights[0] < SIZE_RATIO * heights[1] or distance > reach or clothes > SAME_CLOTHES:
        return REFUSED
    return clothes / SAME_CLOTHES + distance / reach


def _joined(parts: Sequence[Track]) -> Track:
    """One track of parts that follow each other in time."""
    if len(parts) == 1:
        return parts[0]
    with_3d = [part.joints_3d for part in parts if part.joints_3d is not None]
    lengths = np.array([len(part) for part in parts])
    looks = np.stack([part.appearance for part in parts if part.appearance is not None])
    return Track(
        id=parts[0].id,
        frames=np.concatenate([part.frames for part in parts]),
        times=np.concatenate([part.times for part in parts]),
        boxes=np.concatenate([part.boxes for part in parts]),
        joints_2d=np.concatenate([part.joints_2d for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        joint_set=parts[0].joint_set,
        picture=parts[0].picture,
        joints_3d=np.concatenate(with_3d) if len(with_3d) == len(parts) else None,
        appearance=np.average(looks, axis=0, weights=lengths),
    )

"""How much of its attention a network gives to each hand, and to the one that holds something.

The networks are those of Baradel et al. 2017, whose figures 5 and 6 show such weights over time.
Synthetic clips tell which hand holds the object, so it can be measured whether it is looked at. A
state of the network weighs the hands of the next step: what a frame shows can draw attention from
the step behind it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.synthetic_truth import Truth
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import HANDS
from recognizers.sta.network import PoseConditionedAttention
from tools.explaining.views import View

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
GROUPS = {"both_hands": True, "one_hand": False}
"""Name -> `Truth.both_hands`: whether poses say nothing of which hand holds the object."""


@dataclass(frozen=True)
class HandWeights:
    """Weights of the hands of one clip: left and right of the first person, then of the second."""

    spatial: Array
    """(T, 4) of the hands in each frame that is shown; zero for those who are not there."""
    temporal: Array
    """(T,) of the frames."""
    present: Mask
    """(T, 4) whether the owner was seen."""
    held: Mask
    """(T, 4) whether it holds the object; nowhere where nothing is known."""
    first: int | None
    """The step that is the first to show the object; None where none does."""


def hand_weights(recognizer: ClipRecognizer, view: View, truth: Truth | None) -> HandWeights:
    """The weights that a network gives to hands in one look at a clip.

    Args:
        recognizer: of a PoseConditionedAttention that attends.
        view: of the clip.
        truth: of the clip; None: nothing is known.

    Raises:
        ValueError: the truth is of another number of frames.
    """
    network = recognizer.network
    assert isinstance(network, PoseConditionedAttention)
    with torch.inference_mode():
        spatial, temporal = network.attention(view.batch)
    seen = view.batch.mask[0].cpu().numpy().T  # (T, M)
    held, first = np.zeros((len(seen), HANDS), dtype=bool), None
    if truth is not None:
        held = _filled_up(_held(recognizer, view, truth)[view.positions])
        shows = np.array(truth.seen_px)[view.positions] > 0
        first = int(shows.argmax()) if shows.any() else None
    return HandWeights(
        spatial[0].cpu().double().numpy(),
        temporal[0].cpu().double().numpy(),
        _filled_up(np.repeat(seen, 2, axis=1)),
        held,
        first,
    )


@dataclass(frozen=True)
class HandShare:
    """The share of a clip's weights that is on the hand that holds the object."""

    both_hands: bool
    """Whether both hands do the same."""
    since: npt.NDArray[np.int64]
    """(S,) frames since the object was first shown, of the steps at which somebody holds it; those
    above 0 could know where it is."""
    share: Array
    """(S,) in [0, 1], of the weights of all hands."""
    even: Array
    """(S,) what the same weight for every hand would give."""


def hand_share(weights: HandWeights, view: View, *, both_hands: bool) -> HandShare | None:
    """That share over a clip; None where nobody holds anything, or it never shows.

    Args:
        weights: of the clip.
        view: that they are of.
        both_hands: of the clip's truth.
    """
    holds = weights.held & weights.present
    counted = holds.any(axis=1) & (weights.spatial.sum(axis=1) > 0)
    if weights.first is None or not counted.any():
        return None
    since = view.positions - view.positions[weights.first]
    each, even = (
        (values * holds).sum(axis=1)[counted] / values.sum(axis=1)[counted]
        for values in (weights.spatial, weights.present.astype(float))
    )
    return HandShare(both_hands, since[counted], each, even)


def holding_hand_share(shares: Iterable[HandShare]) -> dict[str, dict[str, Any]]:
    """Figures of merit by group, both_hands and one_hand; each clip counts the same.

    Returns:
        holding_hand_share: mean share on the hand that holds the object, after it was shown.
        share_before_seen: the same until then. even_share: what the same weight for all hands
        would give after it. clips_with_object: how many show it long enough. None without any.
    """
    found = list(shares)
    parts: dict[str, Callable[[HandShare], Array]] = {
        "holding_hand_share": lambda own: own.share[own.since > 0],
        "share_before_seen": lambda own: own.share[own.since <= 0],
        "even_share": lambda own: own.even[own.since > 0],
    }
    groups = {
        name: [own for own in found if own.both_hands == both] for name, both in GROUPS.items()
    }
    figures: dict[str, dict[str, Any]] = {
        part: {name: _mean([of(own) for own in clips]) for name, clips in groups.items()}
        for part, of in parts.items()
    }
    counts = {name: sum((own.since > 0).any() for own in clips) for name, clips in groups.items()}
    return {**figures, "clips_with_object": {name: int(count) for name, count in counts.items()}}


def _held(recognizer: ClipRecognizer, view: View, truth: Truth) -> Mask:
    """(T of the clip, 2 M) which hands hold the object, of people in the network's order."""
    M, T = view.clip.mask.shape
    if len(truth.seen_px) != T:
        raise ValueError(
            f"{view.clip.name}: its truth is of {len(truth.seen_px)} frames, the clip has {T}"
        )
    held = truth.holding(max(M, 2))[:, :M].reshape(T, 2 * M)
    # People are chosen as hands are: as pictures of one pixel they go where the hands go.
    pixels = list(held.astype(np.uint8)[:, :, None, None, None])
    assert view.clip.footage is not None
    chosen = recognizer.preparation.footage(view.clip, replace(view.clip.footage, hands=pixels))
    assert chosen.hands is not None
    return np.stack([hands[:, 0, 0, 0] > 0 for hands in chosen.hands])


def _filled_up(hands: Mask) -> Mask:
    """(T, 4) of (T, 2 or 4): nobody in place of a second person who is not read."""
    return np.pad(hands, [(0, 0), (0, HANDS - hands.shape[1])])


def _mean(parts: Sequence[Array]) -> float | None:
    """Mean over the clips of their means; None without any."""
    means = [float(part.mean()) for part in parts if len(part)]
    return round(float(np.mean(means)), 6) if means else None

"""Whether anything that a network has of a clip tells which hand holds the object.

A linear reader is fitted to the LSTM's states and, for comparison, to the features of the hands
side by side. Attention to the right hand is out of reach where its states do not tell which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.sta.network import PoseConditionedAttention
from tools.explaining.hand_weights import HandWeights
from tools.explaining.views import View

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
PARTS = 5  # each is read by what was fitted to the others
RIDGE = 0.1  # of the mean square of clips about their mean
FEWEST = 20  # clips, of which anything is told


@dataclass(frozen=True)
class HandEvidence:
    """What a network has of a clip in which poses do not tell the hand that holds something."""

    state: Array
    """(units,) mean of the LSTM's states, since the object was first shown."""
    hands: Array
    """(4 D,) mean of the features of all hands, side by side, of the same frames."""
    right: bool
    """The hand that holds it is somebody's right one."""


def hand_evidence(
    recognizer: ClipRecognizer, view: View, weights: HandWeights, *, both_hands: bool
) -> HandEvidence | None:
    """What there is of a clip; None where one hand acts, or not one hand alone holds something.

    Args:
        recognizer: of a PoseConditionedAttention that looks at hands.
        view: of the clip.
        weights: of the hands of this view.
        both_hands: of the clip's truth.
    """
    network = recognizer.network
    assert isinstance(network, PoseConditionedAttention)
    holds = (weights.held & weights.present).any(axis=0)
    if not both_hands or holds.sum() != 1 or weights.first is None:
        return None
    with torch.inference_mode():
        states, seen = network.looked_at(view.batch)
    shown = slice(weights.first, None)
    return HandEvidence(
        states[0, shown].mean(dim=0).cpu().double().numpy(),
        seen[0, shown].mean(dim=0).flatten().cpu().double().numpy(),
        bool(holds.argmax() % 2),
    )


def told_by(evidence: Sequence[HandEvidence]) -> dict[str, Any]:
    """The share of clips in which a linear reader finds the hand, by what it reads.

    Returns:
        states, hands: shares, 0.5 being chance; None of fewer than FEWEST clips. clips: how many.
    """
    found: dict[str, Any] = {"clips": len(evidence), "states": None, "hands": None}
    if len(evidence) < FEWEST:
        return found
    right = np.array([each.right for each in evidence])
    for name, read in (("states", "state"), ("hands", "hands")):
        values = np.stack([getattr(each, read) for each in evidence])
        found[name] = round(_share_read(values, right), 6)
    return found


def _share_read(values: Array, right: Mask) -> float:
    """The share of N that ridge regression, fitted to others, puts on the right side.

    Args:
        values: (N, D) what is read.
        right: (N,) what is asked.
    """
    part = np.arange(len(values)) % PARTS
    hits = [_fitted(values, right, part != k)[part == k] == right[part == k] for k in range(PARTS)]
    return float(np.concatenate(hits).mean())


def _fitted(values: Array, right: Mask, known: Mask) -> Mask:
    """(N,) what is said of all, by what is known of some."""
    centred = values - values[known].mean(axis=0)
    target = np.where(right, 1.0, -1.0)
    gram = centred @ centred[known].T  # (N, K): as many unknowns as clips, not as features
    own = gram[known]
    ridge = RIDGE * max(float(np.trace(own)) / len(own), np.finfo(float).tiny)
    mean = target[known].mean()
    weights = np.linalg.solve(own + ridge * np.eye(len(own)), target[known] - mean)
    return gram @ weights + mean > 0

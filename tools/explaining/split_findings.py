"""What recognizers make of a whole split: their figures, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.sta.network import PoseConditionedAttention
from recognizers.training.scores import class_accuracies, confusion, measured
from tools.explaining import split_figures
from tools.explaining.cases import Case
from tools.explaining.dynamicity import dynamicity
from tools.explaining.hand_probe import HandEvidence, hand_evidence, told_by
from tools.explaining.hand_weights import HandShare, hand_share, hand_weights, holding_hand_share
from tools.explaining.views import view_of
from wildpose.footage import Footage

Array = npt.NDArray[np.floating]
DYNAMICITY, FEATURES, HAND_SHARES = "dynamicity.png", "features.png", "holding_hand.png"


@dataclass(frozen=True)
class Findings:
    """What one recognizer makes of one clip."""

    scores: Array
    """(A,) probabilities."""
    features: Array | None
    """(U,) what is classified; None where the network does not tell."""
    share: HandShare | None
    """Of its attention to hands; None where it has none, or nobody holds anything."""
    evidence: HandEvidence | None = None
    """Of which hand holds something; None where there is no attention, or poses tell."""


def findings(recognizer: ClipRecognizer, case: Case, footage: Footage | None) -> Findings:
    """What a recognizer makes of a clip.

    Args:
        recognizer: any.
        case: the clip.
        footage: of the clip; None: the recognizer needs none.

    Raises:
        ValueError: the clip cannot be shown to the network, or its truth does not fit.
        FileNotFoundError: a set that knows the truth has none of the clip.
    """
    view = view_of(recognizer, case.clip, footage)
    network, features, share, evidence = recognizer.network, None, None, None
    if hasattr(network, "features"):
        with torch.inference_mode():
            features = network.features(view.batch)[0].cpu().double().numpy()  # type: ignore[operator]
    if isinstance(network, PoseConditionedAttention) and network.attends and case.truth is not None:
        truth = case.truth()
        weights = hand_weights(recognizer, view, truth)
        share = hand_share(weights, view, both_hands=truth.both_hands)
        evidence = hand_evidence(recognizer, view, weights, both_hands=truth.both_hands)
    return Findings(recognizer.predict([view.clip])[0], features, share, evidence)


def figures_of(found: Sequence[Findings], labels: npt.NDArray[np.integer]) -> dict[str, Any]:
    """A recognizer's figures over a split, as JSON can hold them.

    Args:
        found: N of clips.
        labels: (N,) right classes.
    """
    scores = np.stack([each.scores for each in found])
    accuracies = class_accuracies(confusion(scores, labels))
    shares = _shares(found)
    evidence = [each.evidence for each in found if each.evidence is not None]
    return {
        **measured(scores, labels),
        "per_class": [None if np.isnan(share) else round(float(share), 6) for share in accuracies],
        **(holding_hand_share(shares) if shares else {}),
        **({"holding_hand_told_by": told_by(evidence)} if shares else {}),
    }


def draw_split(
    folder: Path,
    classes: Sequence[str],
    cases: Sequence[Case],
    found: Mapping[str, Sequence[Findings]],
) -> dict[str, Any]:
    """Draw dynamicity.png, features.png and holding_hand.png, those for which there is enough.

    Others that an earlier run drew are removed.

    Args:
        folder: where to.
        classes: names of all.
        cases: N clips.
        found: name of a recognizer -> what it makes of each of them.

    Returns:
        What they show, as JSON can hold it: classes, their motion in m/s, and for each recognizer
        what `figures_of` says.
    """
    for name in (DYNAMICITY, FEATURES, HAND_SHARES):
        (folder / name).unlink(missing_ok=True)
    labels = np.array([case.label for case in cases])
    told = {name: figures_of(own, labels) for name, own in found.items()}
    motion = _motion(cases, labels, len(classes))
    accuracies = {name: own["per_class"] for name, own in told.items()}
    counts = np.bincount(labels, minlength=len(classes))
    split_figures.draw_dynamicity(folder / DYNAMICITY, motion, accuracies, classes, counts.tolist())
    features = {name: [one.features for one in own] for name, own in found.items()}
    split_figures.draw_features(folder / FEATURES, features, labels, classes)
    shares = {name: _shares(own) for name, own in found.items() if _shares(own)}
    if shares:
        split_figures.draw_hand_shares(folder / HAND_SHARES, shares)
    return {"classes": list(classes), "motion": motion, "recognizers": told}


def _motion(cases: Sequence[Case], labels: npt.NDArray, A: int) -> list[float | None]:
    """m/s of the mean clip of each class; None where there is none."""
    each = np.array([dynamicity(case.clip) for case in cases])
    own = [each[labels == a] for a in range(A)]
    return [round(float(clips.mean()), 6) if len(clips) else None for clips in own]


def _shares(found: Sequence[Findings]) -> list[HandShare]:
    return [each.share for each in found if each.share is not None]

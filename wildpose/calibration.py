"""Making scores probabilities, and saying how far they are from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Array = npt.NDArray[np.floating]
# Temperatures that are tried. Where the best one is beyond, samples are nearly all right, and could
# be called as sure as one likes, or are right by chance alone, and as unsure.
LOWEST, HIGHEST = 0.2, 10.0


def best_temperature(logits: Array, classes: npt.NDArray[np.integer]) -> float:
    """The temperature under which the right classes are most likely (Guo et al., ICML 2017).

    Args:
        logits: (N, C) of samples that were not trained on.
        classes: (N,) the right ones.

    Returns:
        By which logits are to be divided; within `LOWEST` and `HIGHEST`.
    """
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[rows, classes].mean())

    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def lowest_score(scores: Array, right: npt.NDArray[np.bool_], precision: float) -> float:
    """The lowest score from which on so large a share of the decisions is right.

    Args:
        scores: (N,) in [0, 1], of what was decided for.
        right: (N,) whether it was so.
        precision: share in [0, 1].

    Returns:
        One of the scores; 0 where all may be kept, 1 where no score is high enough.
    """
    order = np.argsort(-scores, kind="stable")
    share = right[order].cumsum() / np.arange(1, len(scores) + 1)
    # Equal scores are kept together or not at all.
    last = np.append(np.diff(scores[order]) != 0, True)[: len(scores)]
    enough = np.flatnonzero((share >= precision) & last)
    if not len(enough):
        return 1.0
    return 0.0 if enough[-1] == len(scores) - 1 else float(scores[order][enough[-1]])


def reliability(
    scores: Array, right: npt.NDArray[np.bool_], *, bins: int = 10
) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    """Scores and shares of right decisions, bin by bin (Niculescu-Mizil and Caruana, ICML 2005).

    Args:
        scores: (N,) in [0, 1], of what was decided for.
        right: (N,) whether it was so.
        bins: of equal width.

    Returns:
        (bins,) mean scores and (bins,) shares, NaN where a bin is empty, and (bins,) numbers.
    """
    index = np.minimum((scores * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(index, scores, minlength=bins) / count
        was = np.bincount(index, right.astype(float), minlength=bins) / count
    return said, was, count


def expected_calibration_error(
    scores: Array, right: npt.NDArray[np.bool_], *, bins: int = 15
) -> float:
    """How far scores are from the share of times that they are right (Naeini et al., AAAI 2015).

    Args:
        scores: (N,) in [0, 1], of what was decided for.
        right: (N,) whether it was so.
        bins: of equal width.

    Returns:
        In [0, 1]: the mean over samples of the difference in their bin.
    """
    said, was, count = reliability(scores, right, bins=bins)
    held = count > 0
    return float((np.abs(said - was) * count)[held].sum() / max(count.sum(), 1))

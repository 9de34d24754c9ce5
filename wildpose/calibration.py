"""Making scores probabilities, and saying how far they are from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Array = npt.NDArray[np.floating]


def best_temperature(logits: Array, classes: npt.NDArray[np.integer]) -> float:
    """The temperature under which the right classes are most likely (Guo et al., ICML 2017).

    Args:
        logits: (N, C) of samples that were not trained on.
        classes: (N,) the right ones.

    Returns:
        By which logits are to be divided; within 0.2 and 10.
    """
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[rows, classes].mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))


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
    index = np.minimum((scores * bins).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    said = np.bincount(index, scores, minlength=bins)
    was = np.bincount(index, right.astype(float), minlength=bins)
    return float(np.abs(said - was).sum() / max(count.sum(), 1))

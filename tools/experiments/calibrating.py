"""Scores of a trained network made to say how often they are right, and what could not be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from wildpose.calibration import HIGHEST, LOWEST, best_temperature, lowest_score
from wildpose.recognition import SILENT
from wildpose.windows import BACKGROUND

Array = npt.NDArray[np.floating]
# Of a network whose scores are right as they are, with two classes and logits of deviation 2, nine
# in ten temperatures found on 20 clips are within 0.27 and 1.95; on 10, within the whole search and
# 2.3, and one in six is at its bounds; on 4 every second one is.
FEWEST = 20  # clips by which a temperature is told
NEARLY_ALL = 0.95  # share of the clips that validate
DIGITS = 1e4  # of the lowest score, rounded down: 0.99999 is no 1, at which nothing is said


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of a network's logits."""

    temperature: float = 1.0
    """By which they are divided."""
    min_score: float = 0.0
    """Below which nothing had better be said; `SILENT` where no score is high enough."""
    of_scores: tuple[str, ...] = ()
    """What is wrong with them, a line each, whatever is said of them."""
    silence: tuple[str, ...] = ()
    """That nothing will be said, and what to do about it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What its user should know, a line each."""
        return self.of_scores + self.silence


def calibration_of(
    logits: Array,
    labels: npt.NDArray[np.integer],
    *,
    class_names: Sequence[str],
    precision: float | None,
) -> Calibration:
    """The temperature, and the lowest score, that suit clips which were not trained on.

    Args:
        logits: (N, A).
        labels: (N,) right classes.
        class_names: A of them; a background is never said.
        precision: share in [0, 1] of the labels that are given which shall be right; None: all are
            given.
    """
    temperature, of_scores = _temperature(logits, labels)
    if precision is None:
        return Calibration(temperature, of_scores=of_scores)
    scores = softmax(logits / temperature, axis=1)
    best = scores.argmax(axis=1)
    said = np.array([name != BACKGROUND for name in class_names])[best]
    least = lowest_score(scores.max(axis=1)[said], (best == labels)[said], precision)
    least = floor(least * DIGITS) / DIGITS
    silence = ()
    if least >= SILENT:
        silence = (
            f"the recognizer will say nothing: at no score are {precision:.0%} of the labels right "
            f"on the {len(labels)} clips that validate. Run it with --min-score 0.5 or the like, "
            "or train it with --cfg-options precision=None, longer, or with more clips",
        )
    return Calibration(temperature, least, of_scores, silence)


def _temperature(logits: Array, labels: npt.NDArray[np.integer]) -> tuple[float, tuple[str, ...]]:
    """The temperature, 1 where nothing can be told of it, and what to say of it."""
    if len(labels) < FEWEST:
        return 1.0, (
            f"scores stay as the network gives them: {len(labels)} clips validate, and {FEWEST} "
            "are needed to tell how often scores are right",
        )
    found = best_temperature(logits, labels)
    if found > 0.99 * HIGHEST:
        why = "its scores say nothing of what is right: it is at chance, or sure and wrong"
    elif found < 1.01 * LOWEST and (logits.argmax(axis=1) == labels).mean() > NEARLY_ALL:
        why = "nearly all are right, and how sure of others it should be nobody knows"
    elif found < 1.01 * LOWEST:
        why = (
            "its scores hardly differ, though it is right more often than they say: train it longer"
        )
    else:
        return found, ()
    return found, (
        f"on the {len(labels)} clips that validate {why}; the temperature {found:.3g} is at the "
        "bound of its search",
    )

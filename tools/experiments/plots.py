"""Pictures of how right a recognizer is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from wildpose.atomic import writing
from wildpose.calibration import expected_calibration_error, reliability

mpl.use("Agg")
MOST_NUMBERS = 30  # classes; in larger matrices numbers cannot be read
INCHES_PER_CLASS = 0.32


def draw_confusion(path: Path, counts: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """A confusion matrix as a PNG: rows are right classes, columns what they were taken for.

    Args:
        path: to write.
        counts: (A, A), see `recognizers.training.scores.confusion`.
        names: A class names.
    """
    A = len(names)
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(4.5, INCHES_PER_CLASS * A + 2)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts / total, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(A), names, rotation=90, fontsize=7)
    axes.set_yticks(range(A), names, fontsize=7)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    if A <= MOST_NUMBERS:
        for row, column in np.argwhere(counts > 0):
            share = counts[row, column] / total[row, 0]
            colour = "white" if share > 0.5 else "black"
            axes.text(
                column, row, str(counts[row, column]), ha="center", va="center", fontsize=6,
                color=colour,
            )  # fmt: skip
    with writing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)


def draw_reliability(
    path: Path, scores: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], min_score: float
) -> None:
    """A reliability diagram as a PNG: how often a label of some score is right, and how many are.

    Args:
        path: to write.
        scores: (N,) in [0, 1], of the best class.
        right: (N,) whether it was the right one.
        min_score: below which the recognizer says nothing.
    """
    said, was, count = reliability(scores, right)
    figure = Figure(figsize=(4.5, 5.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--", label="as said")
    held = count > 0
    upper.plot(said[held], was[held], marker="o", label="measured")
    upper.set_ylabel("share that is right")
    upper.set_ylim(0, 1)
    error = expected_calibration_error(scores, right)
    upper.set_title(f"calibration error {error:.1%}", fontsize=10)
    width = 1 / len(count)
    lower.bar((np.arange(len(count)) + 0.5) * width, count / max(count.sum(), 1), width * 0.9)
    lower.set_ylabel("share of clips")
    lower.set_xlabel("score of the best class")
    lower.set_xlim(0, 1)
    for axes in (upper, lower):
        if min_score > 0:
            label = f"nothing is said below {min_score:.2f}" if axes is upper else None
            axes.axvline(min_score, color="tab:red", linewidth=1, label=label)
    upper.legend(fontsize=8, loc="lower right")
    with writing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)

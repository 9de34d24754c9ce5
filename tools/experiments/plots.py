"""Pictures of how right a recognizer is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from wildpose.atomic import writing

mpl.use("Agg")
MOST_NUMBERS = 30  # classes; in larger matrices numbers cannot be read
INCHES_PER_CLASS = 0.32


def draw_confusion(path: Path, counts: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """A confusion matrix as a PNG: rows are right classes, columns what they were taken for.

    Args:
        path: to write.
        counts: (A, A), see `recognizers.scores.confusion`.
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

"""How right a recognizer is in what it says, against how much it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.wild.gathering import Row
from tools.wild.measures import curve
from tools.wild.tables import row_title
from wildpose.atomic import writing

mpl.use("Agg")
# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#000000")
MARKS = "os^Dv<>P"


def draw_curves(path: Path, rows: Sequence[Row]) -> None:
    """Abstention curves as a PNG: accuracy of what is said, and how many others get a name.

    Each row is a line from where everything is said, at the right, to where next to nothing is;
    a ring is where the recognizer's own lowest score puts it.

    Args:
        path: to write.
        rows: of the tables.
    """
    figure = Figure(figsize=(7, 6.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 2), sharex=True)
    for i, row in enumerate(rows):
        style = {
            "color": COLOURS[i % len(COLOURS)],
            "marker": MARKS[i % len(MARKS)],
            "markersize": max(9 - 3 * i, 3),  # where lines are the same, all are seen
            "linewidth": max(4 - 1.5 * i, 1),
        }
        _draw(upper, lower, row, style)
    upper.set_ylabel("right, of the clips of known\nclasses that get a name")
    lower.set_ylabel("clips of other classes\nthat get a name")
    lower.set_xlabel("clips of known classes that get a name")
    lower.set_xlim(-0.02, 1.02)
    for axes in (upper, lower):
        axes.set_ylim(-0.03, 1.03)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    upper.legend(fontsize=8, loc="lower left")
    with writing(path) as partial:
        figure.savefig(partial, format="png", dpi=140)


def _draw(upper: Axes, lower: Axes, row: Row, style: dict[str, Any]) -> None:
    points = curve(row.judged)
    own = next((point for point in points if point.min_score >= row.min_score), None)
    for axes, shares in (
        (upper, [(point, point.right) for point in points]),
        (lower, [(point, point.others) for point in points]),
    ):
        drawn = [(point, share) for point, share in shares if share.interval is not None]
        xs = [point.answered.value or 0.0 for point, _ in drawn]
        ys = [share.value or 0.0 for _, share in drawn]
        bounds = [share.interval or (0.0, 1.0) for _, share in drawn]
        axes.plot(xs, ys, label=row_title(row), **style)
        axes.fill_between(
            xs,
            [low for low, _ in bounds],
            [high for _, high in bounds],
            color=style["color"],
            alpha=0.08,
            linewidth=0,
        )
        for (point, _), x, y in zip(drawn, xs, ys, strict=True):
            if point is own:
                axes.plot(x, y, "o", mfc="none", mec=style["color"], ms=14, mew=1.5)

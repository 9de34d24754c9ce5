"""Figures of a split: accuracy against motion, features in a plane, attention to what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.explaining.hand_weights import GROUPS, HandShare
from tools.explaining.strips import COLOURS, save_figure
from tools.explaining.tsne import FEWEST, embedded

Array = npt.NDArray[np.floating]
POINTS_AT_MOST = 1000  # clips of a t-SNE
BIN = 3  # frames, of the curve over the time since an object was seen
GROUP_NAMES = {"both_hands": "both hands move alike", "one_hand": "one hand acts"}


def draw_dynamicity(
    path: Path,
    motion: Sequence[float | None],
    accuracies: Mapping[str, Sequence[float | None]],
    names: Sequence[str],
    clips: Sequence[int],
) -> None:
    """Accuracy of each class, in the order of how much people move in it (VPN, figure 6 a).

    Args:
        path: of the PNG.
        motion: m/s of A classes; None: there is no clip of it.
        accuracies: name of a recognizer -> A; of two, what parts them is drawn.
        names: of the classes.
        clips: (A,) how many there are.
    """
    there = [(value, a) for a, value in enumerate(motion) if value is not None]
    order = [a for _, a in sorted(there)]
    x = np.arange(len(order), dtype=float)
    heights = {
        name: np.array([own[a] for a in order], dtype=float) for name, own in accuracies.items()
    }
    figure = Figure(figsize=(max(6.0, 2 + 0.35 * len(order)), 5.5), layout="constrained")
    axes = figure.add_subplot()
    _points(axes, x, heights)
    labels = [f"{names[a]} ({clips[a]})  {motion[a]:.2f}" for a in order]
    axes.set_xticks(x, labels, fontsize=8, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_xlabel("actions (clips) by mean joint motion, m/s, each pose fitted to the one before")
    axes.set_ylabel("share of clips that is right")
    axes.set_ylim(-0.03, 1.03)
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(fontsize=8, loc="outside upper left", ncols=2, frameon=False)
    save_figure(path, figure)


def _points(axes: Axes, x: Array, heights: Mapping[str, Array]) -> None:
    """A point for each class; of two recognizers, a line between both."""
    if len(heights) == 2:
        low, high = heights.values()
        axes.vlines(x, low, high, color="#bbbbbb", linewidth=1.5, zorder=1)
    for i, (name, y) in enumerate(heights.items()):
        face = "none" if i else COLOURS[i]  # a ring shows what lies under it
        axes.scatter(
            x, y, s=30 + 50 * i, edgecolors=COLOURS[i], facecolors=face, label=name, zorder=2 + i
        )


def draw_features(
    path: Path,
    features: Mapping[str, Sequence[Array | None]],
    labels: npt.NDArray[np.integer],
    names: Sequence[str],
) -> bool:
    """t-SNE of what recognizers classify, a panel for each (VPN, figure 6 b).

    Of more than 1,000 clips so many are drawn by chance.

    Args:
        path: of the PNG.
        features: name of a recognizer -> N of clips; those that tell none are left out.
        labels: (N,) classes.
        names: of the classes.

    Returns:
        Whether there was anything to draw.
    """
    told = {
        name: np.stack([own for own in each if own is not None])
        for name, each in features.items()
        if each and all(own is not None for own in each)
    }
    if not told or len(labels) < FEWEST:
        return False
    count = min(len(labels), POINTS_AT_MOST)
    chosen = np.sort(np.random.default_rng(0).permutation(len(labels))[:count])
    figure = Figure(figsize=(5.5 * len(told) + 2, 5.2), layout="constrained")
    panels = figure.subplots(1, len(told), squeeze=False)[0]
    for axes, (name, points) in zip(panels, told.items(), strict=True):
        _plane(axes, embedded(points[chosen]), labels[chosen], names)
        axes.set_title(f"t-SNE of the features of {name}, {count} clips", fontsize=9)
    columns = -(-len(np.unique(labels)) // 22)
    panels[-1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), ncols=columns)
    save_figure(path, figure)
    return True


def _plane(
    axes: Axes, places: Array, labels: npt.NDArray[np.integer], names: Sequence[str]
) -> None:
    classes = np.unique(labels)
    colours = colormaps["tab20" if len(classes) <= 20 else "hsv"]
    for k, a in enumerate(classes):
        own = places[labels == a]
        colour = colours(k if len(classes) <= 20 else k / len(classes))
        axes.scatter(*own.T, s=14, color=colour, marker="osv^D"[k // 4 % 5], label=names[a])
    axes.set_xticks([])
    axes.set_yticks([])


def draw_hand_shares(path: Path, shares: Mapping[str, Sequence[HandShare]]) -> None:
    """The share of spatial weight on the hand that holds the object, over the time it was seen.

    Args:
        path: of the PNG.
        shares: name of a recognizer -> of its clips.
    """
    figure = Figure(figsize=(5.2 * len(shares) + 0.8, 4), layout="constrained")
    panels = figure.subplots(1, len(shares), squeeze=False, sharey=True)[0]
    for axes, (name, found) in zip(panels, shares.items(), strict=True):
        for (group, both), colour in zip(GROUPS.items(), COLOURS, strict=False):
            own = [share for share in found if share.both_hands == both]
            if own:
                _curve(axes, own, f"{GROUP_NAMES[group]} ({len(own)} clips)", colour)
        axes.axvline(0, color="grey", linestyle=":", linewidth=1)
        axes.set_xlabel("frames since the object was first shown")
        axes.set_title(name, fontsize=9)
        axes.set_ylim(-0.03, 1.03)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=7, loc="lower right", framealpha=0.6)
    panels[0].set_ylabel("share of weight on the hand that holds it")
    save_figure(path, figure)


def _curve(axes: Axes, shares: Sequence[HandShare], name: str, colour: str) -> None:
    """Means over bins of frames; what even weights would give as dashes."""
    since = np.concatenate([share.since for share in shares])
    # Up to frame 0 nothing was known of it: bins end there.
    bins = -(-since // BIN)
    at = np.unique(bins)
    for part, style in (("share", "-"), ("even", "--")):
        values = np.concatenate([getattr(share, part) for share in shares])
        means = [values[bins == b].mean() for b in at]
        label = name if part == "share" else None
        axes.plot(
            (at - 0.5) * BIN, means, style, color=colour, label=label, marker="." * (not style[1:])
        )

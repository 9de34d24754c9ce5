"""Glimpses: where in each frame a network looked, and which worker followed what.

As figure 3 of Baradel et al., Glimpse Clouds, CVPR 2018, but in the colours of the workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.recognizer import ClipRecognizer
from tools.explaining.strips import COLOURS, Drawing, Sheet, steps_drawn, tagged, with_band
from tools.explaining.views import Scene, View, nearest
from wildpose.footage import Picture

Array = npt.NDArray[np.floating]
STRONG, FAINT = 1.0, 0.35  # of a worker's colour, for the first and the last glimpse


class Looks(NamedTuple):
    """Where a network looked in the F frames of a clip."""

    places: Array
    """(F, G, 2) x, y in [0, 1] of the picture's width and height."""
    sizes: Array
    """(F, G, 2) shares of its width and height."""
    weights: Array
    """(F, G, C) how much of each glimpse each worker got."""

    @property
    def colours(self) -> Array:
        """(F, G, 3) RGB in [0, 1], mixed of the colours of the workers that got a glimpse."""
        shares = self.weights / np.maximum(self.weights.sum(axis=2, keepdims=True), 1e-9)
        C = self.weights.shape[2]
        return shares @ np.array([to_rgb(worker_colour(c)) for c in range(C)])


def worker_colour(worker: int) -> str:
    """The colour of a worker's glimpses."""
    return COLOURS[(1, 0, 4, 3, 5, 2, 6, 7)[worker % len(COLOURS)]]  # far apart first


def looks_of(recognizer: ClipRecognizer, view: View) -> Looks:
    """Where a network looks in one look at a clip.

    Args:
        recognizer: of GlimpseClouds of the second stage.
        view: of the clip.
    """
    network = recognizer.network
    assert isinstance(network, GlimpseClouds)
    with torch.inference_mode():
        found = network.glimpses(view.batch)
    return Looks(
        (found.locations[0].cpu().double().numpy() + 1) / 2,
        found.scales[0].cpu().double().numpy(),
        found.weights[0].cpu().double().numpy(),
    )


def drawn(recognizer: ClipRecognizer, view: View, scene: Scene, title: str) -> Drawing:
    """A strip and a video of a clip's glimpses.

    Args:
        recognizer: of GlimpseClouds of the second stage.
        view: of the clip.
        scene: its pictures as they are shown.
        title: above the strip.
    """
    looks = looks_of(recognizer, view)
    return Drawing(_sheet(looks, view, scene, title), _video(looks, view, scene))


def marked(picture: Picture, looks: Looks, step: int) -> Picture:
    """A picture with the glimpses of a step: numbered points, and rectangles of what they cover."""
    picture = np.ascontiguousarray(picture).copy()
    size = np.array(picture.shape[1::-1])
    colours = np.round(255 * looks.colours[step]).astype(int).tolist()
    for g, colour in enumerate(colours):
        middle = looks.places[step, g] * size
        half = looks.sizes[step, g] * size / 2
        low, high = (np.round(middle + d).astype(int).tolist() for d in (-half, half))
        cv2.rectangle(picture, low, high, colour, 2, cv2.LINE_AA)
    for g, colour in enumerate(colours):  # above all rectangles
        x, y = np.round(looks.places[step, g] * size).astype(int).tolist()
        cv2.circle(picture, (x, y), 9, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, y), 7, colour, -1, cv2.LINE_AA)
        tagged(picture, str(g + 1), (x + 13, y + 5), (255, 255, 255))
    return picture


def _video(looks: Looks, view: View, scene: Scene) -> Iterator[Picture]:
    for frame, picture in enumerate(scene.footage.pictures):
        step = nearest(frame, view.moments)
        at = f"{frame / view.clip.frame_rate:.2f} s"
        looked = f"glimpses of {view.moments[step] / view.clip.frame_rate:.2f} s"
        yield with_band(marked(picture, looks, step), [at, looked])


def _sheet(looks: Looks, view: View, scene: Scene, title: str) -> Figure:
    F, _, C = looks.weights.shape
    steps = steps_drawn(F)
    sheet = Sheet(len(steps), [1.0, *[0.6] * C], title)
    frames = view.moments[steps]
    sheet.strip(
        [
            marked(scene.footage.pictures[frame], looks, int(step))
            for frame, step in zip(frames, steps, strict=True)
        ],
        [f"{frame / view.clip.frame_rate:.2f} s" for frame in frames],
    )
    for c in range(C):
        _shares(sheet.curves(f"worker {c + 1}", F), looks.weights[:, :, c], worker_colour(c))
    return sheet.figure


def _shares(axes: Axes, shares: Array, colour: str) -> None:
    """Bars of how much of each glimpse a worker got, (F, G), one upon the other."""
    F, G = shares.shape
    axes.yaxis.label.set_color(colour)
    at, below = np.arange(F) + 0.5, np.zeros(F)
    for g in range(G):
        strength = np.interp(g, [0, max(G - 1, 1)], [STRONG, FAINT])
        axes.bar(at, shares[:, g], 0.8, below, color=(*to_rgb(colour), strength))
        for x, low, share in zip(at, below, shares[:, g], strict=True):
            if share > 0.12:  # room for its number
                axes.text(x, low + share / 2, str(g + 1), fontsize=7, ha="center", va="center")
        below = below + shares[:, g]
    axes.set_ylim(0, max(1.0, float(below.max())))

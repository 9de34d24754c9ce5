"""Glimpses: where in each frame a network looked, and which worker followed what.

As figure 3 of Baradel et al., Glimpse Clouds, CVPR 2018: each glimpse has a colour, in pictures and
in the bars of the workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.recognizer import ClipRecognizer
from tools.explaining.strips import COLOURS, Drawing, Sheet, rgb, steps_drawn, with_band
from tools.explaining.views import Scene, View, nearest
from wildpose.footage import Picture

Array = npt.NDArray[np.floating]
DOT_PX = 19  # radius of a numbered glimpse, on pictures of REFERENCE_PX
REFERENCE_PX = 480


class Looks(NamedTuple):
    """Where a network looked in the F frames of a clip."""

    places: Array
    """(F, G, 2) x, y in [0, 1] of the picture's width and height."""
    sizes: Array
    """(F, G, 2) shares of its width and height."""
    weights: Array
    """(F, G, C) how much of each glimpse each worker got."""


def glimpse_colour(glimpse: int) -> str:
    """The colour of a glimpse."""
    return COLOURS[(1, 0, 4, 3, 5, 2, 6, 7)[glimpse % len(COLOURS)]]  # far apart first


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
    G = len(looks.places[step])
    for g in range(G):
        middle = looks.places[step, g] * size
        half = looks.sizes[step, g] * size / 2
        low, high = (np.round(middle + d).astype(int).tolist() for d in (-half, half))
        cv2.rectangle(picture, low, high, rgb(glimpse_colour(g)), 2, cv2.LINE_AA)
    scale = max(size) / REFERENCE_PX
    for g in range(G):  # above all rectangles
        _numbered(picture, g, np.round(looks.places[step, g] * size).astype(int).tolist(), scale)
    return picture


def _numbered(picture: Picture, glimpse: int, at: tuple[int, int], scale: float) -> None:
    """A dot with the number of a glimpse in it."""
    x, y = at
    radius = max(round(DOT_PX * scale), 7)
    cv2.circle(picture, (x, y), radius + 2, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), radius, rgb(glimpse_colour(glimpse)), -1, cv2.LINE_AA)
    text, font, size = str(glimpse + 1), cv2.FONT_HERSHEY_SIMPLEX, radius / 20
    (width, height), _ = cv2.getTextSize(text, font, size, 2)
    place = (x - width // 2, y + height // 2)
    cv2.putText(picture, text, place, font, size, (255, 255, 255), 2, cv2.LINE_AA)


def _video(looks: Looks, view: View, scene: Scene) -> Iterator[Picture]:
    for frame, picture in enumerate(scene.footage.pictures):
        step = nearest(frame, view.moments)
        at = f"{frame / view.clip.frame_rate:.2f} s"
        looked = f"glimpses of {view.moments[step] / view.clip.frame_rate:.2f} s"
        yield with_band(marked(picture, looks, step), [at, looked])


def _sheet(looks: Looks, view: View, scene: Scene, title: str) -> Figure:
    F, _, C = looks.weights.shape
    steps = steps_drawn(F)
    said = "dots: where it looks; rectangles: what that covers; bars: shares in what a worker gets"
    sheet = Sheet(len(steps), [1.0, *[0.6] * C], f"{title}\n{said}")
    frames = view.moments[steps]
    sheet.strip(
        [
            marked(scene.footage.pictures[frame], looks, int(step))
            for frame, step in zip(frames, steps, strict=True)
        ],
        [f"{frame / view.clip.frame_rate:.2f} s" for frame in frames],
    )
    for c in range(C):
        _shares(sheet.curves(f"worker {c + 1}", F), looks.weights[:, :, c])
    return sheet.figure


def _shares(axes: Axes, shares: Array) -> None:
    """Bars of how much of each glimpse a worker got, (F, G), one upon the other."""
    F, G = shares.shape
    at, below = np.arange(F) + 0.5, np.zeros(F)
    for g in range(G):
        axes.bar(at, shares[:, g], 0.8, below, color=glimpse_colour(g))
        for x, low, share in zip(at, below, shares[:, g], strict=True):
            if share > 0.12:  # room for its number
                number = {"fontsize": 7, "ha": "center", "va": "center", "color": "white"}
                axes.text(x, low + share / 2, str(g + 1), **number)
        below = below + shares[:, g]
    axes.set_ylim(0, max(1.0, float(below.max())))

"""The feature map that is classified, over the pictures it is made of.

As figure 5 b of Das et al., VPN, ECCV 2020, which compares the map that poses have modulated with
that of the video backbone alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from recognizers.recognizer import ClipRecognizer
from recognizers.vpn.network import VideoPoseNetwork
from tools.explaining.heat import columns_of, heated_frames, strip_of
from tools.explaining.strips import Drawing, Sheet
from tools.explaining.views import Scene, View
from wildpose.footage import Picture

Array = npt.NDArray[np.floating]
ROW = "feature\nmap"


def strength_of(recognizer: ClipRecognizer, view: View) -> Array:
    """(t, h, w) strength of the map that is classified, of a clip.

    Args:
        recognizer: of a VideoPoseNetwork.
        view: of the clip.
    """
    network = recognizer.network
    assert isinstance(network, VideoPoseNetwork)
    with torch.inference_mode():
        return network.map_strength(view.batch)[0].cpu().double().numpy()


def stretched(strength: Array) -> Array:
    """From the weakest, 0, to the strongest, 1, of a clip; zero where all are alike."""
    low, high = strength.min(), strength.max()
    return (strength - low) / (high - low) if high > low else np.zeros_like(strength)


def range_of(strength: Array) -> str:
    """What the colours of a map stand for."""
    return f"strength of the feature map {strength.min():.2f} to {strength.max():.2f}"


def drawn(recognizer: ClipRecognizer, view: View, scene: Scene, title: str) -> Drawing:
    """A strip and a video of the map of a network that looks at pictures alone.

    Args:
        recognizer: of a VideoPoseNetwork.
        view: of the clip.
        scene: its pictures as they are shown.
        title: above the strip.
    """
    strength = strength_of(recognizer, view)
    heat = stretched(strength)
    sheet = Sheet(len(columns_of(view, len(heat))), [1.0], f"{title}\n{range_of(strength)}")
    strip_of(sheet, heat, view, scene, ROW)
    return Drawing(sheet.figure, _video(strength, heat, view, scene))


def _video(strength: Array, heat: Array, view: View, scene: Scene) -> Iterator[Picture]:
    said = [f"feature map up to {moment.max():.2f}" for moment in strength]
    return heated_frames(heat, said, view, scene)

"""Attention of poses over a video: where and when they say to look, and which joints speak.

Below it is the feature map that comes of it. As figures 4 and 5 of Das et al., VPN, ECCV 2020.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from recognizers.recognizer import ClipRecognizer
from recognizers.vpn.network import VideoPoseNetwork
from recognizers.vpn.pose_graph import GraphPoseBackbone
from tools.explaining.draw_maps import ROW, range_of, strength_of, stretched
from tools.explaining.heat import columns_of, heated_frames, strip_of
from tools.explaining.strips import Drawing, Sheet, name_row, steps_drawn
from tools.explaining.views import Scene, View
from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
SECOND = "2nd"  # person
ABOVE = {"textcoords": "offset points", "fontsize": 7, "ha": "center"}
NODES = "viridis"  # map of colours
LEAST_RANGE = 0.5  # of weights of places: narrower ones are not stretched, for they mean little


class Places(NamedTuple):
    """What poses say of one clip."""

    spatial: Array
    """(h, w) A_S of the places of the shown pictures, in (0, 1)."""
    temporal: Array
    """(t,) A_T of the moments of the feature map, of sum 1."""
    joints: Array | None
    """(t_p, N) strength of each joint's features, those of a second person, if there is one, behind
    the first's; None where no graph reads the poses."""

    @property
    def heat(self) -> Array:
        """(t, h, w) in [0, 1]: A_ST from the least to the most that any place gets.

        Pale where places hardly differ, zero everywhere where all are alike.
        """
        low, high = self.spatial.min(), self.spatial.max()
        places = (self.spatial - low) / max(high - low, LEAST_RANGE)
        return self.temporal[:, None, None] / self.temporal.max() * places


def places_of(recognizer: ClipRecognizer, view: View) -> Places:
    """What poses say in one look at a clip.

    Args:
        recognizer: of a VideoPoseNetwork that attends.
        view: of the clip.
    """
    network = recognizer.network
    assert isinstance(network, VideoPoseNetwork) and network.attend is not None
    with torch.inference_mode():
        spatial, temporal = network.attention(view.batch)
        joints = None
        if isinstance(network.attend.backbone, GraphPoseBackbone):
            strength = network.joint_activations(view.batch)[0].cpu().double().numpy()
            people = strength.reshape(len(strength), -1, view.batch.joints.shape[3])
            seen = np.flatnonzero(people.any(axis=(0, 2)))
            count = seen[-1] + 1 if len(seen) else 1
            joints = people[:, :count].reshape(len(strength), -1)
    return Places(spatial[0].cpu().double().numpy(), temporal[0].cpu().double().numpy(), joints)


def drawn(recognizer: ClipRecognizer, view: View, scene: Scene, title: str) -> Drawing:
    """A strip and a video of where poses say to look, and of the joints that say so.

    Args:
        recognizer: of a VideoPoseNetwork that attends.
        view: of the clip.
        scene: its pictures as they are shown.
        title: above the strip.
    """
    places = places_of(recognizer, view)
    low, high = places.spatial.min(), places.spatial.max()
    said = [f"moment {weight:.2f}, places {low:.2f} to {high:.2f}" for weight in places.temporal]
    video = heated_frames(places.heat, said, view, scene)
    return Drawing(_sheet(places, view, scene, title, recognizer), video)


def _sheet(
    places: Places, view: View, scene: Scene, title: str, recognizer: ClipRecognizer
) -> Figure:
    t, strength = len(places.temporal), strength_of(recognizer, view)
    columns = len(columns_of(view, t))
    joints = [] if places.joints is None else [1.3, 0.09 * places.joints.shape[1]]
    sheet = Sheet(
        columns, [1.0, 0.6, 1.0, *joints], f"{title}\n{_ranges(places)}; {range_of(strength)}"
    )
    strip_of(sheet, places.heat, view, scene, "places\n× moments")
    axes = sheet.curves("weight of\na moment", t)
    axes.bar(np.arange(t) + 0.5, places.temporal, 0.95, color="#555555")
    axes.axhline(1 / t, color="grey", linewidth=0.8, linestyle=":")
    axes.annotate("even", (t, 1 / t), (2, 0), **{**ABOVE, "ha": "left", "va": "center"})
    strip_of(sheet, stretched(strength), view, scene, ROW)
    if places.joints is not None:
        _skeletons(sheet, places.joints, view, recognizer, columns)
        _matrix(sheet, places.joints, view, recognizer)
    return sheet.figure


def _ranges(places: Places) -> str:
    """What colours stand for."""
    low, high = places.spatial.min(), places.spatial.max()
    said = f"weights of places {low:.3f} to {high:.3f}, brighter where more"
    if high - low < LEAST_RANGE:
        said += ", pale for they hardly differ"
    if places.joints is None:
        return said
    least, most = _range(places.joints)
    return f"{said}; strength of joints {least:.2f} to {most:.2f}"


def _skeletons(
    sheet: Sheet, strength: Array, view: View, recognizer: ClipRecognizer, columns: int
) -> None:
    """A row of skeletons from the front, their joints coloured by strength."""
    poses = view.batch.joints[0].cpu().numpy()  # (M, T, J, 3)
    flat = poses[..., :2] * ((-1, 1) if recognizer.axes == "kinect" else (1, 1))
    mask = view.batch.mask[0].cpu().numpy()
    known = flat[mask]
    steps = steps_drawn(mask.shape[1], columns)
    row = sheet.strip([None] * len(steps))
    people = strength.shape[1] // poses.shape[2]
    for axes, step in zip(row, steps, strict=True):
        for person in np.flatnonzero(mask[:people, step]):
            own = strength[step].reshape(people, -1)[person]
            _skeleton(axes, flat[person, step], own, recognizer.joint_set, _range(strength))
            if person:
                top = flat[person, step][flat[person, step, :, 1].argmax()]
                axes.annotate(SECOND, top, (0, 3), **ABOVE)
        axes.set_title(f"{view.positions[step] / view.clip.frame_rate:.2f} s", fontsize=8, pad=3)
        axes.set_aspect("equal")
        if len(known):
            axes.set_xlim(known[:, :, 0].min() - 0.1, known[:, :, 0].max() + 0.1)
            axes.set_ylim(known[:, :, 1].min() - 0.1, known[:, :, 1].max() + 0.3)
    name_row(row[0], "joints, at\nmoments of\ntheir own")


def _range(strength: Array) -> tuple[float, float]:
    """The least and the most of joints that were seen."""
    seen = strength[strength > 0]
    return (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)


def _skeleton(
    axes: Axes, places: Array, strength: Array, name: str, within: tuple[float, float]
) -> None:
    bones = [places[list(edge)] for edge in joint_set(name).edges]
    axes.add_collection(LineCollection(bones, colors="#bbbbbb", linewidths=1, zorder=1))
    axes.scatter(*places.T, c=strength, s=14, cmap=NODES, vmin=within[0], vmax=within[1], zorder=2)


def _matrix(sheet: Sheet, strength: Array, view: View, recognizer: ClipRecognizer) -> None:
    """Joints, in the order of the skeleton, against the moments at which they are read."""
    T, N = strength.shape
    names = joint_set(recognizer.joint_set).names
    axes = sheet.curves("", T)
    low, high = _range(strength)
    axes.imshow(strength.T, aspect="auto", cmap=NODES, vmin=low, vmax=high, extent=(0, T, N, 0))
    rows = [f"{names[n % len(names)]}{f', {SECOND}' if n >= len(names) else ''}" for n in range(N)]
    steps = steps_drawn(T, 12)
    seconds = [f"{frame / view.clip.frame_rate:.2f} s" for frame in view.positions[steps]]
    axes.set_xticks(steps + 0.5, seconds, fontsize=7)
    axes.set_yticks(np.arange(N) + 0.5, [row.replace("_", " ") for row in rows], fontsize=6)

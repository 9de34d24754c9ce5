"""Pictures of what was measured: bars per motion, view and joint, and the worst clip over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from tools.evaluation.compare import Comparison
from wildpose.geometry import Array
from wildpose.joints import convert, joint_set
from wildpose.pose_metrics import joint_errors

mpl.use("Agg")  # no window

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tools.evaluation.real_images import Still
    from wildpose.types import Keypoints

# Okabe and Ito's colours, which the colour-blind tell apart; grey for what is measured against.
COLOURS = ("#8c8c8c", "#c9c9c9", "#56b4e9", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#0072b2")
STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.dpi": 130,
}
BAR_INCH, ROW_INCH = 0.16, 0.24  # heights of one bar, and of a row of dots
MOST_BARS = 80  # more are drawn as dots, a group in each row
FOUND_BGR, TRUE_BGR = (0, 159, 230), (115, 158, 0)


def draw(folder: Path, name: str, clips: Sequence[Comparison], metrics: dict[str, Any]) -> None:
    """Write the plots of one set: NAME_motions.png, _views.png, _joints.png and _worst_clip.png.

    Args:
        folder: where to.
        name: of the set.
        clips: all of it.
        metrics: what `compare.summary` says of them.
    """
    if not metrics["variants"]:
        return
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        for part in ("motion", "view"):
            values = {
                group: {v: figures.get("mpjpe_mm", np.nan) for v, figures in own.items()}
                for group, own in metrics[f"per_{part}"].items()
            }
            if part == "motion":
                values = dict(sorted(values.items(), key=lambda item: min(item[1].values())))
            _bars(folder / f"{name}_{part}s.png", values, f"Mean joint error per {part}: {name}")
        columns = metrics["per_joint_mm"]
        joints = {
            joint.replace("_", " "): {variant: own[joint] for variant, own in columns.items()}
            for joint in joint_set("lcr13").names
        }
        _bars(folder / f"{name}_joints.png", joints, f"Mean error per joint: {name}")
        _over_time(folder / f"{name}_worst_clip.png", worst(clips))


def worst(clips: Sequence[Comparison]) -> Comparison:
    """The clip in which even the best variant is far off."""

    def least(clip: Comparison) -> float:
        return min(joint_errors(own, clip.truth).mean() for own in clip.found.values())

    return max((clip for clip in clips if len(clip)), key=least)


def draw_stills(path: Path, seen: Sequence[tuple[Still, Keypoints]]) -> None:
    """Write all stills with the joints that were seen, in orange, and annotated, in green."""
    tiles = [_still(still, keypoints) for still, keypoints in seen]
    if not tiles:
        return
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 4)
    rows = [np.concatenate(tiles[i : i + 4], axis=1) for i in range(0, len(tiles), 4)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.concatenate(rows))


def _bars(path: Path, values: dict[str, dict[str, float]], title: str) -> None:
    """Groups from top to bottom, in each one bar per variant; dots where there are many groups."""
    names = list(next(iter(values.values())))
    dots = len(names) * len(values) > MOST_BARS
    step = 1 if dots else len(names) + 1
    height = 1.4 + (ROW_INCH if dots else BAR_INCH) * step * len(values)
    figure, axes = plt.subplots(figsize=(7.5, height), layout="constrained")
    rows = np.arange(len(values)) * step
    for i, (name, colour) in enumerate(zip(names, _colours(len(names)), strict=True)):
        lengths = [own[name] for own in values.values()]
        if dots:
            axes.scatter(lengths, rows, s=34, color=colour, label=name, zorder=3, alpha=0.9)
        else:
            axes.barh(rows + i, lengths, 0.86, color=colour, label=name)
    axes.set_yticks(rows + (step - 2) / 2 * (not dots), [_short(name) for name in values])
    axes.set_ylim(step * len(values) - 1 + 0.5 * dots, -1)
    axes.set_xlim(left=0)
    axes.grid(visible=dots, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("mm")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    figure.suptitle(title, x=0.01, ha="left")
    _saved(path)


def _over_time(path: Path, clip: Comparison) -> None:
    """Mean joint error of every variant in every frame of a clip."""
    figure, axes = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    for (name, found), colour in zip(clip.found.items(), _colours(len(clip.found)), strict=True):
        _line(axes, clip.times, 1000 * joint_errors(found, clip.truth).mean(axis=-1), name, colour)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("s")
    axes.set_ylabel("mean joint error, mm")
    axes.set_title(f"The worst clip: {_short(clip.labels.name, 60)}")
    figure.legend(loc="outside lower left", ncols=3)
    _saved(path)


def _line(axes: Axes, times: Array, values: Array, name: str, colour: str) -> None:
    marker = "o" if len(times) < 2 else None
    axes.plot(times, values, color=colour, label=name, linewidth=1.6, marker=marker)


def _still(still: Still, keypoints: Keypoints) -> npt.NDArray[np.uint8]:
    """The part of a picture around the person, 360 px high and wide, joints drawn in."""
    image = cv2.imread(str(still.path), cv2.IMREAD_COLOR)
    assert image is not None  # it was looked at before
    side = 360
    x, y, size, _ = still.region
    scale = side / size
    shift = np.array([side / 2 - scale * x, side / 2 - scale * y])
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    tile = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_AREA)
    found = convert(keypoints.joints_2d, keypoints.joint_set, "lcr13")
    for points, colour in ((still.joints_2d, TRUE_BGR), (found, FOUND_BGR)):
        places = np.round(points * scale + shift).astype(int).tolist()
        for a, b in joint_set("lcr13").edges:
            thick = 1 + ("left" in joint_set("lcr13").names[b])  # the left is drawn thicker
            cv2.line(tile, places[a], places[b], colour, thick, cv2.LINE_AA)
    return tile  # type: ignore[return-value]


def _colours(number: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(number)]


def _short(name: str, longest: int = 34) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _saved(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    plt.savefig(path)
    plt.close()

"""Draw how front and back are told apart in time: python tools/make_ambiguity_figure.py.

Pictures of a distant mannequin, the pose that scores best in each by itself, and the pose on the
best path through all of them. Rewrites docs/ambiguity.jpg.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _matplotlib  # says so where it is missing

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from datasets.ambiguous import (
    LCR13,
    AmbiguousClip,
    distant_person,
    facing,
    flips,
    towards_camera,
)
from wildpose.atomic import writing
from wildpose.exit_codes import DONE
from wildpose.geometry import Array, rotation_x, rotation_y
from wildpose.joints import torso
from wildpose.lifting.lcr import Lcr
from wildpose.smoothing.track2d import smooth_none
from wildpose.smoothing.viterbi import smooth_viterbi
from wildpose.usage import Parser

COLUMNS = 6
WIDTH_PX = 1200
QUALITY = 88  # of the JPEG
LEFT, RIGHT, MIDDLE = "#e8871e", "#1f6fb2", "#555555"  # colours of the sides
WRONG, GOOD, INK = "#c62828", "#2e7d32", "#222222"
FLOOR_M = 0.98  # how far the floor lies below the torso
ARROW_M = 0.85  # long, drawn on the floor
DISC_M = 0.45
VIEW = rotation_x(np.radians(36.0)) @ rotation_y(np.radians(-10.0))  # from above, a little aside


@dataclass(frozen=True)
class Choices:
    """What two smoothers make of one clip."""

    clip: AmbiguousClip
    by_frame: Array
    """(T, 13, 3) m, camera axes, torso-centred: the top-scored pose of each frame."""
    by_path: Array
    """(T, 13, 3) the same along Viterbi's path."""


def main() -> int:
    """Parse, choose, draw, and print one line."""
    options = _parser().parse_args()
    if options.seed < 0 or not 0.1 <= options.seconds <= 20:
        _parser().error("--seed is not negative, --seconds 0.1 to 20")
    if options.out.suffix != ".jpg":
        _parser().error(f"the figure is a .jpg, got {options.out.name!r}")
    clip = distant_person(np.random.default_rng(options.seed), seconds=options.seconds)
    choices = chosen(clip)
    figure = drawn(choices)
    size = save(figure, options.out)
    plt.close(figure)
    print(
        f"{options.out}: {size / 1000:.0f} kB; front and back change places "
        f"{flips(choices.by_frame)} times frame by frame, {flips(choices.by_path)} with Viterbi"
    )
    return DONE


def chosen(clip: AmbiguousClip) -> Choices:
    """The poses that `--smooth none` and `--smooth viterbi` choose, with the shipped lifter."""
    hypotheses = list(Lcr().lift(clip.track))
    poses = []
    for smoother in (smooth_none, smooth_viterbi):
        smoothed = smoother(clip.track, hypotheses, clip.track.times)
        assert smoothed is not None and len(smoothed.frames) == len(clip.track)
        poses.append(smoothed.skeleton.joints)
    return Choices(clip, *poses)


def shown_rows(towards: npt.NDArray[np.bool_]) -> list[int]:
    """One row of each sixth of the clip; in every other one a flipped row, where there is one.

    Args:
        towards: (T,) True where the frame's own pose faces the camera.
    """
    rows = []
    for i, part in enumerate(np.array_split(np.arange(len(towards)), COLUMNS)):
        wanted = part[towards[part] != (i % 2 == 1)]
        wanted = wanted if len(wanted) else part
        rows.append(int(wanted[len(wanted) // 2]))
    return rows


def drawn(choices: Choices) -> Figure:
    """The whole figure: pictures, poses of both kinds, and who faces where along time."""
    rows = shown_rows(towards_camera(choices.by_frame))
    figure = plt.figure(figsize=(WIDTH_PX / 100, 8.3), dpi=100, facecolor="white")
    grid = figure.add_gridspec(
        4, COLUMNS, height_ratios=(2.0, 2.2, 2.2, 1.1), left=0.125, right=0.99, top=0.965,
        bottom=0.08, wspace=0.05, hspace=0.07,
    )  # fmt: skip
    for column, (row, image) in enumerate(zip(rows, choices.clip.pictures(rows), strict=True)):
        axes = [figure.add_subplot(grid[line, column]) for line in range(3)]
        _picture(axes[0], image, choices.clip.track.joints_2d[row])
        axes[0].set_title(f"{choices.clip.track.times[row]:.2f} s", fontsize=11, color=INK, pad=4)
        _pose(axes[1], choices.by_frame[row])
        _pose(axes[2], choices.by_path[row])
    _strip(figure.add_subplot(grid[3, :]), choices, rows)
    _labels(figure, [grid[line, 0].get_position(figure) for line in range(3)])
    return figure


def _labels(figure: Figure, boxes: list[Bbox]) -> None:
    """What each of the three rows of cells shows, to the left of it."""
    middles = [(box.y0 + box.y1) / 2 for box in boxes]
    for y, text, size, colour in (
        (middles[0] + 0.025, "2D joints", 14, INK),
        (middles[0] - 0.010, "left?", 13, LEFT),
        (middles[0] - 0.038, "right?", 13, RIGHT),
        (middles[1], "each frame\nby itself", 14, WRONG),
        (middles[2], "through time\n(Viterbi)", 14, GOOD),
    ):
        figure.text(
            0.062, y, text, fontsize=size, weight="bold", color=colour, ha="center", va="center",
            linespacing=1.3,
        )  # fmt: skip


def _colour(a: int, b: int) -> str:
    """Of a bone: that of its side, or of the middle."""
    sides = {LCR13.names[joint].split("_")[0] for joint in (a, b)}
    return LEFT if sides == {"left"} else RIGHT if sides == {"right"} else MIDDLE


def _bones(axes: Axes, points: Array, width: float, order: Array) -> None:
    """(13, 2) joints as bones; what has the larger of (13,) `order` lies below."""
    edges = sorted(LCR13.edges, key=lambda edge: -(order[edge[0]] + order[edge[1]]))
    for a, b in edges:
        x, y = points[[a, b]].T
        axes.plot(x, y, color="white", lw=width + 1.6, solid_capstyle="round")
        axes.plot(x, y, color=_colour(a, b), lw=width, solid_capstyle="round")


def _picture(axes: Axes, image: npt.NDArray[np.uint8], joints_2d: Array) -> None:
    """A frame with its 2D joints, left and right as the backend names them."""
    height, width = image.shape[:2]
    axes.imshow(image, extent=(0, width, height, 0))
    _bones(axes, joints_2d, 2.0, np.zeros(13))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    _frame(axes, "#999999", 0.8)


def _pose(axes: Axes, joints: Array) -> None:
    """A 3D pose seen from above and aside, with an arrow on the floor where the chest points."""
    right = bool(towards_camera(joints))
    colour = GOOD if right else WRONG
    turned = (joints - torso(joints, "lcr13")) @ VIEW.T
    angle = np.linspace(0, 2 * np.pi, 60)
    axes.fill(*_floor(angle, DISC_M).T, color="#dcdcdc", zorder=0)
    _bones(axes, turned[:, :2], 4.2, turned[:, 2])
    axes.plot(*turned[LCR13.index("head"), :2], "o", ms=15, color=MIDDLE, mec="white", zorder=4)
    (tip,) = _floor(facing(joints)[None], ARROW_M)
    axes.annotate(
        "", xy=tuple(tip), xytext=tuple(_floor(np.zeros(1), 0.0)[0]), zorder=3,
        arrowprops={"arrowstyle": "-|>,head_width=0.5,head_length=0.9", "lw": 4.0,
                    "color": colour, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    axes.text(
        0.04, 0.96, "front" if right else "back", transform=axes.transAxes, va="top", fontsize=13,
        weight="bold", color=colour,
    )  # fmt: skip
    axes.set_facecolor("#f7f7f7" if right else "#fde4e1")
    axes.set(xlim=(-0.84, 0.84), ylim=(1.38, -0.73), aspect="equal")
    _frame(axes, "#cccccc" if right else WRONG, 0.8 if right else 2.2)


def _floor(angle: Array, radius: float) -> Array:
    """(N, 2) points round the feet as `_pose` shows them; angles as of `facing`."""
    x, z = radius * np.sin(angle), -radius * np.cos(angle)
    return (np.stack([x, np.full(len(x), FLOOR_M), z], axis=-1) @ VIEW.T)[:, :2]


def _strip(axes: Axes, choices: Choices, rows: list[int]) -> None:
    """Degrees between the chest and the camera along time, of both."""
    times = choices.clip.track.times
    away = [np.abs(np.degrees(facing(joints))) for joints in (choices.by_frame, choices.by_path)]
    axes.axhspan(90, 188, color="#fde4e1", lw=0)
    axes.plot(times, away[0], color=WRONG, lw=1.4, label="each frame by itself")
    axes.plot(times, away[1], color=GOOD, lw=3.0, label="Viterbi")
    for row in rows:
        axes.axvline(times[row], color="#888888", lw=0.8, ls=":", zorder=0)
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(188, -8)
    axes.set_yticks([0, 180], ["front", "back"], fontsize=12)
    axes.tick_params(axis="x", labelsize=10)
    axes.set_xlabel("time, s", fontsize=10, labelpad=2, loc="left")
    axes.legend(
        loc="upper right", bbox_to_anchor=(1.003, -0.13), fontsize=10, ncols=2, frameon=False
    )
    _frame(axes, "#999999", 0.8, ticks=True)


def _frame(axes: Axes, colour: str, width: float, *, ticks: bool = False) -> None:
    """The border of a cell, without ticks unless wanted."""
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=width)
    if not ticks:
        axes.set_xticks([])
        axes.set_yticks([])


def save(figure: Figure, path: Path) -> int:
    """Write a figure as JPEG; how many bytes that took."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., 2::-1]  # type: ignore[attr-defined]
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    with writing(path) as partial:
        partial.write_bytes(encoded.tobytes())
    return len(encoded)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(description=__doc__)
    default = _checkout.CHECKOUT / "docs" / "ambiguity.jpg"
    parser.add_argument("out", type=Path, nargs="?", default=default, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of noise and mistakes")
    parser.add_argument("--seconds", type=float, default=2.0, help="of the clip")
    return parser


if __name__ == "__main__":
    sys.exit(main())

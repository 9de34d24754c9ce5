"""Film strips with curves below them, and videos: how everything is drawn that is explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from wildpose.atomic import writing
from wildpose.footage import Picture
from wildpose.video_writer import VideoWriter

mpl.use("Agg")
# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = ("#0072b2", "#d55e00", "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#999999")
STEPS_AT_MOST = 20  # pictures of a strip
INCHES, LEFT, RIGHT = 1.3, 1.5, 0.3  # of a picture, and beside the strip
LINE, SPACE = 0.22, 0.25  # inches of a line of the title, and between rows
BAND_PX = 44  # below the pictures of a video
RGB = tuple[int, int, int]


class Drawing(NamedTuple):
    """What is drawn of a clip."""

    figure: Figure
    video: Iterable[Picture]
    """A picture for each frame of the clip, all of one size."""


def rgb(colour: str) -> RGB:
    """A colour as drawing on pictures takes it."""
    red, green, blue = (round(255 * value) for value in to_rgb(colour))
    return red, green, blue


def steps_drawn(count: int, most: int = STEPS_AT_MOST) -> npt.NDArray[np.int64]:
    """All of so many steps, or as many as there is room for, evenly chosen."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


class Sheet:
    """A figure of rows: strips of pictures, and curves as wide as they are."""

    def __init__(self, columns: int, heights: Sequence[float], title: str):
        """Set up.

        Args:
            columns: pictures of a strip.
            heights: of each row, in pictures.
            title: above all.
        """
        width = max(LEFT + RIGHT + INCHES * columns, 7.0)
        picture = (width - LEFT - RIGHT) / columns  # inches
        above = 0.35 + LINE * len(title.splitlines())
        height = above + picture * sum(heights) + SPACE * len(heights)
        self.figure = Figure(figsize=(width, height))
        self.figure.suptitle(title, x=0.01, y=1 - 0.1 / height, ha="left", va="top", fontsize=11)
        self._columns, self._row = columns, 0
        self._grid = GridSpec(
            len(heights), columns, self.figure, height_ratios=heights, wspace=0.04,
            hspace=SPACE * len(heights) / (picture * sum(heights)),
            left=LEFT / width, right=1 - RIGHT / width,
            top=1 - above / height, bottom=SPACE / height,
        )  # fmt: skip

    def strip(self, pictures: Sequence[Picture | None], titles: Sequence[str] = ()) -> list[Axes]:
        """The next row: pictures side by side, from the left; None leaves a place empty."""
        made = []
        for column, picture in enumerate(pictures):
            axes = self.figure.add_subplot(self._grid[self._row, column])
            axes.set_xticks([])
            axes.set_yticks([])
            if picture is not None:
                axes.imshow(picture)
            if column < len(titles):
                axes.set_title(titles[column], fontsize=8, pad=3)
            made.append(axes)
        self._row += 1
        return made

    def curves(self, name: str, steps: int) -> Axes:
        """The next row: an empty plot, step k of so many from k to k + 1."""
        axes = self.figure.add_subplot(self._grid[self._row, :])
        axes.set_xlim(0, steps)
        axes.set_ylabel(name, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.set_xticks([])
        axes.spines[["top", "right"]].set_visible(False)
        self._row += 1
        return axes


def name_row(axes: Axes, name: str, colour: str = "black") -> None:
    """A name to the left of the first picture of a row."""
    axes.set_ylabel(name, fontsize=8, color=colour, rotation=0, ha="right", va="center")


def framed(axes: Axes, colour: str, width: float) -> None:
    """A frame around a picture of a strip."""
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=width)


def with_band(picture: Picture, lines: Sequence[str]) -> Picture:
    """A picture with one or two lines of text below it."""
    band = np.zeros((BAND_PX, picture.shape[1], 3), dtype=np.uint8)
    for row, line in enumerate(lines[:2]):
        text = line.encode("ascii", "replace").decode()  # OpenCV's letters
        place = (6, 17 + 20 * row)
        cv2.putText(band, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255,) * 3, 1, cv2.LINE_AA)
    return np.concatenate([picture, band])


def tagged(picture: Picture, text: str, place: tuple[int, int], colour: RGB) -> None:
    """Write on a picture, on a ground of its own, from a bottom-left corner on."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    x, y = place
    cv2.rectangle(picture, (x - 2, y - height - 3), (x + width + 2, y + below), (0, 0, 0), -1)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


def save(drawing: Drawing, path: Path, *, frame_rate: float) -> None:
    """Write PATH.mp4 and PATH.png.

    Args:
        drawing: of a clip.
        path: without a suffix.
        frame_rate: of the clip, Hz.

    Raises:
        OSError: they cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = iter(drawing.video)
    first = next(pictures)
    height, width = first.shape[:2]
    # Whatever stands behind a dot is part of a name, not a suffix.
    video = path.with_name(f"{path.name}.mp4")
    with VideoWriter(video, width=width, height=height, fps=frame_rate) as writer:
        writer.write(first, 0.0)
        for t, picture in enumerate(pictures, start=1):
            writer.write(picture, t / frame_rate)
    save_figure(path.with_name(f"{path.name}.png"), drawing.figure)


def save_figure(path: Path, figure: Figure) -> None:
    """Write a PNG."""
    with writing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)

"""Heat over the pictures of a video, for what is said of places and moments of its feature map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from tools.explaining.strips import Sheet, name_row, with_band
from tools.explaining.views import Frames, Scene, View
from wildpose.footage import Picture

Array = npt.NDArray[np.floating]
COLUMNS = 10
COLOURS = "inferno"
STRONGEST = 0.75  # opacity where there is most


def heated(picture: Picture, heat: Array) -> Picture:
    """A picture under a heat map, opaque where that is 1.

    Args:
        picture: (H, W, 3).
        heat: (h, w) in [0, 1], of equal parts of the picture.
    """
    size = picture.shape[1::-1]
    smooth = np.clip(cv2.resize(heat, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = 255 * mpl.colormaps[COLOURS](smooth)[..., :3]
    opacity = STRONGEST * smooth[..., None]
    return np.round(opacity * colours + (1 - opacity) * picture).astype(np.uint8)


def moment_of(frame: int, moments: Frames, count: int) -> int | None:
    """Which of a map's moments is made of a frame of the clip; None where it was not shown.

    Args:
        frame: of the clip.
        moments: (F,) frames that were shown. A frame between two of them is the earlier one's.
        count: t, moments of the map, each of equally many frames.
    """
    apart = frame - moments
    apart = np.where((apart >= 0) & (apart <= 1), apart, len(moments) + 2)
    shown = int(apart.argmin())
    return shown * count // len(moments) if apart[shown] <= 1 else None


def columns_of(view: View, count: int) -> Frames:
    """Which of the shown pictures stand in a strip, equally many for each moment of a map.

    Args:
        view: of the clip.
        count: t, moments of the map.
    """
    F = len(view.moments)
    each = max(1, min(COLUMNS // count, F // count))
    return ((np.arange(count * each) + 0.5) * F / (count * each)).astype(np.int64)


def strip_of(sheet: Sheet, heat: Array, view: View, scene: Scene, name: str) -> list[Axes]:
    """The next row of a sheet: pictures under the heat of their moments, with their times.

    Args:
        sheet: with as many columns as `columns_of` has.
        heat: (t, h, w) in [0, 1].
        view: of the clip.
        scene: its pictures as they are shown.
        name: of the row.
    """
    count, F = len(heat), len(view.moments)
    shown = columns_of(view, count)
    row = sheet.strip(
        [heated(scene.footage.pictures[int(view.moments[f])], heat[f * count // F]) for f in shown],
        [f"{view.moments[f] / view.clip.frame_rate:.2f} s" for f in shown],
    )
    name_row(row[0], name)
    return row


def heated_frames(heat: Array, said: Sequence[str], view: View, scene: Scene) -> Iterator[Picture]:
    """Every frame under the heat of its moment, with its time and a line below it.

    Args:
        heat: (t, h, w) in [0, 1].
        said: of each moment.
        view: of the clip.
        scene: its pictures as they are shown.
    """
    for frame, picture in enumerate(scene.footage.pictures):
        moment = moment_of(frame, view.moments, len(heat))
        at = f"{frame / view.clip.frame_rate:.2f} s"
        if moment is None:
            yield with_band(picture, [at, "not shown to the network"])
        else:
            yield with_band(heated(picture, heat[moment]), [at, said[moment]])

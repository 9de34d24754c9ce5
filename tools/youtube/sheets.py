"""Contact sheets: moments of a clip with numbered boxes, so that one can say who is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from wildpose.atomic import writing
from wildpose.counting import number_of
from wildpose.jpegs import jpeg
from wildpose.overlay import FONT, colour_of
from wildpose.results import Person, Result
from wildpose.video import read_frames

Image = npt.NDArray[np.uint8]
HEIGHT = 400  # px of each picture
WIDEST = 1000  # px, of panoramas too
LINE = 26  # px of a line of text
INK, PAPER = (235, 235, 235), (24, 24, 24)
MORE = 3  # pictures besides the first, the middle and the last


def write_sheet(path: Path, clip: Path, result: Result, *, kept: int | None, title: str) -> None:
    """Draw a clip's first, middle and last frame, and one of everybody who is on none of these.

    Each person has a box with the number that results call them by.

    Args:
        path: the JPEG to write.
        clip: the video.
        result: the people in it.
        kept: number of who was chosen, if somebody was.
        title: a line for above.
    """
    wanted = moments(result)
    pictures = {frame.index: frame.image for frame in read_frames(clip) if frame.index in wanted}
    panels = [_panel(pictures[index], index, result, kept) for index in wanted if index in pictures]
    lines = [title, _people_line(result.people, kept)]
    sheet = _stacked(panels, lines)
    with writing(path) as temporary:
        temporary.write_bytes(jpeg(sheet).tobytes())


def moments(result: Result) -> list[int]:
    """Frames that show everybody who was found, the first, middle and last of the clip among them.

    Of those who are on none of these a frame from the middle of their time; of a crowd not all.
    """
    frames = result.video.frames
    shown = {0, frames // 2, frames - 1}
    more = 0
    for person in result.people:
        if more < MORE and not shown & set(person.frames.tolist()):
            shown.add(int(person.frames[len(person) // 2]))
            more += 1
    return sorted(shown)


def _panel(picture: Image, index: int, result: Result, kept: int | None) -> Image:
    """A picture at the sheet's height, with a box around each person in view."""
    height, width = picture.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    panel = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # Who was chosen is drawn last, over the others.
    for person in sorted(result.people, key=lambda person: person.id == kept):
        rows = np.flatnonzero(person.frames == index)
        if len(rows):
            _draw_box(panel, person, int(rows[0]), scale, chosen=person.id == kept)
    filled = np.full((HEIGHT + LINE, size[0], 3), PAPER, dtype=np.uint8)
    filled[: size[1]] = panel
    _write(filled, f"frame {index}", (6, HEIGHT + LINE - 8))
    return filled


def _draw_box(panel: Image, person: Person, row: int, scale: float, *, chosen: bool) -> None:
    height, width = panel.shape[:2]
    box = np.clip(np.round(person.boxes[row] * scale), 0, [width - 1, height - 1] * 2).astype(int)
    x0, y0, x1, y1 = (int(side) for side in box)
    colour = colour_of(person.id)
    cv2.rectangle(panel, (x0, y0), (x1, y1), colour, 4 if chosen else 2)
    text = f"{person.id}"
    (text_width, text_height), _ = cv2.getTextSize(text, FONT, 0.9, 2)
    wide, high = text_width + 12, text_height + 12
    left, top = (
        min(x0, max(width - wide, 0)),
        max(y0 - high, 0),
    )  # over the head, where there is room
    cv2.rectangle(panel, (left, top), (left + wide, top + high), colour, -1)
    at = left + 6, top + text_height + 6
    cv2.putText(panel, text, at, FONT, 0.9, (0, 0, 0), 2, cv2.LINE_AA)


def _people_line(people: Sequence[Person], kept: int | None) -> str:
    if not people:
        return "nobody was found"
    numbers = ", ".join(f"{p.id} ({number_of(len(p), 'frame')})" for p in people[:12])
    more = f" and {len(people) - 12} more" if len(people) > 12 else ""
    chosen = "nobody is" if kept is None else f"{kept} is"
    return f"{chosen} kept; another number goes into the column actor; found: {numbers}{more}"


def _stacked(panels: Sequence[Image], lines: Iterable[str]) -> Image:
    """Panels side by side in rows of three, under lines of text."""
    rows = [panels[i : i + 3] for i in range(0, len(panels), 3)]
    wide = max(sum(panel.shape[1] + 4 for panel in row) for row in rows) if rows else WIDEST
    wide = max(wide, 640)
    strips = []
    for line in lines:
        strips.append(np.full((LINE, wide, 3), PAPER, dtype=np.uint8))
        _write(strips[-1], line, (6, LINE - 8))
    for row in rows:
        strip = np.full((HEIGHT + LINE, wide, 3), PAPER, dtype=np.uint8)
        left = 0
        for panel in row:
            strip[:, left : left + panel.shape[1]] = panel
            left += panel.shape[1] + 4
        strips.append(strip)
    return np.concatenate(strips)


def _write(picture: Image, line: str, at: tuple[int, int]) -> None:
    """A line that fits the picture; OpenCV's letters are those of ASCII."""
    plain = line.encode("ascii", "replace").decode()
    wide = cv2.getTextSize(plain, FONT, 0.6, 1)[0][0]
    scale = 0.6 * min(1.0, (picture.shape[1] - 2 * at[0]) / max(wide, 1))
    cv2.putText(picture, plain, at, FONT, max(scale, 0.3), INK, 1, cv2.LINE_AA)

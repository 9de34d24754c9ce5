"""overlay.mp4: the video with everyone's skeleton, id and labels drawn over it."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from wildpose.joints import JointSet, joint_set
from wildpose.results import Person, Result
from wildpose.video import prefetch, probe, read_frames
from wildpose.video_writer import VideoWriter

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
MIN_SCORE = 0.3  # joints less sure than this are drawn faintly
FONT = cv2.FONT_HERSHEY_SIMPLEX
SUBPIXEL = 4  # OpenCV draws at fractions of 1 / 2**4 px
GOLDEN = 0.618034  # turns of the colour wheel between ids: neighbours differ most


def write_overlay(
    path: Path,
    source: Path,
    result: Result,
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> str | None:
    """Draw a result over its video, with the video's timestamps, orientation and audio.

    Args:
        path: the file to write.
        source: the video that the result belongs to.
        progress: told the frames done and their number.

    Returns:
        A note where the sound could not be taken over, else None.
    """
    rows = [dict(zip(p.frames.tolist(), range(len(p)), strict=True)) for p in result.people]
    options = result.settings
    frames = read_frames(source, start=options.start, stop=options.stop, fps=options.fps)
    video = result.video
    writer = VideoWriter(
        path,
        width=video.width,
        height=video.height,
        fps=video.fps or 25.0,
        source=source,
        pixel_aspect=probe(source).pixel_aspect,
    )
    with closing(prefetch(frames)) as ahead, writer:
        for frame in ahead:
            image = frame.image.copy()
            for person, row_of in zip(result.people, rows, strict=True):
                row = row_of.get(frame.index)
                if row is not None:
                    draw_person(image, person, row, time=frame.time)
            writer.write(image, frame.time)
            if progress:
                progress(frame.index + 1, video.frames)
    return writer.audio_note


def draw_person(image: Image, person: Person, row: int, *, time: float) -> None:
    """Draw one person's skeleton and tag into a picture.

    Args:
        image: (H, W, 3) RGB, changed in place: it is the canvas.
        person: whose skeleton.
        row: which of the person's frames.
        time: seconds, for the label that holds then.
    """
    skeleton = person.skeleton
    if skeleton.joints_2d is None or skeleton.observed is None:
        raise ValueError("this result has no 2D joints to draw")
    joints = joint_set(skeleton.joint_set)
    observed = bool(skeleton.observed[row])
    box = person.boxes[row]
    thickness = max(1, round(min(box[3] - box[1], image.shape[0]) / 120))
    scores = skeleton.scores[row]
    _draw_skeleton(image, skeleton.joints_2d[row], scores, joints, person.id, thickness)
    labels = [
        f"{segment.label} {segment.score:.0%}"
        for segment in person.actions
        if segment.start <= time < segment.stop
    ]
    tag = f"{person.id}" if observed else f"{person.id}?"
    _draw_tag(image, [tag, *labels], box, colour_of(person.id))


def colour_of(id: int) -> Colour:
    """RGB of a person's id, the same in every video."""
    red, green, blue = colorsys.hsv_to_rgb((id * GOLDEN) % 1.0, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _draw_skeleton(
    image: Image,
    points: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
    joints: JointSet,
    id: int,
    thickness: int,
) -> None:
    colour = colour_of(id)
    # Points far outside would overflow OpenCV's integers; they cannot be seen anyway.
    limit = 4 * max(image.shape)
    pixels = np.round((np.clip(points, -limit, limit) - 0.5) * 2**SUBPIXEL).astype(int)
    for a, b in joints.edges:
        sure = min(scores[a], scores[b]) >= MIN_SCORE
        shade = colour if sure else _faint(colour)
        start, end = tuple(pixels[a].tolist()), tuple(pixels[b].tolist())
        cv2.line(image, start, end, (0, 0, 0), thickness + 2, cv2.LINE_AA, SUBPIXEL)
        cv2.line(image, start, end, shade, thickness, cv2.LINE_AA, SUBPIXEL)
    for point, name, score in zip(pixels, joints.names, scores, strict=True):
        # White on the left side, black on the right, so that a swap can be seen.
        fill = (255, 255, 255) if name.startswith("left_") else (0, 0, 0)
        fill = colour if not name.startswith(("left_", "right_")) else fill
        radius = (thickness + 1) << SUBPIXEL
        centre = tuple(point.tolist())
        cv2.circle(image, centre, radius, fill, -1, cv2.LINE_AA, SUBPIXEL)
        shade = colour if score >= MIN_SCORE else _faint(colour)
        cv2.circle(image, centre, radius, shade, max(1, thickness // 2), cv2.LINE_AA, SUBPIXEL)


def _faint(colour: Colour) -> Colour:
    return colour[0] // 3, colour[1] // 3, colour[2] // 3


def _draw_tag(
    image: Image, lines: list[str], box: npt.NDArray[np.floating], colour: Colour
) -> None:
    """The id and the labels in a plate over the head, or under the feet, inside the picture."""
    H, W = image.shape[:2]
    scale = max(0.4, min(H, W) / 900)
    weight = max(1, round(2 * scale))
    pad = round(9 * scale)
    widest = max(cv2.getTextSize(line, FONT, scale, weight)[0][0] for line in lines)
    scale *= min(1.0, max(W - 2 * pad - 3 * weight, 1) / widest)  # long labels in small pictures
    sizes = [cv2.getTextSize(line, FONT, scale, weight)[0] for line in lines]
    height = sum(size[1] for size in sizes) + pad * (len(lines) + 1)
    width = max(size[0] for size in sizes) + 2 * pad
    # Its border, too, stays inside.
    lowest = max(weight, H - height - 2 * weight)
    over, under = box[1] - height - pad, box[3] + pad
    left = int(np.clip((box[0] + box[2] - width) / 2, weight, max(weight, W - width - 2 * weight)))
    top = int(np.clip(under if over < weight and under <= lowest else over, weight, lowest))
    cv2.rectangle(image, (left, top), (left + width, top + height), (20, 20, 20), -1)
    cv2.rectangle(image, (left, top), (left + width, top + height), colour, weight)
    y = top
    for line, (_, text_height) in zip(lines, sizes, strict=True):
        y += pad + text_height
        cv2.putText(image, line, (left + pad, y), FONT, scale, colour, weight, cv2.LINE_AA)

"""The spans of time that were found, cut out of their videos."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from wildpose.archive.finding import Hit
from wildpose.decoding import VideoError, opened
from wildpose.video import probe, read_frames
from wildpose.video_writer import VideoWriter

LONGEST = 40  # letters of a class or of a video in a name
LONGEST_BYTES = 80  # of these: a whole name has 255 on most disks, and some letters take four
OURS = "wildpose find: "


@dataclass(frozen=True)
class Clip:
    """What became of a hit's clip."""

    path: Path
    error: str | None = None
    """One line, where there is none."""
    note: str | None = None
    """One line worth knowing though there is one."""


def cut_out(hit: Hit, folder: Path, *, order: str, margin: float) -> Clip:
    """The clip of a hit, made unless a file of its name is there.

    One that we have cut of another part, for another margin, is cut anew.

    Args:
        hit: to be cut out.
        folder: for the clip; made where there is none.
        order: of `finding.ORDERS`, in which clips are to sort.
        margin: s before and after the hit.
    """
    path = folder / clip_name(hit, order)
    there = path.exists()
    if there and _part_in(path) in (None, _part(hit, margin)):
        return Clip(path, note="was there already")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_clip(path, hit, margin=margin)
    except VideoError as error:
        return Clip(path, error=f"cannot be cut out: {error}")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        return Clip(path, error=f"cannot write {path}: {why}")
    return Clip(path, note="cut anew: it showed another part" if there else None)


def clip_name(hit: Hit, order: str) -> str:
    """The name of a hit's clip: no other of its archive has it, and they sort in their order.

    By score 0.830_fall_day_v12_p1_00h00m12.50s.mp4, by time day_v12_00h00m12.50s_p1_fall_0.830.mp4.

    Args:
        hit: to be cut out.
        order: of `finding.ORDERS`.
    """
    score, label = f"{hit.score:.3f}", _plain(hit.label)
    video = f"{_plain(Path(hit.video).stem)}_v{hit.content}"
    minutes, seconds = divmod(max(round(hit.start, 2), 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    time, person = f"{hours:02}h{minutes:02}m{seconds:05.2f}s", f"p{hit.person}"
    by_score = order == "score"
    parts = (score, label, video, person, time) if by_score else (video, time, person, label, score)
    return "_".join(parts) + ".mp4"


def write_clip(path: Path, hit: Hit, *, margin: float) -> None:
    """Write the part of a video that a hit is in, as H.264 in an MP4 without sound.

    Encoded anew: a copy could begin at a keyframe only, seconds before.

    Args:
        path: of the clip; the first frame is at 0 s, the others keep their distances.
        hit: where the part is.
        margin: s before and after it, as far as there are any.

    Raises:
        VideoError: the video is missing, or has no such part.
        OSError: the clip cannot be written.
    """
    about = probe(hit.video)
    frames = read_frames(hit.video, start=hit.start - margin, stop=hit.stop + margin)
    first = next(frames)  # there is one, or it raises
    height, width = first.image.shape[:2]
    with VideoWriter(
        path,
        width=width,
        height=height,
        fps=about.fps,
        pixel_aspect=about.pixel_aspect,
        comment=_part(hit, margin),
    ) as writer:
        for frame in chain([first], frames):
            writer.write(frame.image, frame.time - first.time)


def _part(hit: Hit, margin: float) -> str:
    """Which part of its video a clip was asked to show; kept in the clip."""
    return f"{OURS}{hit.start - margin:.3f} to {hit.stop + margin:.3f} s"


def _part_in(path: Path) -> str | None:
    """That of a clip which is there; None where we have not cut it."""
    try:
        with opened(path, threads=1) as (container, _):
            comment = container.metadata.get("comment", "")
    except VideoError:
        return None
    return comment if comment.startswith(OURS) else None


def _plain(name: str) -> str:
    """A name with nothing in it that a file's may not have."""
    letters = re.sub(r"[^\w.]+|_+", "-", name).strip("-.")[:LONGEST]
    return letters.encode()[:LONGEST_BYTES].decode(errors="ignore") or "video"

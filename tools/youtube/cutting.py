"""Parts of videos, cut to the very frame: encoded anew by ffmpeg, then compared with the video."""

from __future__ import annotations

import errno
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from tools.youtube.extra import ffmpeg_binary, installed
from tools.youtube.parts import NotSameError, Part, Span, check_same, span_of
from wildpose.atomic import writing
from wildpose.decoding import STAMPED_IN_DECODING_ORDER, VideoError, frame_rate, opened, time_span
from wildpose.video import probe

WAY = "libx264 veryfast crf 18, no sound, revision 1"
"""How clips are encoded, and the revision of this module: another way makes other clips."""
CONTAINERS_ERR_S = 0.1  # they round what they say of their length
TIMEOUT_S = 1800.0


class DamagedError(VideoError):
    """A video that has less in it than it says."""


@dataclass(frozen=True)
class Cut:
    """Which part of a video a clip is."""

    start: float
    """Seconds from the video's beginning: the time of the clip's first frame."""
    stop: float
    """Seconds: the end of its last frame."""
    frames: int


@dataclass(frozen=True)
class _Video:
    """What there is to know of a video before it is cut."""

    path: Path
    stream: int
    """Which of the file's is cut."""
    beginning: float
    """What its container calls the time at which players begin, s."""
    interval: float
    """Seconds from one frame to the next, on average."""
    duration: float | None
    """Seconds, as the container says."""
    stamped: bool
    """Whether frames have times of their own; else they are told by their numbers."""


def cut_exactly(video: Path, clip: Path, *, start: float, stop: float | None) -> Cut:
    """Make a clip of the frames of a video from `start` on and before `stop`.

    Frames keep their distances in time; the first is at 0. The clip is upright H.264 in an MP4
    without sound, and appears when it is whole and shows what it should.

    Args:
        video: the file.
        clip: the MP4 to make.
        start: seconds from the video's beginning, as players count.
        stop: seconds; None: the end of the video.

    Raises:
        VideoError: the video cannot be read, or has no such part, or ffmpeg fails. It is a
            DamagedError where the video has less in it than it says.
        MissingPackageError: ffmpeg is not there.
    """
    about = _about(video)
    if about.duration is not None and start >= about.duration + CONTAINERS_ERR_S:
        raise _past_end(start, stop, about.duration)
    asked = Span(about.beginning + start, None if stop is None else about.beginning + stop)
    try:
        part = _made(about, clip, asked, start, stop, by_number=not about.stamped)
    except NotSameError:
        if not about.stamped:
            raise
        # Some containers, MPEG-TS is one, lead ffmpeg elsewhere: slower, from the beginning.
        part = _made(about, clip, asked, start, stop, by_number=True)
    ends = part.times[-1] + about.interval if part.after is None else part.after
    return Cut(part.times[0] - about.beginning, ends - about.beginning, len(part.times))


def _made(
    about: _Video, clip: Path, asked: Span, start: float, stop: float | None, *, by_number: bool
) -> Part:
    """What a clip that was made shows."""
    part = span_of(about.path, asked, from_start=by_number)
    _check_end(part, about, start, stop)
    way = _by_number(part) if by_number else _by_time(about, part)
    with writing(clip) as temporary:
        _run(_command(about, temporary, way))
        check_same(temporary, part)
    return part


# Filters, options of the file that is read, and of the one that is written.
_Way = tuple[list[tuple[str, ...]], dict[str, Any], dict[str, Any]]


def _about(video: Path) -> _Video:
    probe(video)  # says in a line where nothing of it can be decoded
    with opened(video, threads=1) as (container, stream):
        return _Video(
            path=video,
            stream=stream.index,
            beginning=(container.start_time or 0) / av.time_base,
            interval=1 / frame_rate(stream),
            duration=time_span(container, stream)[1],
            stamped=container.format.name not in STAMPED_IN_DECODING_ORDER,
        )


def _check_end(part: Part, about: _Video, start: float, stop: float | None) -> None:
    """Complain of a part that the video ends before."""
    if not part.times and part.after is not None:
        raise VideoError(
            f"has no frame from {start:g} s to {stop or start:g} s: they are further apart there"
        )
    if part.after is not None:
        return
    near = max(about.interval, CONTAINERS_ERR_S)
    end = part.times[-1] + about.interval - about.beginning if part.times else start
    claimed = about.duration
    wanted = (claimed or end) if stop is None else stop
    if part.times and wanted <= end + near:
        return
    if claimed is not None and start < claimed - near and wanted <= claimed + near:
        raise DamagedError(
            f"is cut off or damaged: it has no pictures from {end:.2f} s on, of {claimed:.2f} s"
        )
    raise _past_end(start, stop, end if part.times else claimed)


def _past_end(start: float, stop: float | None, end: float | None) -> VideoError:
    until = "the end" if stop is None else f"{stop:g} s"
    known = "" if end is None else f", which is at {end:.2f} s"
    return VideoError(
        f"the range from {start:g} s to {until} lies past the end of the video{known}"
    )


def _command(about: _Video, clip: Path, way: _Way) -> list[str]:
    ffmpeg = installed("ffmpeg")
    where, seek, length = way
    file = ffmpeg.input(f"file:{about.path}", protocol_whitelist="file", **seek)
    pictures = file[str(about.stream)]
    for name, *values in where:
        pictures = pictures.filter(name, *values)
    job = (
        pictures.filter("setpts", "PTS-STARTPTS")
        .filter("pad", "ceil(iw/2)*2", "ceil(ih/2)*2")  # this form of H.264 wants even sides
        .output(
            f"file:{clip}",
            **length,
            format="mp4",
            vcodec="libx264",
            crf=18,
            preset="veryfast",
            pix_fmt="yuv420p",
            fps_mode="passthrough",
            enc_time_base="demux",
            # Without both of these some versions of ffmpeg leave the last frame no time.
            bf=0,
            use_editlist=0,
            movflags="+faststart",
            map_metadata=-1,
            fflags="+bitexact",
        )
        .global_args("-nostdin", "-hide_banner", "-loglevel", "error")
        .overwrite_output()
    )
    return job.compile(cmd=str(ffmpeg_binary()))


def _by_time(about: _Video, part: Part) -> _Way:
    """Cut between frames, so that it does not matter how ffmpeg rounds."""
    first, last = part.times[0], part.times[-1]
    seek, length = {}, {}
    begin = about.beginning if part.before is None else (part.before + first) / 2
    if begin > about.beginning:
        seek["ss"] = f"{begin - about.beginning:.6f}"
    if part.after is not None:
        length["t"] = f"{(last + part.after) / 2 - first:.6f}"  # from the first, which is at 0
    return [], seek, length


def _by_number(part: Part) -> _Way:
    last = part.first + len(part.times) - 1
    return [("select", f"between(n,{part.first},{last})")], {}, {}


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise VideoError(f"could not be cut: ffmpeg did not end in {TIMEOUT_S:.0f} s") from None
    if not done.returncode:
        return
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if any("No space left on device" in line for line in said):
        raise OSError(errno.ENOSPC, "No space left on device")
    last = said[-1] if said else f"ended with {done.returncode}"
    raise VideoError(f"could not be cut: ffmpeg: {last:.200}")

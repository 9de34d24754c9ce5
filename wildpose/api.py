"""`wildpose.run`, from a video to its people, and `wildpose.recognize`, what a skeleton does."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from wildpose.batch import FILES, result_of_one
from wildpose.devices import check_there
from wildpose.inputs import place_alone
from wildpose.labelling import windows_of
from wildpose.pipeline import Pipeline, Progress
from wildpose.recognition import (
    Recognizer,
    caution_of,
    check_can_read,
    load_recognizer,
    recognized,
    recognized_in_video,
)
from wildpose.results import Result, Settings, as_kept
from wildpose.types import Segment, SkeletonSequence
from wildpose.video import VideoError, prefetch, read_frames
from wildpose.windows import MAX_GAP_S, Windows

log = logging.getLogger(__name__)


def run(
    video: str | Path,
    *,
    out: str | Path | None = None,
    save: str | Iterable[str] = ("json", "npz", "video"),
    overwrite: bool = False,
    weights_dir: str | Path | None = None,
    offline: bool = False,
    threads: int | None = None,
    device: str = "auto",
    half: bool | None = None,
    trust_checkpoint: bool = False,
    progress: Progress | None = None,
    **settings: Any,
) -> Result:
    """People and skeletons of one video.

    Args:
        video: a video file.
        out: folder for the files of `save`, as `run_video --out`: they go to OUT/<stem>/, and a
            result that is there already is read instead of computed again, or labelled anew where
            the settings of labels alone differ. None writes nothing and reuses nothing.
        save: which files to write: json (always), npz, activitynet, mmpose,
            video.
        overwrite: compute again what is already there, poses too.
        weights_dir: folder with the networks' files, before the cache is looked at.
        offline: never download.
        threads: for each network; None for the machine's cores.
        device: where networks of OpenMMLab and recognizers of files run: auto, cpu or cuda[:N].
        half: whether networks of OpenMMLab compute in half precision; None: on a GPU.
        trust_checkpoint: read their checkpoints also where they could run code.
        progress: called with the frames done and their expected number.
        **settings: fields of `wildpose.Settings`, named and written as run_video's flags:
            `tiles="auto"`, `recognizer="none"`, `max_people=2`; `preset="fast"` fills in others.

    Raises:
        ValueError: no such setting, or one that is not allowed; a file that is no video
            (`VideoError`).
        WeightsError: a network's file is missing or damaged.
    """
    path = Path(video)
    kinds = [save] if isinstance(save, str) else list(save)
    unknown = [kind for kind in kinds if kind not in FILES]
    if unknown:
        raise ValueError(f"save takes {', '.join(FILES)}; got {', '.join(map(str, unknown))}")
    pipeline = Pipeline(
        Settings.of(settings),
        weights_dir=None if weights_dir is None else Path(weights_dir),
        offline=offline,
        threads=threads,
        device=device,
        half=half,
        trust_checkpoint=trust_checkpoint,
    )
    _warn(pipeline.caution)
    try:
        if out is None:
            return pipeline.run(path, progress=progress)
        place = Path(out) / place_alone(path)
        return result_of_one(
            path, place, pipeline, save=kinds, overwrite=overwrite, on_frame=progress
        )
    except VideoError as error:
        raise VideoError(f"{path}: {error}") from error


def recognize(
    sequence: SkeletonSequence,
    *,
    recognizer: str | Path | Recognizer = "default",
    video: str | Path | None = None,
    window: float | None = Settings.window,
    stride: float = Settings.stride,
    top_k: int = Settings.top_k,
    min_score: float | None = None,
    weights_dir: str | Path | None = None,
    device: str = "auto",
) -> tuple[Segment, ...]:
    """What the person of a skeleton sequence does, and when.

    Args:
        sequence: of any joint set, in metres, in any axes: it names them.
        recognizer: a name, the path of a file of tools/train.py, or a loaded one.
        video: the file that the skeleton is of, for a recognizer that looks at pictures; the
            sequence then has `joints_2d` in px of its upright pictures, and its times. Others do
            not read it.
        window: seconds that are looked at at once; None: those of the clips that the recognizer was
            trained on.
        stride: seconds from one window to the next.
        top_k: classes named for each segment.
        min_score: segments of a lower score are left out; None: as the recognizer was calibrated.
        weights_dir: folder with the networks' files, looked at first.
        device: where a recognizer of a file runs: auto, cpu or cuda[:N].

    Raises:
        ValueError: no such recognizer or device, one that cannot be shown this sequence, or a
            length or score that is not allowed; a file that is no video, or not the sequence's
            (`VideoError`).
        WeightsError: the file of a named recognizer is missing or damaged.
    """
    if isinstance(recognizer, str | Path):
        folder = None if weights_dir is None else Path(weights_dir)
        check_there(device, half=None)  # even if this recognizer does not use it
        name = str(recognizer)
        loaded = load_recognizer(name, weights_dir=folder, device=device)
    else:
        loaded, name = recognizer, type(recognizer).__name__
    check_can_read(loaded, sequence.joint_set, name=name)
    _warn(caution_of(loaded, name=name, min_score=min_score))
    settings = Settings(window=window, stride=stride, top_k=top_k, min_score=min_score)
    windows = windows_of(settings, loaded)
    sequence = as_kept(sequence)
    if not loaded.needs_rgb:
        return recognized(sequence, loaded, windows)
    if video is None or sequence.joints_2d is None:
        raise ValueError(
            f"recognizer {name!r} looks at pictures too: give recognize the file that the skeleton "
            "is of, video=PATH, and the sequence its joints_2d, px in that video"
        )
    return _recognized_in(Path(video), sequence, loaded, windows)


def _warn(line: str | None) -> None:
    """Tell the caller, if there is something to tell."""
    if line is not None:
        log.warning(line)


def _recognized_in(
    video: Path, sequence: SkeletonSequence, recognizer: Recognizer, windows: Windows
) -> tuple[Segment, ...]:
    """What the person does, and when, by a recognizer that looks at the video.

    Raises:
        VideoError: it cannot be read, or is not the sequence's.
    """
    start = float(sequence.times[0]) - MAX_GAP_S if len(sequence) else 0.0
    frames = read_frames(video, start=start if start > 0 else None)
    try:
        with closing(prefetch(frames)) as ahead:
            (found,) = recognized_in_video([sequence], recognizer, windows, ahead)
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from error
    return found

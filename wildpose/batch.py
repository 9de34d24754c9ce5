"""Many inputs, one after the other: what is still to do for each, and what became of it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.atomic import remove_leftovers
from wildpose.counting import number_of
from wildpose.decoding import check_readable
from wildpose.export.activitynet import detections, write_activitynet
from wildpose.export.mmpose_json import write_mmpose
from wildpose.export.result_json import NAME, Head, read_head, read_result, write_result
from wildpose.export.skeletons_npz import write_skeletons
from wildpose.hashing import sha256_of
from wildpose.inputs import OVERLAY, folders
from wildpose.overlay import write_overlay
from wildpose.pipeline import Pipeline, Progress
from wildpose.predictions import EXPORT, read_predictions
from wildpose.results import Result, Settings

FILES = {
    "json": NAME,
    "npz": "skeletons.npz",
    "activitynet": "activitynet.json",
    "mmpose": EXPORT,
    "video": OVERLAY,
}
"""What `--save` offers, and the file each makes."""
SHOW_LABELS = ("activitynet", "video")
"""Those that are made of labels too, beside result.json."""
POSES_KEPT = "poses kept from before"
"""Noted where only labels were computed."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one input."""

    path: Path
    """The input."""
    status: str
    """done, skipped or failed."""
    folder: Path | None = None
    """Where its results are."""
    frames: int = 0
    """Frames of the video."""
    people: int = 0
    """People found."""
    seconds: float = 0.0
    """Time from decoding to labels, or for labels alone where poses were kept; no overlay."""
    error: str | None = None
    """One line, where it failed."""
    note: str | None = None
    """One line worth knowing though it did not fail."""


def run_one(
    path: Path,
    place: Path,
    pipeline: Pipeline,
    *,
    save: Iterable[str],
    earlier: Path | None = None,
    overwrite: bool = False,
    on_frame: Progress | None = None,
    on_overlay: Progress | None = None,
) -> tuple[Outcome, Result | None]:
    """Results of one input, written where they are missing.

    Of a result whose settings differ in labels alone, the poses are kept and labelled anew; what
    shows other labels than before is written again, and removed where `save` does not name it.

    Args:
        path: the video.
        place: the folder for its results.
        pipeline: with its networks loaded.
        save: names of `FILES`; result.json is written always, as the record of the others.
        earlier: another folder where this video's result may be, from a run of it alone.
        overwrite: compute and write everything again.
        on_frame: told of every analysed frame.
        on_overlay: told of every drawn frame.

    Returns:
        What became of it, and the result unless it was skipped.

    Raises:
        VideoError, OSError, ValueError: with one line that says why it cannot be done.
    """
    wanted = ["json", *(kind for kind in FILES if kind in set(save) - {"json"})]
    check_readable(path)
    sha256 = sha256_of(path)
    folder, head = _folder_and_head(place, earlier, sha256)
    old = None if overwrite else head
    settings = pipeline.settings.for_video(path)
    same = old is not None and old.is_of(sha256, settings)
    if old is not None and same and not _missing(folder, wanted):
        return Outcome(path, "skipped", folder, old.video.frames, old.people), None
    started = time.perf_counter()
    kept, note = _kept(folder, old, sha256, settings)
    if kept is None:
        _check_outside(settings, folder)
        result = pipeline.run(path, sha256=sha256, progress=on_frame)
    elif same:
        result = kept
    else:
        result = pipeline.labelled(kept, path=path, sha256=sha256, progress=on_frame)
    seconds = time.perf_counter() - started
    sound = _write(folder, path, result, wanted, kept, on_overlay)
    outcome = Outcome(
        path,
        "done",
        folder,
        result.video.frames,
        len(result.people),
        seconds,
        note=_joined(note, sound, _corruption(result), _nobody(settings, result)),
    )
    return outcome, result


def result_of_one(path: Path, place: Path, pipeline: Pipeline, **options: Any) -> Result:
    """As `run_one`, but the result, which is read where it was there already."""
    outcome, result = run_one(path, place, pipeline, **options)
    if result is not None:
        return result
    assert outcome.folder is not None
    return read_result(outcome.folder / FILES["json"])


def _folder_and_head(place: Path, earlier: Path | None, sha256: str) -> tuple[Path, Head | None]:
    """As `own_folder`, of the first of two places where there is a result, or of `place`."""
    folder, head = own_folder(place, sha256)
    if head is None and earlier is not None:
        folder_then, head = own_folder(earlier, sha256)
        folder = folder_then if head is not None else folder
    return folder, head


def own_folder(place: Path, sha256: str) -> tuple[Path, Head | None]:
    """The folder for a video's results, and what its result.json says of them if there is one.

    A folder that holds the result of another video is left alone: the name gets a part of the
    hash, the same in every run.
    """
    for folder in (place, place.with_name(f"{place.name}-{sha256[:8]}")):
        file = folder / FILES["json"]
        if not file.exists():
            return folder, None
        head = read_head(file)
        if head is not None and head.video.sha256 == sha256:
            return folder, head
    return folder, None


def _missing(folder: Path, kinds: Iterable[str]) -> list[str]:
    """Kinds of `FILES` that are not in a folder."""
    return [kind for kind in kinds if not (folder / FILES[kind]).exists()]


def _kept(
    folder: Path, old: Head | None, sha256: str, settings: Settings
) -> tuple[Result | None, str | None]:
    """The result in a folder if it has the poses that a run would give, and what to note of it."""
    if old is None:
        return None, None
    if not old.has_poses_of(sha256, settings):
        return None, "replaces a result with other settings"
    try:
        kept = read_result(folder / FILES["json"])
    except ValueError:
        return None, "replaces a damaged result"
    return kept, None if old.is_of(sha256, settings) else POSES_KEPT


def _write(
    folder: Path,
    source: Path,
    result: Result,
    kinds: list[str],
    kept: Result | None,
    on_overlay: Progress | None,
) -> str | None:
    """Write what is not there yet; where result.json stands, the others belong to it.

    Args:
        folder: for the files.
        source: the video.
        result: of it.
        kinds: of `FILES`.
        kept: what result.json holds, if its poses are those of the result.
        on_overlay: told of every drawn frame.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        if kept is None:  # a new result: nothing of an older one may stand beside it
            for name in FILES.values():  # the record first
                (folder / name).unlink(missing_ok=True)
        elif kept is not result:
            _relabel(folder, kept, result)
        missing = _missing(folder, kinds)
        note = None
        if "npz" in missing:
            write_skeletons(folder / FILES["npz"], result)
        if "activitynet" in missing:
            write_activitynet(folder / FILES["activitynet"], [result])
        if "mmpose" in missing:
            write_mmpose(folder / FILES["mmpose"], result)
        if "video" in missing:
            note = write_overlay(folder / FILES["video"], source, result, progress=on_overlay)
        if "json" in missing:
            write_result(folder / FILES["json"], result)
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()  # only if it is empty
        raise OSError(f"cannot write to {folder}: {error.strerror or error}") from error
    return note


def _relabel(folder: Path, before: Result, result: Result) -> None:
    """Replace result.json by one with other labels, after the files that show the ones before.

    It never goes away in between, or a run that is killed would lose the poses.
    """
    if detections([before]) != detections([result]):
        for kind in SHOW_LABELS:
            (folder / FILES[kind]).unlink(missing_ok=True)
    write_result(folder / FILES["json"], result)


def _check_outside(settings: Settings, folder: Path) -> None:
    """Raise ValueError where poses lie among the files that a new result takes the place of."""
    given = None if settings.poses is None else os.path.realpath(settings.poses)
    if given in [os.path.realpath(folder / name) for name in FILES.values()]:
        raise ValueError(f"{folder} has the result that the poses are of: name another --out")


def _nobody(settings: Settings, result: Result) -> str | None:
    """That a file of poses has nobody, which may be another than was meant."""
    given = None if settings.poses is None else Path(settings.poses)
    if given is None or result.people or any(read_predictions(given).people):
        return None
    return f"nobody is in {given}"


def _corruption(result: Result) -> str | None:
    count = result.video.corrupt_frames
    were = "was" if count == 1 else "were"
    return f"{number_of(count, 'corrupt piece')} of the video {were} left out" if count else None


def _joined(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note) or None


def one_line(error: BaseException) -> str:
    """An error's message as a single line."""
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror}"
        return f"{what}: {error.filename}" if error.filename else what
    return " ".join(str(error).split()) or type(error).__name__


def run_batch(
    paths: Sequence[Path],
    out: Path,
    work: Callable[[Path, Path], Outcome],
    *,
    done: Callable[[Outcome], None],
) -> list[Outcome]:
    """Outcomes of all inputs; one that fails does not stop the others.

    Args:
        paths: the videos.
        out: the folder for all results.
        work: does one input, given its path and its folder.
        done: told of each outcome as it comes.
    """
    outcomes = []
    for path, place in folders(paths).items():
        try:
            outcome = work(path, out / place)
        except (ValueError, OSError, MemoryError) as error:
            log.debug("%s failed", path, exc_info=True)
            outcome = Outcome(path, "failed", error=one_line(error))
        except Exception as error:  # ours to mend, but the other inputs go on
            log.debug("%s failed", path, exc_info=True)
            what = f"{type(error).__name__}: {one_line(error)}"
            outcome = Outcome(path, "failed", error=f"internal error, --debug shows where: {what}")
        outcomes.append(outcome)
        done(outcome)
    return outcomes

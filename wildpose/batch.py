"""Many inputs, one after the other: what is still to do for each, and what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wildpose.atomic import remove_leftovers
from wildpose.decoding import check_readable
from wildpose.export.activitynet import write_activitynet
from wildpose.export.result_json import Head, read_head, read_result, write_result
from wildpose.export.skeletons_npz import write_skeletons
from wildpose.hashing import sha256_of
from wildpose.inputs import OVERLAY, folders
from wildpose.overlay import write_overlay
from wildpose.pipeline import Pipeline, Progress
from wildpose.results import Result

FILES = {
    "json": "result.json",
    "npz": "skeletons.npz",
    "activitynet": "activitynet.json",
    "video": OVERLAY,
}
"""What `--save` offers, and the file each makes."""
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
    """Time from decoding to skeletons, without the overlay."""
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
    folder, head = own_folder(place, sha256)
    if head is None and earlier is not None:
        folder_then, head = own_folder(earlier, sha256)
        folder = folder_then if head is not None else folder
    usable = head is not None and head.is_of(sha256, pipeline.settings) and not overwrite
    missing = [k for k in wanted if not (usable and (folder / FILES[k]).exists())]
    if head is not None and not missing:
        return Outcome(path, "skipped", folder, head.video.frames, head.people), None
    started = time.perf_counter()
    if usable:
        result = read_result(folder / FILES["json"])
    else:
        result = pipeline.run(path, sha256=sha256, progress=on_frame)
    seconds = time.perf_counter() - started
    replaced = "replaces a result with other settings" if head and not usable else None
    note = _write(folder, path, result, missing, on_overlay)
    outcome = Outcome(
        path,
        "done",
        folder,
        result.video.frames,
        len(result.people),
        seconds,
        note=_joined(None if overwrite else replaced, note, _corruption(result)),
    )
    return outcome, result


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


def _write(
    folder: Path, source: Path, result: Result, kinds: list[str], on_overlay: Progress | None
) -> str | None:
    """Write the files, result.json last: where it stands, the others belong to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        if "json" in kinds:  # a new result: nothing of an older one may stand beside it
            for name in FILES.values():  # the record first
                (folder / name).unlink(missing_ok=True)
        note = None
        if "npz" in kinds:
            write_skeletons(folder / FILES["npz"], result)
        if "activitynet" in kinds:
            write_activitynet(folder / FILES["activitynet"], [result])
        if "video" in kinds:
            note = write_overlay(folder / FILES["video"], source, result, progress=on_overlay)
        if "json" in kinds:
            write_result(folder / FILES["json"], result)
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()  # only if it is empty
        raise OSError(f"cannot write to {folder}: {error.strerror or error}") from error
    return note


def _corruption(result: Result) -> str | None:
    count = result.video.corrupt_frames
    return f"{count} corrupt pieces of the video were left out" if count else None


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

"""A row of the manifest, stage by stage: fetch, check, cut, find people, keep the one who is meant.

Each stage leaves a file and its part of the provenance, in this order, so that a run may be killed
at any moment. What is there and was made of the same is not made again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

from datasets.youtube_files import CLIPS, Entry
from tools.youtube.cutting import WAY, DamagedError, cut_exactly
from tools.youtube.extra import MissingPackageError, versions
from tools.youtube.fetching import Fetcher
from tools.youtube.manifest import Row
from tools.youtube.people import SHEETS, Find, Peopling
from tools.youtube.records import Outcome, Record, Stage, read_record, waiting, write_record
from wildpose.decoding import check_readable
from wildpose.hashing import sha256_of
from wildpose.results import Settings
from wildpose.video import VideoError, VideoInfo, probe
from wildpose.weights import WeightsError

log = logging.getLogger(__name__)


class RowError(ValueError):
    """Why there is no clip of a row, and in which stage that turned out."""

    def __init__(self, stage: Stage, reason: str):
        super().__init__(" ".join(reason.split()))
        self.stage: Stage = stage


@dataclass(frozen=True)
class Built:
    """A row that was built, or could not be."""

    outcome: Outcome
    entry: Entry | None = None
    """Its clip."""
    new: bool = False
    """Whether anything of it was made, and not only found."""


@dataclass(frozen=True)
class _Video:
    """A video that is here, ready to be cut."""

    path: Path
    about: dict[str, Any]
    """For the provenance."""


class Builder:
    """Makes the clips of rows in a folder."""

    def __init__(self, out: Path, fetcher: Fetcher, find: Find, settings: Settings):
        """Set up.

        Args:
            out: folder of the set.
            fetcher: of videos that are not files.
            find: everybody in a clip.
            settings: that `find` works with.
        """
        self._out, self._fetcher = out, fetcher
        self._peopling = Peopling(out, find, settings)

    def build(self, row: Row) -> Built:
        """What became of a row.

        Raises:
            OSError: nothing can be written.
            MissingPackageError, WeightsError: what all rows need is not there.
        """
        failed = replace(waiting(row), status="failed")
        before = read_record(self._out, row.name)
        try:
            record = self._clipped(row, before)
            with _failing("people"):
                record = self._peopling.peopled(row, self._clip_path(row), record)
        except RowError as error:
            return Built(replace(failed, stage=error.stage, reason=str(error)))
        except (OSError, MissingPackageError, WeightsError):
            raise
        except Exception as error:  # ours to mend, but the other rows go on
            log.debug("%s failed", row.name, exc_info=True)
            line = " ".join(f"internal error: {type(error).__name__}: {error}".split())
            return Built(replace(failed, reason=line))
        people = record["people"]
        told = replace(
            failed, people=people["found"], actor=people["kept"], sheet=f"{SHEETS}/{row.name}.jpg"
        )
        if people["kept"] is None:
            return Built(replace(told, stage="actor", reason=people["reason"]))
        return Built(replace(told, status="done"), _entry(row, record), record != before)

    def _clipped(self, row: Row, record: Record) -> Record:
        """The record of a row whose clip is there."""
        clip = self._clip_path(row)
        _move_from_other_label(clip)
        local = None if row.source.path is None else _file(row, record)
        if self._cut_before(row, record, clip, local):
            return record
        video = self._video(row) if local is None else local
        about = self._checked(row, video.path)
        with _failing("cut"):
            try:
                cut = cut_exactly(video.path, clip, start=row.start, stop=row.stop)
            except DamagedError as error:
                self._forget(row)
                raise RowError("check", str(error)) from None
        made = probe(clip)
        return write_record(
            self._out,
            row.name,
            {
                "source": {**video.about, "duration": about.duration_s},
                "cut": {"way": WAY, "asked": [row.start, row.stop], **asdict(cut)},
                "clip": {
                    "sha256": sha256_of(clip),
                    "width": made.width,
                    "height": made.height,
                    "made": _now(),
                },
                "versions": versions(),
            },
        )

    def _clip_path(self, row: Row) -> Path:
        return self._out / CLIPS / row.folder / f"{row.name}.mp4"

    @staticmethod
    def _cut_before(row: Row, record: Record, clip: Path, local: _Video | None) -> bool:
        cut, source = record.get("cut", {}), record.get("source", {})
        if cut.get("way") != WAY or cut.get("asked") != [row.start, row.stop]:
            return False
        if local is not None and source.get("sha256") != local.about["sha256"]:
            return False
        return clip.is_file() and sha256_of(clip) == record.get("clip", {}).get("sha256")

    def _video(self, row: Row) -> _Video:
        with _failing("fetch"):
            fetched = self._fetcher.fetched(row.source)
        return _Video(fetched.path, {"video": row.source.text, **fetched.record})

    def _checked(self, row: Row, video: Path) -> VideoInfo:
        try:
            return probe(video)
        except VideoError as error:
            self._forget(row)
            raise RowError("check", str(error)) from None

    def _forget(self, row: Row) -> None:
        if row.source.url is not None:
            self._fetcher.forget(row.source)


def _file(row: Row, record: Record) -> _Video:
    """A file that is used in place; hashed again only where it was changed."""
    path = cast("Path", row.source.path)
    with _failing("fetch"):
        check_readable(path)
    before = record.get("source", {})
    try:
        state = path.stat()
        stamp = {"bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
        sha256 = before["sha256"] if stamp.items() <= before.items() else sha256_of(path)
    except OSError as error:
        raise RowError("fetch", error.strerror or str(error)) from None
    return _Video(path, {"video": row.source.text, "sha256": sha256, **stamp})


def _move_from_other_label(clip: Path) -> None:
    """A clip whose label was changed is in the folder of its old label."""
    if clip.is_file():
        return
    for folder in clip.parent.parent.glob("*/"):
        elsewhere = folder / clip.name
        if elsewhere.is_file():
            clip.parent.mkdir(parents=True, exist_ok=True)
            elsewhere.replace(clip)
            with suppress(OSError):  # there are other clips in it
                folder.rmdir()
            return


def _entry(row: Row, record: Record) -> Entry:
    source, cut, clip = record["source"], record["cut"], record["clip"]
    return Entry(
        name=row.name,
        label=row.label,
        split=row.split,
        video=f"{row.folder}/{row.name}.mp4",
        source=row.source.text,
        key=row.source.key,
        url=row.source.url,
        start=cut["start"],
        stop=cut["stop"],
        source_duration=source["duration"],
        frames=cut["frames"],
        width=clip["width"],
        height=clip["height"],
        licence=row.licence,
        note=row.note,
    )


@contextmanager
def _failing(stage: Stage) -> Iterator[None]:
    """A block in which a ValueError, as those of videos are, is about the row."""
    try:
        yield
    except RowError:
        raise
    except ValueError as error:
        raise RowError(stage, str(error)) from None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")

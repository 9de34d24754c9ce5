"""Videos from YouTube and other addresses, fetched once by yt-dlp, with a record of each.

    FOLDER/KEY.webm         the video, without its sound where that lies apart
    FOLDER/KEY.json         where it came from, when, its SHA-256, and what fetched it
    FOLDER/archive.txt      the list that yt-dlp keeps, for other uses of it

Whether a video is there its record says, and not the list: yt-dlp names videos of unknown sites by
the ends of their addresses, which may be alike.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tools.youtube.extra import ffmpeg_binary, installed, versions
from tools.youtube.sources import Source
from wildpose.atomic import writing
from wildpose.hashing import sha256_of

ARCHIVE = "archive.txt"
LONGEST_PAUSE_S = 60.0
TIMEOUT_S = 30.0
# What yt-dlp adds to its messages for those who run it themselves.
CHATTER = re.compile(
    r"\x1b\[[0-9;]*m|^ERROR: |\(caused by .*"
    r"|[;.] (?:If you believe this is an error, )?please report this issue .*"
)
TOLD = ("id", "extractor", "title", "uploader", "upload_date", "license", "format", "duration")


class FetchError(ValueError):
    """A video cannot be fetched; one line says why."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@dataclass(frozen=True)
class Options:
    """How videos are fetched."""

    height: int = 720
    """Lines of the picture; of a video that has more, the best that has no more."""
    rate: int | None = 4 << 20
    """Bytes per second at most; None: no limit."""
    retries: int = 5
    pause_s: float = 2.0
    """Between videos; after each failed attempt it doubles."""
    cookies: Path | None = None
    """A file of cookies, as browsers export them; it is not changed."""
    browser: str | None = None
    """Name of a browser whose cookies are taken."""
    offline: bool = False
    """Never connect."""


@dataclass(frozen=True)
class Fetched:
    """A video that is here."""

    path: Path
    record: Mapping[str, Any]
    """As in its JSON file."""


class Fetcher:
    """Fetches into a folder what is not there yet."""

    def __init__(self, folder: Path, options: Options):
        """Set up; nothing is fetched, and no package is needed yet.

        Args:
            folder: of the videos and their records.
            options: how they are fetched.
        """
        self._folder, self._options = folder, options

    def fetched(self, source: Source) -> Fetched:
        """A video, from the folder, or from its address.

        Raises:
            FetchError: it cannot be fetched.
            MissingPackageError: yt-dlp is not installed.
        """
        there = self._there(source)
        if there is not None:
            return there
        if self._options.offline:
            raise FetchError("is not here yet, and --offline forbids to fetch it")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._remove_damaged(source)
        path, told = self._downloaded(source)
        return self._recorded(source, path, told)

    def forget(self, source: Source) -> None:
        """Remove a video that turned out damaged, so that the next run fetches it again."""
        there = self._there(source)
        self._record_path(source).unlink(missing_ok=True)
        if there is not None:
            there.path.unlink(missing_ok=True)

    def _record_path(self, source: Source) -> Path:
        return self._folder / f"{source.key}.json"

    def _there(self, source: Source) -> Fetched | None:
        recorded = self._known(source)
        return recorded if recorded is not None and _is_whole(recorded) else None

    def _known(self, source: Source) -> Fetched | None:
        """What a record tells of, whole or not."""
        try:
            record = json.loads(self._record_path(source).read_text(encoding="utf-8"))
            return Fetched(self._folder / Path(record["file"]).name, record)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # none, or damaged: fetched again, and what is left of it is taken up

    def _remove_damaged(self, source: Source) -> None:
        """A file that is not as its record says: yt-dlp would take it for whole."""
        recorded = self._known(source)
        if recorded is not None and not _is_whole(recorded):
            recorded.path.unlink(missing_ok=True)

    def _downloaded(self, source: Source) -> tuple[Path, Mapping[str, Any]]:
        yt_dlp = installed("yt_dlp")
        refused: list[str] = []
        try:
            with yt_dlp.YoutubeDL(self._settings(source, refused)) as downloader:
                info = downloader.extract_info(source.url, download=True)
        except (yt_dlp.utils.YoutubeDLError, ValueError, OSError) as error:
            raise FetchError(_reason(error)) from None
        entries = list((info or {}).get("entries") or [info])
        told = entries[0] if entries and entries[0] else {}
        files = [Path(one["filepath"]) for one in told.get("requested_downloads") or []]
        if refused or not files or not files[0].is_file():
            raise FetchError(refused[0] if refused else "yt-dlp found no video there")
        return files[0], told

    def _settings(self, source: Source, refused: list[str]) -> dict[str, Any]:
        """Of yt-dlp, whose names these are."""
        options = self._options
        pauses = dict.fromkeys(("http", "fragment", "extractor"), self._pause_after)
        settings: dict[str, Any] = {
            "outtmpl": {"default": f"{source.key}.%(ext)s"},
            "paths": {"home": str(self._folder)},
            "format": f"bv*[height<=?{options.height}]/b[height<=?{options.height}]/wv*/w",
            "format_sort": ["res", "fps", "vcodec:h264"],
            "download_archive": _Archive(self._folder / ARCHIVE),
            "match_filter": _refusal(refused),
            "playlist_items": "1:2",  # two are enough to see that there are several
            "noplaylist": True,
            "retries": options.retries,
            "fragment_retries": options.retries,
            "extractor_retries": min(options.retries, 3),
            "retry_sleep_functions": pauses,
            "socket_timeout": TIMEOUT_S,
            "ratelimit": options.rate,
            "ffmpeg_location": str(ffmpeg_binary()),
            "logger": _Silent(),
            "quiet": True,
            "noprogress": True,
            "updatetime": False,
            "cachedir": False,
        }
        if options.pause_s:
            settings |= {
                "sleep_interval": options.pause_s,
                "max_sleep_interval": 2 * options.pause_s,
            }
        if options.cookies is not None:
            settings["cookiefile"] = _Cookies(options.cookies)
        if options.browser is not None:
            settings["cookiesfrombrowser"] = (options.browser,)
        return settings

    def _pause_after(self, n: int) -> float:
        return min(self._options.pause_s * 2 ** min(n, 10), LONGEST_PAUSE_S)

    def _recorded(self, source: Source, path: Path, told: Mapping[str, Any]) -> Fetched:
        record = {
            "url": source.url,
            "file": path.name,
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
            "fetched": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            **{name: told.get(name) for name in TOLD if told.get(name) is not None},
            "versions": versions(),
        }
        with writing(self._record_path(source)) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return Fetched(path, record)


def _is_whole(fetched: Fetched) -> bool:
    try:
        return fetched.path.stat().st_size == fetched.record["bytes"]
    except (OSError, KeyError):
        return False


class _Archive(set[str]):
    """The list of what was fetched; it looks empty, so that nothing is passed by that is gone."""

    def __init__(self, path: Path):
        super().__init__()
        self._path = path

    def add(self, line: str, /) -> None:
        """Note a video, unless it is there already."""
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        if line not in lines:
            with writing(self._path) as temporary:
                temporary.write_text("\n".join([*lines, line]) + "\n", encoding="utf-8")


class _Cookies(io.StringIO):
    """A copy of a file of cookies, for yt-dlp writes to what it is given; called as the file is."""

    def __init__(self, path: Path):
        try:
            super().__init__(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise FetchError(f"{path} is no file of cookies: it is not UTF-8 text") from None
        self._path = path

    def __repr__(self) -> str:  # which yt-dlp has in its complaints
        return str(self._path)


class _Silent:
    """Messages of yt-dlp come as errors, and else not at all."""

    def debug(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...


def _refusal(refused: list[str]) -> Any:  # noqa: ANN401  # as yt-dlp calls it
    """What tells yt-dlp to leave a video: why goes to a list, since it passes it by in silence."""

    def refuse(info: Mapping[str, Any], *, incomplete: bool = False) -> str | None:
        del incomplete
        reason = None
        if (info.get("n_entries") or 0) > 1:
            reason = "is a list of several videos: give the address of one"
        elif info.get("is_live") or info.get("live_status") in ("is_live", "is_upcoming"):
            reason = "is live: try again when it is over"
        if reason is not None:
            refused.append(reason)
        return reason

    return refuse


def _reason(error: BaseException) -> str:
    """What is wrong, without what yt-dlp says to those who run it themselves."""
    text = " ".join(str(error).split())
    # Colours first: they stand before the rest.
    return CHATTER.sub("", CHATTER.sub("", text)).strip(" :;")[:400] or type(error).__name__

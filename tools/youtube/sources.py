"""Where a row's video is: on YouTube, at another address, or in a file below an allowed folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from wildpose.inputs import SUFFIXES

YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
YOUTUBE_HOSTS = {
    "youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be",
    "www.youtube-nocookie.com",
}  # fmt: skip
IN_PATH = ("shorts", "embed", "live", "v")  # youtube.com/shorts/ID
NAME_LENGTH = 40  # of what a name keeps of a file's own


@dataclass(frozen=True)
class Source:
    """A video that rows are cut out of."""

    text: str
    """As the manifest has it."""
    key: str
    """What files made of it are called; the same for all addresses of one YouTube video."""
    url: str | None = None
    """Where it is fetched; None for a file."""
    path: Path | None = None
    """The file that is used in place; None for what is fetched."""


def source_of(text: str, folders: Sequence[Path]) -> Source:
    """The video that a manifest names.

    Args:
        text: a YouTube id, an address, or the path of a file.
        folders: in which files may lie, the manifest's first; relative paths are looked up in
            them in turn.

    Raises:
        ValueError: it is none of these, or a file outside of all folders; one line.
    """
    if "://" in text:
        return _at_address(text)
    if YOUTUBE_ID.fullmatch(text):
        return _on_youtube(text, text)
    if "/" in text or "\\" in text or Path(text).suffix.lower() in SUFFIXES:
        return _in_file(text, folders)
    raise ValueError(
        f"{text!r} is neither a YouTube id (11 letters, digits, - and _), nor an address "
        "(https://...), nor a file such as clips/a.mp4"
    )


def slug(text: str, *, length: int = NAME_LENGTH) -> str:
    """A text as a part of a file's name, on any disk: letters of any script, digits, - and _."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:length] or "_"


def _on_youtube(text: str, id: str) -> Source:
    return Source(text, id, url=f"https://www.youtube.com/watch?v={id}")


def _at_address(text: str) -> Source:
    try:
        address = urlsplit(text)
        host = (address.hostname or "").lower()
    except ValueError:
        address, host = None, ""
    if address is None or address.scheme.lower() not in ("http", "https") or not host:
        raise ValueError(f"{text!r} is no address that videos are fetched from: https://...")
    if address.username is not None:
        raise ValueError(f"at {host} names a user, and would be kept as it is: use --cookies")
    if any(mark.isspace() for mark in text):
        raise ValueError(f"{text!r} has spaces in its address: write %20 for each")
    if host in YOUTUBE_HOSTS:
        return _on_youtube(text, _youtube_id(text))
    name = slug(PurePosixPath(unquote(address.path)).stem or host)
    return Source(text, f"{name}-{_short_hash(text)}", url=text)


def _youtube_id(text: str) -> str:
    address = urlsplit(text)
    parts = [part for part in address.path.split("/") if part]
    named = parse_qs(address.query).get("v", [])
    if not named and parts and address.hostname == "youtu.be":
        named = parts[:1]
    if not named and len(parts) > 1 and parts[0] in IN_PATH:
        named = parts[1:2]
    if not named or not YOUTUBE_ID.fullmatch(named[0]):
        raise ValueError(
            f"{text!r} names no video of YouTube: a channel or a playlist? Give the address "
            "of one video, https://www.youtube.com/watch?v=..."
        )
    return named[0]


def _in_file(text: str, folders: Sequence[Path]) -> Source:
    """A file below one of the folders; links are followed first, so that none leads out of them."""
    given = Path(text.replace("\\", "/"))
    allowed = [folder.resolve() for folder in folders]
    try:
        places = [(folder / given).resolve() for folder in folders]
    except (OSError, ValueError, RuntimeError):  # a null byte, links in a circle
        raise ValueError(f"{text!r} is no path of a file") from None
    inside = [path for path in places if any(path.is_relative_to(folder) for folder in allowed)]
    if not inside:
        raise ValueError(
            f"{text!r} is outside of {' and '.join(map(str, allowed))}: give --media FOLDER for "
            "the folder that it is in"
        )
    path = next((path for path in inside if path.exists()), inside[0])
    name = f"{slug(given.stem)}-{_short_hash(given.as_posix())}"
    return Source(text, name, path=path)


def _short_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]

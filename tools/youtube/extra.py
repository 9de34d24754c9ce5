"""What the YouTube set needs besides wildpose itself, and the line that says what is missing."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

# Module -> package.
PACKAGES = {
    "yt_dlp": "yt-dlp",
    "ffmpeg": "ffmpeg-python",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "yaml": "pyyaml",
}
INSTALL = "pip install -c constraints.txt -e '.[youtube]'"


class MissingPackageError(RuntimeError):
    """A package is not installed; one line says how to."""


def installed(module: str) -> ModuleType:
    """A module of a package of the extra `youtube`.

    Raises:
        MissingPackageError: the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise MissingPackageError(
            f"the package {PACKAGES[module]} is not installed: {INSTALL}"
        ) from None


def ffmpeg_binary() -> Path:
    """The program ffmpeg that comes with imageio-ffmpeg, or that the user names to it.

    Raises:
        MissingPackageError: there is none.
    """
    try:
        return Path(installed("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError as error:
        if isinstance(error, MissingPackageError):
            raise
        line = " ".join(str(error).split())
        raise MissingPackageError(
            f"imageio-ffmpeg has no ffmpeg for this machine: {line}"
        ) from None


def check_packages(*, fetching: bool) -> None:
    """Complain of what is missing before anything is done.

    Args:
        fetching: whether videos are fetched too.

    Raises:
        MissingPackageError: a package is not installed.
    """
    installed("ffmpeg")
    ffmpeg_binary()
    if fetching:
        installed("yt_dlp")


def versions() -> dict[str, str]:
    """Versions of what fetches and cuts, as far as it is installed."""
    found = dict[str, str]()
    for package in ("yt-dlp", "ffmpeg-python", "imageio-ffmpeg"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    if "imageio-ffmpeg" in found:
        found["ffmpeg"] = _ffmpeg_version(ffmpeg_binary())
    return found


@cache
def _ffmpeg_version(_binary: Path) -> str:
    """It says so itself, in a process of its own: asked once."""
    return str(installed("imageio_ffmpeg").get_ffmpeg_version())

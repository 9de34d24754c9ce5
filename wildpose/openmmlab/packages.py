"""Whether OpenMMLab's packages are there, at versions that work; they are imported here alone."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from wildpose.torchvision_import import make_importable
from wildpose.weights import WeightsError

Kind = Literal["mmdet", "mmpose"]
SCRIPT = "tools/install_openmmlab.sh"
# From the first on, below the second. mmdet refuses mmcv from 2.2 on; older ones do not know
# torch 2, or have no configs inside.
RANGES = {
    "mmengine": ("0.8", "1.0"),
    "mmcv": ("2.0", "2.2"),
    "mmdet": ("3.1", "3.4"),
    "mmpose": ("1.2", "1.4"),
}
# RTMPose's backbone is mmdet's.
NEEDED: dict[Kind, tuple[str, ...]] = {
    "mmdet": ("mmengine", "mmcv", "mmdet"),
    "mmpose": ("mmengine", "mmcv", "mmdet", "mmpose"),
}
LITE = {"mmengine": "mmengine-lite"}  # the same module under another name


class PackagesError(WeightsError):
    """OpenMMLab's packages are absent, or cannot work; one line says which and what to do."""


def check_packages(kind: Kind) -> None:
    """Raise PackagesError where a package that a kind of backend needs is absent or too old or new.

    Nothing is imported.
    """
    for name in NEEDED[kind]:
        found = installed_version(name)
        low, high = RANGES[name]
        if found is None:
            raise PackagesError(f"{kind} needs {name}, which is not installed here: {_remedy()}")
        if not _numbers(low) <= _numbers(found) < _numbers(high):
            raise PackagesError(
                f"{name} {found} cannot work here: it must be {low} or later, below {high}. "
                f"{_remedy()}"
            )
    if not has_operations():
        raise PackagesError(f"mmcv here is without its compiled operations: {_remedy()}")


def installed_version(name: str) -> str | None:
    """The version of a package, read from its metadata; None where it is not installed."""
    with suppress(PackageNotFoundError):
        return version(name)
    return installed_version(LITE[name]) if name in LITE else None


def has_operations() -> bool:
    """Whether mmcv is whole: mmcv-lite and failed builds lack the module mmcv._ext."""
    return any(package_folder("mmcv").glob("_ext.*"))


def package_folder(name: str) -> Path:
    """Where a package lies, found without importing it.

    Raises:
        PackagesError: it is not installed.
    """
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise PackagesError(f"{name} is not installed here: {_remedy()}")
    return Path(next(iter(spec.submodule_search_locations)))


def imported(kind: Kind) -> ModuleType:
    """The package of a kind, imported after a look at all that it needs.

    Raises:
        PackagesError: one is absent, at a version that cannot work, or does not import.
    """
    check_packages(kind)
    with quiet():
        try:
            make_importable()  # torchvision, which mmpose imports
            import_module("mmcv.ops")
            return import_module(kind)
        except Exception as error:  # whatever a compiled package of another torch may raise
            raise PackagesError(
                f"{kind} is installed here and cannot be imported: {first_line(error)}. {_remedy()}"
            ) from error


def first_line(error: Exception) -> str:
    """The first line of what an error says; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def part(name: str) -> Any:  # noqa: ANN401 - nothing is known of it where it is not installed
    """A module of a package that `imported` has looked at, such as mmdet.registry."""
    with quiet():
        return import_module(name)


@contextmanager
def quiet() -> Iterator[None]:
    """A block whose warnings tell only of the packages' age, and whose log only what they do."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.INFO))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _remedy() -> str:
    return f"{SCRIPT} in wildpose's checkout installs versions that work together"


def _numbers(text: str) -> tuple[int, ...]:
    """A version's leading numbers, three of them: 2.1.0rc1 is (2, 1, 0)."""
    found = [int(n) for n in re.findall(r"\d+", text)[:3]]
    return tuple(found + [0] * (3 - len(found)))

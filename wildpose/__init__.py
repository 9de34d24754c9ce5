"""Any video to 3D skeletons and action labels, per person and per moment.

    import wildpose
    result = wildpose.run("clip.mp4")
    result.people[0].skeleton.joints  # (T, 13, 3) m

Importing it loads no network and no video library: names are looked up when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wildpose.api import recognize as recognize
    from wildpose.api import run as run
    from wildpose.results import Person as Person
    from wildpose.results import Result as Result
    from wildpose.results import Settings as Settings
    from wildpose.types import Segment as Segment
    from wildpose.types import SkeletonSequence as SkeletonSequence

__version__ = "0.1.0"

_PLACES = {
    "recognize": "wildpose.api",
    "run": "wildpose.api",
    "Person": "wildpose.results",
    "Result": "wildpose.results",
    "Settings": "wildpose.results",
    "Segment": "wildpose.types",
    "SkeletonSequence": "wildpose.types",
}

__all__ = ["Person", "Result", "Segment", "Settings", "SkeletonSequence", "recognize", "run"]


def __dir__() -> list[str]:
    """The public names, whether used already or not."""
    return sorted({*globals(), *_PLACES})


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"wildpose has no {name!r}: it has {', '.join(_PLACES)}")
    return getattr(import_module(_PLACES[name]), name)

"""People tracked in a video, kept in a file: detector and landmarks run once for all lifters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.atomic import writing
from wildpose.hashing import sha256_of
from wildpose.pipeline import Pipeline
from wildpose.results import REVISION
from wildpose.types import Array, Frame, Track
from wildpose.video import OnCorrupt


class MirroredPipeline(Pipeline):
    """A pipeline that sees every frame in a mirror, for videos that are mirrored themselves."""

    def _frames(self, path: Path, on_corrupt: OnCorrupt | None = None) -> Iterator[Frame]:
        for frame in super()._frames(path, on_corrupt):
            yield replace(frame, image=np.ascontiguousarray(frame.image[:, ::-1]))


def main_person(
    path: Path, pipeline: Callable[[], Pipeline], *, kept: Path, maker: str = "blazepose"
) -> tuple[Track | None, Array]:
    """The person of a video who is seen in most frames, and the video's clock.

    Args:
        path: the video.
        pipeline: makes what tracks; called only where nothing is kept.
        kept: folder of the tracks, found again by the content of the video and by `maker`.
        maker: name of the pipeline.

    Returns:
        None where nobody was found; (F,) s.
    """
    file = kept / f"{sha256_of(path)[:24]}_{maker}_{REVISION}.npz"
    if not file.exists():
        tracking = pipeline().track(path)
        longest = max(tracking.tracks, key=len, default=None)
        save(file, longest, tracking.clock)
    return load(file)


def save(path: Path, track: Track | None, clock: Array) -> None:
    """Write a track, field by field, and a clock; what is None is left out."""
    arrays: dict[str, Any] = {"clock": clock}
    if track is not None:
        values = {field.name: getattr(track, field.name) for field in fields(Track)}
        arrays |= {f"track_{name}": value for name, value in values.items() if value is not None}
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load(path: Path) -> tuple[Track | None, Array]:
    """What `save` wrote."""
    with np.load(path) as file:
        values = {k.removeprefix("track_"): file[k] for k in file.files if k != "clock"}
        clock = file["clock"]
    if not values:
        return None, clock
    plain = {name: array.item() for name, array in values.items() if array.ndim == 0}
    if "picture" in values:
        plain["picture"] = tuple(values["picture"].tolist())
    return Track(**{**values, **plain}), clock

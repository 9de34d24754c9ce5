"""activitynet.json: action segments in the form in which ActivityNet's evaluation takes them.

One entry per segment under the name of the video: label, score, segment in seconds; and `track_id`,
which person it was, which the evaluation passes by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wildpose.atomic import writing
from wildpose.results import Result

VERSION = "VERSION 1.3"


def detections(results: Iterable[Result]) -> dict[str, Any]:
    """The tree of one file for any number of videos.

    Args:
        results: of videos with different names; the name is that of the file, without its suffix.

    Raises:
        ValueError: two videos have one name.
    """
    videos: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        name = Path(result.video.path).stem
        if name in videos:
            raise ValueError(f"two videos are called {name}: ActivityNet knows them by name alone")
        videos[name] = [
            {
                "label": segment.label,
                "score": segment.score,
                "segment": [segment.start, segment.stop],
                "track_id": person.id,
            }
            for person in result.people
            for segment in person.actions
        ]
    return {"version": VERSION, "results": videos, "external_data": {}}


def write_activitynet(path: Path, results: Iterable[Result]) -> None:
    """Write the segments of any number of videos into one file.

    Raises:
        ValueError: two videos have one name.
    """
    tree = detections(results)
    with writing(path) as temporary:
        temporary.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")

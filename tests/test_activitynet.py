"""activitynet.json: segments as ActivityNet's evaluation takes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.made_results import TWO
from wildpose.export.activitynet import detections, write_activitynet


def test_every_segment_of_every_person_is_a_detection(tmp_path: Path) -> None:
    path = tmp_path / "activitynet.json"
    write_activitynet(path, [TWO])
    tree = json.loads(path.read_text())
    assert tree == {
        "version": "VERSION 1.3",
        "results": {
            "walk": [{"label": "wave", "score": 0.75, "segment": [0.1, 1.5], "track_id": 1}]
        },
        "external_data": {},
    }


def test_a_video_in_which_nothing_is_done_has_an_empty_list() -> None:
    still = replace(TWO, people=())
    assert detections([still])["results"] == {"walk": []}


def test_several_videos_are_told_apart_by_their_names() -> None:
    other = replace(TWO, video=replace(TWO.video, path="archive/sit.mkv"))
    assert list(detections([TWO, other])["results"]) == ["walk", "sit"]
    twin = replace(TWO, video=replace(TWO.video, path="archive/walk.mkv"))
    with pytest.raises(ValueError, match="two videos are called walk"):
        detections([TWO, twin])

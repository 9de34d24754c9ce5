"""result.json: what is broken is refused in one line that names the file and the place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.made_results import tree_of, written
from wildpose.export.result_json import read_result


@pytest.mark.parametrize(
    "content", [b"", b'{"format": "wildpose/1"', b"\xff\xfe\x00", b"people: []"]
)
def test_a_file_that_is_not_json_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: not JSON \(.+\)$"):
        read_result(path)


Change = Callable[[dict[str, Any]], None]


def at(tree: dict[str, Any], place: tuple[str | int, ...]) -> dict[str | int, object]:
    """What stands at a place of a parsed file."""
    node: Any = tree
    for step in place:
        node = node[step]
    return node


def put(*place: str | int, value: object) -> Change:
    """Makes a place of the file hold another value."""

    def change(tree: dict[str, Any]) -> None:
        at(tree, place[:-1])[place[-1]] = value

    return change


def drop(*place: str | int) -> Change:
    """Takes a place of the file away."""

    def change(tree: dict[str, Any]) -> None:
        del at(tree, place[:-1])[place[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (drop("people"), r"\$", "'people' is a required property"),
        (drop("video", "sha256"), r"\$\.video", "'sha256' is a required property"),
        (drop("people", 1, "root"), r"\$\.people\[1\]", "'root' is a required property"),
        (put("people", value={}), r"\$\.people", "{} is not of type 'array'"),
        (put("video", "width", value="1"), r"\$\.video\.width", "'1' is not of type 'integer'"),
        (put("video", "rotation", value=45), r"\$\.video\.rotation", "45 is not one of"),
        (put("format", value="wildpose/2"), r"\$\.format", "'wildpose/1' was expected"),
        (put("people", 0, "id", value=0), r"\$\.people\[0\]\.id", "0 is less than the minimum"),
        (
            put("people", 0, "boxes", 2, value=[1, 2, 3]),
            r"\$\.people\[0\]\.boxes\[2\]",
            "[1, 2, 3] is too short",
        ),
        (
            put("people", 0, "scores", 0, 5, value=1.5),
            r"\$\.people\[0\]\.scores\[0\]\[5\]",
            "1.5 is greater than the maximum",
        ),
        (
            put("people", 0, "joints_3d", 1, 2, 0, value=None),
            r"\$\.people\[0\]\.joints_3d\[1\]\[2\]\[0\]",
            "None is not of type 'number'",
        ),
        (put("comment", value="mine"), r"\$", "'comment' was unexpected"),
        (put("people", 0, "name", value="Ann"), r"\$\.people\[0\]", "'name' was unexpected"),
        (
            put("people", 0, "actions", 0, "label", value=3),
            r"\$\.people\[0\]\.actions\[0\]\.label",
            "3 is not of type 'string'",
        ),
    ],
)
def test_a_broken_file_gives_one_line_with_its_name_and_the_place(
    tmp_path: Path, change: Change, place: str, what: str
) -> None:
    path = written(tmp_path / "result.json")
    tree = tree_of(path)
    change(tree)
    path.write_text(json.dumps(tree), encoding="utf-8")
    start = rf"^{re.escape(str(path))}: not a wildpose/1 result: {place}: "
    with pytest.raises(ValueError, match=start) as caught:
        read_result(path)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        put("people", 0, "boxes", value=[[0, 0, 1, 1]]),
        put("people", 0, "observed", value=[True]),
        put("people", 0, "times", value=[0.1, 0.1, 0.2]),
        put("people", 0, "frames", value=[5, 1, 0]),
        put("joint_set", "name", value="lcr14"),
        put("joint_set", "name", value="coco17"),
    ],
)
def test_fields_that_contradict_each_other_give_one_line_with_the_file(
    tmp_path: Path, change: Change
) -> None:
    path = written(tmp_path / "result.json")
    tree = tree_of(path)
    change(tree)
    path.write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: not a wildpose/1 result: "):
        read_result(path)

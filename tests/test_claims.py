"""Whoever tests on clips that a network may have learned from is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recognizers.training.experiment import Data
from tools.experiments.claims import CLAIM, caution_of


def learned_from(work: Path, **data: str) -> Path:
    (work / CLAIM).write_text(json.dumps({"data": data}))
    return work / "recognizer.safetensors"


@pytest.mark.parametrize(
    ("trained", "tested", "told"),
    [
        (("ntu60", "xsub"), ("ntu60", "xsub"), False),
        (("ntu60", "xsub"), ("ntu60", "xview"), True),
        (("ntu60", "xsub"), ("ntu120", "xsub"), True),  # it has the smaller one's clips,
        (("ntu120", "xset"), ("ntu60", "xview"), True),  # divided otherwise
        (("ntu60", "xsub"), ("synthetic_ntu", "xsub"), False),
    ],
)
def test_sets_that_share_clips_are_one_where_protocols_differ(
    tmp_path: Path, trained: tuple[str, str], tested: tuple[str, str], *, told: bool
) -> None:
    path = learned_from(tmp_path, name=trained[0], protocol=trained[1])
    line = caution_of(path, Data(*tested))
    assert (line is not None) == told
    if line is not None:
        assert f"{trained[1]} of {trained[0]}" in line and f"{tested[1]} of {tested[0]}" in line


def test_where_nothing_tells_there_is_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    assert caution_of(path, Data("ntu60", "xsub")) is None
    (tmp_path / CLAIM).write_text("{")
    assert caution_of(path, Data("ntu60", "xsub")) is None

"""Backends by name: loaded when asked for, and unknown names answered."""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from pathlib import Path

import pytest

from wildpose.detection import DETECTORS
from wildpose.lifting import LIFTERS
from wildpose.pose import POSE_ESTIMATORS
from wildpose.registry import load, made

HERE = "tests.test_registry"
OWN = {"one": f"{HERE}:One", "many": f"{HERE}:Many"}


class One:
    """A backend that is one network."""

    def __init__(self, *, threads: int | None = None):
        self.threads = threads


class Many:
    """A backend that stands for many."""

    def __init__(self, network: str, *, device: str = "cpu"):
        self.network, self.device = network, device


TABLE = {"ordered": "collections:OrderedDict", "blazepose": "nowhere.at_all:Thing"}


def test_a_name_gives_what_stands_at_its_place() -> None:
    assert load("mapping", "ordered", TABLE) is OrderedDict


def test_other_entries_need_not_be_installed() -> None:
    load("mapping", "ordered", TABLE)
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        load("mapping", "blazepose", TABLE)


def test_a_module_is_imported_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backend_made_for_this_test.py").write_text("class Backend: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    table = {**TABLE, "made": "backend_made_for_this_test:Backend"}
    load("mapping", "ordered", table)
    assert "backend_made_for_this_test" not in sys.modules
    try:
        assert load("mapping", "made", table).__name__ == "Backend"
    finally:
        sys.modules.pop("backend_made_for_this_test", None)


def test_an_unknown_name_is_answered_with_those_there_are_and_the_nearest() -> None:
    message = (
        r"^unknown detector 'blazepoze': there are ordered, blazepose\. "
        r"Did you mean 'blazepose'\?$"
    )
    with pytest.raises(ValueError, match=message):
        load("detector", "blazepoze", TABLE)


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    with pytest.raises(ValueError, match=r"^unknown lifter 'xyz': there are ordered, blazepose\.$"):
        load("lifter", "xyz", TABLE)


def test_a_backend_is_given_the_options_that_it_takes() -> None:
    assert made("detector", "one", OWN, threads=3, device="cuda").threads == 3
    many = made("detector", "many:rtmdet-m@a:b.pth", OWN, threads=3, device="cuda")
    assert (many.network, many.device) == ("rtmdet-m@a:b.pth", "cuda")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("many", "detector 'many' stands for many networks: name one, many:NETWORK"),
        ("many:", "name one, many:NETWORK"),
        ("one:rtmdet-m", "detector 'one' is one network: 'one:rtmdet-m' is none"),
        ("mani:x", "unknown detector 'mani': there are one, many. Did you mean 'many'?"),
    ],
)
def test_a_network_is_named_where_there_is_a_choice(name: str, line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        made("detector", name, OWN)


@pytest.mark.parametrize(
    ("table", "method"), [(DETECTORS, "detect"), (POSE_ESTIMATORS, "estimate"), (LIFTERS, "lift")]
)
def test_every_backend_of_the_package_can_be_loaded_and_keeps_its_protocol(
    table: dict[str, str], method: str
) -> None:
    assert table
    for name in table:
        assert callable(getattr(load("backend", name, table), method))

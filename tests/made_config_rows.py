"""Rows of configs, for tests: configs themselves, and their variants where all are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from recognizers.training.experiment import read_config

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
Row = tuple[str, str | None]
"""A path below configs, and a variant; None: the config itself."""


def rows_of(families: Iterable[str]) -> list[Row]:
    """Of all configs of some families, in their order."""
    found: list[Row] = []
    for family in families:
        for path in sorted((CONFIGS / family).glob(f"{family}_*.py")):
            variants = read_config(path).get("variants", {})
            found += [(str(path.relative_to(CONFIGS)), name) for name in (None, *variants)]
    return found


def each_of(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """A test takes a config by `name` and `variant`."""
    return pytest.mark.parametrize(
        ("name", "variant"),
        [pytest.param(*row, marks=() if row[1] is None else pytest.mark.each_row) for row in rows],
        ids=lambda part: str(part or "itself"),
    )

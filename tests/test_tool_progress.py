"""How far a tool is, in lines where no terminal shows a bar."""

from __future__ import annotations

import sys

import pytest

from tools import progress
from tools.progress import shown, tell


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that pass when a test says so; a log stands for the terminal."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    return now


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_log_gets_a_line_each_half_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in shown(range(10), total=10, unit="clip"):
        clock[0] += 11
    assert said(capsys) == [
        "3 of 10 clips, 01:17 left",
        "6 of 10 clips, 00:44 left",
        "9 of 10 clips, 00:11 left",
    ]


def test_what_is_there_counts_and_time_goes_by_what_is_made(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in shown([2, 3, 1], total=26, there=20, unit="clip", size=int):
        clock[0] += 40
    assert said(capsys) == [
        "22 of 26 clips, 01:20 left",
        "25 of 26 clips, 00:13 left",
    ]


def test_what_was_made_before_and_goes_by_at_once_hastens_nothing(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for one in shown(range(1000), total=1000, unit="clip"):
        clock[0] += 0 if one < 900 else 10
        if one == 907:
            break
    first, second = said(capsys)
    assert first.startswith("903 of 1000 clips")
    assert second == "906 of 1000 clips, 15:40 left"


def test_what_is_soon_done_is_not_told(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in shown("ab", total=2, unit="clip"):
        clock[0] += 14
    assert list(shown([], total=4, there=4, unit="clip")) == []
    assert said(capsys) == []


def test_a_terminal_gets_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(shown("abc", total=5, there=2, unit="clip")) == ["a", "b", "c"]
    tell("left out: a clip")
    assert "5/5" in (shown_ := capsys.readouterr().err) and "100%" in shown_
    assert shown_.endswith("left out: a clip\n")

"""Presets fill in what is not said, on the command line and in Python."""

from __future__ import annotations

import argparse

import pytest

from wildpose.detection import DETECTORS
from wildpose.lifting import LIFTERS
from wildpose.pose import POSE_ESTIMATORS
from wildpose.presets import PRESETS
from wildpose.results import Settings
from wildpose.run_cli import add_run_options
from wildpose.settings_cli import asked


def typed(*flags: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    return asked(parser.parse_args(["clip.mp4", *flags]))[0]


def test_without_a_preset_the_settings_are_those_they_were() -> None:
    assert typed() == Settings()


def test_a_preset_fills_in_what_is_not_typed() -> None:
    settings = typed("--preset", "accurate", "--pose", "blazepose", "--top-k", "2")
    assert settings == Settings(detector="mmdet:rtmdet-m", pose="blazepose", top_k=2)


def test_what_is_typed_stands_even_where_it_is_the_default() -> None:
    assert typed("--preset", "fast", "--tiles", "auto") == Settings(tiles=None)
    assert typed("--preset", "fast") == Settings(tiles=1)


def test_python_and_the_command_line_agree() -> None:
    for preset in PRESETS:
        assert Settings.of({"preset": preset, "tiles": 2}) == typed(
            "--preset", preset, "--tiles", "2"
        )


def test_an_unknown_preset_is_answered() -> None:
    with pytest.raises(ValueError, match="unknown preset 'best': there are fast, accurate"):
        Settings.of({"preset": "best"})


def test_help_tells_what_each_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        typed("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "accurate: --detector mmdet:rtmdet-m --pose mmpose:rtmpose-l" in text


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_backends_that_there_are(preset: str) -> None:
    for kind, table in (("detector", DETECTORS), ("pose", POSE_ESTIMATORS), ("lifter", LIFTERS)):
        assert PRESETS[preset].get(kind, "blazepose").partition(":")[0] in {*table, "blazepose"}

"""A wrong option is told in one line, by every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.cli import main
from wildpose.exit_codes import USAGE
from wildpose.usage import Parser, python_here

CHECKOUT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "wildpose: the following arguments are required: COMMAND"),
        (["run"], "wildpose run: the following arguments are required: INPUT"),
        (["run", "clip.mp4", "--fps", "many"], "wildpose run: argument --fps: invalid float value"),
        (["run", "clip.mp4", "--colour", "red"], "wildpose: unrecognized arguments: --colour red"),
        (["label"], "wildpose label: the following arguments are required: "),
        (["find", "fall"], "wildpose find: the following arguments are required: --in"),
        (["dance"], "wildpose: argument COMMAND: invalid choice: 'dance' (choose from "),
    ],
)
def test_a_wrong_option_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(says) and said.err.count("\n") == 1
    assert said.err.endswith("; --help tells all options\n")


def test_help_still_tells_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    assert "usage: wildpose run" in capsys.readouterr().out


def test_no_command_has_a_parser_of_another_kind() -> None:
    own = {
        path.relative_to(CHECKOUT).as_posix()
        for room in ("wildpose", "tools")
        for path in (CHECKOUT / room).rglob("*.py")
        if "ArgumentParser(" in path.read_text(encoding="utf-8")
    }
    # That one runs in an environment without wildpose.
    assert own == {"tools/benchmarks/mediapipe_worker.py"}
    assert Parser().add_subparsers().add_parser("one").__class__ is Parser


def test_commands_name_the_python_that_says_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert python_here() == ".venv/bin/python"
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    assert python_here() == "python"

"""--cfg-options: what is typed for a value, and one line for what is none."""

from __future__ import annotations

from typing import Any

import pytest

from tools.experiments.options import add_config_changes, words_of
from wildpose.usage import Parser


def typed(*changes: str) -> dict[str, Any]:
    parser = Parser()
    add_config_changes(parser)
    return parser.parse_args(["--cfg-options", *changes]).cfg_options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10), ("-3", -3), ("1e-3", 0.001), ("0.5", 0.5), ("True", True), ("false", False),
        ("None", None), ("sgd", "sgd"), ("", ""), ("4,4,4", [4, 4, 4]), ("[4, 4]", [4, 4]),
        ("(4, 4)", (4, 4)), ("[(1, 2), [0.5]]", [(1, 2), [0.5]]), ("['a', 'b']", ["a", "b"]),
        ("/my files/a, b.pt", "/my files/a, b.pt"), ("{runs}/a=b.pt", "{runs}/a=b.pt"),
        ("a,4", "a,4"),
    ],
)  # fmt: skip
def test_values_are_read_and_paths_stay_as_they_are(text: str, value: object) -> None:
    found = typed(f"network.part={text}")["network.part"]
    assert found == value and type(found) is type(value)
    again = typed(*words_of({"network.part": found})[1:])
    assert again == {"network.part": found}


def test_several_are_taken_and_the_last_of_a_name_counts() -> None:
    assert typed("a.b=1", "c=x", "a.b=2") == {"a.b": 2, "c": "x"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("schedule.epochs", "expected key=value"),
        ("=3", "expected key=value"),
        ("augmentation.turn=[1,2", "expected a list, as in 'key=[1, 2]'"),
        ("augmentation.turn=(1", "expected a list"),
        ("network.kinds=[a, b]", "expected a list"),
        ("network.kinds=[__import__('os')]", "expected a list"),
    ],
)
def test_what_is_none_is_one_line(
    change: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        typed(change)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert wrong in line and change in line

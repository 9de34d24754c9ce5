"""Which names of a recognizer are right for the classes of clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.everyday_actions import ACTIONS
from datasets.ntu_protocols import CLASS_NAMES as NTU_NAMES
from datasets.youtube import TEN
from tools.wild.classes import (
    IN_EVERYDAY_WORDS,
    TableError,
    check_labels,
    check_table,
    not_known,
    read_table,
    right_names,
)
from wildpose.windows import BACKGROUND

EVERYDAY = tuple(ACTIONS)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("walk", ("walk",)),
        ("Sit_Down", ("sit down",)),
        ("pickup", ("pick up",)),
        ("swing-bat-or-racket", ("swing bat or racket",)),
        ("standing up (from sitting position)", ("stand up",)),  # NTU RGB+D
        ("A6", ("pick up",)),
        ("A11", ()),  # reading
        ("A999", ()),
        ("jogging", ()),
        (BACKGROUND, ()),  # nothing is right to say of it
    ],
)
def test_names_of_the_same_letters_are_right(label: str, expected: tuple[str, ...]) -> None:
    assert right_names([label], EVERYDAY, {}) == {label: expected}


def test_actions_of_ntu_keep_their_own_words_where_a_recognizer_has_them() -> None:
    found = right_names(["A8", "sitting down"], NTU_NAMES[:60], {})
    assert found == {"A8": ("sitting down",), "sitting down": ("sitting down",)}


def test_everyday_words_are_of_both_lists() -> None:
    assert set(IN_EVERYDAY_WORDS) <= set(NTU_NAMES)
    assert set(IN_EVERYDAY_WORDS.values()) <= set(EVERYDAY) - {BACKGROUND}
    assert sum(bool(names) for names in right_names(TEN, EVERYDAY, {}).values()) == 6


def test_a_table_says_otherwise_and_others_keep_their_names(tmp_path: Path) -> None:
    text = "# mine\nclip,recognizer\njogging,run\njogging,walk\nwave,\njump up,kick\n"
    table = read_table(written(tmp_path / "classes.csv", text))
    assert table == {"jogging": ("run", "walk"), "wave": (), "jump up": ("kick",)}
    found = right_names(["jogging", "wave", "jump up", "clap"], EVERYDAY, table)
    assert found == {
        "clap": ("clap",),
        "jogging": ("run", "walk"),
        "jump up": ("kick",),
        "wave": (),
    }


def test_yaml_says_the_same_as_csv(tmp_path: Path) -> None:
    text = "jogging: [run, walk]\nwave: null\njump up: kick\n"
    table = read_table(written(tmp_path / "classes.yaml", text))
    assert table == {"jogging": ("run", "walk"), "wave": (), "jump up": ("kick",)}


def test_a_name_that_is_given_twice_is_one_name() -> None:
    assert right_names(["jog"], EVERYDAY, {"jog": ("run", "run")}) == {"jog": ("run",)}


def test_names_of_another_recognizer_are_passed_over() -> None:
    table = {"jogging": ("run", "running on the spot")}
    check_table(table, [*EVERYDAY, *NTU_NAMES])
    assert right_names(["jogging"], EVERYDAY, table) == {"jogging": ("run",)}


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.csv", "clip,recogniser\nwalk,walk\n", "unknown column 'recogniser'"),
        ("a.csv", "clip,recognizer\n,walk\n", "row 2: clip is empty"),
        ("a.csv", "clip,recognizer\n", "says nothing of any class"),
        ("a.yaml", "- walk\n", "expected a line for each class"),
        ("a.yaml", "no: walk\n", "False: 'walk' is no text: put it in quotes"),
        ("a.yaml", "walk: [1]\n", "put it in quotes"),
        ("a.yaml", "{", "cannot be read as YAML"),
        ("a.yaml", "!!python/object/apply:os.system [true]", "cannot be read as YAML"),
    ],
)
def test_mistakes_in_tables_are_told(tmp_path: Path, name: str, text: str, line: str) -> None:
    path = written(tmp_path / name, text)
    with pytest.raises(TableError) as error:
        read_table(path)
    lines = str(error.value).splitlines()
    assert line in lines[0]
    assert all(each.startswith(f"{path}: ") for each in lines)


def test_classes_that_a_recognizer_has_no_name_for_are_told_unless_the_table_says_so() -> None:
    table = {"yoga": (), "jogging": ("running on the spot",)}
    answers = right_names(["wavve", "walk", "yoga", "jogging", "xyz"], EVERYDAY, table)
    told = "'jogging', 'wavve' (did you mean 'wave'?), 'xyz'"
    assert not_known(answers, EVERYDAY, table) == told
    assert not_known(right_names(["walk", "yoga"], EVERYDAY, table), EVERYDAY, table) is None


def test_classes_that_no_clip_is_of_are_told_each() -> None:
    check_labels({"walk": ("walk",)}, ["walk", "walk", "run"])
    with pytest.raises(TableError) as error:
        check_labels({"wlak": ("walk",), "Run": (), "yoga": ()}, ["walk", "run"])
    assert str(error.value).splitlines() == [
        "--classes: no clip is of the class 'wlak'. Did you mean 'walk'?",
        "--classes: no clip is of the class 'Run'. Did you mean 'run'?",
        "--classes: no clip is of the class 'yoga'. There are run, walk.",
    ]


def test_names_that_no_recognizer_has_are_told_each() -> None:
    with pytest.raises(TableError) as error:
        check_table({"jogging": ("runn",), "idle": (BACKGROUND,)}, EVERYDAY)
    first, second = str(error.value).splitlines()
    assert first == "--classes: no recognizer has the class 'runn'. Did you mean 'run'?"
    assert second.startswith("--classes: no recognizer has the class 'background'")

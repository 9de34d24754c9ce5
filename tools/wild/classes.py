"""What a recognizer calls the classes of clips: by name, or as a table says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from datasets.ntu_protocols import CLASS_NAMES as NTU_NAMES
from tools.youtube.extra import installed
from tools.youtube.manifest import NTU_ACTION
from tools.youtube.tables import YAML, Table
from wildpose.windows import BACKGROUND

Answers = dict[str, tuple[str, ...]]
"""Class of clips -> names that are right for it, none where it is not known."""
COLUMNS = ("clip", "recognizer")
# Actions of NTU RGB+D, in the words that the recognizer which comes with wildpose has for them.
IN_EVERYDAY_WORDS = {
    "pickup": "pick up",
    "sitting down": "sit down",
    "standing up (from sitting position)": "stand up",
    "clapping": "clap",
    "wear jacket": "put on or take off clothes",
    "take off jacket": "put on or take off clothes",
    "hand waving": "wave",
    "kicking something": "kick",
    "jump up": "jump",
    "nod head/bow": "bow",
    "punching/slapping other person": "punch",
    "kicking other person": "kick",
    "walking towards each other": "walk",
    "walking apart from each other": "walk",
    "tennis bat swing": "swing bat or racket",
    "squat down": "squat",
    "running on the spot": "run",
    "side kick": "kick",
}


class TableError(ValueError):
    """A table of classes that cannot be used: a line for each mistake."""


def read_table(path: Path) -> Answers:
    """What a table says of classes of clips.

    Args:
        path: a .csv file with the columns clip and recognizer, a class of which several names are
            right in several rows, one that is in no recognizer's list with an empty cell; or a
            .yaml file, `class: name`, `class: [name, name]` or `class: null`.

    Raises:
        FileNotFoundError: there is no such file.
        TableError: it cannot be used.
        MissingPackageError: it is YAML, which cannot be read here.
    """
    answers, mistakes = _yaml(path) if path.suffix.lower() in YAML else _csv(path)
    if not answers and not mistakes:
        mistakes.append("says nothing of any class: clip,recognizer and a row for each class")
    if mistakes:
        raise TableError("\n".join(f"{path}: {line}" for line in mistakes))
    return answers


def check_table(table: Answers, known: Sequence[str]) -> None:
    """Complain of names that no recognizer has.

    Args:
        table: as `read_table` has it.
        known: class names of all recognizers.

    Raises:
        TableError: a line for each.
    """
    named = dict.fromkeys(name for names in table.values() for name in names)
    wrong = [name for name in named if name not in known or name == BACKGROUND]
    if wrong:
        raise TableError("\n".join(f"--classes: {_unknown(name, known)}" for name in wrong))


def check_labels(table: Answers, labels: Iterable[str]) -> None:
    """Complain of classes that no clip is of.

    Args:
        table: as `read_table` has it.
        labels: classes that there are clips of.

    Raises:
        TableError: a line for each.
    """
    there = sorted(set(labels))
    wrong = [label for label in table if label not in there]
    if wrong:
        raise TableError(
            "\n".join(
                f"--classes: no clip is of the class {label!r}. {_hint(label, there)}"
                for label in wrong
            )
        )


def not_known(answers: Answers, class_names: Sequence[str], table: Answers) -> str | None:
    """Which classes of clips a recognizer has no name for, though nobody said so; None if none.

    Args:
        answers: as `right_names` gives them.
        class_names: of the recognizer.
        table: what is said of some classes.
    """
    own = [name for name in class_names if name != BACKGROUND]
    told = []
    for label, names in answers.items():
        if not names and table.get(label) != ():
            near = get_close_matches(label, own, n=1)
            told.append(f"{label!r}{f' (did you mean {near[0]!r}?)' if near else ''}")
    return ", ".join(told) or None


def right_names(labels: Iterable[str], class_names: Sequence[str], table: Answers) -> Answers:
    """What is right for each class of clips.

    A class that is not in the table has the name that is the same but for case, spaces and signs;
    or, where it is an action of NTU RGB+D (also as A6), what everyday words call that.

    Args:
        labels: classes that there are clips of.
        class_names: of a recognizer; the background is never right.
        table: what is said of some of them.
    """
    own = [name for name in class_names if name != BACKGROUND]
    return {label: _right(label, own, table) for label in sorted(set(labels))}


def _right(label: str, own: Sequence[str], table: Answers) -> tuple[str, ...]:
    if label in table:
        return tuple(dict.fromkeys(name for name in table[label] if name in own))
    action = NTU_ACTION.fullmatch(label)
    if action is not None and 1 <= int(action[1]) <= len(NTU_NAMES):
        label = NTU_NAMES[int(action[1]) - 1]
    for wanted in (label, IN_EVERYDAY_WORDS.get(label, label)):
        found = tuple(name for name in own if _plain(name) == _plain(wanted))
        if found:
            return found
    return ()


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _csv(path: Path) -> tuple[Answers, list[str]]:
    read = Table(COLUMNS, COLUMNS, ())
    read.read(path)
    answers: Answers = {}
    mistakes = list(read.mistakes)
    for number, cells in read.rows:
        label, name = cells.get("clip", ""), cells.get("recognizer", "")
        if not label:
            mistakes.append(f"row {number}: clip is empty")
            continue
        answers[label] = answers.get(label, ()) + ((name,) if name else ())
    return answers, mistakes


def _yaml(path: Path) -> tuple[Answers, list[str]]:
    yaml = installed("yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, [f"cannot be read as YAML: {' '.join(str(error).split())}"]
    if not isinstance(content, Mapping):
        return {}, ["expected a line for each class of clips: class: name of the recognizer's"]
    answers: Answers = {}
    mistakes = []
    for label, names in content.items():
        several = names if isinstance(names, list) else [] if names is None else [names]
        if isinstance(label, str) and all(isinstance(name, str) for name in several):
            answers[label] = tuple(several)
        else:
            mistakes.append(f"{label!r:.40}: {names!r:.40} is no text: put it in quotes")
    return answers, mistakes


def _unknown(name: str, known: Sequence[str]) -> str:
    return f"no recognizer has the class {name!r}. {_hint(name, known)}"


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."

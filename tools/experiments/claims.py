"""What a folder of a training is of: experiment.json in it, so that no other goes on there.

What came out of a training is a report and a recognizer beside it: if they are there, they are of
what experiment.json says.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recognizers.training.checkpoints import last_checkpoint
from recognizers.training.experiment import Data, Experiment
from wildpose.atomic import writing

CLAIM, REPORT, RECOGNIZER = "experiment.json", "report.json", "recognizer.safetensors"
# Fields that earlier versions did not know, and that change nothing unless they are given.
LATER = (("pictures", "hand_features"), ("pictures", "crops"), ("augmentation", "colours"))

ONE_SET = {"ntu120": "ntu60"}  # the larger one has the smaller one's clips


def terms_of(experiment: Experiment, seed: int) -> dict[str, Any]:
    """What a training is of, as JSON can hold it."""
    terms = json.loads(json.dumps({**asdict(experiment), "seed": seed}))
    for part, name in LATER:
        if terms[part] and not terms[part][name]:
            del terms[part][name]
    return terms


def write_claim(work: Path, terms: dict[str, Any]) -> None:
    """Say in a folder what is trained there, and remove what came out of it before."""
    for name in (REPORT, RECOGNIZER):  # first: what is left if this is interrupted must be true
        (work / name).unlink(missing_ok=True)
    with writing(work / CLAIM) as temporary:
        temporary.write_text(json.dumps(terms, indent=1) + "\n", encoding="utf-8")


def read_claim(work: Path) -> dict[str, Any] | None:
    """What a folder says that it is of; None where it says nothing.

    Raises:
        ValueError: the file is damaged.
    """
    path = work / CLAIM
    return read_object(path) if path.exists() else None


def claimed(path: Path) -> dict[str, Any]:
    """What the folder of a checkpoint says that it is of; empty where nobody can tell.

    Args:
        path: of the checkpoint, perhaps one from elsewhere.
    """
    try:
        return read_claim(path.parent) or {}
    except ValueError:
        return {}


def data_claimed(path: Path) -> Data | None:
    """Which clips a file learned from, as the claim in its folder says; None where nothing tells.

    Args:
        path: of a checkpoint or a recognizer.
    """
    try:
        return Data(**claimed(path)["data"])
    except (ValueError, KeyError, TypeError):
        return None


def caution_of(path: Path, data: Data) -> str | None:
    """A line where a file may have learned from clips that a protocol tests; None: no sign of it.

    Args:
        path: of a checkpoint or a recognizer, beside which a claim may lie.
        data: what is tested.
    """
    there = data_claimed(path)
    if there is None or not share_clips(there, data):
        return None
    if (there.name, there.protocol) == (data.name, data.protocol):
        return None
    return (
        f"{path} learned from clips of {there.protocol} of {there.name}, some of which may be "
        f"among those that {data.protocol} of {data.name} tests: then its figures are too good"
    )


def share_clips(one: Data, other: Data) -> bool:
    """Whether two sets have clips in common."""
    return ONE_SET.get(one.name, one.name) == ONE_SET.get(other.name, other.name)


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object that a training has written.

    Raises:
        ValueError: the file is missing or damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(_damaged(path, str(error))) from error
    if not isinstance(found, dict):
        raise ValueError(_damaged(path, "no JSON object"))
    return found


def check_may_train(work: Path, terms: dict[str, Any]) -> None:
    """See that a folder is free, or of the same training, to which epochs may have been added.

    Raises:
        ValueError: it is of another one, or damaged, or of more epochs.
    """
    kept, epochs = read_claim(work), terms["schedule"]["epochs"]
    if kept is not None:
        schedule = kept.get("schedule")
        if isinstance(schedule, dict) and may_go_on(terms["schedule"]):
            kept["schedule"] = {**schedule, "epochs": epochs}
        _check_same(work, terms, kept)
    done = epochs_done(work)
    if epochs < done:
        raise ValueError(
            f"{work} was trained for {done} epochs, more than schedule.epochs={epochs}: name "
            "another folder with --work, or remove it"
        )


def is_trained(work: Path, experiment: Experiment, seed: int) -> bool:
    """Whether a folder has all that comes out of a training."""
    if not all((work / name).is_file() for name in (REPORT, RECOGNIZER)):
        return False
    try:
        check_was_trained(work, experiment, seed)
    except ValueError:
        return False
    return True


def epochs_done(work: Path) -> int:
    """After how many epochs a folder's training goes on."""
    last = last_checkpoint(work)
    return 0 if last is None else int(last.stem.rpartition("_")[2])  # epoch_3.pth


def check_was_trained(work: Path, experiment: Experiment, seed: int) -> None:
    """See that a folder's report is of a training that is asked for.

    Bone lengths that a training measures on its data are left out, and so are published figures.

    Raises:
        ValueError: it is of another training, or does not say of which.
    """
    terms, kept = terms_of(experiment, seed), read_object(work / CLAIM)
    how, before = experiment.preparation, kept.get("preparation")
    if how.axes == "body" and how.resize and isinstance(before, dict):  # see Preparation.fitted
        terms["preparation"]["lengths"] = before.get("lengths")
    _check_same(work, terms, kept)


def may_go_on(schedule: dict[str, Any]) -> bool:
    """Whether epochs may be added: not where the rate falls towards the end that was planned."""
    planned = [rule for rule in schedule["param_scheduler"] if "end" not in rule]
    return all(rule["type"].startswith("ReduceOnPlateau") for rule in planned)


def _check_same(work: Path, terms: dict[str, Any], kept: dict[str, Any]) -> None:
    """See that what was trained is what is asked for, whatever the paper reports."""
    other = [name for name in terms if terms[name] != kept.get(name) and name != "published"]
    if not other:
        return
    if other == ["schedule"] and _lacks_epochs_alone(kept.get("schedule"), terms["schedule"]):
        raise ValueError(
            f"{work} was to be trained for {kept['schedule'].get('epochs')} epochs, towards whose "
            "end its rate falls, so no others can be added: name another folder with --work, and "
            "begin there with --cfg-options network.initial=…/recognizer.safetensors, or anew"
        )
    raise ValueError(
        f"{work} is of another training, of another {' and '.join(other)}: name another folder "
        "with --work, or remove it"
    )


def _lacks_epochs_alone(kept: Any, asked: dict[str, Any]) -> bool:  # noqa: ANN401
    """Whether a schedule is asked for that is another in its epochs alone, and cannot get more."""
    if not isinstance(kept, dict) or may_go_on(asked):
        return False
    return {**kept, "epochs": asked["epochs"]} == asked


def _damaged(path: Path, why: str) -> str:
    return f"{path} is damaged ({why}): remove {path.parent}, or name another folder with --work"

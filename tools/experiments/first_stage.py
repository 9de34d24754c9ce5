"""Networks that begin with what another training left: is it there, and of the same skeletons?"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recognizers.networks import BEGINNINGS, begun
from recognizers.stored_weights import RECOGNIZER
from recognizers.training.experiment import Data, Experiment, read_config, read_experiment
from tools.experiments.claims import claimed, data_claimed, share_clips
from tools.experiments.missing import MissingError, Step
from tools.experiments.options import part_at, words_of
from wildpose.tensor_files import read_tensors
from wildpose.usage import python_here

# In what the skeletons that a beginning learned from must be like these, for no shape of a weight
# tells. `initial` may be of another joint set.
SHOWN = ("sampling.derivatives",)
POSES = (
    "preparation.joint_set", "preparation.people", "preparation.axes", "preparation.origin", *SHOWN,
)  # fmt: skip
COMPARED = {"pose_network": POSES, "pose_backbone.pretrained": POSES, "initial": SHOWN}
LATER = {"sampling.derivatives": False}  # which files of earlier versions lack, and how it was
CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def network_begun(
    experiment: Experiment, *, config: Path, work: Path, seed: int,
    data: Path | None = None, changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A network's config with the files that it begins with found, which are fit for it.

    Args:
        experiment: what is to be trained.
        config: path of the config, whose other rows may be first stages.
        work: folder of the training.
        seed: of the training.
        data: folder of the data sets, for the command that trains a first stage.
        changes: over the config's, which a first stage of the same config is trained with too.

    Raises:
        MissingError: a first stage is not there, which a config trains.
        FileNotFoundError: a file is not there, and nothing tells how to make it.
        ValueError: it read other skeletons, or learned from clips that are tested here.
    """
    found = begun(experiment.network, runs=work.parent, name=config.stem, seed=seed)
    missing = []
    for name, file in _files(found):
        path = Path(file)
        if path.is_file():
            _check_skeletons(name, path, experiment)
            _check_split(name, path, experiment.data)
        else:
            missing.append(_step_to(path, experiment, config, seed, data, changes or {}))
    if missing:
        raise MissingError(*missing)
    return found


def _files(network: dict[str, Any], *, within: str = "") -> list[tuple[str, str]]:
    """(name, path) of the files that a network begins with; of parts, with the part's name."""
    found = []
    for name, value in network.items():
        if isinstance(value, dict):
            found += _files(value, within=f"{within}{name}.")
        elif name in BEGINNINGS and isinstance(value, str):
            found.append((f"{within}{name}", value))
    return found


def _step_to(
    path: Path, experiment: Experiment, config: Path, seed: int, data: Path | None,
    changes: Mapping[str, Any],
) -> Step:  # fmt: skip
    """A file that is not there, and the row of a config that makes it.

    Raises:
        FileNotFoundError: no row does.
    """
    what = f"no {path}, with which the network begins"
    row = _row_of(path.parent.name, config, seed)
    if row is None:
        hint = "give the path of a recognizer.safetensors that tools/train.py wrote"
        raise FileNotFoundError(f"{what}: {hint}")
    of, variant = row
    words = [python_here(), "tools/train.py", str(of)]
    words += [] if variant is None else ["--variant", variant]
    words += ["--data", "DATA" if data is None else str(data)]
    words += ["--seed", str(seed), "--work", str(path.parent)]
    if of == config:
        first = read_experiment(of, variant=variant)
        words += words_of(_taken(changes, by=first, of=experiment))
    return Step(what, shlex.join(words))


def _taken(changes: Mapping[str, Any], *, by: Experiment, of: Experiment) -> dict[str, Any]:
    """Those changes of an experiment that a row takes too, which is its first stage.

    One without pictures takes none of how they are shown, another kind of network none of this
    one's arguments, and none what this one begins with.
    """
    row = asdict(by)
    return {
        name: value
        for name, value in changes.items()
        if part_at(row, name.split(".")[:-1]) is not None
        and name.split(".")[-1] not in BEGINNINGS
        and (name.split(".")[0] != "network" or by.network["type"] == of.network["type"])
    }


def _row_of(folder: str, config: Path, seed: int) -> tuple[Path, str | None] | None:
    """The config, and the row of it, that trains in a folder of this name; None: no known one.

    Args:
        folder: as `tools/train.py` names them, CONFIG[_VARIANT]_seedN.
        config: which is looked at first, then those beside it, then those of this checkout.
        seed: N.
    """
    row = folder.removesuffix(f"_seed{seed}")
    if row == folder:
        return None
    beside = sorted(config.parent.glob("*.py")) + sorted(CONFIGS.glob("*/*.py"))
    for one in dict.fromkeys([config, *beside]):
        variant = row.removeprefix(f"{one.stem}_")
        if row == one.stem and one != config:
            return one, None
        if variant != row and variant in read_config(one).get("variants", {}):
            return one, variant
    return None


def _check_skeletons(name: str, path: Path, experiment: Experiment) -> None:
    """See that a file learned from skeletons like these, as far as it or its folder tells."""
    if name not in COMPARED:  # it reads no skeletons, and may be no file of ours
        return
    if other := _other_skeletons(path, experiment, COMPARED[name]):
        raise ValueError(f"network.{name}: {path} {other}: train both stages alike")


def check_checkpoint_skeletons(path: Path, experiment: Experiment) -> None:
    """See that a checkpoint learned from skeletons like those it is to be shown.

    Raises:
        ValueError: the claim in its folder says that they were others, which no weight may tell.
    """
    if other := _other_skeletons(path, experiment, POSES):
        raise ValueError(f"{path} {other}: give the options that it was trained with")


def _other_skeletons(path: Path, experiment: Experiment, keys: Sequence[str]) -> str | None:
    """In what a file learned from other skeletons; None where they are alike, or nothing tells."""
    there, here = _settings(_terms(path)), _settings(asdict(experiment))
    there = {**LATER, **there} if there else here
    other = [key for key in keys if there.get(key) != here[key]]
    if not other:
        return None
    return (
        f"learned from skeletons of other {' and '.join(other)}: "
        f"{', '.join(str(there.get(key)) for key in other)} there, "
        f"{', '.join(str(here[key]) for key in other)} here"
    )


def _terms(path: Path) -> dict[str, Any]:
    """What a recognizer says of its training, and the folder of a checkpoint, if it does."""
    if path.suffix != ".safetensors":
        return claimed(path)
    said, _ = read_tensors(path, kind=RECOGNIZER, what="wildpose recognizer")
    return {part: json.loads(said[part]) for part in ("preparation", "sampling") if part in said}


def _settings(terms: dict[str, Any]) -> dict[str, Any]:
    """Those of how clips are prepared and sampled, by their names in a config."""
    parts = {part: terms.get(part) for part in ("preparation", "sampling")}
    return {
        f"{part}.{name}": value
        for part, values in parts.items()
        if isinstance(values, dict)
        for name, value in values.items()
    }


def _check_split(name: str, path: Path, data: Data) -> None:
    """See that a training of the same data set learned from none of the clips that are tested."""
    there = data_claimed(path)
    if there is None or not share_clips(there, data):  # a file from elsewhere says nothing
        return
    if (there.name, there.protocol) != (data.name, data.protocol):
        raise ValueError(
            f"network.{name}: {path} learned from {there.protocol} of {there.name}, whose training "
            f"clips may be tested in {data.protocol} of {data.name}: train both stages under one "
            "protocol"
        )
    for key in ("share", "train_on_val"):
        if getattr(there, key) != getattr(data, key):
            raise ValueError(
                f"network.{name}: {path} learned with data.{key}={getattr(there, key)}, here it is "
                f"{getattr(data, key)}: train both stages with the same clips"
            )

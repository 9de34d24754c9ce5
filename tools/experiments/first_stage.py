"""Networks that begin with what another training left: is it there, and of the same skeletons?"""

from __future__ import annotations

import json
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import Any

from recognizers.inputs.preparation import Preparation
from recognizers.networks import BEGINNINGS, begun
from recognizers.sta.network import PoseConditionedAttention
from recognizers.stored_weights import RECOGNIZER
from recognizers.training.experiment import Data, Experiment, read_config
from tools.experiments.claims import read_claim
from wildpose.tensor_files import read_tensors

# Beginnings that must have learned from skeletons like these; others may be of another joint set.
READ_POSES = ("pose_network", "pose_backbone.pretrained")
COMPARED = ("joint_set", "axes", "origin")
SHOWN_ALIKE = (
    "centre",
    "derivatives",
    "scales",
)  # how a network shows itself poses: no shape tells
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
ONE_SET = {"ntu120": "ntu60"}  # the larger one has the smaller one's clips


def network_begun(experiment: Experiment, *, config: Path, work: Path, seed: int) -> dict[str, Any]:
    """A network's config with the files that it begins with found, which are fit for it.

    Args:
        experiment: what is to be trained.
        config: path of the config, whose other rows may be first stages.
        work: folder of the training.
        seed: of the training.

    Raises:
        FileNotFoundError: a first stage is not there; the line says how to train it.
        ValueError: it read other skeletons, or learned from clips that are tested here.
    """
    found = begun(experiment.network, runs=work.parent, name=config.stem, seed=seed)
    for name, path in _files(found):
        if not Path(path).is_file():
            raise FileNotFoundError(f"no {path}{_hint(Path(path), config, seed)}")
        if Path(path).suffix == ".safetensors":
            about, _ = read_tensors(Path(path), kind=RECOGNIZER, what="wildpose recognizer")
            if name in READ_POSES:
                _check_same(name, Path(path), about, experiment.preparation)
            if name in ("pose_network", "initial"):
                _check_shown_alike(name, Path(path), about, experiment)
        _check_split(name, Path(path), experiment.data)
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


def _hint(path: Path, config: Path, seed: int) -> str:
    """How to train the row of a config whose folder a file should be in."""
    begins = ", with which the network begins"
    found = _row_of(path.parent.name, config, seed)
    if found is None:
        return f"{begins}: give the path of a recognizer.safetensors that tools/train.py wrote"
    of, variant = found
    row = "" if variant is None else f" --variant {variant}"
    alike = "--data and --cfg-options" if of == config else "--data"
    return (
        f"{begins}: first python tools/train.py {of}{row} --seed {seed} --work {path.parent}, with "
        f"the same {alike}"
    )


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


def _check_same(name: str, path: Path, about: dict[str, str], preparation: Preparation) -> None:
    there, here = json.loads(about["preparation"]), asdict(preparation)
    other = [key for key in COMPARED if there.get(key) != here[key]]
    if other:
        raise ValueError(
            f"network.{name}: {path} learned from skeletons of other "
            f"{' and '.join(other)}: {', '.join(str(there.get(key)) for key in other)} there, "
            f"{', '.join(str(here[key]) for key in other)} here: train both stages alike"
        )


def _check_shown_alike(
    name: str, path: Path, about: dict[str, str], experiment: Experiment
) -> None:
    """See that weights of the pose tensor of Baradel et al. 2017 are shown poses as they were."""
    network, sampling = (json.loads(about.get(part, "{}")) for part in ("network", "sampling"))
    kind = experiment.network["type"]
    if network.get("type") != kind or kind != PoseConditionedAttention.__name__:
        return
    usual = signature(PoseConditionedAttention).parameters
    there = {key: network.get(key, usual[key].default) for key in SHOWN_ALIKE}
    here = {key: experiment.network.get(key, usual[key].default) for key in SHOWN_ALIKE}
    there["sampling.derivatives"] = sampling.get("derivatives", False)
    here["sampling.derivatives"] = experiment.sampling.derivatives
    other = [key for key in here if _plain(there[key]) != _plain(here[key])]
    if other:
        raise ValueError(
            f"network.{name}: {path} learned from poses shown with "
            f"{', '.join(f'{key} {there[key]}' for key in other)}, here "
            f"{', '.join(f'{key} {here[key]}' for key in other)}: train both stages alike"
        )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _check_split(name: str, path: Path, data: Data) -> None:
    """See that a training of the same data set learned from none of the clips that are tested."""
    try:
        there = Data(**(read_claim(path.parent) or {})["data"])
    except (ValueError, KeyError, TypeError):
        return  # a file from elsewhere says nothing of its clips
    if ONE_SET.get(there.name, there.name) != ONE_SET.get(data.name, data.name):
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

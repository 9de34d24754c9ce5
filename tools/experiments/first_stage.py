"""Networks that begin with what another training left: is it there, and of the same skeletons?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recognizers.inputs.preparation import Preparation
from recognizers.networks import BEGINNINGS, begun
from recognizers.stored_weights import RECOGNIZER
from recognizers.training.experiment import Data, Experiment
from tools.experiments.claims import read_claim
from wildpose.tensor_files import read_tensors

READ_POSES = ("pose_network",)  # beginnings that must have learned from skeletons like these
COMPARED = ("joint_set", "axes", "origin")


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
        if name in READ_POSES and Path(path).suffix == ".safetensors":
            _check_same(name, Path(path), experiment.preparation)
        _check_split(name, Path(path), experiment.data)
    return found


def _files(network: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in network.items():
        if isinstance(value, dict):
            found += _files(value)
        elif name in BEGINNINGS and isinstance(value, str):
            found.append((name, value))
    return found


def _hint(path: Path, config: Path, seed: int) -> str:
    """How to train the row of a config whose folder a file should be in."""
    variant = path.parent.name.removeprefix(f"{config.stem}_").removesuffix(f"_seed{seed}")
    if path.parent.name != f"{config.stem}_{variant}_seed{seed}":
        return ", with which the network begins"
    return (
        f", with which the network begins: first python tools/train.py {config} --variant "
        f"{variant} --seed {seed} --work {path.parent}, with the same --data and --cfg-options"
    )


def _check_same(name: str, path: Path, preparation: Preparation) -> None:
    about, _ = read_tensors(path, kind=RECOGNIZER, what="wildpose recognizer")
    there, here = json.loads(about["preparation"]), asdict(preparation)
    other = [key for key in COMPARED if there.get(key) != here[key]]
    if other:
        raise ValueError(
            f"network.{name}: {path} learned from skeletons of other "
            f"{' and '.join(other)}: {', '.join(str(there.get(key)) for key in other)} there, "
            f"{', '.join(str(here[key]) for key in other)} here: train both stages alike"
        )


def _check_split(name: str, path: Path, data: Data) -> None:
    """See that a training of the same data set learned from none of the clips that are tested."""
    try:
        data_there = (read_claim(path.parent) or {})["data"]
        there = data_there["name"], data_there["protocol"]
    except (ValueError, KeyError, TypeError):
        return  # a file from elsewhere says nothing of its clips
    if there[0] == data.name and there[1] != data.protocol:
        raise ValueError(
            f"network.{name}: {path} learned from {there[1]} of {data.name}, whose training clips "
            f"may be tested in {data.protocol}: train both stages under one protocol"
        )

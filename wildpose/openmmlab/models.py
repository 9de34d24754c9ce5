"""Networks of mmdet and mmpose with their weights: built("mmdet", "rtmdet-m"), on a device.

A name is NAME, NAME@CHECKPOINT or NAME@random, see `wildpose.openmmlab.names`. Weights that are
not named by a path are looked for, by the file name under which they are published, in the user's
folder, our cache and the one of torch, where OpenMMLab's own programs put them; else they are
fetched from where the package says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import is_zipfile

import torch
from torch import nn
from tqdm import tqdm

from wildpose.atomic import writing
from wildpose.openmmlab import configs
from wildpose.openmmlab.checkpoints import (
    check_hash,
    hash_in_name,
    load_weights,
    read_checkpoint,
)
from wildpose.openmmlab.configs import Found
from wildpose.openmmlab.names import RANDOM, Named
from wildpose.openmmlab.packages import Kind, first_line, imported, part, quiet
from wildpose.weights import WeightsNotFoundError, cache_dir

SEED = 0  # of random weights


class Built(NamedTuple):
    """A network, ready to be asked."""

    network: nn.Module
    """In evaluation mode, without gradients, on the device."""
    config: Any
    """Its mmengine Config, as the file has it."""
    meta: dict[str, Any]
    """What the checkpoint says about itself, such as `dataset_meta`; empty for random weights."""


def built(
    kind: Kind,
    name: str,
    *,
    weights_dir: Path | None = None,
    offline: bool = False,
    device: str | torch.device = "cpu",
    trust: bool = False,
) -> Built:
    """A network by name, with its weights.

    Args:
        kind: "mmdet" or "mmpose", whose config it is.
        name: NAME, NAME@CHECKPOINT or NAME@random.
        weights_dir: folder with checkpoints under the names that they are published under, looked
            at first; default: `WILDPOSE_WEIGHTS`, if set.
        offline: never download.
        device: as torch names it.
        trust: read checkpoints whatever is in them.

    Raises:
        PackagesError: OpenMMLab's packages are absent or cannot work.
        ValueError: no such name, or its config cannot be built.
        WeightsNotFoundError: its weights are nowhere.
        CheckpointError: a checkpoint cannot be used.
    """
    named = Named.of(name)
    imported(kind)
    found = configs.find_config(kind, named.name)
    with quiet(), scope(kind):
        config = _config(found.config)
        network = _network(part(f"{kind}.registry").MODELS, config, found.config)
    meta = {}
    if named.random:
        _randomise(network)
        _say(f"{kind}:{name} has RANDOM weights: what it sees means nothing")
    else:
        path = checkpoint_path(kind, named, found, weights_dir=weights_dir, offline=offline)
        checkpoint = read_checkpoint(path, trust=trust)
        load_weights(network, checkpoint.weights, what=str(path), of=f"{kind}:{named.name}")
        meta = dict(checkpoint.meta)
    network.requires_grad_(requires_grad=False)
    return Built(network.to(device).eval(), config, meta)


@contextmanager
def scope(kind: Kind) -> Iterator[None]:
    """A block in which names in configs are those of a package."""
    from mmengine.registry import DefaultScope

    with DefaultScope.overwrite_default_scope(kind):
        yield


def checkpoint_path(
    kind: Kind,
    named: Named,
    found: Found,
    *,
    weights_dir: Path | None = None,
    offline: bool = False,
) -> Path:
    """Where the weights of a network lie, fetched where they are nowhere.

    Raises:
        WeightsNotFoundError: nowhere, and they cannot be fetched.
        CheckpointError: a file has the right name and another content.
    """
    if named.checkpoint is not None:
        if not named.checkpoint.is_file():
            raise WeightsNotFoundError(f"no checkpoint {named.checkpoint}")
        return named.checkpoint
    if found.file_name is None or found.weights is None:
        raise WeightsNotFoundError(
            f"{kind}:{named.name} is a config whose weights are not known: name a checkpoint too, "
            f"{kind}:{named.name}@CHECKPOINT, or @{RANDOM} for random weights"
        )
    for folder in _folders(weights_dir):
        path = folder / found.file_name
        if path.is_file():
            check_hash(path)
            return path
    by_hand = (
        f"put {found.file_name} into {cache_dir()}, or into a folder named by --weights-dir, or "
        f"name the file: {kind}:{named.name}@CHECKPOINT"
    )
    if offline:
        raise WeightsNotFoundError(
            f"{found.file_name} is not on this machine, and nothing is fetched offline: {by_hand}"
        )
    return _fetched(found.weights, cache_dir() / found.file_name, by_hand)


def _folders(weights_dir: Path | None) -> Iterator[Path]:
    """Where weights may lie, in the order of looking.

    Raises:
        WeightsNotFoundError: the user's folder is none.
    """
    own = weights_dir or os.environ.get("WILDPOSE_WEIGHTS")
    if own:
        folder = Path(own).expanduser()
        if not folder.is_dir():
            raise WeightsNotFoundError(f"the weights folder {folder} is not a folder")
        yield folder
    yield cache_dir()
    yield Path(torch.hub.get_dir()) / "checkpoints"


def _fetched(address: str, path: Path, by_hand: str) -> Path:
    """A file that appears under its name when it is whole and, where its name tells, its hash is.

    Raises:
        WeightsNotFoundError: it cannot be had.
    """
    _say(f"fetching {path.name}")
    try:
        with writing(path) as temporary:
            torch.hub.download_url_to_file(
                address, str(temporary), hash_prefix=hash_in_name(path.name)
            )
            if _is_cut_off(temporary):
                raise OSError("the connection ended before the file did")
    except (OSError, HTTPException, RuntimeError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsNotFoundError(f"cannot fetch {address}: {reason}; {by_hand}") from error
    return path


def _is_cut_off(path: Path) -> bool:
    """Whether a file begins as torch's do, which are zip files, and does not end so."""
    with path.open("rb") as file:
        return file.read(2) == b"PK" and not is_zipfile(path)


def _config(path: Path) -> Any:  # noqa: ANN401 - of a package that need not be there
    from mmengine.config import Config

    try:
        config = Config.fromfile(path)
    except Exception as error:  # a config is a program
        raise ValueError(f"{path}: no config that can be read: {first_line(error)}") from error
    if "model" not in config:
        raise ValueError(f"{path}: no config of a network: it has no `model`")
    return config


def _network(registry: Any, config: Any, path: Path) -> nn.Module:  # noqa: ANN401
    """The network as its config has it, its weights those that torch begins with."""
    from mmengine.model import revert_sync_batchnorm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        try:
            network = registry.build(deepcopy(config.model))
        except Exception as error:  # of any of a network's parts
            raise ValueError(f"{path} cannot be built: {first_line(error)}") from error
    # Batch normalisation over several machines has no meaning on one.
    return revert_sync_batchnorm(network)


def _randomise(network: nn.Module) -> None:
    """Seeded random weights under which what a picture holds reaches the end of a deep network.

    Under those that torch begins with it fades into numbers so small that CPUs take ten times as
    long. Heads begin as their makers have it, so that a detector finds nobody.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        for module in network.modules():
            if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        for name, part_of in network.named_children():
            if name.endswith("head") and hasattr(part_of, "init_weights"):
                with quiet():
                    part_of.init_weights()  # type: ignore[operator]


def _say(line: str) -> None:
    tqdm.write(f"wildpose: {line}", file=sys.stderr)

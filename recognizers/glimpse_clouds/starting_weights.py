"""Weights that a training begins with: of its first stage, or of another data set."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from wildpose.tensor_files import read_tensors

HEADS = ("classify", "pose")  # parts that depend on classes or joints
CLOUD = "cloud"
PREFIX = "network."  # of names in a checkpoint


def take_weights(network: nn.Module, path: Path) -> bool:
    """Give a network those of a file; whether a glimpse cloud's are among them.

    A head for other classes or joints begins anew, and so does the cloud where the file has none:
    it is of the first stage. What the network has no use for is left out.

    Args:
        network: of this family.
        path: a checkpoint of tools/train.py, or a recognizer.safetensors.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no such file, or lacks something else; the line says what.
    """
    own, found = network.state_dict(), _weights_of(path)
    taken = {
        name: values
        for name, values in found.items()
        if name in own and own[name].shape == values.shape
    }
    has_cloud = any(name.startswith(f"{CLOUD}.") for name in found)
    for name in own:
        parts = name.split(".")
        anew = any(head in parts for head in HEADS) or (parts[0] == CLOUD and not has_cloud)
        if name not in taken and not anew:
            there = tuple(found[name].shape) if name in found else "nothing"
            raise ValueError(
                f"{path} is of another network: {name} is {there} there and "
                f"{tuple(own[name].shape)} here"
            )
    network.load_state_dict(taken, strict=False)
    return has_cloud


def _weights_of(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return read_tensors(path, kind="wildpose/recognizer/1", what="wildpose recognizer")[1]
    if not path.is_file():
        raise FileNotFoundError(f"no weights {path}: train the first stage, with stage='global'")
    from recognizers.training import admit_checkpoints  # mmengine, which only trainings need

    admit_checkpoints()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except Exception as error:  # damaged files raise anything; torch's own advice is to trust them
        raise ValueError(
            f"{path}: no checkpoint of tools/train.py: damaged, or more in it than numbers"
        ) from error
    return {name.removeprefix(PREFIX): v for name, v in state.items() if name.startswith(PREFIX)}

"""Weights that a training begins with: of its first stage, or of another data set."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from recognizers.stored_weights import stored_weights

HEADS = ("classify", "pose")  # parts that depend on classes or joints
CLOUD = "cloud"


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
    own, found = network.state_dict(), stored_weights(path)
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

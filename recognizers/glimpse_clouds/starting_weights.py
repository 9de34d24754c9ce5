"""Weights that a training begins with: of its first stage, or of another data set."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from recognizers.stored_weights import stored_weights
from recognizers.taken_weights import take_over

HEADS = {"classify", "pose"}  # parts that depend on classes or joints
CLOUD = "cloud"


def take_weights(network: nn.Module, path: Path) -> bool:
    """Give a network those of a file; whether a glimpse cloud's are among them.

    A head for another number of classes or joints begins anew (one for as many others is taken
    over), and so does the cloud where the file has none: it is of the first stage. What the network
    has no use for is left out.

    Args:
        network: of this family.
        path: a checkpoint of tools/train.py, or a recognizer.safetensors.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no such file, or lacks something else; the line says what.
    """
    stored = stored_weights(path)
    has_cloud = any(name.startswith(f"{CLOUD}.") for name in stored)

    def anew(name: str) -> bool:
        parts = name.split(".")
        return bool(HEADS & set(parts)) or (parts[0] == CLOUD and not has_cloud)

    renewed = [name for name in network.state_dict() if anew(name)]
    take_over(network, stored, path=str(path), renewed=renewed)
    return has_cloud

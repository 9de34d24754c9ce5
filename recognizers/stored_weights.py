"""Weights of trained networks as files keep them: recognizers, and checkpoints of trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy._core.multiarray import scalar
from torch import Tensor

from wildpose.tensor_files import read_tensors

RECOGNIZER = "wildpose/recognizer/1"  # the format of a recognizer's file
PREFIX = "network."  # of names in checkpoints


def admit_checkpoints() -> None:
    """Let `torch.load` read the numbers of NumPy that mmengine writes into checkpoints."""
    numbers = [type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "bool")]
    torch.serialization.add_safe_globals([np.dtype, scalar, *numbers])


def stored_weights(path: str | Path) -> dict[str, Tensor]:
    """Weights by name, of a recognizer's safetensors file or of a training's checkpoint.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is neither; one line.
    """
    file = Path(path).expanduser()
    if file.suffix == ".safetensors":
        return read_tensors(file, kind=RECOGNIZER, what="wildpose recognizer")[1]
    return checkpoint_weights(file)


def checkpoint_weights(path: Path) -> dict[str, Tensor]:
    """Weights by name, of a training's checkpoint.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no checkpoint; one line.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint {path}")
    admit_checkpoints()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except Exception as error:  # damaged files raise anything; torch's own advice is to trust them
        raise ValueError(
            f"{path}: no checkpoint of tools/train.py: damaged, or more in it than numbers"
        ) from error
    return {name.removeprefix(PREFIX): v for name, v in state.items() if name.startswith(PREFIX)}

"""Weights of networks that were trained before, taken over by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn


def take_over(
    module: nn.Module, stored: Mapping[str, Tensor], *, path: str, prefix: str = "",
    renewed: Collection[str] = (), zeroed: Collection[str] = (),
) -> None:  # fmt: skip
    """Give a module the weights that stand under its names.

    Args:
        module: every weight of it must be among the stored, and of the same shape.
        stored: by name.
        path: of the file, for the line where something does not fit.
        prefix: of the names there.
        renewed: beginnings of names, with the prefix, that stay new where they are missing or
            of another shape.
        zeroed: likewise, but they become zeros: random classifiers would undo what is before them
            while they learn.

    Raises:
        ValueError: something does not fit; the line says what.
    """
    taken = {}
    for name, own in module.state_dict().items():
        full = prefix + name
        there = stored.get(full)
        if there is not None and there.shape == own.shape:
            taken[name] = there
        elif full.startswith(tuple(zeroed)):
            taken[name] = torch.zeros_like(own)
        elif not full.startswith(tuple(renewed)):
            other = "missing" if there is None else tuple(there.shape)
            raise ValueError(
                f"{path} is of another network: {full} is {other} there, {tuple(own.shape)} here"
            )
    _check_order(module, taken, path)
    module.load_state_dict(taken, strict=False)


def _check_order(module: nn.Module, taken: Mapping[str, Tensor], path: str) -> None:
    """Raise ValueError where the joints stand in another order: no shape tells that."""
    own = module.state_dict()
    for name in taken:
        if name.endswith("tensor.order") and not torch.equal(own[name].cpu(), taken[name].cpu()):
            raise ValueError(f"{path} is of another order of joints: give the order it has")

"""Weights of networks that were trained before, given to a module by name."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)


def take_over(
    module: nn.Module, stored: Mapping[str, Tensor], *, path: str, prefix: str = "",
    renewed: Collection[str] = (), zeroed: Collection[str] = (),
) -> None:  # fmt: skip
    """Give a module the weights that stand under its names, and say in the log what is not theirs.

    Args:
        module: every weight of it must be among the stored, and of the same shape.
        stored: by name.
        path: of the file, for the line where something does not fit.
        prefix: of the names there.
        renewed: beginnings of names, with the prefix, that stay new where they are missing or
            of another shape.
        zeroed: likewise, but they become zeros: random classifiers would undo what is before them
            while they learn. Those of as many other classes are of one shape, and are taken over.

    Raises:
        ValueError: something does not fit; the line says what.
    """
    taken, here = {}, module.state_dict()
    for name, own in here.items():
        full = prefix + name
        there = stored.get(full)
        if there is not None and there.shape == own.shape:
            taken[name] = there
        elif full.startswith(tuple(zeroed)):
            taken[name] = torch.zeros_like(own)
        elif there is not None and not full.startswith(tuple(renewed)):
            raise ValueError(_line(path, full, there, own))
    missing, _ = _loaded(module, taken, path)
    for name in missing:
        if not (prefix + name).startswith(tuple(renewed)):
            raise ValueError(_line(path, prefix + name, None, here[name]))
    zero = [name for name in taken if stored.get(prefix + name) is not taken[name]]
    of = f"{len(taken) - len(zero)} of {len(here)} weights are those of {path}"
    log.info("%s%s%s", of, _layers("anew", missing), _layers("zero", zero))


def take_all(module: nn.Module, stored: Mapping[str, Tensor], *, path: str) -> None:
    """Give a module weights that are its own, all of them and no others.

    Args:
        module: in whose names and shapes they are.
        stored: by name.
        path: of the file, for the line where something does not fit.

    Raises:
        ValueError: something does not fit; the line says what.
    """
    own = module.state_dict()
    for name in sorted(own.keys() & stored.keys()):
        if stored[name].shape != own[name].shape:
            raise ValueError(_line(path, name, stored[name], own[name]))
    missing, unknown = _loaded(module, stored, path)
    for name in sorted([*missing, *unknown]):
        raise ValueError(_line(path, name, stored.get(name), own.get(name)))


def _layers(how: str, names: Iterable[str]) -> str:
    """Those of weights, as the end of a line; nothing where there are none."""
    layers = dict.fromkeys(name.rpartition(".")[0] or name for name in names)
    return f"; {how}: {', '.join(layers)}" if layers else ""


def _line(path: str, name: str, there: Tensor | None, here: Tensor | None) -> str:
    other, own = ("missing" if of is None else tuple(of.shape) for of in (there, here))
    return f"{path} is of another network: {name} is {other} there, {own} here"


def _loaded(
    module: nn.Module, weights: Mapping[str, Tensor], path: str
) -> tuple[list[str], list[str]]:
    """The names that are missing and those that the module has not; shapes are compared before.

    Which may be missing, and what must be alike besides shapes, the parts of a module know
    themselves.

    Raises:
        ValueError: a part says that the weights are not for it.
    """
    try:
        missing, unknown = module.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        _, *why = (line.strip() for line in str(error).splitlines())  # the first names a class
        raise ValueError(f"{path} is of another network: {'; '.join(why)}") from None
    return missing, unknown

"""Checkpoints of OpenMMLab, which are pickles: read through a list of what may be in them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wildpose.hashing import sha256_of
from wildpose.openmmlab.packages import first_line
from wildpose.weights import WeightsError

# NAME-0123abcd.pth, or with a date behind it. A date alone is eight digits too.
HASH_IN_NAME = re.compile(r"-(?!20\d{6}\.)([0-9a-f]{8})(?:_\d{8})?\.pth$")
REFUSED = re.compile(r"GLOBAL (\S+)|(?:but got|call|instantiate) (?:<\w+ )?'?([\w.]+)")
NUMBERS = re.compile(r"b1|[iu][1248]|f[248]|[SU]\d{1,5}")  # NumPy's names of them, and of text
SAFE_TORCH = "2.6"  # before it a file could run code in spite of weights_only (CVE-2025-32434)


Admitted = Callable[..., Any] | tuple[Callable[..., Any], str]


class CheckpointError(WeightsError, ValueError):
    """A checkpoint is damaged, of another network, or holds what is not read; one line says so."""


class _RefusedError(Exception):
    """Something of NumPy that is not read, by its name."""


@dataclass(frozen=True)
class Checkpoint:
    """What of a checkpoint is of use."""

    weights: Mapping[str, Tensor]
    """By name, on the CPU."""
    meta: Mapping[str, Any]
    """What it says about itself, such as `dataset_meta`; empty where it says nothing."""


def read_checkpoint(path: Path, *, trust: bool = False) -> Checkpoint:
    """Weights of a file that mmengine, or an older training of OpenMMLab, has written.

    A pickle can run any code. So only tensors, numbers, texts and containers are read, and a few
    classes of NumPy and mmengine, in whose place stand-ins without code are made: NumPy's own take
    sizes and flags as a file says them, and then read and free memory that is not theirs.

    Args:
        path: the file. Where its name ends as NAME-0123abcd.pth, its SHA-256 must begin so.
        trust: read whatever is in it. For files of people whom one would let run programs.

    Raises:
        CheckpointError: as its sentence says; of a refused class the line names it.
    """
    if not path.is_file():
        raise CheckpointError(f"no checkpoint {path}")
    check_hash(path)
    if not trust and torch.__version__ < SAFE_TORCH:
        raise CheckpointError(
            f"{path} is not read: with torch {torch.__version__} any checkpoint could run code. "
            "Install torch 2.6 or later; if you trust whoever made the file, --trust-checkpoint"
        )
    try:
        if trust:
            content = torch.load(path, map_location="cpu", weights_only=False)
        else:
            with _only(_allowed()):
                content = torch.load(path, map_location="cpu", weights_only=True)
        return _parted(path, content)
    except CheckpointError:
        raise
    except Exception as error:  # damaged files raise anything
        raise CheckpointError(_why(path, error)) from error


def check_hash(path: Path) -> None:
    """Raise CheckpointError where a name has the beginning of another content's hash."""
    named = hash_in_name(path.name)
    if named and not (found := sha256_of(path)).startswith(named):
        raise CheckpointError(
            f"{path} is damaged, or not what it was: by its name its sha256 begins with {named}, "
            f"it is {found[:16]}... Fetch it again; if it is yours, rename it"
        )


def hash_in_name(name: str) -> str | None:
    """The first eight digits of the SHA-256 that a file's name tells; None where it tells none."""
    found = HASH_IN_NAME.search(name)
    return found[1] if found else None


def load_weights(network: nn.Module, weights: Mapping[str, Tensor], *, what: str, of: str) -> None:
    """Put weights into a network, all of them.

    mmengine loads what fits and goes on; a network that is random in part finds nobody.

    Args:
        network: as its config builds it.
        weights: by name; those that it has no use for are left.
        what: the checkpoint, for the line.
        of: the network, for the line.

    Raises:
        CheckpointError: it has not all that the network needs; the line counts those that fit.
    """
    wanted = network.state_dict()
    needed = [*dict(network.named_parameters()), *_statistics(network)]
    fitting = [n for n, v in wanted.items() if n in weights and weights[n].shape == v.shape]
    try:
        # Their modules rename weights of older releases while they are loaded.
        missing = network.load_state_dict(OrderedDict(weights), strict=False).missing_keys
    except RuntimeError:  # sizes differ
        missing = [name for name in needed if name not in fitting]
    absent = [name for name in needed if name in set(missing)]
    if absent:
        raise CheckpointError(
            f"{what} is of another architecture than {of}: {len(fitting)} of {len(wanted)} weights "
            f"fit, {absent[0]} does not"
        )


def _statistics(network: nn.Module) -> list[str]:
    """Names of the means and variances that normalisation has learnt."""
    ends = ("running_mean", "running_var")
    return [name for name, _ in network.named_buffers() if name.endswith(ends)]


def _parted(path: Path, content: Any) -> Checkpoint:  # noqa: ANN401 - whatever is in the file
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: no checkpoint: it holds a {type(content).__name__}")
    state = content.get("state_dict", content)
    weights = {
        str(name).removeprefix("module."): value
        for name, value in (state.items() if isinstance(state, dict) else ())
        if isinstance(value, Tensor)
    }
    if not weights:
        raise CheckpointError(f"{path}: no checkpoint: there are no weights in it")
    meta = content.get("meta")
    return Checkpoint(weights, _with_arrays(meta) if isinstance(meta, dict) else {})


def _why(path: Path, error: Exception) -> str:
    """One line; torch's own advice is to trust the file."""
    found = REFUSED.search(str(error))
    name = str(error) if isinstance(error, _RefusedError) else found and (found[1] or found[2])
    if name:
        return (
            f"{path} holds {name}, which could run code and is not read. If you trust whoever made "
            "the file, --trust-checkpoint reads it all the same"
        )
    said = first_line(error)
    why = said if " " in said else "it is damaged, or no file of torch.save"
    return f"{path}: no checkpoint that can be read: {why}"


class _Ignored:
    """Stands for an object whose content nobody needs; takes any state and does nothing."""

    def __setstate__(self, state: object) -> None: ...


def _nothing(*_: object) -> _Ignored:
    return _Ignored()


class _Kind:
    """Stands for numpy.dtype: of numbers and text, by a name that tells their size."""

    def __init__(self, name: str, *_: object):
        if not NUMBERS.fullmatch(name):
            raise _RefusedError(f"numpy.dtype[{name}]")
        self.kind = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        """Only the order of bytes is taken."""
        self.kind = self.kind.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray, until all of the file is read."""

    def __init__(self, *_: object):
        self.array = np.empty(0)

    def __setstate__(self, state: tuple) -> None:
        """Copy what a pickle of an array has: version, shape, kind, order of axes, bytes."""
        _, shape, kind, by_columns, content = state
        if not isinstance(kind, _Kind):
            raise _RefusedError(f"numpy.ndarray[{type(kind).__name__}]")
        flat = np.frombuffer(content, kind.kind).copy()
        self.array = flat.reshape(shape, order="F" if by_columns else "C")


def _number(kind: _Kind, content: bytes) -> np.generic:
    """One number of NumPy."""
    return np.frombuffer(content, kind.kind, count=1)[0]


def _with_arrays(value: Any) -> Any:  # noqa: ANN401 - whatever is in the file
    """Containers with arrays in the stand-ins' places."""
    if isinstance(value, _Array):
        return value.array
    if isinstance(value, dict):
        return {key: _with_arrays(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_with_arrays(each) for each in value)
    return value


def _named(stand_in: type, name: str) -> type:
    """A class under the full name by which pickles know another one."""
    module, _, own = name.rpartition(".")
    return type(own, (stand_in,), {"__module__": module, "__qualname__": own})


def _function_named(makes: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function under the full name by which pickles know another one."""

    def stand_in(*args: object) -> object:
        return makes(*args)

    stand_in.__module__, _, stand_in.__qualname__ = name.rpartition(".")
    stand_in.__name__ = stand_in.__qualname__
    return stand_in


@contextmanager
def _only(allowed: list[Admitted]) -> Iterator[None]:
    """A block in which torch admits this and nothing that other code has let into the process."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        with torch.serialization.safe_globals(allowed):
            yield
    finally:
        torch.serialization.add_safe_globals(before)


@cache
def _allowed() -> list[Admitted]:
    """What may be in a checkpoint besides what torch lets pass itself.

    NumPy 1, which wrote most published files, calls `_core` `core`.
    """
    arrays, kinds = _named(_Array, "numpy.ndarray"), _named(_Kind, "numpy.dtype")
    numpy_parts = [
        _function_named(makes, f"numpy.{core}.multiarray.{name}")
        for core in ("core", "_core")
        for name, makes in (("_reconstruct", arrays), ("scalar", _number))
    ]
    buffers = _named(_Ignored, "mmengine.logging.history_buffer.HistoryBuffer")
    methods = _function_named(_nothing, "builtins.getattr")  # such buffers name methods of theirs
    settings = _named(dict, "mmengine.config.config.ConfigDict")
    return [arrays, kinds, *numpy_parts, buffers, methods, settings]

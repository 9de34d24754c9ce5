"""Pickles of plain data, NumPy arrays and numbers, read without calling anything that they name.

A pickle may name any function of Python to be called. Here only NumPy's names for rebuilding arrays
and numbers are found, and not even NumPy itself is called: names lead to stand-ins that keep what
they are given, and arrays and numbers are made of it when it has been checked. (NumPy's own
rebuilding trusts what it gets: on damaged bytes it raises SystemError.)
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# What unpickling damaged or hostile bytes may end in.
_DAMAGED = (
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    MemoryError,
    OverflowError,
    RecursionError,
)
_TYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")


def read(path: Path) -> Any:  # noqa: ANN401
    """What a file holds: numbers, strings, lists, tuples, dicts and arrays, which are read-only.

    NumPy's numbers, as `np.int64(3)`, become Python's.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is no pickle, damaged, or names anything but NumPy's numbers and arrays.
    """
    with path.open("rb") as file:
        try:
            return _with_arrays(_Plain(file).load(), {})
        except _DAMAGED as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"{path}: not a pickle that can be read: {reason}") from None


class _Dtype:
    """Stands for numpy.dtype."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in _TYPES:
            raise pickle.UnpicklingError(f"NumPy data of {str(code)[:20]!r}, not of numbers")
        self.code = code
        self.order = "|"

    def __setstate__(self, state: tuple) -> None:
        if state[1] not in ("<", ">", "=", "|"):
            raise pickle.UnpicklingError("numbers in an unknown order of bytes")
        self.order = state[1]


class _Array:
    """Stands for numpy.ndarray."""

    def __init__(self, *_: object) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.dtype = _Dtype("f8")
        self.order = "C"
        self.data = b""

    def __setstate__(self, state: tuple) -> None:
        _version, self.shape, self.dtype, in_columns, self.data = state
        self.order = "F" if in_columns else "C"

    def built(self) -> npt.NDArray:
        """The array, of bytes that have been checked."""
        if (
            not isinstance(self.dtype, _Dtype)
            or not isinstance(self.shape, tuple)
            or not all(type(n) is int and n >= 0 for n in self.shape)
            or not isinstance(self.data, bytes | bytearray)
        ):
            raise pickle.UnpicklingError("an array without shape, type or numbers")
        dtype = np.dtype(f"{self.dtype.order}{self.dtype.code}")
        if math.prod(self.shape) * dtype.itemsize != len(self.data):
            raise pickle.UnpicklingError(f"{len(self.data)} bytes in an array {self.shape}")
        array = np.ndarray(
            self.shape, dtype, bytes(self.data), order="F" if self.order == "F" else "C"
        )
        return array.astype(dtype.newbyteorder("="), copy=False)


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    """How protocol 5 spells arrays."""
    array = _Array()
    array.__setstate__((1, shape, dtype, order == "F", data))
    return array


def _scalar(dtype: _Dtype, data: bytes) -> bool | int | float:
    """How a single number is spelled; with the checks of an array."""
    return _from_buffer(data, dtype, (), "C").built().item()


def _latin1(text: str, encoding: str) -> bytes:
    """How protocol 2, MMEngine's default, spells bytes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {str(encoding)[:20]!r}")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _latin1,
    # NumPy 2 renamed core.
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
}


class _Plain(pickle.Unpickler):
    """Finds nothing but the stand-ins."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401
        if (module_name, global_name) not in _ADMITTED:
            raise pickle.UnpicklingError(
                f"it names {module_name}.{global_name}, and only NumPy arrays and numbers are "
                "admitted"
            )
        return _ADMITTED[module_name, global_name]


def _with_arrays(value: Any, known: dict[int, Any]) -> Any:  # noqa: ANN401
    """The same with arrays in the place of their stand-ins.

    Args:
        value: as unpickled.
        known: what is done, by id: a few bytes can name one list in a million places.
    """
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if id(value) not in known:
        if isinstance(value, _Array):
            known[id(value)] = value.built()
        elif type(value) is dict:
            known[id(value)] = {key: _with_arrays(item, known) for key, item in value.items()}
        elif type(value) in (list, tuple):
            known[id(value)] = type(value)(_with_arrays(item, known) for item in value)
        else:
            raise pickle.UnpicklingError(f"{type(value).__name__} is no plain data")
    return known[id(value)]

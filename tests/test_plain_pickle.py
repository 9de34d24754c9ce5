"""Pickles are read without running what is in them; plain data and arrays come out as they were."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.plain_pickle import read


def written(folder: Path, content: object, *, protocol: int = 4) -> Path:
    path = folder / "some.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def numbers() -> np.ndarray:
    return np.arange(24, dtype=np.float32).reshape(2, 3, 4)


# What comes out


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_come_out_as_they_were(tmp_path: Path, protocol: int) -> None:
    data = {"a": [1, 2.5, "text", None, True], "b": {"c": (3, b"bytes"), 7: []}, "big": 10**30}
    assert read(written(tmp_path, data, protocol=protocol)) == data


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["f2", ">f4", "<f8", "i8", ">u2", "b1"])
@pytest.mark.parametrize("arranged", [np.ascontiguousarray, np.asfortranarray, lambda a: a[:, ::2]])
def test_arrays_come_out_as_they_were(
    tmp_path: Path, protocol: int, kind: str, arranged: Callable
) -> None:
    array = arranged(numbers().astype(kind))
    (found,) = read(written(tmp_path, [array], protocol=protocol))
    assert type(found) is np.ndarray
    assert found.dtype == np.dtype(kind).newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("shape", [(), (0,), (0, 25, 3), (1, 1, 1, 1)])
def test_arrays_of_any_shape_come_out(tmp_path: Path, shape: tuple[int, ...]) -> None:
    found = read(written(tmp_path, np.ones(shape)))
    np.testing.assert_array_equal(found, np.ones(shape))
    assert found.shape == shape


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "kind", ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
)
def test_numbers_of_numpy_come_out_as_pythons(tmp_path: Path, protocol: int, kind: str) -> None:
    number = np.dtype(kind).type(3)
    found, again = read(written(tmp_path, [number, {"label": number}], protocol=protocol))
    assert found == again["label"] == number
    assert type(found) is {"b": bool, "i": int, "u": int, "f": float}[kind[0]]


def test_numbers_of_numpy_1_come_out(tmp_path: Path) -> None:
    path = written(tmp_path, np.int64(-7), protocol=2)
    new, old = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
    assert new in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(new, old))
    assert read(path) == -7


def test_an_array_in_two_places_is_one(tmp_path: Path) -> None:
    array = numbers()
    first, second = read(written(tmp_path, [array, {"again": array}]))
    assert first is second["again"]


def test_arrays_of_numpy_1_come_out(tmp_path: Path) -> None:
    path = written(tmp_path, numbers(), protocol=2)
    new, old = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
    assert new in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(new, old))
    np.testing.assert_array_equal(read(path), numbers())


# What is refused


class Calls:
    """Unpickled with pickle.load, it calls a function."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple]:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("function", [os.system, os.mkdir, subprocess.call, eval, np.fromfile])
def test_a_pickle_that_calls_something_is_refused_before_it_does(
    tmp_path: Path, function: Callable, protocol: int
) -> None:
    trace = tmp_path / "trace"
    argument = {
        os.mkdir: str(trace),
        eval: f"__import__('pathlib').Path({str(trace)!r}).touch()",
    }.get(function, f"touch {trace}")
    path = written(tmp_path, {"a": Calls(function, argument)}, protocol=protocol)
    with pytest.raises(
        ValueError, match=rf"^{path}: .*only NumPy arrays and numbers are admitted$"
    ):
        read(path)
    assert not trace.exists()


def test_the_same_pickle_does_harm_to_those_who_just_load_it(tmp_path: Path) -> None:
    # So that the test above is about something.
    trace = tmp_path / "trace"
    pickle.loads(written(tmp_path, Calls(os.mkdir, str(trace))).read_bytes())
    assert trace.exists()


@pytest.mark.parametrize(
    "named",
    [
        b"cnumpy\nload\n.",
        b"cnumpy\nmemmap\n.",
        b"cnumpy.core.multiarray\nfromfile\n.",
        b"c__builtin__\ngetattr\n.",
        b"cbuiltins\nexec\n.",
        b"\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
        b"ccopyreg\n_reconstructor\n.",
    ],
)
def test_nothing_else_is_found(tmp_path: Path, named: bytes) -> None:
    path = tmp_path / "some.pkl"
    path.write_bytes(b"\x80\x04" + named)
    with pytest.raises(
        ValueError, match=r"it names .*, and only NumPy arrays and numbers are admitted"
    ):
        read(path)


@pytest.mark.parametrize(
    "named",
    [b"cnumpy\nndarray\n.", b"c_codecs\nencode\n.", b"cnumpy.core.multiarray\nscalar\n."],
)
def test_a_stand_in_itself_does_not_come_out(tmp_path: Path, named: bytes) -> None:
    path = tmp_path / "some.pkl"
    path.write_bytes(b"\x80\x02" + named)
    with pytest.raises(ValueError, match="is no plain data"):
        read(path)


def test_bytes_are_spelled_in_latin1_only(tmp_path: Path) -> None:
    path = tmp_path / "some.pkl"
    path.write_bytes(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.")
    with pytest.raises(ValueError, match="bytes in 'hex'"):
        read(path)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (np.array([None, 1]), "NumPy data of 'O8', not of numbers"),
        (np.array(["left"]), "NumPy data of 'U4', not of numbers"),
        (np.zeros(2, dtype=[("x", "f4")]), "NumPy data of 'V4', not of numbers"),
        (np.dtype("f4"), "_Dtype is no plain data"),
        (np.str_("left"), "NumPy data of 'U4', not of numbers"),
        (np.datetime64(1, "s"), "NumPy data of 'M8', not of numbers"),
        (np.complex64(1j), "NumPy data of 'c8', not of numbers"),
        ({1, 2}, "set is no plain data"),
        (1j, "it names builtins.complex"),
    ],
)
def test_what_is_no_plain_data_is_refused(tmp_path: Path, value: object, wrong: str) -> None:
    path = written(tmp_path, [value])
    with pytest.raises(ValueError, match=rf"^{path}: .*{wrong}[^\n]*$"):
        read(path)


def test_an_array_that_promises_more_numbers_than_there_are_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, numbers(), protocol=2)
    data, shape = path.read_bytes(), b"K\x02K\x03K\x04"
    assert data.count(shape) == 1
    path.write_bytes(data.replace(shape, b"K\x02K\xffK\x04"))
    with pytest.raises(ValueError, match=r"96 bytes in an array \(2, 255, 4\)"):
        read(path)


INT64 = b"cnumpy\ndtype\nX\x02\x00\x00\x00i8\x85R"  # a pickle's dtype("i8")
NUMBER = b"cnumpy.core.multiarray\nscalar\n"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (INT64 + b"C\x07" + b"1" * 7 + b"\x86", r"7 bytes in an array \(\)"),
        (INT64 + b"X\x08\x00\x00\x00" + b"1" * 8 + b"\x86", "without shape, type or numbers"),
        (b"X\x02\x00\x00\x00i8" + b"C\x08" + b"1" * 8 + b"\x86", "without shape, type or"),
        (NUMBER + b"C\x08" + b"1" * 8 + b"\x86", "without shape, type or numbers"),
        (b"cnumpy\ndtype\nX\x01\x00\x00\x00O\x85R" + b"]\x86", "NumPy data of 'O', not of"),
        (INT64 + b"(K\x03X\x01\x00\x00\x00!tb" + b"C\x08" + b"1" * 8 + b"\x86", "order of bytes"),
        (INT64 + b"\x85", "missing 1 required positional argument"),
        (b")", "missing 2 required positional arguments"),
    ],
)
def test_a_number_that_is_not_what_it_says_is_refused(
    tmp_path: Path, arguments: bytes, wrong: str
) -> None:
    path = tmp_path / "some.pkl"
    path.write_bytes(b"\x80\x03" + NUMBER + arguments + b"R.")
    with pytest.raises(ValueError, match=rf"^{path}: .*{wrong}[^\n]*$"):
        read(path)


def test_the_same_number_with_all_its_bytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "some.pkl"
    number = INT64 + b"C\x08\x05" + b"\0" * 7 + b"\x86"
    path.write_bytes(b"\x80\x03" + NUMBER + number + b"R.")
    assert read(path) == 5  # on a little-endian machine, as all are that run this


def test_lists_in_lists_a_million_million_million_times_take_no_time(tmp_path: Path) -> None:
    many: list = []
    for _ in range(60):
        many = [many, many]
    (first, second) = read(written(tmp_path, many))
    assert first is second


def test_a_list_in_itself_is_refused(tmp_path: Path) -> None:
    endless: list = []
    endless.append(endless)
    path = written(tmp_path, endless)
    with pytest.raises(ValueError, match=rf"^{path}: not a pickle that can be read: [^\n]*$"):
        read(path)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = written(tmp_path, {"some": numbers()})
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=rf"^{path}: not a pickle that can be read: [^\n]*$"):
        read(path)


def test_a_missing_file_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.pkl")

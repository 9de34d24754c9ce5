"""Numbers read many at once are, to the last bit, those that `float` reads one by one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.decimal_text import decimal_numbers

# As the set's files have them: seven significant digits, no exponent.
usual = st.floats(0.01, 9999).map(lambda x: f"{x:.7g}").filter(lambda text: "." in text)


def read(texts: list[str]) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.bool_]]:
    data = (" " * 8 + " ".join(texts) + "\n").encode()
    lengths = np.array([len(text.encode()) for text in texts])
    ends = 8 + np.cumsum(lengths + 1) - 1
    return decimal_numbers(data, ends - lengths, ends)


@settings(max_examples=50)
@given(st.lists(st.tuples(usual, st.booleans()), min_size=1, max_size=40))
def test_usual_numbers_are_read_surely_and_exactly(numbers: list[tuple[str, bool]]) -> None:
    texts = [("-" if minus else "") + text for text, minus in numbers]
    values, sure = read(texts)
    assert sure.all()
    assert values.tolist() == [float(text) for text in texts]


@settings(max_examples=200)
@given(st.lists(st.text("0123456789.-+eEN _x", min_size=1, max_size=12), min_size=1, max_size=8))
def test_whatever_is_read_surely_is_what_float_says(texts: list[str]) -> None:
    texts = [text.replace(" ", "x") for text in texts]
    for text, value, sure in zip(texts, *read(texts), strict=True):
        if sure:
            assert value == float(text)


@pytest.mark.parametrize("text", [".5", "0.5", "-0.0", "00.5", "5.", "1234567.", "-.12345678"])
def test_numbers_at_the_limits_are_read(text: str) -> None:
    values, sure = read(["7.5", text, "2.25"])
    assert sure.all()
    assert values.tolist() == [7.5, float(text), 2.25]
    assert np.signbit(values[1]) == text.startswith("-")


@pytest.mark.parametrize(
    "text",
    ["5", "-5", "1E-05", "1.5e3", "NaN", "-Infinity", "1,5", "1.2.3", "1_0.5", "+1.5", "--1.5",
     "-", ".", "-.", "x", "0.123456789", "1.12345678", "12345678.5", "1.5:", "1./5"],
)  # fmt: skip
def test_anything_else_is_left_to_others(text: str) -> None:
    values, sure = read(["7.5", text, "2.25"])
    assert sure.tolist() == [True, False, True] or values[1] == float(text)
    assert values[[0, 2]].tolist() == [7.5, 2.25]

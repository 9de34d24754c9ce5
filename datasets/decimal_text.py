"""Decimal numbers at known places of a text, many at once, exactly as `float` reads them.

Eight digits are one 64-bit word, and three multiplications turn it into its number: the trick of
fast parsers in C (Lemire, Number parsing at a gigabyte per second, 2021), here on whole arrays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Places = npt.NDArray[np.int64]
Text = npt.NDArray[np.uint8]

WIDTH = 8  # bytes of a word, and so the most digits


def _word(number: int) -> np.uint64:
    return np.uint64(number)


_POWERS = 10.0 ** np.arange(WIDTH + 1)
# The last k bytes of a word, which come last in the text: its first byte is the least significant.
_LAST = np.array([2**64 - 2 ** (64 - 8 * k) for k in range(WIDTH + 1)], dtype=np.uint64)
_ZEROS = _word(0x3030303030303030)  # "00000000"
_SIXES = _word(0x0606060606060606)
_HIGH = _word(0xF0F0F0F0F0F0F0F0)
_DIGIT_BIT = _word(0x1010101010101010)  # set in "0" to "9", not in a point, a sign or a blank
_BYTE = _word(8)
# Neighbours are joined: 8 digits to 4 numbers below 100, to 2 below 10,000, to 1.
_JOINS = (
    (_word(1 + (10 << 8)), _word(8), _word(0x00FF00FF00FF00FF)),
    (_word(1 + (100 << 16)), _word(16), _word(0x0000FFFF0000FFFF)),
    (_word(1 + (10_000 << 32)), _word(32), _word(0x00000000FFFFFFFF)),
)


def decimal_numbers(
    data: bytes, starts: Places, ends: Places
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Numbers such as `-0.2075153`: a sign or none, digits, a point, digits.

    Args:
        data: the text.
        starts: (N,) place of the first byte of each; 8 at least, for words end where numbers do.
        ends: (N,) place after the last byte of each; the text goes on there.

    Returns:
        (N,) float64, and (N,) True where that is surely what `float` says. Where it is False, the
        number means nothing and has to be read by other means: it has no point, an exponent, more
        than 7 digits (8 where all follow a point alone), or is no number at all.
    """
    if not len(starts):
        return np.zeros(0), np.zeros(0, dtype=bool)
    text = np.frombuffer(data, dtype=np.uint8)
    minus = text.take(starts) == ord("-")
    starts = starts + minus
    starts += text.take(starts) == ord("0")  # "0.2075153" is ".2075153": 8 bytes
    # One word per byte of the text, each overlapping the next.
    words = np.ndarray((len(data) - WIDTH + 1,), "<u8", data, strides=(1,))[ends - WIDTH]
    fraction = _digits_at_end(words)
    points = ends - fraction
    points -= 1
    digits = points - starts
    digits += fraction
    sure = text.take(points) == ord(".")
    sure &= points >= starts
    sure &= digits > 0
    sure &= digits <= np.maximum(fraction, WIDTH - 1)  # the point takes a byte of the word
    # Over the point: what comes before it moves on by a byte.
    after = _LAST.take(fraction)
    words = np.bitwise_or(words & after, (words << _BYTE) & ~after, dtype=np.uint64)
    whole, are_digits = _whole_numbers(words, digits)
    values = whole / _POWERS.take(fraction)  # both exact in a float64: it rounds but once
    return np.where(minus, -values, values), sure & are_digits


def _digits_at_end(words: npt.NDArray[np.uint64]) -> Places:
    """How many bytes at the end of each word have the bit of digits."""
    others = (~words & _DIGIT_BIT).astype(np.float64)
    # A float's exponent tells its highest bit, here 8 k + 4 for byte k: it begins 1027 + 8 k.
    last_other = (others.view(np.int64) >> (52 + 3)) - 1027 // 8
    return np.minimum(WIDTH - 1 - last_other, WIDTH)


def _whole_numbers(
    words: npt.NDArray[np.uint64], digits: Places
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The numbers that the last digits of words are, and whether they are digits."""
    words = words ^ _ZEROS
    words &= _LAST.take(digits, mode="clip")
    are_digits = ((words | (words + _SIXES)) & _HIGH) == 0
    for factor, shift, mask in _JOINS:
        words *= factor
        words >>= shift
        words &= mask
    return words.view(np.int64), are_digits

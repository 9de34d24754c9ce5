"""How far a tool is: a bar on a terminal, and elsewhere, as in a log, a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

from wildpose.archive.lines import write
from wildpose.counting import number_of

EVERY_S = 30.0
"""Between two lines."""
Made = TypeVar("Made")


def shown(
    made: Iterable[Made], *, total: int, unit: str, there: int = 0,
    size: Callable[[Made], int] = lambda _: 1,
) -> Iterator[Made]:  # fmt: skip
    """The same, one after the other, and on the error output how far it is.

    Args:
        made: what becomes ready.
        total: how many there will be, with those there before.
        unit: what is counted, in the singular.
        there: how many were there before.
        size: how many one of `made` is.
    """
    follow = _on_terminal if sys.stderr.isatty() else _in_lines
    return follow(made, total=total, unit=unit, there=there, size=size)


def _on_terminal(
    made: Iterable[Made], *, total: int, unit: str, there: int, size: Callable[[Made], int]
) -> Iterator[Made]:
    with tqdm(total=total, initial=there, unit=unit) as bar:
        for one in made:
            yield one
            bar.update(size(one))  # once it is dealt with


def _in_lines(
    made: Iterable[Made], *, total: int, unit: str, there: int, size: Callable[[Made], int]
) -> Iterator[Made]:
    """None of what is done sooner than the first line is due."""
    told, told_of, done = time.monotonic(), 0, 0
    for one in made:
        done += size(one)
        yield one
        now = time.monotonic()
        if now - told >= EVERY_S and there + done < total:
            # By the last ones: what was made before goes by at once, and says nothing of the rest.
            each = (now - told) / (done - told_of)
            told, told_of = now, done
            left = tqdm.format_interval(each * (total - there - done))
            write(sys.stderr, f"{there + done} of {number_of(total, unit)}, {left} left")


def tell(line: str) -> None:
    """A line on the error output, above the bar."""
    tqdm.write(line, file=sys.stderr)

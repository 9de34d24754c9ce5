"""The rows of a table, CSV or YAML, as text by column; what cannot be read is told row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from reprlib import repr as brief  # a few lines of YAML may stand for gigabytes
from typing import Any

from tools.youtube.extra import installed

YAML = (".yaml", ".yml")
Cells = dict[str, str]


@dataclass
class Table:
    """What a file holds, and what is wrong with it."""

    columns: Sequence[str]
    """That there may be."""
    needed: Sequence[str]
    """Those that there must be."""
    numbers: Sequence[str]
    """Columns in which YAML may have numbers without quotes."""
    rows: list[tuple[int, Cells]] = field(default_factory=list)
    """Each with its number: its first line in a CSV file, the how-manieth it is in a YAML list."""
    mistakes: list[str] = field(default_factory=list)
    """A line each."""

    def read(self, path: Path) -> None:
        """Add the rows of a file, CSV unless its name ends otherwise.

        Raises:
            FileNotFoundError: there is no such file.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.mistakes.append("is not UTF-8 text: save it as such")
            return
        if path.suffix.lower() in YAML:
            self._read_yaml(text)
        else:
            self._read_csv(text)

    def _read_csv(self, text: str) -> None:
        reader = csv.reader(_without_comments(text), delimiter=_separator(text), strict=True)
        header: list[str] | None = None
        number = 1
        try:
            for line in reader:
                began, number = number, reader.line_num + 1
                cells = [" ".join(cell.split()) for cell in line]
                if not any(cells) or cells[0].startswith("#"):
                    continue
                if header is not None:
                    self._add_line(began, header, cells)
                    continue
                header = _without_empty_end([cell.lower() for cell in cells])
                if not self._columns_fit(began, header):
                    return
        except csv.Error as error:
            self._wrong(number, f"cannot be read as CSV: {error}")

    def _add_line(self, number: int, header: list[str], cells: list[str]) -> None:
        cells = _without_empty_end(cells)
        if len(cells) > len(header):
            self._wrong(
                number,
                f"has {len(cells)} cells, and there are {len(header)} columns: put text in which "
                "the separator occurs in quotes",
            )
            return
        self.rows.append((number, dict(zip(header, cells, strict=False))))

    def _read_yaml(self, text: str) -> None:
        yaml = installed("yaml")
        try:
            content = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.mistakes.append(f"cannot be read as YAML: {error}")
            return
        if not isinstance(content, list):
            self.mistakes.append("expected a list, an entry for each clip: - {video: ..., ...}")
            return
        for number, entry in enumerate(content, start=1):
            if not isinstance(entry, Mapping):
                self._wrong(number, f"expected {{video: ..., ...}}, got {brief(entry):.60}")
            elif self._columns_fit(number, [str(name) for name in entry]):
                self.rows.append((number, self._texts(number, entry)))

    def _texts(self, number: int, entry: Mapping[str, Any]) -> Cells:
        """YAML takes no for False, and 12345678901 for a number: where that is meant is asked."""
        texts: Cells = {}
        for name, value in entry.items():
            plain = isinstance(value, int | float) and not isinstance(value, bool)
            if isinstance(value, str):
                texts[name] = " ".join(value.split())
            elif plain and name in self.numbers:
                texts[name] = f"{value:.10g}"
            elif value is not None:
                self._wrong(number, f"{name} {brief(value):.60} is no text: put it in quotes")
        return texts

    def _columns_fit(self, number: int, names: Sequence[str]) -> bool:
        wrong = [self._unknown(name) for name in names if name not in self.columns]
        wrong += [f"there are two columns {n!r}" for n in self.columns if names.count(n) > 1]
        wrong += [
            f"there is no {name!r}; columns are {','.join(self.columns)}"
            for name in self.needed
            if name not in names
        ]
        for line in wrong:
            self._wrong(number, line)
        return not wrong

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self.columns, n=1)
        hint = f". Did you mean {near[0]!r}?" if near else ""
        return f"unknown column {name!r}: there are {', '.join(self.columns)}{hint}"

    def _wrong(self, number: int, line: str) -> None:
        self.mistakes.append(f"row {number}: {line}")


def _separator(text: str) -> str:
    """What the line with the columns has most of; spreadsheets of some countries write ;."""
    first = next((line for line in _without_comments(text) if line.strip(' ,;"\t\r\n')), "")
    return max(",;\t", key=first.count)


def _without_comments(text: str) -> Iterator[str]:
    """Lines, those that begin with # empty: what is quoted in them must not open a quotation."""
    quoted = False
    for line in io.StringIO(text, newline=""):
        comment = not quoted and line.lstrip().startswith("#")
        quoted ^= not comment and line.count('"') % 2 == 1
        yield "\n" if comment else line


def _without_empty_end(cells: list[str]) -> list[str]:
    """Spreadsheets fill rows up."""
    last = max((i for i, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]

"""What `tools/describe.py` found of a network, as text to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

HEADS = ("part", "type", "parameters", "that learn", "output")
COUNTS = (2, 3)  # columns of numbers, which end alike


def as_text(description: Mapping[str, Any]) -> str:
    """A few lines on the whole, then a table of the parts, those of a part indented below it.

    Args:
        description: as the tool gives it in JSON.
    """
    rows = [HEADS, *_rows(description["parts"]), _total(description)]
    return "\n".join([*_on_the_whole(description), "", *_table(rows)])


def _on_the_whole(found: Mapping[str, Any]) -> Iterator[str]:
    _, classes = found["output"]
    yield f"{found['network']}: {classes} classes from joints of {found['joint_set']}"
    for name, shape in found["input"].items():
        yield f"    {name} {_shape(shape)}"
    if "data" in found:
        data, published = found["data"], found["published"]
        reported = "" if published is None else f", {published:g} published"
        yield f"for {data['name']} {data['protocol']}, measured as {data['metric']}{reported}"
        yield _learns(found["schedule"])
    if found.get("variants"):
        yield from wrap(f"variants {', '.join(found['variants'])}", 100, subsequent_indent="    ")
    if "class_names" in found:
        yield f"names {', '.join(found['class_names'])}"
        yield (
            f"looks at {found['window_s']:g} s at {found['frame_rate']:g} frames/s in "
            f"{found['axes']} axes{', and at pictures' if found['needs_rgb'] else ''}; "
            f"says nothing below a score of {found['min_score']:.3g}"
        )
        yield from found["notes"]


def _learns(schedule: Mapping[str, Any]) -> str:
    rule = dict(schedule["optimizer"])
    kind, how = rule.pop("type"), ", ".join(f"{name}={value}" for name, value in rule.items())
    return f"learns {schedule['epochs']} epochs of batches of {schedule['batch']}, by {kind} {how}"


def _rows(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for name, part in parts.items():
        parent = _parent(name, parts)
        said = name if parent is None else f"  {name.removeprefix(f'{parent}.')}"
        output = _shape(part["output"]) if "output" in part else ""
        yield said, part["type"], *_counts(part), output


def _parent(name: str, parts: Mapping[str, Any]) -> str | None:
    above = [other for other in parts if name.startswith(f"{other}.")]
    return max(above, key=len, default=None)


def _total(found: Mapping[str, Any]) -> tuple[str, ...]:
    return "in all", found["network"], *_counts(found), _shape(found["output"])


def _counts(part: Mapping[str, int]) -> tuple[str, str]:
    every, learns = part["parameters"], part["trainable"]
    return f"{every:,}", "all" if learns == every else f"{learns:,}"


def _shape(shape: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(shape, Mapping):
        return ", ".join(f"{name} {_shape(value)}" for name, value in shape.items())
    if not isinstance(shape, Sequence):
        return ""
    if any(isinstance(size, list | Mapping) for size in shape):
        return ", ".join(_shape(part) for part in shape)
    return f"({', '.join(str(size) for size in shape)})"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    for row in rows:
        cells = [
            cell.rjust(width) if i in COUNTS else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()

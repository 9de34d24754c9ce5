"""What was measured, for reading: metrics.json, report.md and the table that is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wildpose.atomic import writing

Metrics = dict[str, Any]
# Figure -> heading and how it is printed.
COLUMNS = {
    "mpjpe_mm": ("MPJPE mm", "{:.1f}"),
    "median_mpjpe_mm": ("median clip", "{:.1f}"),
    "pa_mpjpe_mm": ("PA-MPJPE mm", "{:.1f}"),
    "pck150": ("PCK 150 mm", "{:.1%}"),
    "acceleration": ("accel. m/s²", "{:.2f}"),
    "bone_spread": ("bone spread", "{:.1%}"),
    "swapped_arms": ("swapped arms", "{:.2%}"),
    "swapped_legs": ("swapped legs", "{:.2%}"),
    "best_of_k_mm": ("best of 5 mm", "{:.1f}"),
    "known_mpjpe_mm": ("MPJPE, tracked", "{:.1f}"),
    "known_pa_mpjpe_mm": ("PA, tracked", "{:.1f}"),
}
RATIOS = ("mpjpe_mm", "pa_mpjpe_mm", "acceleration", "bone_spread")
NOTES = """\
All figures are of the person seen longest, on the frames that all variants have. Joints are
lcr13, torso-centred, in camera axes. MPJPE: mean joint error; median clip: of the clips' means;
PA: after the best turn, scale and move; PCK: share of joints within 150 mm; accel.: mean error of
the joints' acceleration; bone spread: deviation of a bone's length over time by its mean; swapped:
share of frames in which exchanging left and right would bring arms (elbow, wrist) or legs (knee,
ankle) nearer to the truth by more than 25 % and 5 cm; best of 5: the nearest of the five best
hypotheses; tracked: of the joints that the Kinect tracked, and did not infer.
"blazepose_world, fitted" has its joints mixed linearly to the mannequins' definition,
fitted on clips of other captures.
"""


def write(folder: Path, metrics: dict[str, Metrics], *, command: str) -> None:
    """Write metrics.json and report.md.

    Args:
        folder: where to.
        metrics: set -> what `compare.summary` gives.
        command: how the figures were made.
    """
    tree = {"command": command, "sets": metrics}
    texts = {
        "metrics.json": json.dumps(tree, indent=1, ensure_ascii=False) + "\n",
        "report.md": "\n".join(_document(metrics, command)),
    }
    for name, text in texts.items():
        with writing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def table(metrics: dict[str, Metrics]) -> str:
    """One line per set and variant, for the terminal."""
    figures = _figures([v for own in metrics.values() for v in own["variants"].values()])
    rows = [["set", "variant", *(COLUMNS[figure][0] for figure in figures), "to fitted"]]
    for name, own in metrics.items():
        for variant, values in own["variants"].items():
            ratio = own["ratio_to_fitted"].get(variant, {}).get("mpjpe_mm")
            text = "" if ratio is None else f"{ratio:.3f}"
            rows.append([name, variant, *_cells(values, figures), text])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _document(metrics: dict[str, Metrics], command: str) -> Iterator[str]:
    yield f"# 3D poses against the truth\n\n`{command}`\n\n{NOTES}"
    for name, own in metrics.items():
        lost = ", ".join(own["clips_without_anybody"]) or "none"
        yield f"## {name}\n"
        yield (
            f"{own['clips']} clips, {own['frames']} frames compared, {own['frames_share']:.1%} of "
            f"a clip's frames on average; clips without anybody: {lost}.\n"
        )
        figures = _figures(list(own["variants"].values()))
        rows = [[variant, *_cells(values, figures)] for variant, values in own["variants"].items()]
        yield _grid(["variant", *(COLUMNS[figure][0] for figure in figures)], rows)
        if own["ratio_to_fitted"]:
            yield "Ratio to blazepose_world, fitted:\n"
            yield _ratios(own["ratio_to_fitted"])
        yield "MPJPE in mm, per joint:\n"
        yield _transposed(own["per_joint_mm"])
        for part in ("source", "view", "motion"):
            yield f"MPJPE in mm, per {part}:\n"
            yield _groups(own[f"per_{part}"])


def _ratios(ratios: dict[str, dict[str, float]]) -> str:
    rows = [
        [variant, *(_number(values.get(figure), "{:.3f}") for figure in RATIOS)]
        for variant, values in ratios.items()
    ]
    return _grid(["variant", *(COLUMNS[figure][0] for figure in RATIOS)], rows)


def _groups(groups: dict[str, dict[str, dict[str, float]]]) -> str:
    """A table of the MPJPE: groups by variants."""
    variants = list(next(iter(groups.values()), {}))
    rows = [
        [name, *(_number(own[v].get("mpjpe_mm"), "{:.1f}") for v in variants)]
        for name, own in groups.items()
    ]
    return _grid(["", *variants], rows)


def _transposed(columns: dict[str, dict[str, float]]) -> str:
    """A table of variant -> joint -> mm, with a row for each joint."""
    joints = list(next(iter(columns.values()), {}))
    rows = [[joint, *(f"{own[joint]:.1f}" for own in columns.values())] for joint in joints]
    return _grid(["joint", *columns], rows)


def _figures(rows: Sequence[dict[str, float]]) -> list[str]:
    """The columns that any row has something for."""
    return [figure for figure in COLUMNS if any(figure in values for values in rows)]


def _cells(values: dict[str, float], figures: Sequence[str]) -> list[str]:
    return [_number(values.get(figure), COLUMNS[figure][1]) for figure in figures]


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows]) + "\n"

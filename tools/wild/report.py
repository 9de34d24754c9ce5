"""Files that tell of an evaluation: all numbers as JSON and CSV, the curve, and the page.

OUT/evaluation.json   command, settings, figures, classes, curves, every clip
OUT/clips.csv         a line for each clip, recognizer and smoother
OUT/curve.png         accuracy against the share of clips of which something is said
OUT/report.html       all of it to look at, with pictures of what went wrong
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tools.wild.clips import WildClip
from tools.wild.gathering import Candidate, Row
from tools.wild.measures import Judged, Share, by_class, curve
from wildpose.atomic import writing
from wildpose.results import Settings, versions

JSON, CSV, CURVE, PAGE = "evaluation.json", "clips.csv", "curve.png", "report.html"
DIGITS = 6
TOP = 5  # names that are kept of each clip


@dataclass(frozen=True)
class Evaluation:
    """What there is to report."""

    command: str
    source: str
    """Folder or list of the clips, as it was typed."""
    rows: tuple[Row, ...]
    failed: tuple[tuple[WildClip, str], ...]
    """Clips that could not be used, and why: one line."""

    @property
    def candidates(self) -> list[Candidate]:
        """Recognizers, each once."""
        return list({row.candidate.name: row.candidate for row in self.rows}.values())


def opened_for_names(path: Path) -> TextIO:
    """A file for text with names of files, which need not be Unicode: those are spelled out."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


def write_json(path: Path, evaluation: Evaluation) -> None:
    """All numbers; what they mean is said in `measures`."""
    tree = {
        "command": evaluation.command,
        "source": evaluation.source,
        "versions": versions(),
        "recognizers": [_recognizer(one) for one in evaluation.candidates],
        "rows": [_row(row) for row in evaluation.rows],
        "failed": [
            {"clip": clip.title, "label": clip.label, "reason": reason}
            for clip, reason in evaluation.failed
        ],
    }
    text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
    with writing(path) as partial, opened_for_names(partial) as file:
        file.write(text)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """What was said of each clip, by each recognizer with the skeletons of each smoother."""
    head = ("clip", "label", "recognizer", "smooth", "right", "top1", "top3", "place", "verdict")
    more = ("name", "score", "background", "top", "reason")
    with writing(path) as partial, opened_for_names(partial) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head + more)
        table.writerows(line for row in rows for line in _lines(row))


def _lines(row: Row) -> Iterator[tuple[object, ...]]:
    for one in row.judged:
        said = one.said
        name, score = said.ranked[0] if said.ranked else ("", 0.0)
        yield (
            one.clip.title,
            one.clip.label,
            row.candidate.name,
            row.smoother,
            " | ".join(one.right),
            int(one.within(1)) if one.known else "",
            int(one.within(3)) if one.known else "",
            said.place(one.right) or "",
            one.verdict(row.min_score),
            name,
            f"{score:.4f}" if said.ranked else "",
            f"{said.background:.4f}" if said.ranked else "",
            " | ".join(f"{name} {score:.4f}" for name, score in said.ranked[:TOP]),
            said.reason,
        )


def _recognizer(one: Candidate) -> dict[str, Any]:
    record = Settings(recognizer=one.name).record["recognizer"]  # of a file with its hash
    return {
        "name": one.name,
        "recognizer": record,
        "class_names": [str(name) for name in one.recognizer.class_names],
        "min_score": _rounded(one.min_score),
        "window_s": one.recognizer.window_s,
        "classes": {label: list(names) for label, names in one.answers.items()},
    }


def _row(row: Row) -> dict[str, Any]:
    own = row.figures
    settings = Settings(recognizer=row.candidate.name, smooth=row.smoother)
    return {
        "recognizer": row.candidate.name,
        "smooth": row.smoother,
        "settings": settings.record,
        "top1": _share(own.top1),
        "top3": _share(own.top3),
        "chance_top1": _rounded(own.chance1),
        "chance_top3": _rounded(own.chance3),
        "said": dict(own.said),
        "nothing_said_of_others": _share(own.silent),
        "classes": {name: _class(group, row) for name, group in by_class(row.judged).items()},
        "curve": [
            {
                "min_score": _rounded(point.min_score),
                "right": _share(point.right),
                "answered": _share(point.answered),
                "others_named": _share(point.others),
            }
            for point in curve(row.judged)
        ],
        "clips": [_clip(one, row) for one in row.judged],
    }


def _class(group: Sequence[Judged], row: Row) -> dict[str, Any]:
    said = [one.verdict(row.min_score) for one in group]
    counts = {word: said.count(word) for word in ("right", "wrong", "nothing")}
    found: dict[str, Any] = {"clips": len(group), "right_names": list(group[0].right)}
    if group[0].known:
        found["top1"] = sum(one.within(1) for one in group)
        found["top3"] = sum(one.within(3) for one in group)
    return {**found, "said": counts}


def _clip(one: Judged, row: Row) -> dict[str, Any]:
    clip, said = one.clip, one.said
    return {
        "clip": clip.title,
        "label": clip.label,
        "actor": clip.actor,
        "start": clip.start,
        "stop": clip.stop,
        "right_names": list(one.right),
        "place": said.place(one.right),
        "verdict": one.verdict(row.min_score),
        "top": [[name, _rounded(score)] for name, score in said.ranked[:TOP]],
        "background": _rounded(said.background),
        "reason": said.reason,
    }


def _share(one: Share) -> dict[str, Any]:
    interval = one.interval
    return {
        "count": one.count,
        "of": one.of,
        "value": _rounded(one.value),
        "interval_95": None if interval is None else [_rounded(end) for end in interval],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)

"""Compare results with annotated people: python tools/evaluate_tracking.py results.

Prints one row per clip: people found, frames in which everybody was found, id switches, ids that
were on two people, false boxes and false people, on the frames annotated in
tests/people_in_clips.json.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import json
import sys
from pathlib import Path

import numpy as np

from wildpose.export.result_json import read_result
from wildpose.results import Result
from wildpose.tracking_metrics import Annotated, Report, compare
from wildpose.usage import Parser

ANNOTATIONS = Path(__file__).resolve().parent.parent / "tests" / "people_in_clips.json"


def read_annotations(path: Path) -> dict[str, dict[int, list[Annotated]]]:
    """Clip name -> frame index -> people, from the annotation file."""
    clips = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: {
            int(frame): [
                Annotated(p["person"], tuple(p["box"]), p.get("ignore", False)) for p in people
            ]
            for frame, people in clip["frames"].items()
        }
        for name, clip in clips.items()
    }


def boxes_by_frame(result: Result) -> dict[int, dict[int, np.ndarray]]:
    """Frame index -> id -> box."""
    found: dict[int, dict[int, np.ndarray]] = {}
    for person in result.people:
        for frame, box in zip(person.frames.tolist(), person.boxes, strict=True):
            found.setdefault(frame, {})[person.id] = box
    return found


def row(name: str, report: Report) -> str:
    """One line of the table."""
    ids = " ".join(f"{p}:{','.join(map(str, i))}" for p, i in sorted(report.ids.items()))
    return (
        f"{name:32} {report.found:3}/{report.people:<3} "
        f"{report.complete_frames:6}/{report.frames:<3}"
        f"{report.switches:9} {len(report.shared_ids):10} {report.false_boxes:12} "
        f"{len(report.false_ids):12}  {ids}"
    )


def main() -> int:
    """Print the table; the exit code is 1 where a clip has no result."""
    parser = Parser(description=__doc__)
    parser.add_argument("results", type=Path, help="the --out folder of run_video")
    parser.add_argument("--annotations", type=Path, default=ANNOTATIONS)
    options = parser.parse_args()
    for path in (options.results, options.annotations):
        if not path.exists():
            parser.error(f"{path}: no such file or folder")
    print(
        f"{'clip':32} {'found':>7} {'all found':>10} {'switches':>8} {'shared ids':>10} "
        f"{'false boxes':>12} "
        f"{'false people':>12}  ids of each person"
    )
    missing = False
    for name, frames in read_annotations(options.annotations).items():
        file = options.results / Path(name).stem / "result.json"
        if not file.exists():
            print(f"{name}: no result in {options.results}", file=sys.stderr)
            missing = True
            continue
        print(row(name, compare(frames, boxes_by_frame(read_result(file)))))
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())

"""Action labels of videos whose action is known: python tools/evaluate_labels.py results.

Prints one row per clip of tests/actions_in_clips.json, which says for each the action of the
everyday list that it shows, or null for none of them: what was said, and in what share of the time
that people are in view, absences left out.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import json
import sys
from pathlib import Path

from wildpose.batch import one_line
from wildpose.exit_codes import DONE, FAILED, USAGE
from wildpose.export.result_json import read_result
from wildpose.results import Result
from wildpose.usage import Parser
from wildpose.windows import spans

ANNOTATIONS = Path(__file__).resolve().parent.parent / "tests" / "actions_in_clips.json"
SHOWN = 3  # labels of a clip
ENDLESS = 1e9  # seconds, longer than any video


def shares(result: Result) -> dict[str, float]:
    """Label -> share of the time that people are in view, all people together, largest first.

    In view for as long as there is something to label: a glimpse that makes no window is left out.
    """
    seen = 0.0
    said: dict[str, float] = {}
    for person in result.people:
        # A window that never ends is as long as the stretch between two absences.
        stretches = spans(person.skeleton.times, window_s=ENDLESS, stride_s=ENDLESS)
        seen += sum(stretch.stop - stretch.start for stretch in stretches)
        for action in person.actions:
            said[action.label] = said.get(action.label, 0.0) + action.stop - action.start
    order = sorted(said, key=lambda label: -said[label])
    return {label: said[label] / max(seen, 1e-9) for label in order}


def verdict(action: str | None, said: dict[str, float]) -> str:
    """right: the clip's action is among the labels shown; silent: mostly nothing was said."""
    if action is None:
        return "silent" if sum(said.values()) <= 0.5 else "wrong"
    return "right" if action in list(said)[:SHOWN] else "wrong"


def row(name: str, action: str | None, said: dict[str, float]) -> str:
    """One line of the table."""
    shown = ", ".join(f"{label} {share:.0%}" for label, share in list(said.items())[:SHOWN])
    nothing = max(0.0, 1 - sum(said.values()))
    return (
        f"| {name} | {action or 'none'} | {shown or '-'} | {nothing:.0%} "
        f"| {verdict(action, said)} |"
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 all clips evaluated; 1 some results are missing or damaged; 2 no such folder."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, help="folder that run_video wrote")
    parser.add_argument("--annotations", type=Path, default=ANNOTATIONS)
    options = parser.parse_args(arguments)
    if not options.results.is_dir():
        print(f"no folder {options.results}", file=sys.stderr)
        return USAGE
    annotations = json.loads(options.annotations.read_text(encoding="utf-8"))
    print("| clip | action of the list | said, in share of the time | nothing | |")
    print("|---|---|---|---:|---|")
    missing = 0
    for name, action in annotations.items():
        path = options.results / name / "result.json"
        try:
            said = shares(read_result(path))
        except FileNotFoundError:
            print(f"no {path}: run run_video on the clip first", file=sys.stderr)
            missing += 1
        except (OSError, ValueError, TypeError, KeyError) as error:  # whatever JSON may hold
            print(f"{path}: cannot be read: {one_line(error)}", file=sys.stderr)
            missing += 1
        else:
            print(row(name, action, said))
    return FAILED if missing else DONE


if __name__ == "__main__":
    sys.exit(main())

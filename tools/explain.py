"""See what a recognizer attends to: python tools/explain.py RECOGNIZER --data DATA --out DIR.

RECOGNIZER is a recognizer.safetensors, DATA has the pictures that tools/prepare_footage.py makes.
Writes DIR/CLIP.png and DIR/CLIP.mp4 for each clip of a split, or those named by --clip: the weights
of hands (sta), glimpses and the workers that follow them (glimpse_clouds), where and when poses say
to look and the feature map that comes of it (vpn; that map alone for its video backbone). With
--figures it draws a whole split instead, of one recognizer or of two side by side: accuracy against
motion, features in a plane, attention to the hand that holds something; the last line is then one
JSON object. Exit code: 0 done, 1 some clips were left out, 2 not usable, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _matplotlib  # says so where it is missing
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from datasets.catalogue import dataset_named
from datasets.protocols import SPLITS, protocol_named
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data
from tools.experiments.claims import CLAIM, caution_of, data_claimed
from tools.experiments.footage import FootageFolder, footage_of
from tools.experiments.hand_features import where_kept
from tools.explaining.cases import Case, cases_named, cases_of_split, recordings_of
from tools.explaining.each_clip import check_drawable, drawing_of
from tools.explaining.split_findings import Findings, draw_split, findings
from tools.explaining.strips import save
from tools.progress import shown, tell
from wildpose.atomic import writing
from wildpose.counting import number_of
from wildpose.devices import add_device
from wildpose.exit_codes import DONE, FAILED, INTERRUPTED, USAGE
from wildpose.usage import Parser
from wildpose.video import VideoError

# What is wrong with one clip; it is left out, and the rest goes on.
UNUSABLE = (ValueError, FileNotFoundError, VideoError)
Made = TypeVar("Made")


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("recognizers", type=Path, nargs="+", metavar="RECOGNIZER", help="two with --figures")
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--set", default="synthetic_ntu", metavar="NAME", help="default: %(default)s")
    add("--protocol", help="of the set; default: by which the recognizer was trained")
    add("--split", choices=SPLITS, default="test", help="default: %(default)s")
    add("--clip", nargs="+", metavar="NAME", help="these clips, of whatever split")
    add("--figures", action="store_true", help="of the whole split, in place of its clips")
    add("--out", type=Path, required=True, metavar="DIR", help="for pictures, videos and figures")
    add_device(parser, "networks run")
    options = parser.parse_args(arguments)
    if len(options.recognizers) > (2 if options.figures else 1):
        parser.error("one recognizer is explained at a time; --figures compares two")
    if len(set(options.recognizers)) < len(options.recognizers):
        parser.error(f"{options.recognizers[0]} came twice: there is nothing to compare")
    if options.figures and options.clip:
        parser.error("--figures is about a whole split: leave --clip out")
    return options


def explain_clips(options: argparse.Namespace, recognizer: ClipRecognizer) -> int:
    """Draw clips; how many were left out.

    Raises:
        ValueError, FileNotFoundError: there is nothing to show, or the data are not there.
    """
    check_drawable(recognizer)
    data = Data(options.set, options.protocol or _protocol_for(options, recognizer))
    _classes(options, data, [recognizer])
    folder = _footage(data, recognizer, options.data)
    recordings = recordings_of(dataset_named(options.set, options.data), options.data)
    cases, names, missing = _asked(options, data)
    for name in missing:
        print(f"left out: {options.set} has no clip {name!r}", file=sys.stderr)

    def draw(case: Case) -> None:
        assert folder is not None  # whatever attends looks at pictures
        label = names[case.label] if case.label >= 0 else "of no class"
        recording = recordings.get(case.clip.name)
        drawing = drawing_of(recognizer, case, folder(case.clip), label, recording)
        save(drawing, options.out / case.clip.name, frame_rate=case.clip.frame_rate)

    done = len(list(_made(draw, cases)))
    left_out = len(missing) + len(cases) - done
    print(f"{number_of(done, 'clip')} in {options.out}; {left_out} left out")
    return left_out


def draw_figures(options: argparse.Namespace, recognizers: list[ClipRecognizer]) -> int:
    """Draw a split and print its figures; how many clips were left out.

    Raises:
        ValueError, FileNotFoundError: the recognizers or the data are not usable.
    """
    data = Data(options.set, options.protocol or _protocol_for(options, recognizers[0]))
    classes = _classes(options, data, recognizers)
    for path in options.recognizers:
        if caution := caution_of(path, data):
            tell(caution)
    asked = [(one, _footage(data, one, options.data)) for one in recognizers]
    cases = cases_of_split(data, options.data, options.split)
    names = [case.clip.name for case in cases]
    asked = [(one, folder and where_kept(folder, one, names)) for one, folder in asked]

    def find(case: Case) -> list[Findings]:
        return [
            findings(recognizer, case, None if folder is None else folder(case.clip))
            for recognizer, folder in asked
        ]

    found = list(_made(find, cases))
    if not found:
        raise ValueError(f"{options.data}: no clip of {options.set} can be used")
    used, each = zip(*found, strict=True)  # clips, and what all recognizers make of each
    by_name = dict(zip(_names(options.recognizers), zip(*each, strict=True), strict=True))
    drawn = draw_split(options.out, classes, used, by_name)
    of = {"set": data.name, "protocol": data.protocol, "split": options.split}
    text = json.dumps({**of, "clips": len(used), **drawn})
    with writing(options.out / "figures.json") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    print(text)
    return len(cases) - len(used)


def _asked(
    options: argparse.Namespace, data: Data
) -> tuple[list[Case], tuple[str, ...], list[str]]:
    """Clips, names of their classes, and names of which there is no clip."""
    chosen = dataset_named(data.name, options.data)
    if options.clip:
        cases, missing = cases_named(data, options.data, options.clip)
        return cases, chosen.class_names, missing
    cases = cases_of_split(data, options.data, options.split)
    return cases, protocol_named(data.protocol, chosen.protocols, of=data.name).class_names, []


def _made(make: Callable[[Case], Made], cases: Sequence[Case]) -> Iterator[tuple[Case, Made]]:
    """What is made of each clip that can be used."""
    for case in shown(cases, total=len(cases), unit="clip"):
        for made in _tried(make, case):
            yield case, made


def _tried(make: Callable[[Case], Made], case: Case) -> list[Made]:
    """What is made of a clip; nothing, and a line, where it cannot be used."""
    try:
        return [make(case)]
    except UNUSABLE as error:
        text = str(error)
        own = text if case.clip.name in text else f"{case.clip.name}: {text}"
        tell(f"left out: {own}")
        return []


def _protocol_for(options: argparse.Namespace, recognizer: ClipRecognizer) -> str:
    """By which a recognizer was trained, so that its test clips are none that it learned from.

    Raises:
        ValueError: nothing tells, and several have its classes.
    """
    path = options.recognizers[0]
    trained = data_claimed(path)
    if trained is not None and trained.name == options.set:
        return trained.protocol
    protocols = dataset_named(options.set, options.data).protocols
    fit = [n for n, one in protocols.items() if one.class_names == recognizer.class_names]
    if len(fit) > 1 and not options.clip:
        raise ValueError(
            f"{path}: no {CLAIM} beside it tells by which protocol of {options.set} it was "
            f"trained: give --protocol, one of {', '.join(fit)}"
        )
    return [*fit, *protocols][0]


def _classes(
    options: argparse.Namespace, data: Data, recognizers: list[ClipRecognizer]
) -> tuple[str, ...]:
    """Class names of the protocol, which all recognizers know."""
    protocols = dataset_named(data.name, options.data).protocols
    classes = protocol_named(data.protocol, protocols, of=data.name).class_names
    for path, recognizer in zip(options.recognizers, recognizers, strict=True):
        if recognizer.class_names != classes:
            raise ValueError(f"{path}: knows other classes than {data.protocol} of {data.name} has")
    return classes


def _footage(data: Data, recognizer: ClipRecognizer, root: Path) -> FootageFolder | None:
    """Where the pictures that a recognizer asks for are; None where it asks for none."""
    pictures = recognizer.pictures
    return None if pictures is None else footage_of(data, pictures, root)


def _names(paths: list[Path]) -> list[str]:
    """What recognizers are called in figures: by their folder where the files are called alike."""
    names = [
        path.resolve().parent.name if path.stem == "recognizer" else path.stem for path in paths
    ]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def main(arguments: list[str] | None = None) -> int:
    """Explain clips, or draw figures of a split; the exit code."""
    options = options_of(arguments)
    try:
        recognizers = [
            ClipRecognizer.load(path, device=options.device) for path in options.recognizers
        ]
        for path, recognizer in zip(options.recognizers, recognizers, strict=True):
            for note in recognizer.notes:
                tell(f"{path}: {note}")
        if options.figures:
            left_out = draw_figures(options, recognizers)
        else:
            left_out = explain_clips(options, recognizers[0])
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted; what was drawn is kept", file=sys.stderr)
        return INTERRUPTED
    return FAILED if left_out else DONE


if __name__ == "__main__":
    sys.exit(main())

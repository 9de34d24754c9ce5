"""Options of commands that make `Settings` and say what is saved, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from wildpose.batch import FILES
from wildpose.detection import DETECTORS
from wildpose.devices import add_device, check_device
from wildpose.lifting import LIFTERS
from wildpose.people import ACTORS, LARGEST
from wildpose.pipeline import check
from wildpose.pose import POSE_ESTIMATORS
from wildpose.presets import PRESETS, told
from wildpose.recognition import names as recognizers
from wildpose.results import Settings
from wildpose.smoothing import SMOOTHERS

NETWORKS = (
    "{0}:NETWORK is one of {0}: the name of a config or an alias ({0}:{1}), or the path of a "
    "config; NETWORK@FILE names its checkpoint"
)
"""For --help."""


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare what makes `Settings`, and where networks come from.

    Settings that are not typed are not among the parsed options: `asked` says what they are.
    """
    default = Settings()
    typed = argparse.SUPPRESS
    number, count = _or_none(float), _or_none(int)
    add = parser.add_argument
    add(
        "--actor",
        default=typed,
        metavar="WHO",
        help=f"who is kept: {ACTORS} ({LARGEST}); default: {default.actor}",
    )
    add(
        "--max-people",
        type=count,
        default=typed,
        metavar="N",
        help="keep the N largest people",
    )
    add("--preset", choices=PRESETS, help=f"fills in what is not given. {told()}")
    add(
        "--detector",
        default=typed,
        metavar="NAME",
        help=f"{_names(DETECTORS, default.detector)}. {NETWORKS.format('mmdet', 'rtmdet-m')}",
    )
    add(
        "--pose",
        default=typed,
        metavar="NAME",
        help=f"{_names(POSE_ESTIMATORS, default.pose)}. {NETWORKS.format('mmpose', 'rtmpose-m')}",
    )
    add(
        "--lifter",
        default=typed,
        metavar="NAME|PATH",
        help=f"{_names(LIFTERS, default.lifter)}; or a .safetensors file of tools/train_lifter.py. "
        f"{NETWORKS.format('mmpose', 'motionbert')}",
    )
    add("--smooth", default=typed, metavar="NAME", help=_names(SMOOTHERS, default.smooth))
    add(
        "--recognizer",
        default=typed,
        metavar="NAME|PATH",
        help=f"action labels: {', '.join([*recognizers(), 'none'])}, or the path of a "
        f".safetensors file that tools/train.py wrote; default: {default.recognizer}",
    )
    add(
        "--window",
        type=number,
        default=typed,
        metavar="S",
        help="seconds labelled at once; default: those of the clips that the recognizer was "
        "trained on, 2 for the default one",
    )
    add(
        "--stride",
        type=float,
        default=typed,
        metavar="S",
        help=f"seconds between windows; default: {default.stride}",
    )
    add(
        "--top-k",
        type=int,
        default=typed,
        metavar="K",
        help=f"classes of each segment; default: {default.top_k}",
    )
    add(
        "--min-score",
        type=number,
        default=typed,
        metavar="P",
        help="no label below it; default: the recognizer's own",
    )
    add(
        "--tiles",
        default=typed,
        metavar="auto|N",
        help="rows of detector tiles; default: auto, if needed",
    )
    for flag, letter, text in (
        ("--fps", "F", "at most F frames per second, chosen by time"),
        ("--start", "S", "begin at this time in seconds"),
        ("--stop", "S", "end before this time in seconds"),
    ):
        add(flag, type=number, default=typed, metavar=letter, help=text)
    add_device(
        parser, "networks of OpenMMLab and recognizers of files run, the others always on the CPU"
    )
    add(
        "--half",
        action=argparse.BooleanOptionalAction,
        help="let networks of OpenMMLab compute in half precision; default: on a GPU",
    )
    add(
        "--trust-checkpoint",
        action="store_true",
        help="read checkpoints of OpenMMLab also where they could run code",
    )
    add("--weights-dir", type=Path, metavar="DIR", help="look for network weights here first")
    add("--offline", action="store_true", help="never download")


def _or_none(kind: Callable[[str], float]) -> Callable[[str], float | None]:
    """A kind of number for argparse, or `none` for what holds where there is no number."""

    def number(text: str) -> float | None:
        return None if text == "none" else kind(text)

    number.__name__ = kind.__name__  # which complaints name
    return number


def _names(table: Iterable[str], default: str) -> str:
    return f"one of: {', '.join(table)}; default: {default}"


def backend_options(options: argparse.Namespace) -> dict[str, Any]:
    """What parsed options of `add_settings` say of where networks come from and how they run."""
    names = ("weights_dir", "offline", "device", "half", "trust_checkpoint")
    return {name: getattr(options, name) for name in names}


def given(options: argparse.Namespace) -> set[str]:
    """Names of the settings that were typed, or that a preset has which was, and of `save`."""
    names = [*(field.name for field in fields(Settings)), "save"]
    return {name for name in names if name in options} | {*PRESETS.get(options.preset or "", ())}


def asked(
    options: argparse.Namespace, otherwise: Mapping[str, Any] | None = None
) -> tuple[Settings, list[str]]:
    """What parsed options of `add_settings` and `--save` ask for.

    Args:
        options: parsed.
        otherwise: settings, and `save`, that hold where they are not `given`; the defaults where
            neither says anything.

    Returns:
        Settings, and names of `wildpose.batch.FILES`.

    Raises:
        ValueError: a value that is not allowed, or a name that there is not.
    """
    check_device(options.device)
    names = ["preset", "save", *(field.name for field in fields(Settings))]
    known = {n: v for n, v in (otherwise or {}).items() if n not in given(options)}
    values = {**known, **{name: getattr(options, name) for name in names if name in options}}
    save = _save(values.pop("save"))
    settings = Settings.of(values)
    check(settings)
    return settings, save


def _save(text: str) -> list[str]:
    kinds = [kind.strip() for kind in text.split(",") if kind.strip()]
    unknown = [kind for kind in kinds if kind not in FILES]
    if unknown or not kinds:
        raise ValueError(f"--save takes a list of {', '.join(FILES)}, got {text!r}")
    return list(dict.fromkeys(kinds))

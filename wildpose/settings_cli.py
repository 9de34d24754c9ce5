"""Options of commands that make `Settings` and say what is saved, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from wildpose.batch import FILES
from wildpose.detection import DETECTORS
from wildpose.lifting import LIFTERS
from wildpose.people import ACTORS
from wildpose.pipeline import check
from wildpose.pose import POSE_ESTIMATORS
from wildpose.recognition import names as recognizers
from wildpose.results import Settings
from wildpose.smoothing import SMOOTHERS


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Declare what makes `Settings`, and where networks come from."""
    default = Settings()
    add = parser.add_argument
    add("--actor", default=default.actor, metavar="WHO", help=f"who is kept: {ACTORS}")
    add("--max-people", type=int, metavar="N", help="keep the N people most in view")
    add("--detector", metavar="NAME", help=_names(DETECTORS, default.detector))
    add("--pose", metavar="NAME", help=_names(POSE_ESTIMATORS, default.pose))
    add(
        "--lifter",
        default=default.lifter,
        metavar="NAME|PATH",
        help=f"{_names(LIFTERS, default.lifter)}; or a .safetensors file of tools/train_lifter.py",
    )
    add("--smooth", default=default.smooth, metavar="NAME", help=_names(SMOOTHERS, default.smooth))
    add(
        "--recognizer",
        default=default.recognizer,
        metavar="NAME|PATH",
        help=f"action labels: {', '.join([*recognizers(), 'none'])}, or the path of a "
        ".safetensors file that tools/train.py wrote; default: %(default)s",
    )
    add(
        "--window",
        type=float,
        metavar="S",
        help="seconds labelled at once; default: those of the clips that the recognizer was "
        "trained on, 2 for the default one",
    )
    add(
        "--stride",
        type=float,
        default=default.stride,
        metavar="S",
        help="seconds between windows; default: %(default)s",
    )
    add(
        "--top-k",
        type=int,
        default=default.top_k,
        metavar="K",
        help="classes of each segment; default: %(default)s",
    )
    add(
        "--min-score",
        type=float,
        metavar="P",
        help="no label below it; default: the recognizer's own",
    )
    add("--tiles", default="auto", metavar="auto|N", help="rows of detector tiles; auto: if needed")
    add("--fps", type=float, metavar="F", help="at most F frames per second, chosen by time")
    add("--start", type=float, metavar="S", help="begin at this time in seconds")
    add("--stop", type=float, metavar="S", help="end before this time in seconds")
    add("--device", default="auto", metavar="auto|cpu", help="where networks run")
    add("--weights-dir", type=Path, metavar="DIR", help="look for network weights here first")
    add("--offline", action="store_true", help="never download")


def _names(table: Iterable[str], default: str) -> str:
    return f"one of: {', '.join(table)}; default: {default}"


def asked(options: argparse.Namespace) -> tuple[Settings, list[str]]:
    """What parsed options of `add_settings` and `--save` ask for.

    Returns:
        Settings, and names of `wildpose.batch.FILES`.

    Raises:
        ValueError: a value that is not allowed, or a name that there is not.
    """
    settings, save = _settings(options), _save(options)
    check(settings)
    return settings, save


def _settings(options: argparse.Namespace) -> Settings:
    if options.device not in ("auto", "cpu"):
        raise ValueError(
            f"unknown device {options.device!r}: the blazepose backends run on the CPU, so it is "
            "auto or cpu"
        )
    names = (field.name for field in fields(Settings))
    return Settings.of({name: getattr(options, name, None) for name in names})


def _save(options: argparse.Namespace) -> list[str]:
    kinds = [kind.strip() for kind in options.save.split(",") if kind.strip()]
    unknown = [kind for kind in kinds if kind not in FILES]
    if unknown or not kinds:
        raise ValueError(f"--save takes a list of {', '.join(FILES)}, got {options.save!r}")
    return list(dict.fromkeys(kinds))

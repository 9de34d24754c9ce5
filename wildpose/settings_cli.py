"""Options of commands that make `Settings` and say what is saved, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from wildpose.batch import FILES
from wildpose.detection import DETECTORS
from wildpose.devices import DEVICES, check_device
from wildpose.lifting import LIFTERS
from wildpose.people import ACTORS
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
    """Declare what makes `Settings`, and where networks come from."""
    default = Settings()
    add = parser.add_argument
    add("--actor", default=default.actor, metavar="WHO", help=f"who is kept: {ACTORS}")
    add("--max-people", type=int, metavar="N", help="keep the N people most in view")
    # What a preset may fill in is left out unless it was typed.
    typed = argparse.SUPPRESS
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
    add(
        "--tiles",
        default=typed,
        metavar="auto|N",
        help="rows of detector tiles; default: auto, if needed",
    )
    add("--fps", type=float, metavar="F", help="at most F frames per second, chosen by time")
    add("--start", type=float, metavar="S", help="begin at this time in seconds")
    add("--stop", type=float, metavar="S", help="end before this time in seconds")
    add(
        "--device",
        default="auto",
        metavar=DEVICES,
        help="where networks of OpenMMLab run, blazepose's always on the CPU; auto: on a GPU where "
        "there is one",
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


def _names(table: Iterable[str], default: str) -> str:
    return f"one of: {', '.join(table)}; default: {default}"


def backend_options(options: argparse.Namespace) -> dict[str, Any]:
    """What parsed options of `add_settings` say of where networks come from and how they run."""
    names = ("weights_dir", "offline", "device", "half", "trust_checkpoint")
    return {name: getattr(options, name) for name in names}


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
    check_device(options.device)
    names = ["preset", *(field.name for field in fields(Settings))]
    return Settings.of({name: getattr(options, name) for name in names if name in options})


def _save(options: argparse.Namespace) -> list[str]:
    kinds = [kind.strip() for kind in options.save.split(",") if kind.strip()]
    unknown = [kind for kind in kinds if kind not in FILES]
    if unknown or not kinds:
        raise ValueError(f"--save takes a list of {', '.join(FILES)}, got {options.save!r}")
    return list(dict.fromkeys(kinds))

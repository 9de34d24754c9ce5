"""Train the lifter: python tools/train_lifter.py configs/lifter/lcr_lcr13.py --data DIR.

Reads looks (see tools/measure_detector.py), makes virtual views, finds anchor poses, trains, and
calibrates on the validation split; writes WORK/model.safetensors and WORK/report.json. A run that
was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from datasets.detector_errors import Looks
from datasets.lifting_samples import samples_of, virtual_samples
from datasets.pose_sources import Split, read_motions
from tools.experiments.options import add_config_changes
from wildpose.exit_codes import DONE, USAGE
from wildpose.lifting.anchors import Anchors, find_anchors
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_network import LcrNetwork
from wildpose.lifting.lcr_samples import LiftingSamples
from wildpose.lifting.lcr_training import Schedule, fit
from wildpose.lifting.lcr_validation import calibrated, frame_errors, with_best_radius
from wildpose.usage import Parser

CHUNK = 100_000  # virtual samples that are made at once
FOR_ANCHORS = 200_000  # samples that k-means sees
VALIDATION = 20_000  # virtual samples of the validation split
SPLITS: tuple[Split, ...] = ("train", "val")
SPLIT_SEED: dict[Split, int] = {"train": 0, "val": 1, "test": 2}


@dataclass(frozen=True)
class Recipe:
    """What a config says."""

    classes: int
    """K."""
    seed: int
    virtual: int
    """Samples from virtual cameras."""
    looks_share: float
    """Of the samples that a batch is drawn from."""
    network: dict[str, Any]
    """Arguments of LcrNetwork."""
    schedule: Schedule
    radii: tuple[float, ...]
    """Metres, to choose from."""


def recipe_of(path: Path, changes: dict[str, Any] | None = None) -> Recipe:
    """A config, some of it changed.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it names what there is not, or leaves out what there must be.
    """
    config = Config.fromfile(path)
    config.merge_from_dict(changes or {})
    values = config.to_dict()
    known = [f.name for f in fields(Recipe)]
    _check_names(path, values, known)
    if missing := [name for name in known if name not in values]:
        raise ValueError(f"{path}: {missing[0]!r} is missing")
    _check_names(path, values["network"], list(signature(LcrNetwork).parameters)[1:])
    _check_names(path, values["schedule"], [f.name for f in fields(Schedule)])
    radii = tuple(np.atleast_1d(values["radii"]).tolist())
    return Recipe(**values | {"schedule": Schedule(**values["schedule"]), "radii": radii})


def _check_names(path: Path, given: Iterable[str], known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"{path}: unknown key {name!r}: there are {', '.join(known)}")


def read_looks(folder: Path) -> Looks:
    """All looks of a split.

    Raises:
        FileNotFoundError: there are none.
    """
    paths = sorted(folder.glob("looks_*.npz"))
    if not paths:
        raise FileNotFoundError(f"no looks in {folder}: make them with tools/measure_detector.py")
    return Looks.joined([Looks.load(path) for path in paths])


def virtual(
    data: Path, looks: Looks, split: Split, count: int, *, cache: Path, seed: int
) -> LiftingSamples:
    """Virtual samples of a split, kept in a file; made anew where it holds another number."""
    if cache.exists() and len(kept := LiftingSamples.load(cache)) == count:
        return kept
    motions = read_motions(data, split)
    parts = [
        virtual_samples(
            motions,
            looks,
            min(CHUNK, count - start),
            np.random.default_rng([seed, SPLIT_SEED[split], start]),
        )
        for start in range(0, count, CHUNK)
    ]
    LiftingSamples.joined(parts).save(cache)
    return LiftingSamples.load(cache)  # rounded, so that a run taken up again finds equal anchors


def mixed(virtual: LiftingSamples, looks: LiftingSamples, share: float) -> LiftingSamples:
    """Both, the looks repeated until they are about that share."""
    times = max(1, round(len(virtual) * share / (1 - share) / len(looks)))
    return LiftingSamples.joined([virtual, *[looks] * times])


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("--data", type=Path, required=True, help="folder of the skeleton sets")
    add("--looks", type=Path, default=Path("looks"), help="default: %(default)s")
    add("--work", type=Path, default=Path("work/lifter"), help="default: %(default)s")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def trained(
    samples: LiftingSamples, anchors: Anchors, recipe: Recipe, *, work: Path, device: str
) -> LcrModel:
    """The model before calibration."""
    torch.manual_seed(recipe.seed)
    network = fit(
        LcrNetwork(2 * recipe.classes, **recipe.network),
        samples,
        anchors,
        recipe.schedule,
        checkpoint=work / "checkpoint.pt",
        seed=recipe.seed,
        device=device,
        report=lambda step, values: print(json.dumps({"step": step, **values}), flush=True),
    )
    return LcrModel(anchors, network.cpu())


def report_of(
    model: LcrModel, looks: LiftingSamples, virtual: LiftingSamples
) -> dict[str, dict[str, float] | float]:
    """Errors on samples of the validation split, and what was chosen on them."""
    parts = {
        "looks": frame_errors(model, looks),
        "virtual": frame_errors(model, virtual),
        "virtual_without_3d": frame_errors(model, virtual, with_3d=False),
    }
    chosen = {"temperature": model.temperature, "radius": model.radius}
    return {name: asdict(errors) for name, errors in parts.items()} | chosen


def prepared(
    options: argparse.Namespace, recipe: Recipe
) -> tuple[dict[Split, LiftingSamples], dict[Split, LiftingSamples]]:
    """Looks, and virtual views, as samples of both splits."""
    looks: dict[Split, Looks] = {s: read_looks(options.looks / s) for s in SPLITS}
    count: dict[Split, int] = {"train": recipe.virtual, "val": VALIDATION}
    options.work.mkdir(parents=True, exist_ok=True)
    views: dict[Split, LiftingSamples] = {}
    for split, own in looks.items():
        cache = options.work / f"virtual_{split}_{len(own)}_{recipe.seed}.npz"
        views[split] = virtual(
            options.data, own, split, count[split], cache=cache, seed=recipe.seed
        )
    return {split: samples_of(own) for split, own in looks.items()}, views


def train(options: argparse.Namespace) -> None:
    """Make the model and its report."""
    recipe, work = recipe_of(options.config, options.cfg_options), options.work
    looks, views = prepared(options, recipe)
    known = mixed(views["train"], looks["train"], recipe.looks_share)
    held = LiftingSamples.joined([views["val"], looks["val"]])
    print(f"{len(known)} samples to learn from, {len(held)} held out", flush=True)
    some = views["train"][:FOR_ANCHORS]
    rng = np.random.default_rng(recipe.seed)
    anchors = find_anchors(some.truth, some.truth_2d, recipe.classes, rng)
    model = calibrated(trained(known, anchors, recipe, work=work, device=options.device), held)
    model = with_best_radius(model, held, recipe.radii)
    model.save(work / "model.safetensors")
    report = report_of(model, looks["val"], views["val"])
    (work / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report))


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 trained; 2 the data or what was trained before are not usable."""
    try:
        train(options_of(arguments))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    return DONE


if __name__ == "__main__":
    sys.exit(main())

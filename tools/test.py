"""Test a recognizer: python tools/test.py CONFIG CHECKPOINT --data DIR [--out FOLDER].

CHECKPOINT is a recognizer.safetensors, or a checkpoint of the Runner. Writes confusion.png,
reliability.png and per_class.csv to FOLDER; the last line is one JSON object with top1, top5,
mean_class, calibration_error and samples.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets.protocols import SPLITS, Split
from recognizers.networks import settled
from recognizers.recognizer import ClipRecognizer
from recognizers.training.checkpoints import load_weights
from recognizers.training.experiment import Experiment, read_experiment
from recognizers.training.scores import Array, Labels, class_accuracies, confusion
from tools.experiments.hand_features import command_for, with_hand_features
from tools.experiments.options import add_config_changes
from tools.experiments.outcome import figures, network_for, plain_recognizer
from tools.experiments.plots import draw_confusion, draw_reliability
from tools.experiments.samples import Samples, read_samples
from tools.train import said
from wildpose.atomic import writing


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("checkpoint", type=Path)
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--split", choices=SPLITS, default="test", help="default: %(default)s")
    add("--out", type=Path, help="for confusion.png and the like; default: beside CHECKPOINT")
    add("--json", type=Path, help="also write the last line to this file")
    add("--variant", help="a row of the config's variants")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def recognizer_of(checkpoint: Path, experiment: Experiment, samples: Samples) -> ClipRecognizer:
    """The recognizer of a file, of the classes of the protocol.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is another model's.
    """
    classes = samples.protocol.class_names
    if checkpoint.suffix == ".safetensors":
        recognizer = ClipRecognizer.load(checkpoint)
        check_network(checkpoint, recognizer.config, experiment.network)
        if recognizer.class_names != classes:
            raise ValueError(
                f"{checkpoint} knows {len(recognizer.class_names)} classes, "
                f"{recognizer.class_names[0]} and so on; {experiment.data.protocol} of "
                f"{experiment.data.name} has {len(classes)}, {classes[0]} and so on"
            )
        return recognizer
    preparation = experiment.preparation.fitted(samples.clips["train"])
    experiment = replace(experiment, preparation=preparation, network=settled(experiment.network))
    network = network_for(experiment, len(classes))
    load_weights(network, checkpoint)
    return plain_recognizer(experiment, network, samples)


def check_network(path: Path, there: dict[str, Any], asked: dict[str, Any]) -> None:
    """See that a file's network is the config's, whatever either began with.

    Raises:
        ValueError: it is another; the line says in what.
    """
    there = settled(there)
    here = json.loads(json.dumps(settled(asked)))  # tuples are lists in a file
    other = [
        name for name in sorted(there.keys() | here.keys()) if there.get(name) != here.get(name)
    ]
    if other:
        said = "; ".join(f"{n} {there.get(n)!r} there, {here.get(n)!r} here" for n in other)
        raise ValueError(f"{path} is of another network than the config's: {said}")


def write_tables(
    folder: Path, names: Sequence[str], scores: Array, labels: Labels, min_score: float
) -> None:
    """Which classes are right, for which others they are taken, and what scores mean."""
    counts = confusion(scores, labels)
    with writing(folder / "per_class.csv") as partial, partial.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["class", "samples", "accuracy", "most often taken for"])
        for a, share in enumerate(class_accuracies(counts)):
            wrong = np.where(np.arange(len(names)) == a, 0, counts[a])
            other = names[int(wrong.argmax())] if wrong.any() else ""
            text = "" if np.isnan(share) else f"{share:.4f}"
            rows.writerow([names[a], int(counts[a].sum()), text, other])
    draw_confusion(folder / "confusion.png", counts, names)
    right = scores.argmax(axis=1) == labels
    draw_reliability(folder / "reliability.png", scores.max(axis=1), right, min_score)


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 tested; 2 the config, the checkpoint or the data are not usable."""
    options = options_of(arguments)
    try:
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        splits: tuple[Split, ...] = ("train", options.split)
        samples = read_samples(
            experiment.data, options.data, splits=splits, pictures=experiment.pictures
        )
        recognizer = recognizer_of(options.checkpoint, experiment, samples)
        if experiment.pictures is not None and experiment.pictures.hand_features:
            samples = with_hand_features(
                samples, experiment, recognizer.network, command=command_for(options)
            )
        labels = np.array(samples.labels[options.split])
        scores = recognizer.predict(samples.clips[options.split], samples.footage)
        folder = options.out or options.checkpoint.parent
        write_tables(folder, recognizer.class_names, scores, labels, recognizer.min_score)
    except (ValueError, FileNotFoundError) as error:
        print(said(options.config, error), file=sys.stderr)
        return 2
    of = {
        "data": experiment.data.name,
        "protocol": experiment.data.protocol,
        "split": options.split,
    }
    text = json.dumps(
        {**of, **{name: round(value, 6) for name, value in figures(scores, labels).items()}}
    )
    if options.json:
        with writing(options.json) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

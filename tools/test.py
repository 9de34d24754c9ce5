"""Test a recognizer: python tools/test.py CONFIG CHECKPOINT --data DIR [--out FOLDER].

CHECKPOINT is a recognizer.safetensors, or a checkpoint of the Runner. Writes confusion.png,
reliability.png and per_class.csv to FOLDER, of another split than test as confusion_val.png and so
on; the last line is one JSON object with top1, top5, mean_class, calibration_error and samples.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _matplotlib  # says so where it is missing
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
import torch

from datasets.catalogue import dataset_named
from datasets.protocols import SPLITS, Split, protocol_named
from recognizers.networks import settled
from recognizers.recognizer import ClipRecognizer
from recognizers.training.checkpoints import load_weights
from recognizers.training.experiment import Data, Experiment, read_experiment
from recognizers.training.scores import Array, Labels, class_accuracies, confusion
from tools.experiments.claims import caution_of, claimed
from tools.experiments.first_stage import check_checkpoint_skeletons
from tools.experiments.hand_features import command_for, where_kept, with_hand_features
from tools.experiments.options import add_config_changes
from tools.experiments.outcome import figures, network_for, plain_recognizer
from tools.experiments.plots import draw_confusion, draw_reliability
from tools.experiments.samples import Samples, passed_by, read_samples
from tools.train import said
from wildpose.atomic import writing
from wildpose.devices import add_device, check_there, device_named
from wildpose.exit_codes import DONE, INTERRUPTED, USAGE
from wildpose.usage import Parser


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("checkpoint", type=Path)
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--split", choices=SPLITS, default="test", help="default: %(default)s")
    add("--out", type=Path, help="for confusion.png and the like; default: beside CHECKPOINT")
    add("--json", type=Path, help="also write the last line to this file")
    add("--variant", help="a row of the config's variants")
    add("--workers", type=int, default=0, help="processes that load clips; default: %(default)s")
    add_device(parser, "the network runs")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def of_file(options: argparse.Namespace, experiment: Experiment) -> tuple[ClipRecognizer, Samples]:
    """A recognizer of a file, and the clips that it is tested on, with the pictures it asks for.

    Raises:
        FileNotFoundError: no such file, or no pictures.
        ValueError: the file is another model's, or of other classes than the protocol's.
    """
    recognizer = ClipRecognizer.load(options.checkpoint, device=options.device)
    check_network(options.checkpoint, recognizer.config, experiment.network)
    check_classes(options.checkpoint, recognizer.class_names, experiment.data, options.data)
    asked = recognizer.pictures
    splits: tuple[Split, ...] = (options.split,)
    samples = read_samples(experiment.data, options.data, splits=splits, pictures=asked)
    if samples.footage is not None:
        names = [clip.name for clip in samples.clips[options.split]]
        samples = replace(samples, footage=where_kept(samples.footage, recognizer, names))
    return recognizer, samples


def of_checkpoint(
    options: argparse.Namespace, experiment: Experiment
) -> tuple[ClipRecognizer, Samples]:
    """A recognizer of a checkpoint, prepared as the training clips say, and these clips too.

    Raises:
        FileNotFoundError: no such file, or no pictures.
        ValueError: the file is another model's.
    """
    there = claimed(options.checkpoint).get("network")
    if isinstance(there, dict):
        check_network(options.checkpoint, there, experiment.network)
    check_checkpoint_skeletons(options.checkpoint, experiment)
    splits: tuple[Split, ...] = ("train", options.split)
    pictures = experiment.pictures
    samples = read_samples(experiment.data, options.data, splits=splits, pictures=pictures)
    preparation = experiment.preparation.fitted(samples.clips["train"])
    experiment = replace(experiment, preparation=preparation, network=settled(experiment.network))
    network = network_for(experiment, len(samples.protocol.class_names))
    load_weights(network, options.checkpoint)
    network.to(device_named(options.device))
    recognizer = plain_recognizer(experiment, network, samples)
    if pictures is not None and pictures.hand_features:
        command = command_for(options)
        samples = with_hand_features(samples, experiment, network, command=command)
    return recognizer, samples


def check_classes(path: Path, there: Sequence[str], data: Data, root: Path) -> None:
    """See that a file knows the classes of a protocol.

    Raises:
        ValueError: it knows others, or there is no such protocol.
    """
    protocols = dataset_named(data.name, root).protocols
    protocol = protocol_named(data.protocol, protocols, of=data.name)
    here = protocol.class_names
    if tuple(there) != here:
        raise ValueError(
            f"{path} knows {len(there)} classes, {there[0]} and so on; {data.protocol} of "
            f"{data.name} has {len(here)}, {here[0]} and so on"
        )


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
    if there.get("type") != here.get("type"):  # then all else differs too
        other = ["type"]
    if other:
        said = "; ".join(f"{n} {there.get(n)!r} there, {here.get(n)!r} here" for n in other)
        raise ValueError(f"{path} is of another network than the config's: {said}")


def write_tables(
    folder: Path, split: Split, names: Sequence[str], scores: Array, labels: Labels, least: float
) -> None:
    """Which classes are right, for which others they are taken, and what scores mean.

    Args:
        folder: where to.
        split: which names of files tell, where it is not the one that is reported.
        names: of A classes.
        scores: (N, A) probabilities.
        labels: (N,) right classes.
        least: score below which the recognizer says nothing.
    """
    ending = "" if split == "test" else f"_{split}"
    counts = confusion(scores, labels)
    path = folder / f"per_class{ending}.csv"
    with writing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["class", "samples", "accuracy", "most often taken for"])
        for a, share in enumerate(class_accuracies(counts)):
            wrong = np.where(np.arange(len(names)) == a, 0, counts[a])
            other = names[int(wrong.argmax())] if wrong.any() else ""
            text = "" if np.isnan(share) else f"{share:.4f}"
            rows.writerow([names[a], int(counts[a].sum()), text, other])
    draw_confusion(folder / f"confusion{ending}.png", counts, names)
    right = scores.argmax(axis=1) == labels
    draw_reliability(folder / f"reliability{ending}.png", scores.max(axis=1), right, least)


def run(options: argparse.Namespace) -> None:
    """Test, write what came out, and print the last line.

    Raises:
        FileNotFoundError, ValueError: the config, the checkpoint or the data are not usable, or
            there is no such device.
        OSError: a file cannot be written.
    """
    check_there(options.device, half=None)  # before clips are read
    experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
    found = of_file if options.checkpoint.suffix == ".safetensors" else of_checkpoint
    recognizer, samples = found(options, experiment)
    if caution := caution_of(options.checkpoint, experiment.data):
        print(caution, file=sys.stderr)
    if samples.passed_by:
        print(passed_by(samples), file=sys.stderr)
    labels = np.array(samples.labels[options.split])
    clips = samples.clips[options.split]
    scores = recognizer.predict(clips, samples.footage, workers=options.workers)
    folder = options.out or options.checkpoint.parent
    names, least = recognizer.class_names, recognizer.min_score
    write_tables(folder, options.split, names, scores, labels, least)
    data = experiment.data
    of = {"data": data.name, "protocol": data.protocol, "split": options.split}
    rounded = {name: round(value, 6) for name, value in figures(scores, labels).items()}
    text = json.dumps({**of, **rounded})
    if options.json:
        with writing(options.json) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    print(text)


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 tested; 2 the config, the checkpoint or the data are not usable; 130 interrupted."""
    options = options_of(arguments)
    try:
        run(options)
    except (ValueError, OSError, torch.OutOfMemoryError) as error:
        print(said(options.config, error), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted; run it again", file=sys.stderr)
        return INTERRUPTED
    return DONE


if __name__ == "__main__":
    sys.exit(main())

"""Describe a recognizer: python tools/describe.py CONFIG, or a recognizer.safetensors.

One JSON object: parameters, those that learn, and the shapes of what goes in and comes out; of a
file also its classes and how its scores are to be read.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from torch import nn

from datasets.catalogue import dataset_named
from datasets.protocols import protocol_named
from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Experiment, read_experiment
from tools.experiments.options import add_config_changes
from tools.experiments.outcome import network_for
from tools.train import said
from wildpose.joints import joint_set


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path, help="or a recognizer.safetensors")
    add("--variant", help="a row of the config's variants")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def description(experiment: Experiment) -> dict[str, Any]:
    """What an experiment's network is."""
    data = experiment.data
    protocols = dataset_named(data.name).protocols
    protocol = protocol_named(data.protocol, protocols, of=data.name)
    classes = len(protocol.class_names)
    network = network_for(experiment, classes)
    kind = experiment.network["type"]
    return {
        **_shapes(kind, network, experiment.preparation, experiment.sampling, classes),
        "data": {"name": data.name, "protocol": data.protocol, "metric": protocol.metric},
        "published": experiment.published,
    }


def description_of_file(recognizer: ClipRecognizer) -> dict[str, Any]:
    """What a trained recognizer is."""
    own, classes = recognizer, len(recognizer.class_names)
    return {
        **_shapes(own.config["type"], own.network, own.preparation, own.sampling, classes),
        "class_names": list(own.class_names),
        "axes": own.axes,
        "frame_rate": own.frame_rate,
        "window_s": own.window_s,
        "temperature": own.temperature,
        "min_score": own.min_score,
    }


def _shapes(
    kind: str, network: nn.Module, preparation: Preparation, sampling: Sampling, classes: int
) -> dict[str, Any]:
    counts = [(p.numel(), p.requires_grad) for p in network.parameters()]
    frames = sampling.frames or f"up to {sampling.longest}"
    J = len(joint_set(preparation.joint_set))
    return {
        "network": kind,
        "parameters": sum(count for count, _ in counts),
        "trainable": sum(count for count, learns in counts if learns),
        "joint_set": preparation.joint_set,
        "input": {"joints": ["B", preparation.people, frames, J, 3]},
        "output": ["B", classes],
    }


def _described(options: argparse.Namespace) -> dict[str, Any]:
    if options.config.suffix != ".safetensors":
        return description(
            read_experiment(options.config, options.cfg_options, variant=options.variant)
        )
    if options.variant or options.cfg_options:
        raise ValueError("a file is as it is: --variant and --cfg-options change configs alone")
    return description_of_file(ClipRecognizer.load(options.config))


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 described; 2 the config or the file is not usable."""
    options = options_of(arguments)
    try:
        found = _described(options)
    except (ValueError, FileNotFoundError) as error:
        print(said(options.config, error), file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

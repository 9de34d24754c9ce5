"""Describe a recognizer: python tools/describe.py CONFIG.

One JSON object: parameters, those that learn, and the shapes of what goes in and comes out.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

from datasets.catalogue import dataset_named
from datasets.protocols import protocol_named
from recognizers.experiment import Experiment, read_experiment
from tools.experiments.outcome import network_for
from tools.train import said
from wildpose.joints import joint_set


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("--variant", help="a row of the config's variants")
    add("--cfg-options", nargs="+", action=DictAction, help="key=value, over the config's")
    return parser.parse_args(arguments)


def description(experiment: Experiment) -> dict[str, Any]:
    """What an experiment's network is."""
    data, preparation = experiment.data, experiment.preparation
    protocols = dataset_named(data.name).protocols
    classes = protocol_named(data.protocol, protocols, of=data.name).class_names
    network = network_for(experiment, len(classes))
    counts = [(p.numel(), p.requires_grad) for p in network.parameters()]
    frames = experiment.sampling.frames or f"up to {experiment.sampling.longest}"
    J = len(joint_set(preparation.joint_set))
    return {
        "network": experiment.network["type"],
        "parameters": sum(count for count, _ in counts),
        "trainable": sum(count for count, learns in counts if learns),
        "input": {"joints": ["B", preparation.people, frames, J, 3]},
        "output": ["B", len(classes)],
        "data": {"name": data.name, "protocol": data.protocol, "metric": "top1"},
        "published": experiment.published,
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 described; 2 the config is not usable."""
    options = options_of(arguments)
    try:
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        found = description(experiment)
    except (ValueError, FileNotFoundError) as error:
        print(said(options.config, error), file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

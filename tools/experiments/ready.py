"""What a training begins with that other tools make: is all of it there?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from datasets.hand_feature_files import FOLDER as FEATURES
from recognizers.networks import check_network
from recognizers.training.checkpoints import last_checkpoint
from recognizers.training.experiment import Experiment
from tools.experiments.first_stage import network_begun
from tools.experiments.footage import folder_of_footage, footage_of
from tools.experiments.hand_features import check_fixed, command_for
from tools.experiments.missing import MissingError, Step, missing_in


def found_to_begin(
    options: argparse.Namespace, experiment: Experiment, work: Path
) -> dict[str, Any]:
    """A network's config with the files that it begins with.

    Args:
        options: of tools/train.py.
        experiment: which they ask for.
        work: folder of the training.

    Raises:
        ValueError, FileNotFoundError: as of `network_begun`.
    """
    at = {"config": options.config, "work": work, "seed": options.seed}
    return network_begun(experiment, **at, data=options.data, changes=options.cfg_options)


def check_made(options: argparse.Namespace, experiment: Experiment, work: Path) -> None:
    """See that everything is there that other tools make for a training.

    Arguments and what else is raised as of `found_to_begin`.

    Raises:
        MissingError: it is not; what those that are missing lack themselves is not told.
        ValueError: the network does not take an argument.
    """
    check_network(experiment.network)  # before a command repeats what is wrong with it
    missing = missing_in(lambda: _check_footage(options, experiment))
    if last_checkpoint(work) is None:  # in it is what the training began with
        missing += missing_in(lambda: found_to_begin(options, experiment, work))
    if missing:  # else features are missed later, clip by clip
        raise MissingError(*missing, *missing_in(lambda: _check_features(options, experiment)))


def _check_footage(options: argparse.Namespace, experiment: Experiment) -> None:
    if experiment.pictures is not None:
        footage_of(experiment.data, experiment.pictures, options.data)


def _check_features(options: argparse.Namespace, experiment: Experiment) -> None:
    """See that features of hands were made, of whatever network, of the footage that is there."""
    pictures = experiment.pictures
    if pictures is None or not pictures.hand_features:
        return
    check_fixed(experiment.network)
    folder = folder_of_footage(experiment.data, pictures, options.data)
    if not any(folder.glob(f"{FEATURES}*")):
        raise MissingError(Step("no features of hands", command_for(options)))

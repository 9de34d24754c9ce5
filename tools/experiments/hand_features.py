"""Features of hands that were made before a training: of which network they are, and where."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from datasets.catalogue import dataset_named
from datasets.hand_feature_files import are_kept, features_path
from datasets.protocols import protocol_named
from recognizers.networks import begun
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import GlimpseSensor, sensor_in
from recognizers.training.experiment import Experiment
from tools.experiments.footage import FootageFolder
from tools.experiments.missing import MissingError, Step
from tools.experiments.options import words_of
from tools.experiments.outcome import network_for
from tools.experiments.samples import Samples
from wildpose.usage import python_here

log = logging.getLogger(__name__)


def sensor_of(
    experiment: Experiment, *, config: Path, work: Path, seed: int, data: Path | None = None
) -> GlimpseSensor:
    """The image network for hands with which an experiment's training begins, and ends.

    Args:
        experiment: of a config.
        config: path of the config, which paths of weights may name.
        work: folder of the training, the same.
        seed: of the training, the same.
        data: folder of the data sets, for one that only that folder tells of.

    Raises:
        ValueError: the experiment looks at no hands, or its image network is not fixed before it.
        FileNotFoundError: the file of its weights is not there.
    """
    if experiment.pictures is None or experiment.pictures.hand_px is None:
        raise ValueError("pictures.hand_px is not given: there are no squares around hands")
    check_fixed(experiment.network)
    found = begun(experiment.network, runs=work.parent, name=config.stem, seed=seed)
    own = experiment.data
    protocol = protocol_named(own.protocol, dataset_named(own.name, data).protocols, of=own.name)
    if "pose_network" in found:  # of no matter here, and perhaps not trained yet
        found["pose_network"] = None
    network = network_for(replace(experiment, network=found), len(protocol.class_names))
    return _sensor_in(network)


def check_fixed(network: Mapping[str, Any]) -> None:
    """See that all trainings of a network have one image network, from beginning to end.

    Args:
        network: of a config, with the files that it begins with.

    Raises:
        ValueError: it learns, begins with random weights, or there is none.
    """
    backbone = network.get("backbone")
    if not isinstance(backbone, Mapping):
        raise ValueError("network.backbone names no image network: there are no features of hands")
    why = None
    if not backbone.get("frozen"):
        why = "it learns: give frozen=True"
    elif backbone.get("pretrained", False) is False:
        why = "it begins with random weights: give pretrained=True, or the path of a file"
    if why is not None:
        raise ValueError(f"network.backbone can have no features of hands made before, for {why}")


def _sensor_in(network: nn.Module) -> GlimpseSensor:
    sensor = sensor_in(network)
    if sensor is None:
        raise ValueError("the network does not look at hands: there are no features of them")
    return sensor


def with_hand_features(
    samples: Samples, experiment: Experiment, network: nn.Module, *, command: str
) -> Samples:
    """The same clips, to be shown with features of hands in place of squares around them.

    Args:
        samples: with footage.
        experiment: that asks for it.
        network: with the weights of its image network.
        command: that makes the features, for the line where any are missing.

    Raises:
        ValueError: the image network is not fixed, or there is none.
        MissingError: features of a clip are missing.
    """
    assert samples.footage is not None  # pictures are asked for
    check_fixed(experiment.network)
    fingerprint = _sensor_in(network).fingerprint()
    folder = samples.footage.folder
    names = {clip.name for clips in samples.clips.values() for clip in clips}
    paths = [features_path(folder, fingerprint, name) for name in sorted(names)]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        what = f"no features of hands {missing[0]}, nor of {len(missing) - 1} other clips"
        raise MissingError(Step(f"{what} of {len(paths)}", command))
    return replace(samples, footage=replace(samples.footage, features_of=fingerprint))


def where_kept(
    footage: FootageFolder, recognizer: ClipRecognizer, names: Collection[str]
) -> FootageFolder:
    """Footage with features of hands, if a trained recognizer's were kept of all clips.

    Else it is as it is, for a batch is of features alone or of squares alone; where they were asked
    for, and a line in the log says so.

    Args:
        footage: that the recognizer asks for.
        recognizer: which would make the same features of squares, only slowly.
        names: of the clips that are asked for; those without footage do not count.
    """
    if recognizer.pictures is None or not recognizer.pictures.hand_features:
        return footage
    fingerprint = _sensor_in(recognizer.network).fingerprint()
    there = [name for name in names if footage.has(name)]
    missing = [name for name in there if not _are_kept(footage, fingerprint, name)]
    if not missing:
        return replace(footage, features_of=fingerprint)
    log.warning(
        "features of hands are missing, or older than the footage, of %d clips of %d, as %s: "
        "squares around hands are looked at instead, which is slow",
        len(missing), len(there), features_path(footage.folder, fingerprint, missing[0]),
    )  # fmt: skip
    return footage


def _are_kept(footage: FootageFolder, fingerprint: str, name: str) -> bool:
    path = features_path(footage.folder, fingerprint, name)
    return are_kept(path, footage=footage.file_of(name))


def command_for(options: argparse.Namespace) -> str:
    """The command that makes the features which a tool's run asks for.

    Args:
        options: of a tool that is given a config and --data; other options as it has them.
    """
    words = [python_here(), "tools/prepare_features.py", str(options.config)]
    words += ["--data", str(options.data)]
    for name in ("variant", "seed", "work"):
        value = getattr(options, name, None)
        words += [f"--{name}", str(value)] if value else []
    return shlex.join([*words, *words_of(options.cfg_options)])

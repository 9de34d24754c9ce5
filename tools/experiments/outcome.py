"""What came out of a training: a recognizer with calibrated scores, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from datasets.protocols import Split
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Experiment
from recognizers.training.scores import Labels, measured
from tools.experiments.calibrating import calibration_of
from tools.experiments.people_size import trunk_px
from tools.experiments.samples import Samples
from wildpose.calibration import expected_calibration_error

Array = npt.NDArray[np.floating]


def network_for(experiment: Experiment, classes: int) -> nn.Module:
    """An experiment's network, untrained, for so many classes.

    Raises:
        ValueError: as `network_of`.
    """
    return network_of(
        experiment.network,
        joint_set_name=experiment.preparation.joint_set,
        people=experiment.preparation.people,
        classes=classes,
    )


def plain_recognizer(
    experiment: Experiment, network: nn.Module, samples: Samples
) -> ClipRecognizer:
    """The network for clips as those of the training split, its scores as they come."""
    clips = samples.clips["train"]
    return ClipRecognizer(
        network=network.eval(),
        config=experiment.network,
        class_names=samples.protocol.class_names,
        preparation=experiment.preparation,
        sampling=experiment.sampling,
        pictures=experiment.pictures,
        frame_rate=clips[0].frame_rate,
        window_s=float(np.median([len(clip) / clip.frame_rate for clip in clips])),
    )


def logits_of(
    recognizer: ClipRecognizer, samples: Samples, split: Split, *, workers: int = 0
) -> Array:
    """(N, A) what a recognizer says of a split, before any temperature; see `logits` of it."""
    return recognizer.logits(samples.clips[split], samples.footage, workers=workers)


def calibrated(
    plain: ClipRecognizer, experiment: Experiment, samples: Samples, logits: Array
) -> tuple[ClipRecognizer, tuple[str, ...]]:
    """A recognizer with the temperature, and the lowest score, that suit the validation split.

    Where that was trained on it says nothing, and the scores stay as they come. Of a network that
    looks at squares around hands it also says how large people were in the training's videos.

    Args:
        plain: whose scores are as they come.
        experiment: of its training.
        samples: that it was trained on.
        logits: (N, A) of the validation split.

    Returns:
        The recognizer, and what its user should know of its scores, a line each.
    """
    if experiment.pictures is not None and experiment.pictures.hand_px is not None:
        trunk = experiment.pictures.trunk_px or trunk_px(experiment.data.name, samples)
        plain = replace(plain, trunk_px=trunk)
    if experiment.data.train_on_val:
        return plain, ()
    found = calibration_of(
        logits,
        np.array(samples.labels["val"]),
        class_names=plain.class_names,
        precision=experiment.precision,
    )
    how = {"temperature": found.temperature, "min_score": found.min_score}
    return replace(plain, **how, notes=found.of_scores), found.notes


def figures(scores: Array, labels: Labels) -> dict[str, float]:
    """Accuracies in [0, 1] of (N, A) scores, and how far they are from them.

    Args:
        scores: (N, A) probabilities.
        labels: (N,) right classes.
    """
    right = scores.argmax(axis=1) == labels
    error = expected_calibration_error(scores.max(axis=1), right)
    return {**measured(scores, labels), "calibration_error": error}


def report_of(
    recognizer: ClipRecognizer,
    experiment: Experiment,
    samples: Samples,
    logits: Mapping[Split, Array],
) -> dict[str, Any]:
    """All figures of a trained recognizer.

    Args:
        recognizer: calibrated.
        experiment: of its training.
        samples: with the labels of the splits.
        logits: (N, A) of each split that is reported.
    """
    parameters = sum(p.numel() for p in recognizer.network.parameters())
    found = {
        split: figures(recognizer.probabilities(own), np.array(samples.labels[split]))
        for split, own in logits.items()
    }
    return {
        "parameters": parameters,
        "published": experiment.published,
        "torch": torch.__version__,
        "temperature": recognizer.temperature,
        "min_score": recognizer.min_score,
        **found,
    }

"""What came out of a training: a recognizer with calibrated scores, and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from datasets.protocols import Split
from recognizers.experiment import Experiment
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer
from recognizers.scores import measured
from tools.experiments.samples import Samples
from wildpose.calibration import best_temperature, expected_calibration_error

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
        frame_rate=clips[0].frame_rate,
        window_s=float(np.median([len(clip) / clip.frame_rate for clip in clips])),
    )


def recognizer_of(experiment: Experiment, network: nn.Module, samples: Samples) -> ClipRecognizer:
    """The same with the temperature that suits the validation split."""
    plain = plain_recognizer(experiment, network, samples)
    logits = plain.logits(samples.clips["val"])
    temperature = best_temperature(logits, np.array(samples.labels["val"]))
    return ClipRecognizer(**{**vars(plain), "temperature": temperature})


def figures(recognizer: ClipRecognizer, samples: Samples, split: Split) -> dict[str, float]:
    """Accuracies in [0, 1] on one split, and how far the scores are from them."""
    labels = np.array(samples.labels[split])
    scores = recognizer.predict(samples.clips[split])
    right = scores.argmax(axis=1) == labels
    error = expected_calibration_error(scores.max(axis=1), right)
    return {**measured(scores, labels), "calibration_error": error}


def report_of(
    recognizer: ClipRecognizer, experiment: Experiment, samples: Samples
) -> dict[str, Any]:
    """All figures of a trained recognizer."""
    parameters = sum(p.numel() for p in recognizer.network.parameters())
    return {
        "parameters": parameters,
        "published": experiment.published,
        "torch": torch.__version__,
        "temperature": recognizer.temperature,
        "val": figures(recognizer, samples, "val"),
        "test": figures(recognizer, samples, "test"),
    }

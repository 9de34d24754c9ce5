"""How good a lifter is on single frames: the top mode, the best of five, and its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wildpose.calibration import best_temperature, expected_calibration_error
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_samples import LiftingSamples, classes_of

Array = npt.NDArray[np.floating]
BLOCK = 2048


@dataclass(frozen=True)
class FrameErrors:
    """Errors on single frames, metres, torso-centred, camera axes."""

    top: float
    """MPJPE of the mode with the highest score."""
    best: float
    """MPJPE of the nearest of at most five modes."""
    modes: float
    """Modes per frame."""
    calibration: float
    """Expected calibration error of the top class's score."""


def frame_errors(model: LcrModel, samples: LiftingSamples, *, with_3d: bool = True) -> FrameErrors:
    """Errors of a model on samples it was not trained on.

    Args:
        model: as it is used.
        samples: N of them.
        with_3d: whether the backend's own 3D is shown to it.
    """
    top, best, modes, said, right = [], [], [], [], []
    for start in range(0, len(samples), BLOCK):
        part = samples[slice(start, start + BLOCK)]
        features = part.features(with_3d=with_3d)
        found = model.modes(features, part.joints_2d)
        error = np.linalg.norm(found.joints - part.truth[:, None], axis=-1).mean(axis=-1)
        there = found.scores > 0
        rows = np.arange(len(part))
        top.append(error[rows, found.scores.argmax(axis=1)])
        best.append(np.where(there, error, np.inf).min(axis=1))
        modes.append(there.sum(axis=1))
        scores = model.class_scores(features)
        said.append(scores.max(axis=1))
        right.append(scores.argmax(axis=1) == classes_of(part, model.anchors))
    calibration = expected_calibration_error(np.concatenate(said), np.concatenate(right))
    means = [float(np.concatenate(part).mean()) for part in (top, best, modes)]
    return FrameErrors(means[0], means[1], means[2], calibration)


def calibrated(model: LcrModel, samples: LiftingSamples) -> LcrModel:
    """The model with the temperature that suits samples it was not trained on."""
    plain = replace(model, temperature=1.0)
    parts = [
        samples[slice(start, start + BLOCK)].features() for start in range(0, len(samples), BLOCK)
    ]
    logits = np.concatenate([np.log(plain.class_scores(part) + 1e-12) for part in parts])
    temperature = best_temperature(logits, classes_of(samples, model.anchors))
    return replace(model, temperature=temperature)


def with_best_radius(
    model: LcrModel, samples: LiftingSamples, radii: tuple[float, ...], *, slack: float = 0.01
) -> LcrModel:
    """The model with the smallest radius whose top mode is as good as that of any.

    A larger radius merges more, which suits the top mode; a smaller one keeps modes apart, which
    suits whoever chooses among them. So a top mode worse by `slack` is accepted.

    Args:
        model: calibrated.
        samples: N that it was not trained on.
        radii: metres, to choose from.
        slack: share of the best top mode's error.
    """
    errors = {r: frame_errors(replace(model, radius=r), samples).top for r in sorted(radii)}
    bound = (1 + slack) * min(errors.values())
    return replace(model, radius=next(r for r, error in errors.items() if error <= bound))

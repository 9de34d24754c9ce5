"""The temperature undoes what was done to logits, and the calibration error is what it says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import log_softmax, softmax

from wildpose.calibration import (
    best_temperature,
    expected_calibration_error,
    lowest_score,
    reliability,
)

Array = npt.NDArray[np.floating]


def drawn(count: int = 20_000, classes: int = 6) -> tuple[Array, npt.NDArray[np.intp]]:
    """Logits, and classes drawn with just the probabilities that they say."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (count, classes))
    below = softmax(logits, axis=1).cumsum(axis=1)
    return logits, (below < rng.random((count, 1))).sum(axis=1).clip(max=classes - 1)


# Temperature


@pytest.mark.parametrize("scale", [0.4, 1.0, 1.7, 5.0])
def test_the_temperature_is_what_true_logits_were_scaled_by(scale: float) -> None:
    logits, classes = drawn()
    assert best_temperature(scale * logits, classes) == pytest.approx(scale, rel=0.04)


def test_no_other_temperature_makes_the_right_classes_likelier() -> None:
    logits, classes = drawn(500)
    best = best_temperature(3 * logits, classes)

    def likelihood(temperature: float) -> float:
        scaled = log_softmax(3 * logits / temperature, axis=1)
        return float(scaled[np.arange(500), classes].mean())

    others = np.geomspace(0.2, 10, 400)
    assert likelihood(best) >= max(map(likelihood, others)) - 1e-9


@pytest.mark.parametrize(("right", "end"), [(0, 0.2), (1, 10.0)])
def test_the_temperature_keeps_within_its_bounds(right: int, end: float) -> None:
    """A model that is always right can be as sure as it likes, one that never is as unsure."""
    logits, classes = np.tile([3.0, 0.0], (50, 1)), np.full(50, right)
    assert best_temperature(logits, classes) == pytest.approx(end, rel=1e-3)


def test_what_is_added_to_all_logits_of_a_sample_does_not_matter() -> None:
    logits, classes = drawn(500)
    shift = np.random.default_rng(1).normal(0, 50, (500, 1))
    expected = best_temperature(logits, classes)
    assert best_temperature(logits + shift, classes) == pytest.approx(expected, rel=1e-4)


# Calibration error


@pytest.mark.parametrize(
    ("scores", "right", "error"),
    [
        ([1.0, 1.0, 1.0], [1, 1, 1], 0.0),  # sure and right; 1 lies in the last bin
        ([1.0, 1.0], [0, 0], 1.0),  # sure and wrong
        ([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0], 0.0),  # right as often as said
        ([0.5, 0.5, 0.5, 0.5], [1, 1, 1, 0], 0.25),
        ([0.2, 0.2, 0.9], [0, 0, 1], (0.2 + 0.2 + 0.1) / 3),  # bins by how many they hold
        ([0.71, 0.69], [1, 0], (0.29 + 0.69) / 2),  # beside an edge: two of ten bins
        ([0.72, 0.78], [1, 0], 0.25),  # in one bin, where one makes up for the other
        ([0.0], [0], 0.0),
        ([], [], 0.0),
    ],
)
def test_the_calibration_error_of_hand_cases(
    scores: list[float], right: list[int], error: float
) -> None:
    found = expected_calibration_error(np.array(scores), np.array(right, dtype=bool), bins=10)
    assert found == pytest.approx(error, abs=1e-12)


def test_the_right_temperature_makes_scores_calibrated() -> None:
    logits, classes = drawn()

    def error(temperature: float) -> float:
        scores = softmax(4 * logits / temperature, axis=1)
        right = scores.argmax(axis=1) == classes
        return expected_calibration_error(scores.max(axis=1), right)

    assert error(best_temperature(4 * logits, classes)) < 0.02
    assert error(1.0) > 0.08
    assert error(10.0) > 0.08


# Abstention


@pytest.mark.parametrize(
    ("scores", "right", "precision", "lowest"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], 1.0, 0.8),
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], 0.6, 0.7),
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], 0.5, 0.0),  # all may be kept
        ([0.9, 0.8, 0.7], [0, 1, 1], 0.66, 0.0),  # what is wrong and sure is made up for below
        ([0.9, 0.8], [0, 0], 0.5, 1.0),
        ([0.8, 0.8, 0.8, 0.5], [1, 0, 1, 0], 0.9, 1.0),  # equal scores are not parted
        ([], [], 0.5, 1.0),
    ],
)
def test_the_lowest_score_of_hand_cases(
    scores: list[float], right: list[int], precision: float, lowest: float
) -> None:
    assert lowest_score(np.array(scores), np.array(right, dtype=bool), precision) == lowest


def test_what_is_kept_from_the_lowest_score_on_is_as_right_as_asked() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(2000)
    right = rng.random(2000) < scores
    least = lowest_score(scores, right, 0.8)
    assert right[scores >= least].mean() >= 0.8
    assert least == pytest.approx(0.6, abs=0.05)  # where the mean of what is above is 0.8


def test_bins_tell_what_was_said_and_what_was() -> None:
    scores, right = np.array([0.1, 0.15, 0.95]), np.array([False, True, True])
    said, was, count = reliability(scores, right, bins=10)
    assert count.tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (said[1], was[1], said[9], was[9]) == (pytest.approx(0.125), 0.5, 0.95, 1.0)
    assert np.isnan(said[0])

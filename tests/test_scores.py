"""Accuracies by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.training.scores import (
    class_accuracies,
    confusion,
    mean_class_accuracy,
    measured,
    top_k,
)

SCORES = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25]])
LABELS = np.array([0, 1, 2, 2])


def test_the_best_of_one_and_of_two() -> None:
    assert top_k(SCORES, LABELS, 1) == 0.5
    assert top_k(SCORES, LABELS, 2) == 0.75
    assert top_k(SCORES, LABELS, 3) == 1.0


def test_scores_that_are_all_the_same_are_right_about_nothing() -> None:
    assert top_k(np.zeros((4, 3)), LABELS, 1) == 0.0


def test_scores_that_are_no_numbers_are_wrong() -> None:
    assert measured(np.full((4, 3), np.nan), LABELS)["top1"] == 0.0
    half = np.where(LABELS[:, None] == 2, np.nan, SCORES)
    assert top_k(half, LABELS, 1) == 0.25


def test_confusions_are_counted_by_the_right_class() -> None:
    assert confusion(SCORES, LABELS).tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 1]]


def test_the_mean_over_classes_leaves_out_those_without_samples() -> None:
    counts = np.array([[3, 1, 0], [0, 0, 0], [1, 0, 1]])
    np.testing.assert_equal(class_accuracies(counts), [0.75, np.nan, 0.5])
    assert mean_class_accuracy(counts) == pytest.approx(0.625)


def test_all_figures_are_there() -> None:
    found = measured(SCORES, LABELS)
    assert found == {"top1": 0.5, "top5": 1.0, "mean_class": pytest.approx(0.5), "samples": 4.0}

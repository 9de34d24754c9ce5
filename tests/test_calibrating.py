"""What a validation split tells of a network's scores, and what is said where it tells nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from tools.experiments.calibrating import FEWEST, calibration_of
from wildpose.calibration import best_temperature
from wildpose.recognition import SILENT

CLASSES = ("clap", "wave", "background")


def drawn(count: int, *, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn with the probabilities that they say before they are scaled."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (count, len(CLASSES)))
    below = softmax(logits, axis=1).cumsum(axis=1)
    labels = (below < rng.random((count, 1))).sum(axis=1).clip(max=len(CLASSES) - 1)
    return scale * logits, labels


def test_many_clips_tell_the_temperature_and_the_lowest_score() -> None:
    logits, labels = drawn(2000, scale=3.0)
    found = calibration_of(logits, labels, class_names=CLASSES, precision=0.8)
    assert found.temperature == best_temperature(logits, labels) == pytest.approx(3, rel=0.1)
    scores = softmax(logits / found.temperature, axis=1)
    kept = (scores.max(axis=1) >= found.min_score) & (scores.argmax(axis=1) != 2)
    assert (scores.argmax(axis=1) == labels)[kept].mean() == pytest.approx(0.8, abs=2e-3)
    assert found.notes == ()


@pytest.mark.parametrize(("count", "calibrated"), [(4, False), (FEWEST - 1, False), (FEWEST, True)])
def test_few_clips_leave_scores_as_they_come_and_a_line_says_so(
    count: int,
    calibrated: bool,  # noqa: FBT001
) -> None:
    logits, labels = drawn(count, scale=1.5)
    found = calibration_of(logits, labels, class_names=CLASSES, precision=None)
    assert (found.temperature != 1) == calibrated
    assert found.min_score == 0
    if not calibrated:
        (line,) = found.notes
        assert line.startswith(f"scores stay as the network gives them: {count} clips validate")


def test_four_clips_at_chance_say_nothing_at_nine_in_ten_and_a_line_says_what_to_do() -> None:
    logits = np.tile([2.0, 0.0, 0.0], (4, 1))
    found = calibration_of(logits, np.array([0, 1, 0, 1]), class_names=CLASSES, precision=0.9)
    assert (found.temperature, found.min_score) == (1, SILENT)
    line = found.notes[-1]
    assert "will say nothing: at no score are 90% of the labels right on the 4 clips" in line
    assert "--min-score 0.5" in line and "precision=None" in line and "\n" not in line
    always = calibration_of(logits, np.array([0, 1, 0, 1]), class_names=CLASSES, precision=None)
    assert always.min_score == 0 and not any("nothing" in note for note in always.notes)


def test_a_network_that_is_nearly_sure_and_right_is_not_silenced_by_rounding() -> None:
    logits = np.array([[12.0, 0.0, 0.0]] * 9 + [[10.5, 0.0, 0.0]] * 10)
    labels = np.array([0] * 9 + [1] * 10)
    found = calibration_of(logits, labels, class_names=CLASSES, precision=0.9)
    assert 0.9998 < found.min_score < SILENT


@pytest.mark.parametrize(
    ("logit", "right", "said"),
    [
        (3.0, 0, "at chance, or sure and wrong"),
        (3.0, 50, "nearly all are right"),
        (0.1, 40, "its scores hardly differ"),
    ],
)
def test_a_temperature_at_the_bound_of_its_search_is_told(
    logit: float, right: int, said: str
) -> None:
    logits = np.tile([logit, 0.0, 0.0], (50, 1))
    labels = np.array([0] * right + [1] * (50 - right))
    (line,) = calibration_of(logits, labels, class_names=CLASSES, precision=None).notes
    assert line.startswith("on the 50 clips that validate ") and said in line
    assert line.endswith(" is at the bound of its search")

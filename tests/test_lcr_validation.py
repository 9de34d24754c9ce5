"""Errors on single frames are what they are by hand, and what is chosen by them is the best."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
import torch

from tests.made_samples import seeded, some_anchors, some_people, tiny_network
from wildpose.calibration import expected_calibration_error
from wildpose.lifting import lcr_validation
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_samples import classes_of
from wildpose.lifting.lcr_validation import calibrated, frame_errors, with_best_radius

K, N = 5, 60
PEOPLE, ANCHORS = some_people(N), some_anchors(K)


pytestmark = pytest.mark.usefixtures("one_thread")


def model_of(radius: float = 0.1) -> LcrModel:
    """Not trained: scores that differ, and anchors as poses."""
    network = tiny_network(2 * K)
    with seeded(1):
        torch.nn.init.normal_(network.classify.weight, std=0.8)
        for weights in (network.own.weight, network.common.weight, network.common.bias):
            torch.nn.init.zeros_(weights)
    return LcrModel(ANCHORS, network.eval(), radius=radius)


def always(scale: float) -> LcrModel:
    """Says class 0 with 3/4, its logits times `scale`; the poses are the anchors."""

    class Always(torch.nn.Module):
        def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            count = len(features)
            said = torch.zeros(count, 2 * K)
            said[:, 0] = scale * np.log(3 * (2 * K - 1))  # three times all the others together
            return said, torch.zeros(count, 2 * K, 65)

    return LcrModel(ANCHORS, Always())  # type: ignore[arg-type]


def test_errors_are_those_of_the_top_mode_and_of_the_nearest() -> None:
    model = model_of()
    found = model.modes(PEOPLE.features(), PEOPLE.joints_2d)
    top, best, count = [], [], []
    for n in range(N):
        frame = found.hypotheses(n)
        off = [np.linalg.norm(pose - PEOPLE.truth[n], axis=1).mean() for pose in frame.joints]
        top.append(off[int(frame.scores.argmax())])
        best.append(min(off))
        count.append(len(frame))
    errors = frame_errors(model, PEOPLE)
    assert errors.top == pytest.approx(np.mean(top), abs=1e-6)
    assert errors.best == pytest.approx(np.mean(best), abs=1e-6)
    assert errors.modes == pytest.approx(np.mean(count))
    assert errors.best < errors.top and 1 < errors.modes <= 5


def test_the_calibration_error_is_of_the_top_class() -> None:
    model = model_of()
    scores = model.class_scores(PEOPLE.features())
    right = scores.argmax(axis=1) == classes_of(PEOPLE, ANCHORS)
    expected = expected_calibration_error(scores.max(axis=1), right)
    assert frame_errors(model, PEOPLE).calibration == pytest.approx(expected, abs=1e-9)
    assert expected > 0.01


def test_poses_that_are_anchors_have_no_error() -> None:
    """Where the model says the right class, and the class's pose is the truth."""
    people = replace(PEOPLE, truth=np.repeat(ANCHORS.joints[:1], N, axis=0), legs=np.ones(N, bool))
    errors = frame_errors(replace(always(9.0), radius=1e-3), people)
    assert errors.top == pytest.approx(0, abs=1e-6)
    assert errors.calibration == pytest.approx(0, abs=1e-6)


def test_without_3d_none_is_shown() -> None:
    model = model_of()
    blind = replace(PEOPLE, joints_3d=np.random.default_rng(9).normal(size=(N, 13, 3)))
    hidden = frame_errors(model, PEOPLE, with_3d=False)
    assert hidden == frame_errors(model, blind, with_3d=False)
    assert hidden != frame_errors(model, PEOPLE)
    assert frame_errors(model, blind) != frame_errors(model, PEOPLE)


@pytest.mark.parametrize("block", [1, 7, N])
def test_blocks_change_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of()
    at_once, temperature = frame_errors(model, PEOPLE), calibrated(model, PEOPLE).temperature
    monkeypatch.setattr(lcr_validation, "BLOCK", block)
    np.testing.assert_allclose(astuple(frame_errors(model, PEOPLE)), astuple(at_once), atol=1e-5)
    assert calibrated(model, PEOPLE).temperature == pytest.approx(temperature, rel=1e-4)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_calibration_finds_how_much_too_sure_a_model_is(scale: float) -> None:
    legs = np.ones(N, dtype=bool)
    first = np.arange(N) % 4 > 0  # three of four are of class 0
    truth = np.where(first[:, None, None], ANCHORS.joints[0], ANCHORS.joints[1])
    people = replace(PEOPLE, truth=truth, legs=legs)
    model = calibrated(always(scale), people)
    assert model.temperature == pytest.approx(scale, rel=0.01)
    assert model.class_scores(people.features())[:, 0] == pytest.approx(0.75, abs=0.01)
    assert frame_errors(model, people).calibration < 0.01


def test_calibration_does_not_depend_on_the_temperature_before() -> None:
    people = PEOPLE[:45]
    truth = np.repeat(ANCHORS.joints[:1], len(people), axis=0)
    truth[::3] = ANCHORS.joints[1]
    people = replace(people, truth=truth, legs=np.ones(len(people), dtype=bool))
    plain = calibrated(always(2.0), people).temperature
    warm = calibrated(replace(always(2.0), temperature=4.0), people)
    assert 1 < plain < 9
    assert warm.temperature == pytest.approx(plain, rel=1e-3)


def test_modes_that_are_not_there_are_no_poses() -> None:
    """They are zeros, nearer to the truth than anchors of five times a person's size."""
    large = replace(ANCHORS, joints=5 * ANCHORS.joints)
    errors = frame_errors(replace(model_of(radius=100.0), anchors=large), PEOPLE)
    assert errors.modes == 1
    assert errors.best == errors.top > 0.6


@pytest.mark.parametrize("radii", [(0.3, 0.01, 0.1), (10.0, 0.02)])
@pytest.mark.parametrize("slack", [0.0, 0.01, 0.5])
def test_the_radius_is_the_smallest_that_is_good_enough(
    radii: tuple[float, ...], slack: float
) -> None:
    model = model_of()
    tops = {r: frame_errors(replace(model, radius=r), PEOPLE).top for r in radii}
    good = [r for r in radii if tops[r] <= (1 + slack) * min(tops.values())]
    assert with_best_radius(model, PEOPLE, radii, slack=slack).radius == min(good)


def test_a_radius_that_helps_is_taken() -> None:
    """Two guesses to either side of the truth: joined they are right, apart both are wrong."""
    aside = np.array([0.1, 0, 0])
    signs = np.array([1, 1, 1, -1, -1])[:, None, None]
    anchors = replace(ANCHORS, joints=ANCHORS.joints[:1] + signs * aside)
    truth = np.repeat(ANCHORS.joints[:1], N, axis=0)
    model = replace(always(0.0), anchors=anchors)
    people = replace(PEOPLE, truth=truth)
    assert with_best_radius(model, people, (0.05, 0.25)).radius == 0.25

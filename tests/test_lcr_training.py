"""Training lowers the losses, hides 3D at times, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.made_samples import seeded, some_anchors, some_people, tiny_network
from wildpose.lifting import lcr_training
from wildpose.lifting.lcr_network import LcrNetwork
from wildpose.lifting.lcr_samples import classes_of, corrections_of
from wildpose.lifting.lcr_training import Schedule, batches, fit, losses

K = 3
PEOPLE, ANCHORS = some_people(200), some_anchors(K)
SHORT = Schedule(
    steps=36, batch=64, learning_rate=0.01, warm_up=5, averaging=0.8, checkpoint_every=12
)
Reports = list[tuple[int, dict[str, float]]]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def trained(path: Path, schedule: Schedule = SHORT, reports: Reports | None = None) -> LcrNetwork:
    def report(step: int, values: dict[str, float]) -> None:
        if reports is not None:
            reports.append((step, values))

    network = tiny_network(2 * K)
    network.anchors.copy_(torch.from_numpy(ANCHORS.flat))
    return fit(network, PEOPLE, ANCHORS, schedule, checkpoint=path, report=report)


def batch_of(schedule: Schedule) -> tuple[Tensor, Tensor, Tensor]:
    return next(batches(PEOPLE, ANCHORS, schedule, np.random.default_rng(0)))


# Losses


def test_losses_are_cross_entropy_and_smooth_l1_of_five_times_the_correction() -> None:
    network = tiny_network(2 * K).eval()
    features = torch.from_numpy(PEOPLE.features())
    classes = torch.from_numpy(classes_of(PEOPLE, ANCHORS))
    logits, corrections = network(features)
    rows = torch.arange(len(PEOPLE))
    own = corrections[rows, classes].detach()
    off = torch.linspace(-0.3, 0.3, 65)  # by five and less 0.1: both parts of smooth-L1
    classification, regression = losses(network, features, classes, own + off, beta=0.1)
    by_hand = -torch.log_softmax(logits, dim=1)[rows, classes].mean()
    torch.testing.assert_close(classification, by_hand, atol=1e-5, rtol=1e-5)
    five = 5 * off.abs()
    smooth = torch.where(five < 0.1, five.square() / 0.2, five - 0.05)
    torch.testing.assert_close(regression, smooth.mean(), atol=1e-4, rtol=1e-4)


def test_the_right_corrections_cost_nothing() -> None:
    network = tiny_network(2 * K).eval()
    features, classes, _ = batch_of(SHORT)
    own = network.training_step(features, classes)[1].detach()
    _, regression = losses(network, features, classes, own, beta=0.1)
    assert regression.item() == pytest.approx(0, abs=1e-9)


# Batches


def test_targets_of_a_batch_belong_to_its_classes() -> None:
    features, classes, corrections = batch_of(
        replace(
            SHORT,
            jitter=0.0,
            without_3d=0.0,
            strange_scores=0.0,
            errors_2d=(1, 1),
            errors_3d=(1, 1),
        )
    )
    every = PEOPLE.mirrored(np.ones(200, dtype=bool)).features()
    known = np.concatenate([PEOPLE.features(), every])
    distance = np.abs(features.numpy()[:, None] - known).max(axis=2)
    row = distance.argmin(axis=1)
    np.testing.assert_allclose(distance.min(axis=1), 0, atol=1e-5)
    assert (row >= 200).mean() == pytest.approx(0.5, abs=0.2)  # half in a mirror
    for i in range(len(row)):
        person = PEOPLE[np.array([row[i] % 200])].mirrored(np.array([row[i] >= 200]))
        own = classes_of(person, ANCHORS)
        assert classes[i] == own[0]
        wanted = corrections_of(person, ANCHORS, own[:, None])[0, 0]
        np.testing.assert_allclose(corrections[i], wanted, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_of_a_share_of_the_samples_the_3d_guess_is_hidden(share: float) -> None:
    features, _, _ = batch_of(replace(SHORT, batch=2000, without_3d=share))
    hidden = features[:, 78] == 0
    assert hidden.float().mean() == pytest.approx(share, abs=0.03)
    assert not features[hidden, 39:79].any()
    assert (features[~hidden, 39:78].abs().sum(dim=1) > 0).all()
    assert features[hidden, :39].abs().sum(dim=1).gt(0).all()  # what was seen is still there


def test_jitter_is_on_joints_alone_and_of_the_stated_size() -> None:
    calm, noisy = (
        batch_of(replace(SHORT, jitter=jitter, without_3d=0.0))[0] for jitter in (0.0, 0.05)
    )
    noise = (noisy - calm).numpy()
    assert noise[:, :26].std() == pytest.approx(0.05, rel=0.1)
    assert noise[:, 39:78].std() == pytest.approx(0.05, rel=0.1)
    assert not noise[:, 26:39].any() and not noise[:, 78:].any()


def test_batches_differ_and_a_seed_repeats_them() -> None:
    stream, again = (batches(PEOPLE, ANCHORS, SHORT, np.random.default_rng(4)) for _ in range(2))
    first, second = next(stream), next(stream)
    assert (first[0] - second[0]).abs().max() > 0.1
    for one, other in zip(first, next(again), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)


# Schedule


def rates(schedule: Schedule) -> list[float]:
    return [lcr_training._rate(step, schedule) for step in range(schedule.steps + 1)]


def test_the_learning_rate_rises_and_then_falls_along_a_cosine_to_nothing() -> None:
    schedule = Schedule(steps=1000, warm_up=100)
    rate = rates(schedule)
    assert rate[0] == pytest.approx(0.01)
    assert np.argmax(rate) == pytest.approx(99, abs=2)
    assert rate[500] == pytest.approx(0.5)
    assert rate[1000] == pytest.approx(0, abs=1e-12)
    assert (np.diff(rate[:95]) > 0).all() and (np.diff(rate[100:]) < 0).all()


def test_without_warm_up_the_rate_is_whole_at_once() -> None:
    assert rates(Schedule(steps=10, warm_up=0))[0] == pytest.approx(1)


# Training


def test_both_losses_fall(tmp_path: Path) -> None:
    reports: Reports = []
    trained(tmp_path / "checkpoint.pt", reports=reports)
    assert [step for step, _ in reports] == [12, 24, 36]
    first, last = reports[0][1], reports[-1][1]
    assert last["classification"] < 0.7 * first["classification"]
    assert last["regression"] < 0.6 * first["regression"]


def test_what_comes_back_is_the_average_and_ready_for_use(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    network = trained(path)
    assert not network.training
    features = torch.from_numpy(PEOPLE.features())
    logits, _ = network(features)
    right = logits.argmax(dim=1).numpy() == classes_of(PEOPLE, ANCHORS)
    assert right.mean() > 0.6  # of six classes
    state = torch.load(path, weights_only=True)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(state["average"][f"module.{name}"], value, atol=0, rtol=0)
    last = state["network"]["common.weight"]
    assert (network.common.weight - last).abs().max() > 1e-6  # not merely the last step's


def stopped(path: Path, at: int) -> None:
    """A run that ends just after the checkpoint of a step."""

    def stop(step: int, values: dict[str, float]) -> None:
        if step == at:
            raise KeyboardInterrupt

    network = tiny_network(2 * K)
    network.anchors.copy_(torch.from_numpy(ANCHORS.flat))
    with pytest.raises(KeyboardInterrupt):
        fit(network, PEOPLE, ANCHORS, SHORT, checkpoint=path, report=stop)


def test_a_run_that_was_stopped_goes_on_at_its_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "checkpoint.pt"
    stopped(path, 24)
    assert torch.load(path, weights_only=True)["step"] == 24
    reports: Reports = []
    network = trained(path, reports=reports)
    assert [step for step, _ in reports] == [36]
    state = torch.load(path, weights_only=True)
    assert state["step"] == state["rate"]["last_epoch"] == state["average"]["n_averaged"] == 36
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.pt"]
    assert not network.training


def test_a_run_taken_up_again_keeps_what_it_had_learnt(tmp_path: Path) -> None:
    whole: Reports = []
    trained(tmp_path / "whole.pt", reports=whole)
    stopped(tmp_path / "halves.pt", 12)
    halves: Reports = []
    trained(tmp_path / "halves.pt", reports=halves)
    assert [step for step, _ in halves] == [24, 36]
    for (_, one), (_, other) in zip(whole[1:], halves, strict=True):
        assert other["regression"] == pytest.approx(one["regression"], rel=0.3)
        assert other["classification"] == pytest.approx(one["classification"], rel=0.5)


@pytest.mark.parametrize(("steps", "kept"), [(0, 0.1), (10, 0.55), (100_000, 0.9)])
def test_the_average_forgets_its_first_steps_and_keeps_most_later(steps: int, kept: float) -> None:
    mean, count = torch.tensor([1.0]), torch.tensor(3)
    lcr_training._averaging(0.9)([mean, count], [torch.tensor([0.0]), torch.tensor(5)], steps)
    assert mean.item() == pytest.approx(kept, abs=1e-4)
    assert count.item() == 5  # of whole numbers there is no average


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    schedule = replace(SHORT, steps=12)
    done = trained(path, schedule)
    written = path.stat().st_mtime_ns
    reports: Reports = []
    again = trained(path, schedule, reports)
    assert reports == [] and path.stat().st_mtime_ns == written
    for one, other in zip(done.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_the_last_report_is_a_mean_of_its_own_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lcr_training,
        "losses",
        lambda network, *_, **__: (
            network.common.bias.sum() * 0 + 2,
            network.own.bias.sum() * 0 + 3,
        ),
    )
    reports: Reports = []
    trained(tmp_path / "checkpoint.pt", replace(SHORT, steps=7, checkpoint_every=5), reports)
    wanted = {"classification": 2.0, "regression": 3.0}
    assert reports == [(5, wanted), (7, wanted)]


def test_the_same_seed_trains_the_same_network(tmp_path: Path) -> None:
    schedule = replace(SHORT, steps=6)
    weights = []
    for name in ("one", "other"):
        with seeded(3):
            weights.append(trained(tmp_path / name, schedule).common.weight)
    torch.testing.assert_close(*weights, atol=1e-6, rtol=1e-5)


def test_some_scores_are_drawn_anew_by_joint_and_by_sample() -> None:
    plain = replace(SHORT, jitter=0.0, without_3d=0.0, errors_2d=(1, 1), errors_3d=(1, 1))
    scores = [
        batch_of(replace(plain, strange_scores=share, batch=4096))[0][:, 26:39].numpy()
        for share in (0.0, 0.2)
    ]
    changed = np.abs(scores[1] - scores[0]) > 1e-6
    # A joint keeps its score where neither it nor its sample was drawn.
    np.testing.assert_allclose(changed.mean(), 1 - 0.8 * 0.8, atol=0.02)
    whole = changed.all(axis=1)
    np.testing.assert_allclose(whole.mean(), 0.2, atol=0.02)
    assert scores[1].min() >= -0.5 and scores[1].max() <= 0.5

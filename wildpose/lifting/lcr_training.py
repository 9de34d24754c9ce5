"""Training the LCR lifter: LCR-Net's losses, on samples that a data set makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from wildpose.atomic import writing
from wildpose.lifting.anchors import Anchors
from wildpose.lifting.lcr_network import REGRESSION_WEIGHT, LcrNetwork
from wildpose.lifting.lcr_samples import LiftingSamples, classes_of, corrections_of

Array = npt.NDArray[np.floating]
Report = Callable[[int, dict[str, float]], None]
"""Called with the step and what was measured."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast the network learns."""

    steps: int = 40_000
    batch: int = 1024
    learning_rate: float = 2e-3
    warm_up: int = 500
    """Steps over which the rate rises; afterwards it falls along a cosine to nothing."""
    weight_decay: float = 1e-4
    beta: float = 0.1
    """Where smooth-L1 turns from a square to a line, in corrections times five."""
    errors_2d: tuple[float, float] = (0.5, 1.1)
    """A sample keeps a share of the backend's errors in 2D, drawn anew each time between these."""
    errors_3d: tuple[float, float] = (0.2, 1.1)
    """The same in 3D: mannequins are stranger to the backend than people, above all in depth."""
    strange_scores: float = 0.15
    """Share of joints whose score is drawn at random, and of samples of which all are: scores of
    other backends, and of people's hidden hands, do not mean what they mean here."""
    without_3d: float = 0.3
    """Share of samples whose 3D guess is hidden: not every backend has one."""
    jitter: float = 0.006
    """Deviation of noise on 2D joints, in body sizes; and in metres on 3D ones."""
    averaging: float = 0.999
    """Share of the averaged weights that stays with every step."""
    checkpoint_every: int = 1000


def losses(
    network: LcrNetwork, features: Tensor, classes: Tensor, corrections: Tensor, *, beta: float
) -> tuple[Tensor, Tensor]:
    """LCR-Net's two losses: cross-entropy over classes, smooth-L1 of the right class's correction.

    Args:
        network: in training mode.
        features: (B, FEATURES).
        classes: (B,) the right ones.
        corrections: (B, 65) what the right class should say.
        beta: where smooth-L1 turns from a square to a line.

    Returns:
        Both, means over the batch.
    """
    logits, said = network.training_step(features, classes)
    classification = nn.functional.cross_entropy(logits, classes)
    regression = nn.functional.smooth_l1_loss(
        REGRESSION_WEIGHT * said, REGRESSION_WEIGHT * corrections, beta=beta
    )
    return classification, regression


def batches(
    samples: LiftingSamples, anchors: Anchors, schedule: Schedule, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Features, classes and corrections without end: half of each batch in a mirror."""
    while True:
        rows = rng.integers(len(samples), size=schedule.batch)
        drawn = samples[rows].mirrored(rng.random(schedule.batch) < 0.5)
        drawn = drawn.with_errors(
            rng.uniform(*schedule.errors_2d, schedule.batch),
            rng.uniform(*schedule.errors_3d, schedule.batch),
        )
        classes = classes_of(drawn, anchors)
        corrections = corrections_of(drawn, anchors, classes[:, None])[:, 0]
        features = drawn.features()
        features[:, :26] += rng.normal(0, schedule.jitter, (schedule.batch, 26))
        features[:, 39:78] += rng.normal(0, schedule.jitter, (schedule.batch, 39))
        _estrange(features[:, 26:39], schedule.strange_scores, rng)
        features[rng.random(schedule.batch) < schedule.without_3d, 39:79] = 0
        yield (
            torch.from_numpy(features.astype(np.float32)),
            torch.from_numpy(classes),
            torch.from_numpy(corrections.astype(np.float32)),
        )


def _estrange(scores: Array, share: float, rng: np.random.Generator) -> None:
    """Draw some of (B, 13) scores anew, in place: single joints', or all of a sample's."""
    B, J = scores.shape
    joints = rng.random((B, J)) < share
    scores[joints] = rng.uniform(-0.5, 0.5, int(joints.sum()))
    samples = rng.random(B) < share
    level = rng.uniform(-0.5, 0.5, (int(samples.sum()), 1))
    scores[samples] = np.clip(level + rng.normal(0, 0.05, (len(level), J)), -0.5, 0.5)


def fit(
    network: LcrNetwork,
    samples: LiftingSamples,
    anchors: Anchors,
    schedule: Schedule,
    *,
    checkpoint: Path,
    seed: int = 0,
    device: str = "cpu",
    report: Report | None = None,
) -> LcrNetwork:
    """Train, from the checkpoint where there is one; the weights averaged over the last steps.

    Args:
        network: fresh; its weights change.
        samples: to learn from.
        anchors: the classes.
        schedule: how long and how fast.
        checkpoint: written every so often, and read at the start.
        seed: of the order of samples; a run that was taken up again draws others than one that
            was never stopped.
        device: as torch names it.
        report: told the losses at every checkpoint.

    Returns:
        The averaged network, in evaluation mode.
    """
    network.anchors.copy_(torch.from_numpy(anchors.flat))
    learner = _Learner.of(network.to(device).train(), schedule)
    step = learner.resumed(checkpoint, device)
    stream = batches(samples, anchors, schedule, np.random.default_rng([seed, step]))
    since_report = []
    while step < schedule.steps:
        batch = [part.to(device) for part in next(stream)]
        since_report.append(learner.learnt(batch, schedule.beta))
        step += 1
        if step % schedule.checkpoint_every == 0 or step == schedule.steps:
            learner.save(step, checkpoint)
            if report:
                classification, regression = np.mean(since_report, axis=0)
                report(step, {"classification": classification, "regression": regression})
            since_report.clear()
    result = learner.average.module
    assert isinstance(result, LcrNetwork)
    return result.eval()


@dataclass(frozen=True)
class _Learner:
    """All that changes in training, and that a checkpoint holds."""

    network: LcrNetwork
    average: torch.optim.swa_utils.AveragedModel
    optimizer: torch.optim.Optimizer
    rate: torch.optim.lr_scheduler.LambdaLR

    @staticmethod
    def of(network: LcrNetwork, schedule: Schedule) -> _Learner:
        """For a fresh network."""
        average = torch.optim.swa_utils.AveragedModel(
            network,
            multi_avg_fn=_averaging(schedule.averaging),
            use_buffers=True,
        )
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, schedule))
        return _Learner(network, average, optimizer, rate)

    def learnt(self, batch: Sequence[Tensor], beta: float) -> tuple[float, float]:
        """Both losses of a batch, from which a step is taken."""
        classification, regression = losses(self.network, *batch, beta=beta)
        self.optimizer.zero_grad()
        (classification + regression).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.rate.step()
        self.average.update_parameters(self.network)
        return classification.item(), regression.item()

    def save(self, step: int, path: Path) -> None:
        """Write a checkpoint after so many steps."""
        state = {f.name: getattr(self, f.name).state_dict() for f in fields(self)}
        with writing(path) as partial:
            torch.save({"step": step, **state}, partial)

    def resumed(self, path: Path, device: str) -> int:
        """Take over what a checkpoint holds; the steps done, 0 where there is none."""
        if not path.exists():
            return 0
        state = torch.load(path, map_location=device, weights_only=True)
        mine, theirs = self.network.anchors, state["network"].get("anchors")
        if theirs is None or not torch.equal(mine, theirs.to(mine.device)):
            raise ValueError(
                f"{path} is of a training with other anchor poses: remove it to begin anew, or "
                "name another folder"
            )
        try:
            for f in fields(self):
                getattr(self, f.name).load_state_dict(state[f.name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path} is of a training of another network: remove it") from error
        return state["step"]


def _averaging(most: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """An exponential average that forgets its first steps, when weights are still raw."""

    def update(average: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int) -> None:
        kept = min(most, (1 + float(count)) / (10 + float(count)))
        for mean, value in zip(average, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - kept)
            else:
                mean.copy_(value)

    return update


def _rate(step: int, schedule: Schedule) -> float:
    """The share of the full learning rate."""
    warm = min(1.0, (step + 1) / max(1, schedule.warm_up))
    return warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps)))

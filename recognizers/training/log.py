"""What a training says while it runs: a line per epoch."""

from __future__ import annotations

import logging
import time
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

LOG = logging.getLogger(__name__)


class EpochLines(Hook):
    """One line after each epoch: its loss, what it gives on the validation split, and its time."""

    priority = "VERY_LOW"

    def __init__(self, monitor: str | None):
        self._monitor = monitor or "top1"
        self._losses: list[Tensor] = []
        self._began = 0.0

    def before_train_epoch(self, runner: Runner) -> None:  # noqa: ARG002
        self._losses, self._began = [], time.perf_counter()

    def after_train_iter(
        self,
        runner: Runner,  # noqa: ARG002
        batch_idx: int,  # noqa: ARG002
        data_batch: Any = None,  # noqa: ANN401, ARG002
        outputs: dict[str, Any] | None = None,
    ) -> None:
        if outputs and "loss" in outputs:
            self._losses.append(outputs["loss"].detach())  # read once an epoch: a GPU waits

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        if not is_main_process():
            return
        found = metrics or {}
        loss = float(torch.stack(self._losses).mean()) if self._losses else float("nan")
        names = dict.fromkeys([self._monitor, "top1", "loss"])
        best = runner.message_hub.runtime_info.get("best_score")
        LOG.info(
            "epoch %d of %d: training loss %.3f, validation %s%s, %.0f s",
            runner.epoch,
            runner.max_epochs,
            loss,
            ", ".join(f"{name} {_figure(name, found[name])}" for name in names),
            "" if best is None else f" (best {_figure(self._monitor, float(best))})",
            time.perf_counter() - self._began,
        )


def _figure(name: str, value: float) -> str:
    return f"{value:.3f}" if name == "loss" else f"{value:.1%}"

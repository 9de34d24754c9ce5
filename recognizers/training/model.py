"""Networks as mmengine's Runner trains and tests them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch import Tensor, nn

from recognizers.inputs.batch import ClipBatch
from recognizers.training.scores import measured


class TrainingModel(BaseModel):
    """A network with what the Runner calls: losses by name, or scores and losses of each clip."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(  # type: ignore[override]  # a batch's fields come one by one
        self, *fields: Tensor, mode: str = "tensor"
    ) -> Any:  # noqa: ANN401
        """What the mode asks for: losses of a batch, its samples' results, or its logits."""
        batch = ClipBatch(*fields)
        if mode == "loss":  # the Runner sums what has loss in its name
            losses = self.network.losses(batch)  # type: ignore[operator]
            return {f"{name}_loss": value for name, value in losses.items()}
        logits = self.network(batch)
        if mode == "tensor":
            return logits
        losses = nn.functional.cross_entropy(logits, batch.labels, reduction="none")
        return list(zip(logits.cpu(), batch.labels.tolist(), losses.tolist(), strict=True))


class Accuracy(BaseMetric):
    """top1, top5, mean_class and loss over a split."""

    default_prefix = ""  # of their names; mmengine warns of None

    def process(  # type: ignore[override]  # TrainingModel gives tuples
        self,
        data_batch: Any,  # noqa: ANN401, ARG002
        data_samples: Sequence[tuple[Tensor, int, float]],
    ) -> None:
        self.results.extend(data_samples)

    def compute_metrics(self, results: list[tuple[Tensor, int, float]]) -> dict[str, float]:
        logits = torch.stack([logits for logits, _, _ in results]).double().numpy()
        labels = np.array([label for _, label, _ in results])
        loss = float(np.mean([loss for _, _, loss in results]))
        return {**measured(logits, labels), "loss": loss}

"""A glimpse cloud: where the attention looks, and which worker follows what it sees there."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recognizers.glimpse_clouds.attention import (
    Known,
    RandomAttention,
    SaliencyAttention,
    SequentialAttention,
)
from recognizers.glimpse_clouds.cloud_plan import CloudPlan
from recognizers.glimpse_clouds.crops import WhatAndWhere, glimpse_features
from recognizers.glimpse_clouds.soft_assignment import SoftAssignment, Summation
from recognizers.glimpse_clouds.workers import Workers


class Cloud(NamedTuple):
    """All glimpses of B clips, and what the workers made of them."""

    places: Tensor
    """(B, F, G, 4) x, y in [-1, 1], x to the right, y down; scales of x and y in [0, 1]."""
    vectors: Tensor
    """(B, F, G, V) v."""
    weights: Tensor
    """(B, F, G, C) p, of sum 1 over the glimpses of a frame."""
    states: Tensor
    """(B, F, C, units) r of each worker."""


class GlimpseCloud(nn.Module):
    """Glimpses frame by frame, softly assigned to workers (sections 3.2 to 3.4)."""

    def __init__(self, plan: CloudPlan, *, features: int, context: int, classes: int):
        """Set up.

        Args:
            plan: of attention, assignment and workers.
            features: channels of the maps to look at.
            context: numbers of a frame's context vector.
            classes: A.
        """
        super().__init__()
        self.plan = plan
        self.encode = WhatAndWhere(features, encoding=plan.encoding)
        self.attention = _attention(plan, features, self.encode.channels, context)
        self.assign = _assignment(plan, self.encode.channels)
        self.workers = Workers(plan.workers, self.encode.channels, classes, units=plan.worker_units)

    def forward(self, maps: Tensor, contexts: Tensor) -> Cloud:
        """The cloud of each clip.

        Args:
            maps: (B, V, F, h, w).
            contexts: (B, F, context).
        """
        B, V = maps.shape[:2]
        looking = self.attention.start(contexts)
        last = maps.new_zeros(B, last_glimpse_size(self.plan, V, self.encode.channels))
        memory, states = self.assign.start(B), self.workers.start(B)
        steps = []
        for frame, context in zip(maps.unbind(dim=2), contexts.unbind(dim=1), strict=True):
            recognised = states.sum(dim=1)  # eq. 7
            seen = []
            for _ in range(self.plan.glimpses):
                place, looking = self.attention(looking, Known(last, recognised, context))
                what = glimpse_features(frame, place, size=self.plan.crop)
                vector = self.encode(what, place)
                last = what if self.plan.attention_reads == "what" else vector
                seen.append((place, vector))
            places, vectors = (torch.stack(part, dim=1) for part in zip(*seen, strict=True))
            weights, memory = self.assign(vectors, memory)
            states = self.workers(weights.transpose(1, 2) @ vectors, states)  # eq. 8
            steps.append((places, vectors, weights, states))
        return Cloud(*(torch.stack(part, dim=1) for part in zip(*steps, strict=True)))


def last_glimpse_size(plan: CloudPlan, features: int, channels: int) -> int:
    """How many numbers of the last glimpse the attention reads."""
    return features if plan.attention_reads == "what" else channels


def _attention(
    plan: CloudPlan, features: int, channels: int, context: int
) -> SequentialAttention | SaliencyAttention | RandomAttention:
    if plan.attention == "random":
        return RandomAttention(plan.glimpses)
    if plan.attention == "saliency":
        return SaliencyAttention(context, plan.glimpses)
    reads = last_glimpse_size(plan, features, channels)
    return SequentialAttention(reads, plan.worker_units, context, units=plan.attention_units)


def _assignment(plan: CloudPlan, channels: int) -> SoftAssignment | Summation:
    if plan.assignment == "sum":
        return Summation()
    return SoftAssignment(
        channels, glimpses=plan.glimpses, workers=plan.workers, distance=plan.distance,
        temperature=plan.temperature, decay=plan.decay, memory_frames=plan.memory_frames,
        scope=plan.distance_scope,
    )  # fmt: skip

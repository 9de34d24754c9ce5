"""Space-time tubes in place of glimpses: what table 4 of the paper compares them to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognizers.glimpse_clouds.attention import Known, SequentialAttention
from recognizers.glimpse_clouds.cloud import Cloud, last_glimpse_size
from recognizers.glimpse_clouds.cloud_plan import CloudPlan
from recognizers.glimpse_clouds.crops import WhatAndWhere, glimpse_features
from recognizers.glimpse_clouds.workers import Workers


class GlimpseTubes(nn.Module):
    """Attention that is not aligned with time: each look is a place through the whole clip.

    The paper says no more than that, and that nothing is tracked or assigned. Here the attention
    chooses one tube after the other, each by all frames' mean context and by what was seen in the
    tubes before; and each tube has a worker of its own, which follows it frame by frame.
    """

    def __init__(self, plan: CloudPlan, *, features: int, context: int, classes: int):
        """Set up; arguments as `GlimpseCloud`."""
        super().__init__()
        self.plan = plan
        self.encode = WhatAndWhere(features, encoding=plan.encoding)
        channels = self.encode.channels
        reads = last_glimpse_size(plan, features, channels)
        self.attention = SequentialAttention(
            reads, plan.worker_units, context, units=plan.attention_units
        )
        self.workers = Workers(plan.workers, channels, classes, units=plan.worker_units)

    def forward(self, maps: Tensor, contexts: Tensor) -> Cloud:
        """The cloud of each clip, places the same in all frames; arguments as `GlimpseCloud`."""
        B, V, F = maps.shape[:3]
        looking = self.attention.start(contexts)
        last = maps.new_zeros(B, last_glimpse_size(self.plan, V, self.encode.channels))
        recognised = maps.new_zeros(B, self.plan.worker_units)
        tubes = []
        for worker in self.workers.recurrent:
            known = Known(last, recognised, contexts.mean(dim=1))
            place, looking = self.attention(looking, known)
            what = self._along(maps, place)
            places = place[:, None].expand(-1, F, -1)
            vectors = self.encode(what, places)
            last = (what if self.plan.attention_reads == "what" else vectors).mean(dim=1)
            states = _followed(worker, vectors)
            recognised = recognised + states[:, -1]
            tubes.append((places, vectors, states))
        places, vectors, states = (torch.stack(part, dim=2) for part in zip(*tubes, strict=True))
        own = torch.eye(len(tubes), device=maps.device).expand(B, F, -1, -1)
        return Cloud(places, vectors, own, states)

    def _along(self, maps: Tensor, place: Tensor) -> Tensor:
        """(B, F, V) what a tube sees in each frame of (B, V, F, h, w)."""
        B, _, F = maps.shape[:3]
        frames = maps.transpose(1, 2).flatten(0, 1)
        return glimpse_features(
            frames, place.repeat_interleave(F, dim=0), size=self.plan.crop
        ).view(B, F, -1)


def _followed(worker: nn.Module, vectors: Tensor) -> Tensor:
    """(B, F, units) states of a worker that reads (B, F, V) frame by frame."""
    state, states = None, []
    for vector in vectors.unbind(dim=1):
        state = worker(vector, state)
        states.append(state)
    return torch.stack(states, dim=1)

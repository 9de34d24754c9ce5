"""Which worker gets how much of which glimpse: soft assignment by an external memory.

Baradel et al., Glimpse Clouds, CVPR 2018, section 3.4.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from recognizers.glimpse_clouds.shrinkage import inverse_factor

Distance = Literal["learned", "random", "fixed"]
Scope = Literal["batch", "clip"]


class Memory(NamedTuple):
    """The glimpses of the last K frames, oldest first."""

    glimpses: Tensor
    """(B, K, G, V) m, as the distance sees them: L^T v."""
    weights: Tensor
    """(B, K, G, C) w, how much of each glimpse each worker got."""


def scaled_distances(new: Tensor, past: Tensor, *, over: Scope) -> Tensor:
    """(B, G, N) distances, 0 for the smallest and 1 for the largest; all 0 where all are alike.

    Args:
        new: (B, G, V).
        past: (B, N, V).
        over: the smallest and largest of the whole batch, or of each clip.
    """
    # Its gradient is zero where a distance is, unlike that of a square root.
    distances = torch.linalg.vector_norm(new[:, :, None] - past[:, None], dim=3)
    dims = (0, 1, 2) if over == "batch" else (1, 2)
    lowest = distances.amin(dims, keepdim=True)
    extent = distances.amax(dims, keepdim=True) - lowest
    return (distances - lowest) / torch.where(extent > 0, extent, torch.ones_like(extent))


class SoftAssignment(nn.Module):
    """Gives a glimpse to the workers that got the glimpses it is like, lately and much of them.

    Where the paper is silent or cannot be meant, as follows. Equation 10 decays with the time of an
    entry, by which old entries count most; the text wants recent ones to: here it is the time since
    the frame before this one. D is L L^T, so that distances stay real as it learns.
    """

    def __init__(
        self, channels: int, *, glimpses: int, workers: int, distance: Distance = "learned",
        temperature: float = 0.5, decay: float = 4.0, memory_frames: int | None = None,
        scope: Scope = "batch",
    ):  # fmt: skip
        """Set up with D the identity, or random.

        Args:
            channels: V of a glimpse.
            glimpses: G.
            workers: C.
            distance: learned: from `fit` on trained further. fixed: as `fit` leaves it. random:
                learned from random numbers.
            temperature: alpha; the lower, the sparser.
            decay: frames after which a memory counts 1/e.
            memory_frames: K; None: all.
            scope: of the min-max normalisation of distances: the paper's batch, or each clip, by
                which no answer depends on other clips.
        """
        super().__init__()
        drawn = torch.randn(channels, channels) / math.sqrt(channels)  # mean eigenvalue of D: 1
        factor = drawn if distance == "random" else torch.eye(channels)
        self.factor = nn.Parameter(factor, requires_grad=distance != "fixed")
        self.first = nn.Parameter(torch.randn(workers, glimpses).abs())
        self.fits = distance != "random"
        self.temperature, self.decay = temperature, decay
        self.memory_frames = memory_frames
        self.scope: Scope = scope

    @property
    def distance_matrix(self) -> Tensor:
        """(V, V) D of equation 9: symmetric, no eigenvalue below zero."""
        return self.factor @ self.factor.T

    @torch.no_grad()
    def fit(self, vectors: Tensor) -> None:
        """Make the distance Mahalanobis', by the inverse of a covariance shrunk to be invertible.

        Args:
            vectors: (N, V) of training clips; some thousands, since V is 2048.

        Raises:
            ValueError: the distance is random, or the vectors have no covariance.
        """
        if not self.fits:
            raise ValueError("a distance that begins at random is not fitted")
        self.factor.copy_(inverse_factor(vectors))

    def start(self, B: int) -> Memory:
        """Of nothing."""
        (C, G), V = self.first.shape, len(self.factor)
        return Memory(self.first.new_zeros(B, 0, G, V), self.first.new_zeros(B, 0, G, C))

    def forward(self, vectors: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """(B, G, C) p, each worker's weights of the glimpses, of sum 1; and the memory with them.

        Args:
            vectors: (B, G, V) v of one frame.
            memory: of the frames before.
        """
        seen = vectors @ self.factor  # |L^T (x - y)|^2 = (x - y)^T D (x - y)
        weights = self._weights(seen, memory)
        kept = slice(None) if self.memory_frames is None else slice(-self.memory_frames, None)
        return weights, Memory(
            torch.cat([memory.glimpses, seen[:, None]], dim=1)[:, kept],
            torch.cat([memory.weights, weights[:, None]], dim=1)[:, kept],
        )

    def _weights(self, seen: Tensor, memory: Memory) -> Tensor:
        B, K = memory.weights.shape[:2]
        if K == 0:
            return self.first.softmax(dim=1).T.expand(B, -1, -1)
        alike = 1 - scaled_distances(seen, memory.glimpses.flatten(1, 2), over=self.scope)
        passed = torch.arange(K - 1, -1, -1, device=seen.device)  # of three: 2, 1, 0 frames
        counts = (memory.weights * (-passed / self.decay).exp()[:, None, None]).flatten(1, 2)
        return (alike @ counts / self.temperature).softmax(dim=1)


class Summation(nn.Module):
    """No assignment: one worker gets the sum of all glimpses ("GM + sum + GRU" of table 3)."""

    def start(self, B: int) -> None:
        """Nothing is remembered."""

    def forward(self, vectors: Tensor, memory: None) -> tuple[Tensor, None]:
        """(B, G, 1) ones."""
        return torch.ones_like(vectors[..., :1]), memory

"""Where and when to look: weights from pose features, and feature maps modulated by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

Attention = Literal["coupled", "separate", "spatial"]
"""What weights do to a map. coupled: one weight for each place at each moment. separate: places in
one stream and moments in another, whose channels lie side by side. spatial: places alone."""

HIDDEN = (256, 128)  # of the spatial and the temporal branch; the authors' code


class Weights(NamedTuple):
    """Attention over the places and moments of a feature map."""

    spatial: Tensor
    """(B, h, w) A_S in (0, 1)."""
    temporal: Tensor
    """(B, t) A_T, of sum 1."""
    latent: Tensor
    """(B, h w) z_1, of which the spatial weights are the sigmoid."""


class AttentionWeights(nn.Module):
    """A_S = sigmoid(z_1) and A_T = softmax(z_2), each z of its own tanh layer (eq. 2).

    The layers that give z begin at zero, as in the authors' code: at first A_S is 0.5 everywhere
    and A_T the same for every moment. Without a temporal branch A_T stays so.
    """

    def __init__(
        self, inputs: int, *, map_size: Sequence[int], temporal: bool = True,
        hidden: Sequence[int] = HIDDEN,
    ):  # fmt: skip
        """Set up.

        Args:
            inputs: numbers of h*.
            map_size: t, h, w of the map.
            temporal: whether moments get weights of their own.
            hidden: units of the spatial and of the temporal tanh layer.
        """
        super().__init__()
        self.moments, self.height, self.width = map_size
        self.spatial = _branch(inputs, hidden[0], self.height * self.width)
        self.temporal = _branch(inputs, hidden[1], self.moments) if temporal else None

    def forward(self, features: Tensor) -> Weights:
        """Weights of (B, inputs) pose features."""
        places = self.spatial(features)
        spatial = torch.sigmoid(places).unflatten(1, (self.height, self.width))
        if self.temporal is None:
            even = spatial.new_full((len(places), self.moments), 1 / self.moments)
            return Weights(spatial, even, places)
        return Weights(spatial, torch.softmax(self.temporal(features), dim=1), places)

    def regularizer(self, weights: Weights) -> Tensor:
        """L_a: sum_j |A_S(j)| + sum_j (1 - A_T(j))^2, mean over the clips (eq. 6).

        The second sum is left out where there is no temporal branch.
        """
        cost = weights.spatial.flatten(1).sum(dim=1)  # none is negative
        if self.temporal is not None:
            cost = cost + (1 - weights.temporal).square().sum(dim=1)
        return cost.mean()


def coupled(spatial: Tensor, temporal: Tensor) -> Tensor:
    """(B, t, h, w) A_ST, the product of (B, h, w) and (B, t): each place at each moment."""
    return temporal[:, :, None, None] * spatial[:, None]


def modulated(features: Tensor, weights: Weights, attention: Attention) -> Tensor:
    """A feature map as its attention weights it.

    coupled: f' = A_ST f + f. separate: A_S f and A_T f, without f itself (supplement, section 2).
    spatial: A_S f + f.

    Args:
        features: (B, C, t, h, w) f.
        weights: for its places and moments.
        attention: how they are applied.

    Returns:
        (B, C, t, h, w), with 2 C channels where separate.
    """
    places, moments = weights.spatial[:, None, None], weights.temporal[:, None, :, None, None]
    if attention == "separate":
        return torch.cat([features * places, features * moments], dim=1)
    if attention == "spatial":
        return features * places + features
    return features * coupled(weights.spatial, weights.temporal)[:, None] + features


def check_attention(attention: str, map_size: Sequence[int], hidden: Sequence[int]) -> None:
    """Raise ValueError for attention that cannot be built."""
    if attention not in get_args(Attention):
        raise ValueError(f"attention {attention!r} is none of {', '.join(get_args(Attention))}")
    if len(map_size) != 3 or min(map_size) < 1 or len(hidden) != 2 or min(hidden) < 1:
        raise ValueError(
            "map_size must be t, h and w, and hidden two numbers of units, all at least 1, got "
            f"{tuple(map_size)} and {tuple(hidden)}"
        )


def _branch(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """W_z tanh(W_h h* + b_h) + b_z, zero at first."""
    first, last = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
    nn.init.xavier_uniform_(first.weight)
    for values in (first.bias, last.weight, last.bias):
        nn.init.zeros_(values)
    return nn.Sequential(first, nn.Tanh(), last)

"""What a glimpse is: a crop of a feature map, at a place and a scale that gradients reach.

Spatial transformer: Jaderberg et al., NIPS 2015; here as in Baradel et al., Glimpse Clouds, CVPR
2018, section 3.2.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

Encoding = Literal["product", "concat"]
PLACE = 4  # numbers that say where a glimpse is: x, y, scale of x, scale of y
HIDDEN = 256  # paper, section 5


def places(raw: Tensor) -> Tensor:
    """Places and scales of glimpses, from numbers without bounds.

    Args:
        raw: (..., 4). Zeros are the middle, at 0.95 of the picture's size.

    Returns:
        (..., 4): x and y in [-1, 1], scales in [0, 1], of which 1 is the whole picture.
    """
    middle, scale = raw.split(2, dim=-1)
    return torch.cat([middle.tanh(), (scale + 3).sigmoid()], dim=-1)


def crops(maps: Tensor, place: Tensor, *, size: int) -> Tensor:
    """What a glimpse sees of each map (eq. 1): zeros where it reaches over an edge.

    Args:
        maps: (N, V, h, w).
        place: (N, 4) x, y, scale of x, scale of y. -1 and 1 are the middles of the map's first and
            last cells.
        size: cells of a crop along each side.

    Returns:
        (N, V, size, size).
    """
    x, y, across, down = place.unbind(dim=1)
    zero = torch.zeros_like(x)
    theta = torch.stack([across, zero, x, zero, down, y], dim=1).view(-1, 2, 3)
    grid = affine_grid(theta, [*maps.shape[:2], size, size], align_corners=True)
    return grid_sample(maps, grid, align_corners=True)


def on_the_picture(middles: Tensor, maps: Tensor) -> Tensor:
    """Middles of glimpses from -1 to 1 between the edges of the picture, as joints are.

    Args:
        middles: (..., 2) x, y, as `crops` reads them: between the middles of the outer cells.
        maps: (..., h, w) that they look at.
    """
    h, w = maps.shape[-2:]
    return middles * middles.new_tensor([(w - 1) / w, (h - 1) / h])


def glimpse_features(maps: Tensor, place: Tensor, *, size: int) -> Tensor:
    """(N, V) z, the mean of each crop (eq. 2); arguments as `crops`."""
    return crops(maps, place, size=size).mean(dim=(2, 3))


class WhatAndWhere(nn.Module):
    """v, what a glimpse sees and where it is, in one vector (eq. 5)."""

    def __init__(self, features: int, *, encoding: Encoding = "product"):
        """Set up.

        Args:
            features: V, numbers that say what is seen.
            encoding: product: z times a network of the place, number by number. concat: place
                behind z, as section 6.2 compares.

        Raises:
            ValueError: the encoding is neither.
        """
        super().__init__()
        if encoding not in get_args(Encoding):
            raise ValueError(f"encoding {encoding!r} is none of {', '.join(get_args(Encoding))}")
        self.embed = None
        self.channels = features + PLACE
        if encoding == "product":
            self.channels = features
            self.embed = nn.Sequential(
                nn.Linear(PLACE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, features)
            )

    def forward(self, features: Tensor, place: Tensor) -> Tensor:
        """(..., channels) from z (..., V) and its place (..., 4)."""
        if self.embed is None:
            return torch.cat([features, place], dim=-1)
        return features * self.embed(place)

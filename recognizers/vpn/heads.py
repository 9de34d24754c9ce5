"""From feature maps to class scores, and from the scores of a clip's views to the clip's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor, nn

Head = Literal["pooled", "moments"]
"""pooled: the mean over the whole map is classified, as in the paper. moments: means over two
moments in a row are, and their scores mixed, as in the authors' code."""

LAST: dict[Head, str] = {"pooled": "classify", "moments": "mix"}  # layers that give the scores


class PooledHead(nn.Module):
    """Global average pooling, dropout, and one linear layer (section 4.1)."""

    def __init__(self, channels: int, classes: int, *, dropout: float):
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.classify = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        """(B, A) logits of (B, channels, t, h, w)."""
        return self.classify(self.drop(features.mean(dim=(2, 3, 4))))


class MomentsHead(nn.Module):
    """Scores of each two moments in a row, and a linear layer over all of them."""

    def __init__(self, channels: int, classes: int, *, moments: int, dropout: float):
        super().__init__()
        self.window = min(2, moments)
        self.moments = moments
        self.drop = nn.Dropout(dropout)
        self.classify = nn.Conv3d(channels, classes, 1)
        self.mix = nn.Linear(classes * (moments - self.window + 1), classes)

    def forward(self, features: Tensor) -> Tensor:
        """(B, A) logits of (B, channels, t, h, w).

        Raises:
            ValueError: another number of moments.
        """
        if features.shape[2] != self.moments:
            raise ValueError(f"expected maps of {self.moments} moments, got {features.shape[2]}")
        places = features.mean(dim=(3, 4), keepdim=True)
        pooled = nn.functional.avg_pool3d(places, (self.window, 1, 1), stride=1)
        return self.mix(self.classify(self.drop(pooled)).flatten(1))


def head_of(
    head: Head, channels: int, classes: int, *, map_size: Sequence[int], dropout: float
) -> PooledHead | MomentsHead:
    """A head by name.

    Raises:
        ValueError: no such head.
    """
    if head not in get_args(Head):
        raise ValueError(f"head {head!r} is none of {', '.join(get_args(Head))}")
    if head == "pooled":
        return PooledHead(channels, classes, dropout=dropout)
    return MomentsHead(channels, classes, moments=map_size[0], dropout=dropout)

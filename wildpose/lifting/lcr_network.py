"""The network of the LCR lifter: class scores, and a refinement of every class's anchor pose.

LCR-Net's head (Rogez, Weinzaepfel, Schmid, CVPR 2017) on top of a trunk that reads joints instead
of pixels: residual blocks of fully connected layers (Martinez et al., ICCV 2017, figure 1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wildpose.lifting.lcr_input import FEATURES

POSE = 13 * 5  # numbers per class: 13 x (x, y) in the box, then 13 x (X, Y, Z) in metres
REGRESSION_WEIGHT = 5.0  # LCR-Net's: the network gives five times the correction


class Block(nn.Module):
    """Two fully connected layers with a way around them."""

    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, width) from (B, width)."""
        return x + self.layers(x)


class LcrNetwork(nn.Module):
    """Logits of 2 K classes (K anchor poses, full and upper body) and a correction for each.

    A class's correction is what all classes say in common, plus its own part, less its anchor
    pose. So all of them learn from every sample to read the joints, and each from its own samples
    where its poses lie; with an own network for each, as where pixels abound, a class would see
    one sample in 2 K.
    """

    def __init__(
        self, classes: int, *, width: int = 512, bottleneck: int = 128, blocks: int = 2,
        dropout: float = 0.1,
    ):  # fmt: skip
        """Set up with LCR-Net's small initial weights.

        Args:
            classes: 2 K.
            width: of the trunk.
            bottleneck: width of what the classes' own parts are made from.
            blocks: residual blocks of the trunk.
            dropout: share that is dropped in training.
        """
        super().__init__()
        self.classes = classes
        self.shape = {
            "classes": classes, "width": width, "bottleneck": bottleneck, "blocks": blocks,
            "dropout": dropout,
        }  # fmt: skip
        self.enter = nn.Sequential(nn.Linear(FEATURES, width), nn.BatchNorm1d(width), nn.ReLU())
        self.trunk = nn.Sequential(*(Block(width, dropout) for _ in range(blocks)))
        self.classify = nn.Linear(width, classes)
        self.common = nn.Linear(width + FEATURES, POSE)
        self.narrow = nn.Sequential(nn.Linear(width, bottleneck), nn.ReLU())
        self.own = nn.Linear(bottleneck, classes * POSE)
        self.anchors: Tensor
        self.register_buffer("anchors", torch.zeros(classes, POSE))
        nn.init.normal_(self.classify.weight, std=0.01)
        nn.init.normal_(self.own.weight, std=0.001)
        nn.init.zeros_(self.classify.bias)
        nn.init.zeros_(self.own.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, 2 K) and corrections (B, 2 K, 65) of (B, FEATURES)."""
        hidden = self.trunk(self.enter(features))
        common = self.common(torch.cat([hidden, features], dim=1))
        own = self.own(self.narrow(hidden)).view(-1, self.classes, POSE)
        return self.classify(hidden), (common[:, None] + own) / REGRESSION_WEIGHT - self.anchors

    def training_step(self, features: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, 2 K), and the corrections (B, 65) of one class of each sample alone.

        Args:
            features: (B, FEATURES).
            classes: (B,) in 0 to 2 K - 1; the others cost nothing.
        """
        hidden = self.trunk(self.enter(features))
        common = self.common(torch.cat([hidden, features], dim=1))
        narrow = self.narrow(hidden)
        column = _places(classes, self.classes)
        # Samples of a class side by side, so that its weights are used once for all of them.
        table = narrow.new_zeros(self.classes, int(column.max()) + 1, narrow.shape[1])
        table = table.index_put((classes, column), narrow)
        weight = self.own.weight.view(self.classes, POSE, -1)
        own = torch.bmm(table, weight.transpose(1, 2))[classes, column]
        own = own + self.own.bias.view(self.classes, POSE)[classes]
        return self.classify(hidden), (common + own) / REGRESSION_WEIGHT - self.anchors[classes]


def _places(classes: Tensor, count: int) -> Tensor:
    """For each of (B,) samples how many of its class came before it."""
    order = torch.argsort(classes, stable=True)
    each = torch.bincount(classes, minlength=count)
    first = torch.cumsum(each, 0) - each
    column = torch.empty_like(classes)
    column[order] = torch.arange(len(classes), device=classes.device) - first[classes[order]]
    return column

"""The bottleneck block of residual networks over frames: He et al., CVPR 2016, figure 5, in 3D."""

from __future__ import annotations

import torch
from torch import Tensor, nn

Size = tuple[int, int, int]  # frames, px down, px across


class Bottleneck3d(nn.Module):
    """1 x 1 x 1 down to few channels, 3 x 3 x 3, 1 x 1 x 1 up again, and a way around.

    The stride is the middle convolution's. Where the shape changes, the way around is a linear map
    with batch normalisation. Names of layers are those of torchvision's and of Hara's networks.
    """

    def __init__(
        self, incoming: int, narrow: int, outgoing: int, *,
        stride: Size = (1, 1, 1), groups: int = 1,
    ):  # fmt: skip
        """Set up.

        Args:
            incoming: channels.
            narrow: channels between the convolutions.
            outgoing: channels.
            stride: frames, px down, px across.
            groups: of channels in the middle, each by itself (cardinality).
        """
        super().__init__()
        self.conv1 = nn.Conv3d(incoming, narrow, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(narrow)
        self.conv2 = nn.Conv3d(narrow, narrow, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm3d(narrow)
        self.conv3 = nn.Conv3d(narrow, outgoing, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(outgoing)
        self.downsample = None
        if incoming != outgoing or stride != (1, 1, 1):
            self.downsample = nn.Sequential(
                nn.Conv3d(incoming, outgoing, 1, stride, bias=False), nn.BatchNorm3d(outgoing)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, outgoing, F', H', W') of (B, incoming, F, H, W), sizes / stride, rounded up."""
        around = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return torch.relu(self.bn3(self.conv3(x)) + around)


def bottleneck_stage(
    blocks: int, incoming: int, narrow: int, outgoing: int, *,
    stride: Size = (1, 1, 1), groups: int = 1,
) -> nn.Sequential:  # fmt: skip
    """Blocks in a row, of which the first has the stride; arguments as of Bottleneck3d."""
    first = Bottleneck3d(incoming, narrow, outgoing, stride=stride, groups=groups)
    others = [Bottleneck3d(outgoing, narrow, outgoing, groups=groups) for _ in range(blocks - 1)]
    return nn.Sequential(first, *others)

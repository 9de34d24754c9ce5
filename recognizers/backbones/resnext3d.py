"""The 3D ResNeXt-101 of Hara, Kataoka and Satoh (CVPR 2018)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from recognizers.backbones.backbone import Backbone, check_input
from recognizers.backbones.bottleneck import bottleneck_stage
from recognizers.backbones.pretrained import Published

CARDINALITY = 32
# Of ActivityNet, which the published weights were trained with, and no deviation:
# kenshohara/3D-ResNets-PyTorch#12, and the settings of its CVPR2018 branch.
MEAN = (114.7748, 107.7354, 99.475)


class ResNeXt3D101(Backbone):
    """ResNeXt-101, all of whose 3 x 3 x 3 convolutions are of 32 groups.

    64 frames of 112 px become (B, 2048, 4, 4, 4): frames / 16, height and width / 32, rounded up.
    Files of the authors' layout load as they are.
    """

    channels = 2048
    heads = ("fc.",)
    published = Published(
        elsewhere="the README of the GitHub repository kenshohara/3D-ResNets-PyTorch, branch "
        "CVPR2018, leads to the authors', of Kinetics-400: resnext-101-64f-kinetics.pth"
    )

    def __init__(self, *, pretrained: bool | str | Path, frozen: bool = False):
        """Set up.

        Args:
            pretrained: see `Backbone.settle`; a path or False.
            frozen: it does not learn.
        """
        super().__init__(mean=MEAN, std=(1.0, 1.0, 1.0))
        self.conv1 = nn.Conv3d(3, 64, 7, (1, 2, 2), padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.maxpool = nn.MaxPool3d(3, 2, padding=1)
        half = (2, 2, 2)
        self.layer1 = bottleneck_stage(3, 64, 128, 256, groups=CARDINALITY)
        self.layer2 = bottleneck_stage(4, 256, 256, 512, stride=half, groups=CARDINALITY)
        self.layer3 = bottleneck_stage(23, 512, 512, 1024, stride=half, groups=CARDINALITY)
        self.layer4 = bottleneck_stage(3, 1024, 1024, 2048, stride=half, groups=CARDINALITY)
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, video: Tensor) -> Tensor:
        """(B, 2048, F / 16, H / 32, W / 32), rounded up.

        Args:
            video: (B, 3, F, H, W), normalised.

        Raises:
            ValueError: it is no such thing.
        """
        check_input(video, wanted="(B, 3, F, H, W)")
        x = self.maxpool(torch.relu(self.bn1(self.conv1(video))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))

"""A ResNet-50 of images, inflated to video, as the base of Glimpse Clouds (CVPR 2018)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from recognizers.backbones.backbone import IMAGENET_MEAN, IMAGENET_STD, StagedBackbone, check_input
from recognizers.backbones.bottleneck import bottleneck_stage
from recognizers.backbones.pretrained import Published


class InflatedResNet50(StagedBackbone):
    """ResNet-50 whose 3 x 3 convolutions look at three frames; it keeps all frames.

    The 7 x 7 stem sees each frame by itself. Weights of images are put into the middle frame of
    three, zeros into the others: at first it says of every frame what the 2D network says.
    Frames of 224 px become maps of 56, 28, 14 and 7 px.
    """

    channels = 2048
    stage_channels = (256, 512, 1024, 2048)
    published = Published(torchvision="ResNet50_Weights.IMAGENET1K_V1")
    heads = ("fc.",)

    def __init__(self, *, pretrained: bool | str | Path, frozen: bool = False):
        """Set up.

        Args:
            pretrained: see `Backbone.settle`; True: torchvision's first ones of ImageNet, which
                the paper had. A file may be of images, which is inflated, or of this network.
            frozen: it does not learn.
        """
        super().__init__(mean=IMAGENET_MEAN, std=IMAGENET_STD)
        self.conv1 = nn.Conv3d(3, 64, (1, 7, 7), (1, 2, 2), padding=(0, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.maxpool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), padding=(0, 1, 1))
        self.layer1 = bottleneck_stage(3, 64, 64, 256)
        self.layer2 = bottleneck_stage(4, 256, 128, 512, stride=(1, 2, 2))
        self.layer3 = bottleneck_stage(6, 512, 256, 1024, stride=(1, 2, 2))
        self.layer4 = bottleneck_stage(3, 1024, 512, 2048, stride=(1, 2, 2))
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, video: Tensor) -> Tensor:
        """(B, 2048, F, H / 32, W / 32), rounded up: the last of the maps of `forward_stages`."""
        return self.forward_stages(video)[-1]

    def forward_stages(self, video: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four maps (B, stage_channels, F, H / s, W / s) with s = 4, 8, 16 and 32, rounded up.

        Args:
            video: (B, 3, F, H, W), normalised.

        Raises:
            ValueError: it is no such thing.
        """
        check_input(video, wanted="(B, 3, F, H, W)")
        first = self.layer1(self.maxpool(torch.relu(self.bn1(self.conv1(video)))))
        second = self.layer2(first)
        third = self.layer3(second)
        return first, second, third, self.layer4(third)

    def adapted(self, tensor: Tensor, here: Tensor) -> Tensor:
        """Weights of a 2D convolution in the middle frame, zeros around it; others as they are."""
        if tensor.ndim != 4 or here.ndim != 5:
            return tensor
        around = here.shape[2] // 2
        return pad(tensor[:, :, None], (0, 0, 0, 0, around, around))

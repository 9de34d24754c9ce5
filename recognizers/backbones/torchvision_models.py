"""Networks of images that torchvision has, without their classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import interpolate

from recognizers.backbones.backbone import IMAGENET_MEAN, IMAGENET_STD, Backbone, check_input
from recognizers.backbones.pretrained import Published
from wildpose.torchvision_import import torchvision_models


class TorchvisionImage(Backbone):
    """A network of images around one of torchvision's; pictures are resized to what that saw."""

    smallest: ClassVar[int]
    """Px, the least that the network can make a feature of."""

    def __init__(self, network: nn.Module, *, channels: int, size: int):
        super().__init__(mean=IMAGENET_MEAN, std=IMAGENET_STD)
        if size < self.smallest:
            raise ValueError(f"size must be {self.smallest} px or more, got {size}")
        self.network, self.channels, self.size = network, channels, size

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, channels) features, pooled over the picture.

        Args:
            pictures: (N, 3, S, S), normalised; of any size.

        Raises:
            ValueError: they are no such thing.
        """
        check_input(pictures, wanted="(N, 3, S, S)")
        if pictures.shape[-2:] != (self.size, self.size):
            pictures = interpolate(
                pictures, (self.size, self.size), mode="bilinear", antialias=True
            )
        return self.network(pictures)

    def draw_weights(self) -> None:
        """Torchvision has drawn them."""

    def body(self) -> nn.Module:
        return self.network


class InceptionV3(TorchvisionImage):
    """Inception-v3 up to its pooled 2048 features: Szegedy et al., CVPR 2016."""

    smallest = 75
    published = Published(torchvision="Inception_V3_Weights.IMAGENET1K_V1")
    heads = ("fc.", "AuxLogits.")

    def __init__(self, *, pretrained: bool | str | Path, frozen: bool = False, size: int = 299):
        """Set up.

        Torchvision's weights were trained by others on pictures in [-1, 1]; from ImageNet's mean
        and deviation the network itself goes back there, as torchvision does with those weights,
        and here with any.

        Args:
            pretrained: see `Backbone.settle`; True: torchvision's, of ImageNet.
            frozen: it does not learn.
            size: px, to which pictures are resized; the paper's by default.
        """
        network = torchvision_models().inception_v3(
            weights=None, aux_logits=False, transform_input=True, init_weights=pretrained is False
        )
        network.fc = network.dropout = nn.Identity()
        super().__init__(network, channels=2048, size=size)
        self.settle(pretrained=pretrained, frozen=frozen)


class ResNet50(TorchvisionImage):
    """ResNet-50 up to its pooled 2048 features: He et al., CVPR 2016.

    Torchvision's: in the first block of a stage the 3 x 3 convolution has the stride, where the
    paper's first 1 x 1 has it.
    """

    smallest = 32
    published = Published(torchvision="ResNet50_Weights.IMAGENET1K_V1")
    heads = ("fc.",)

    def __init__(self, *, pretrained: bool | str | Path, frozen: bool = False, size: int = 224):
        """Set up.

        Args:
            pretrained: see `Backbone.settle`; True: torchvision's first ones of ImageNet, which
                the papers had.
            frozen: it does not learn.
            size: px, to which pictures are resized; that of the training by default.
        """
        network = torchvision_models().resnet50(weights=None)
        network.fc = nn.Identity()
        super().__init__(network, channels=2048, size=size)
        self.settle(pretrained=pretrained, frozen=frozen)

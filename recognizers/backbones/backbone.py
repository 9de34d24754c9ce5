"""What every backbone has in common: how it reads pictures, and where its weights come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from recognizers.backbones.pretrained import Published, check_fit, pretrained_tensors, unprefixed

if TYPE_CHECKING:
    from typing_extensions import Self

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # (0.485, 0.456, 0.406) of 255
IMAGENET_STD = (58.395, 57.12, 57.375)  # (0.229, 0.224, 0.225) of 255
HALF_RANGE = (127.5, 127.5, 127.5)
"""As mean and as deviation it makes [-1, 1] of 0 to 255."""


class Backbone(nn.Module):
    """A network from pictures to features, which recognizers read.

    Every one has `channels` and `normalised`, and goes on in one of two ways:

    - Networks of images: `forward` turns (N, 3, S, S) into (N, channels).
    - Networks of video: `forward` turns (B, 3, F, H, W) into a map (B, channels, F', H', W').
      Some of them are a `StagedBackbone`, which also gives the maps on its way there.

    Both read what `normalised` gives, as floats; frames of a batch, (B, F, 3, H, W), are to be
    transposed for the second kind: `backbone(backbone.normalised(frames).transpose(1, 2))`.
    """

    channels: int
    """Of the output."""
    published: Published
    """Where others publish weights for it."""
    heads: tuple[str, ...] = ()
    """Beginnings of names in files of weights that belong to a classifier, which is left out."""
    mean: Tensor
    std: Tensor

    def __init__(self, *, mean: Sequence[float], std: Sequence[float]):
        """Set up.

        Args:
            mean: of red, green and blue, in the pictures' own 0 to 255.
            std: what is left is divided by these, in the same unit.
        """
        super().__init__()
        self.frozen = False
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def normalised(self, pictures: Tensor) -> Tensor:
        """Floats as the network reads them.

        Args:
            pictures: (..., 3, H, W) uint8 RGB.

        Raises:
            ValueError: they are no such thing.
        """
        if pictures.dtype != torch.uint8 or pictures.ndim < 3 or pictures.shape[-3] != 3:
            raise ValueError(
                "expected uint8 pictures (..., 3, H, W), got "
                f"{pictures.dtype} {tuple(pictures.shape)}"
            )
        return (pictures - self.mean).div_(self.std)

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002  # torch's own
        """As torch's; a frozen one stays in evaluation mode, so no statistics move either."""
        return super().train(mode and not self.frozen)

    def settle(self, *, pretrained: bool | str | Path, frozen: bool) -> None:
        """Give it its first weights; the last line of each constructor.

        Args:
            pretrained: True: those that are published, checked by their hash. A path: those of
                a file. False: random ones.
            frozen: it does not learn.

        Raises:
            ValueError: none are published with a hash, or the file is of another network.
            FileNotFoundError: no such file, or it cannot be fetched.
        """
        found = pretrained_tensors(
            pretrained, network=type(self).__name__, published=self.published
        )
        if found is None:
            self.draw_weights()
        else:
            self.take(*found)
        self.frozen = frozen
        if frozen:
            self.requires_grad_(requires_grad=False).eval()

    def draw_weights(self) -> None:
        """Random weights: He et al., ICCV 2015, section 2.2, for layers in front of a ReLU."""
        for module in self.modules():
            if isinstance(module, nn.Conv3d) and module.bias is None:  # a classifier has one
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def take(self, tensors: dict[str, Tensor], source: str) -> None:
        """Load weights by name, a classifier's left out.

        Args:
            tensors: as a state dict; a beginning that all names share is dropped.
            source: where they are from, for the line where they do not fit.

        Raises:
            ValueError: they are of another network.
        """
        target = self.body()
        here = target.state_dict()
        named = {
            name: self.adapted(tensor, here[name]) if name in here else tensor
            for name, tensor in unprefixed(tensors, here).items()
            if not name.startswith(self.heads)
        }
        check_fit(named, here, source=source, network=type(self).__name__)
        target.load_state_dict(named)

    def body(self) -> nn.Module:
        """What the names of published weights count from."""
        return self

    def adapted(self, tensor: Tensor, here: Tensor) -> Tensor:  # noqa: ARG002  # others need it
        """A tensor of a file, made to fit the one that it will replace."""
        return tensor


class StagedBackbone(Backbone):
    """A network of video that can give the maps of its four stages, all frames kept."""

    stage_channels: tuple[int, ...]
    """Of the four maps."""

    def forward_stages(self, video: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four maps (B, stage_channels, F, h, w), each of half the size of the one before.

        Args:
            video: (B, 3, F, H, W), normalised.

        Raises:
            ValueError: it is no such thing.
        """
        raise NotImplementedError


def check_input(x: Tensor, *, wanted: str) -> None:
    """Raise ValueError where pictures do not come as (N, 3, H, W), or videos as (B, 3, F, H, W).

    Args:
        x: what came.
        wanted: its axes in words, such as those two.
    """
    if x.ndim != wanted.count(",") + 1 or x.shape[1] != 3:
        raise ValueError(f"expected {wanted}, got {tuple(x.shape)}")

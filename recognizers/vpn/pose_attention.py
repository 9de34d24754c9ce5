"""VPN as a layer on top of any 3D convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from recognizers.arguments import check_arguments
from recognizers.vpn.attention import (
    HIDDEN,
    Attention,
    AttentionWeights,
    Weights,
    check_attention,
    modulated,
)
from recognizers.vpn.embedding import WIDTH, Distance, SpatialEmbedding
from recognizers.vpn.pose_graph import GraphPoseBackbone
from recognizers.vpn.pose_lstm import LstmPoseBackbone
from recognizers.vpn.poses import PoseReader
from wildpose.registry import load

Embedding = Literal["none", "euclid", "kl_video_pose", "kl_pose_video", "kl_both"]
"""none, or what the spatial embedding measures."""

POSE_BACKBONES = {  # type of a config -> module:class
    "gcn": "recognizers.vpn.pose_graph:GraphPoseBackbone",
    "lstm": "recognizers.vpn.pose_lstm:LstmPoseBackbone",
}


class Attended(NamedTuple):
    """A feature map that poses have modulated."""

    features: Tensor
    """(B, C, t, h, w) f', with 2 C channels where attention is separate."""
    weights: Weights
    """What it was modulated by."""
    losses: dict[str, Tensor]
    """embedding, where there is one: mean distance over the clips with a pose, zero without any.
    attention: the regularizer. Neither is weighted."""


class PoseAttention(nn.Module):
    """A feature map and poses in, a map out that is stronger where and when the poses say.

    `out_channels` are those of its result.
    """

    def __init__(
        self, channels: int, map_size: Sequence[int], *, joint_set: str, people: int = 1,
        steps: int = 20, attention: Attention = "coupled",
        pose_backbone: dict[str, Any] | None = None, hidden: Sequence[int] = HIDDEN,
        embedding: Embedding = "euclid", embedding_width: int = WIDTH,
        embedding_bias: bool = True,
    ):  # fmt: skip
        """Set up.

        Args:
            channels: C of the map.
            map_size: t, h, w of the map.
            joint_set: name of the joint set.
            people: so many of a clip's first people are read.
            steps: t_p, poses of a clip.
            attention: what the weights do to the map.
            pose_backbone: `type`, gcn or lstm, and arguments of GraphPoseBackbone or
                LstmPoseBackbone; None: the paper's gcn.
            hidden: units of the spatial and of the temporal tanh layer.
            embedding: the embedding loss.
            embedding_width: D_e.
            embedding_bias: of both transformations, see `SpatialEmbedding`.

        Raises:
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        if min(people, steps) < 1:
            raise ValueError(f"expected people and steps >= 1, got {people} and {steps}")
        check_attention(attention, map_size, hidden)
        if embedding not in get_args(Embedding):
            raise ValueError(f"embedding {embedding!r} is none of {', '.join(get_args(Embedding))}")
        self.attention: Attention = attention
        self.map_shape = (channels, *map_size)
        self.out_channels = 2 * channels if attention == "separate" else channels
        self.backbone = pose_backbone_of(
            pose_backbone or {"type": "gcn"}, joint_set=joint_set, people=people, steps=steps
        )
        self.read = PoseReader(
            joint_set=joint_set, people=people, steps=steps, centred=self.backbone.centred
        )
        self.weigh = AttentionWeights(
            self.backbone.width, map_size=map_size, hidden=hidden, temporal=attention != "spatial"
        )
        self.embed = None
        if embedding != "none":
            distance: Distance = embedding
            _, _, height, width = self.map_shape
            self.embed = SpatialEmbedding(
                channels, height * width, distance=distance, width=embedding_width,
                bias=embedding_bias,
            )  # fmt: skip

    def forward(self, features: Tensor, joints: Tensor, mask: Tensor) -> Attended:
        """A modulated map, and what it costs.

        Args:
            features: (B, C, t, h, w).
            joints: (B, any number of people, up to t_p, J, 3) m.
            mask: (B, people, frames) bool, True where the person was seen.

        Raises:
            ValueError: the map or the joints are of another shape.
        """
        if tuple(features.shape[1:]) != self.map_shape:
            raise ValueError(
                f"expected feature maps {self.map_shape} of channels, time, height and width, got "
                f"{tuple(features.shape[1:])}: set map_size to what the backbone gives"
            )
        poses = self.read(joints, mask)
        weights = self.weigh(self.backbone(poses))
        losses = {"attention": self.weigh.regularizer(weights)}
        if self.embed is not None:
            apart = self.embed(features, weights.latent) * poses.present
            losses["embedding"] = apart.sum() / poses.present.sum().clamp(min=1)
        return Attended(modulated(features, weights, self.attention), weights, losses)

    def weights(self, joints: Tensor, mask: Tensor) -> Weights:
        """Attention alone, which poses decide; arguments as of `forward`."""
        return self.weigh(self.backbone(self.read(joints, mask)))

    def joint_activations(self, joints: Tensor, mask: Tensor) -> Tensor:
        """(B, t_p, N) length of each joint's features behind the graph layers (figure 5 a).

        Zero where nobody was seen; arguments as of `forward`.

        Raises:
            ValueError: the pose backbone is no graph.
        """
        if not isinstance(self.backbone, GraphPoseBackbone):
            raise ValueError("joint activations are the gcn's: this pose backbone is an lstm")
        features = self.backbone.features(self.read(joints, mask))
        return torch.linalg.vector_norm(features, dim=-1)


def pose_backbone_of(
    config: dict[str, Any], *, joint_set: str, people: int, steps: int
) -> GraphPoseBackbone | LstmPoseBackbone:
    """A pose backbone as a config describes it.

    Args:
        config: `type`, a name in POSE_BACKBONES, and arguments of that class.
        joint_set: name of the joint set.
        people: whose joints are read.
        steps: t_p.

    Raises:
        ValueError: no such type, or an argument that it does not take; the line tells those there
            are.
    """
    arguments = dict(config)
    made = load("pose backbone", str(arguments.pop("type", "")), POSE_BACKBONES)
    given = {"joint_set": joint_set, "people": people, "steps": steps}
    check_arguments(made, arguments, given=given, part="pose_backbone")
    return made(**given, **arguments)

"""The spatial embedding: what a video shows and where its poses look, brought to one space."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

Distance = Literal["euclid", "kl_video_pose", "kl_pose_video", "kl_both"]
"""Rows of table 3. euclid: between directions. kl_video_pose: D_KL(f_e || P_e). kl_pose_video:
D_KL(P_e || f_e). kl_both: their sum."""

WIDTH = 256  # D_e; the authors' code, the paper names none
EPSILON = 1e-6  # inside the root; the supplement: a small positive value


class SpatialEmbedding(nn.Module):
    """f_e = T_v f_s and P_e = T_p z_1, and how far they are apart (eq. 3 and 4).

    f_s is the sum over time of the mean over space, one number for each channel. The other
    reading, a number for each channel and place, would make T_v alone larger than the video
    backbone, which cannot be with a third of P-I3D's parameters (section 4.4).

    A spectral norm of 1 keeps T_v and T_p from vanishing. Each has a bias, as in the authors'
    code: z_1 begins at zero, and a zero has no direction that a distance could turn.
    """

    def __init__(
        self, channels: int, places: int, *, distance: Distance = "euclid", width: int = WIDTH,
        bias: bool = True,
    ):  # fmt: skip
        """Set up.

        Args:
            channels: D_v, of the video's feature map.
            places: D_p = h w, numbers of z_1.
            distance: what the loss measures.
            width: D_e.
            bias: False for T_v and T_p to the letter of eq. 3.

        Raises:
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        if distance not in get_args(Distance) or width < 1:
            raise ValueError(
                f"expected an embedding out of {', '.join(get_args(Distance))} and a width of at "
                f"least 1, got {distance!r} and {width}"
            )
        self.distance: Distance = distance
        self.video = spectral_norm(nn.Linear(channels, width, bias=bias))
        self.pose = spectral_norm(nn.Linear(places, width, bias=bias))

    def forward(self, features: Tensor, latent: Tensor) -> Tensor:
        """(B,) distances of (B, channels, t, h, w) features and (B, places) z_1."""
        shown = features.sum(dim=2).mean(dim=(2, 3))
        return embedding_distance(self.video(shown), self.pose(latent), self.distance)


def embedding_distance(video: Tensor, pose: Tensor, distance: Distance) -> Tensor:
    """How far embeddings are apart.

    euclid: squared, between their directions, 0 to 4 (eq. 4). The others take both for
    distributions, by a softmax (supplement, eq. 8 and 9).

    Args:
        video: (B, D) f_e.
        pose: (B, D) P_e.
        distance: which.

    Returns:
        (B,) float32, zero where both are the same.
    """
    video, pose = video.float(), pose.float()
    if distance == "euclid":
        return (direction(video) - direction(pose)).square().sum(dim=1)
    shown, posed = torch.log_softmax(video, dim=1), torch.log_softmax(pose, dim=1)
    if distance == "kl_video_pose":
        return divergence(shown, posed)
    if distance == "kl_pose_video":
        return divergence(posed, shown)
    return divergence(shown, posed) + divergence(posed, shown)


def direction(vectors: Tensor) -> Tensor:
    """(B, D) vectors of length 1; nearly zero stays so (supplement, eq. 7)."""
    return vectors / (vectors.square().sum(dim=1, keepdim=True) + EPSILON).sqrt()


def divergence(one: Tensor, other: Tensor) -> Tensor:
    """(B,) D_KL(one || other) of (B, D) log probabilities."""
    return (one.exp() * (one - other)).sum(dim=1)

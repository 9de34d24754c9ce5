"""What poses teach in training: the context to find people, and glimpses to stay near them.

Baradel et al., Glimpse Clouds, CVPR 2018, section 4. Joints that were not seen cost nothing.
"""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor


def pose_loss(predicted: Tensor, joints_2d: Tensor, seen: Tensor) -> Tensor:
    """L_P: squared errors of each person's joints, for the best assignment of people, per clip.

    People have no order: in each frame the assignment of predicted to real people that costs least
    counts. Of each person the mean over joints and coordinates, summed over people and frames.

    Args:
        predicted: (B, F, M, J, 2).
        joints_2d: (B, up to M, F, J, 2).
        seen: (B, up to M, F, J) bool.

    Returns:
        Mean over the clips.
    """
    real = torch.where(seen[..., None], joints_2d, torch.zeros_like(joints_2d)).transpose(1, 2)
    counts = seen.transpose(1, 2)[:, :, None]  # (B, F, 1, people, J)
    errors = (predicted[:, :, :, None] - real[:, :, None]).square().mean(dim=-1) * counts
    costs = errors.sum(dim=-1) / counts.sum(dim=-1).clamp(min=1)  # (B, F, M, people)
    people = torch.arange(costs.shape[3])
    assigned = [
        costs[:, :, list(slots), people].sum(dim=2)
        for slots in permutations(range(costs.shape[2]), len(people))
    ]
    return torch.stack(assigned).amin(dim=0).sum(dim=1).mean()


def glimpse_loss(middles: Tensor, joints_2d: Tensor, seen: Tensor) -> Tensor:
    """L_G: glimpses far from each other, and each near some joint (eq. 15 to 17).

    Args:
        middles: (B, F, G, 2) of glimpses.
        joints_2d: (B, M, F, J, 2).
        seen: (B, M, F, J) bool; a frame without any costs nothing by equation 16.

    Returns:
        Sum over frames, mean over clips.
    """
    return (crowding(middles) + remoteness(middles, joints_2d, seen)).sum(dim=1).mean()


def crowding(middles: Tensor) -> Tensor:
    """(B, F) 1 / (1 + sum of distances between glimpses), each pair counted twice (eq. 15)."""
    apart = torch.linalg.vector_norm(middles[:, :, :, None] - middles[:, :, None], dim=-1)
    return 1 / (1 + apart.sum(dim=(2, 3)))


def remoteness(middles: Tensor, joints_2d: Tensor, seen: Tensor) -> Tensor:
    """(B, F) sum over glimpses of the distance to the nearest joint of anybody (eq. 16)."""
    known = seen.transpose(1, 2).flatten(2)[:, :, None]  # (B, F, 1, M J)
    joints = torch.where(seen[..., None], joints_2d, torch.zeros_like(joints_2d))
    joints = joints.transpose(1, 2).flatten(2, 3)[:, :, None]
    away = torch.linalg.vector_norm(middles[:, :, :, None] - joints, dim=-1)
    nearest = away.masked_fill(~known, torch.inf).amin(dim=-1)
    return torch.where(known.any(dim=-1), nearest, torch.zeros_like(nearest)).sum(dim=2)

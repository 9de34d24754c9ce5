"""The skeleton transformer: virtual joints, each a learned mixture of the joints of a skeleton."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

Combination = Literal["linear", "affine", "positive", "convex"]
SMALLEST_SUM = 1e-3  # a row is divided by at least this, with its sign
NOISE = 0.01  # deviation of the first weights from a copy of the joints


class SkeletonTransformer(nn.Module):
    """P' = W P, the same W for every frame and person (Le Roux 2017, eq. 8 to 10).

    The first W copies the joints, but for a little noise: rows of Xavier's often sum to nearly
    zero, and an affine combination divides by the sum. Skeletons of zeros stay zeros.
    """

    def __init__(
        self,
        joints: int,
        *,
        virtual_joints: int | None = None,
        combination: Combination = "affine",
        positivity: float = 0.01,
        sparsity: float = 0.0,
    ):
        """Set up W near a copy of the joints.

        Args:
            joints: N of a skeleton.
            virtual_joints: N'; None: as many as joints. More copy the joints anew from the first.
            combination: linear: any W. affine: rows sum to 1. positive: negative weights cost.
                convex: affine and positive.
            positivity: lambda, weight of that cost; the thesis' 0.01.
            sparsity: mu, weight of the cost of many weights in a row; 0: none.

        Raises:
            ValueError: the combination is none of the four, or a number is out of its range.
        """
        super().__init__()
        virtual_joints = joints if virtual_joints is None else virtual_joints
        if combination not in get_args(Combination):
            raise ValueError(
                f"combination {combination!r} is none of {', '.join(get_args(Combination))}"
            )
        if min(joints, virtual_joints) < 1 or min(positivity, sparsity) < 0:
            raise ValueError(
                f"expected joints >= 1 and penalties >= 0, got joints={joints}, "
                f"virtual_joints={virtual_joints}, positivity={positivity}, sparsity={sparsity}"
            )
        self.combination = combination
        self.positivity = positivity
        self.sparsity = sparsity
        copies = torch.eye(joints)[torch.arange(virtual_joints) % joints]
        self.weight = nn.Parameter(copies + NOISE * torch.randn_like(copies))

    def matrix(self) -> Tensor:
        """(N', N) the W that is applied; its rows sum to 1 where the combination is affine.

        Where a row's sum is within 0.001 of zero it is divided by 0.001 instead, with the sum's
        sign, and sums to less.
        """
        if self.combination in ("linear", "positive"):
            return self.weight
        sums = self.weight.sum(dim=1, keepdim=True)
        least = torch.where(sums < 0, -SMALLEST_SUM, SMALLEST_SUM).to(sums.dtype)
        return self.weight / torch.where(sums.abs() < SMALLEST_SUM, least, sums)

    def forward(self, joints: Tensor) -> Tensor:
        """(..., N', C) virtual joints of (..., N, C)."""
        return self.matrix() @ joints

    def penalties(self) -> dict[str, Tensor]:
        """Costs to add to a loss, by name; those without weight are left out.

        positivity: -lambda min(0, min W), zero if and only if no weight is negative.
        sparsity: mu sum_i (sum_j |w_ij|)^2, at least mu N' where rows sum to 1.
        """
        matrix, costs = self.matrix(), {}
        if self.combination in ("positive", "convex") and self.positivity > 0:
            costs["positivity"] = self.positivity * torch.relu(-matrix.min())
        if self.sparsity > 0:
            costs["sparsity"] = self.sparsity * matrix.abs().sum(dim=1).square().sum()
        return costs

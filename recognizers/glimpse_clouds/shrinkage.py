"""An inverse covariance from fewer vectors than it has numbers."""

from __future__ import annotations

import torch
from torch import Tensor


def shrunk_covariance(vectors: Tensor) -> Tensor:
    """(V, V) covariance, moved towards a multiple of the identity as far as the data are few.

    Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004,
    section 3.

    Args:
        vectors: (N, V), in any units.

    Raises:
        ValueError: they are all alike, or one is not finite.
    """
    if vectors.ndim != 2 or not torch.isfinite(vectors).all():
        raise ValueError(f"expected finite vectors (N, V), got {tuple(vectors.shape)}")
    N, V = vectors.shape
    centred = vectors - vectors.mean(dim=0)
    sample = centred.T @ centred / max(N, 1)
    mean = sample.trace() / V  # eigenvalue
    if not mean > 0:
        raise ValueError(f"{N} vectors that are all alike have no covariance")
    target = mean * torch.eye(V, dtype=sample.dtype, device=sample.device)
    away = (sample - target).square().sum()
    noise = (centred.square().sum(dim=1).square().mean() - sample.square().sum()) / N
    share = (noise.clamp(min=0) / away).clamp(max=1) if away > 0 else torch.ones_like(mean)
    return share * target + (1 - share) * sample


def inverse_factor(vectors: Tensor) -> Tensor:
    """(V, V) L, of which L L^T is the inverse of the vectors' covariance, up to its scale.

    The eigenvalues of L L^T have mean 1, so that a learning rate means as much whatever the
    vectors' units. Where distances are normalised afterwards the scale has no effect.

    Args:
        vectors: (N, V), in any units.

    Raises:
        ValueError: as `shrunk_covariance`.
    """
    covariance = shrunk_covariance(vectors.double())
    eigenvalues, axes = torch.linalg.eigh(covariance)
    inverse = 1 / eigenvalues.clamp(min=eigenvalues[-1] * torch.finfo(eigenvalues.dtype).eps)
    factor = axes * (inverse / inverse.mean()).sqrt()
    return factor.to(vectors.dtype)

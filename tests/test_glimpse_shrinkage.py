"""A covariance can be inverted however few vectors there are; many are hardly shrunk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds.shrinkage import inverse_factor, shrunk_covariance
from tests.made_samples import seeded

V = 6


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def test_few_vectors_have_a_covariance_that_can_be_inverted() -> None:
    vectors = torch.randn(5, 40)
    assert torch.linalg.matrix_rank(torch.cov(vectors.T)) < 5
    factor = inverse_factor(vectors)
    eigenvalues = torch.linalg.eigvalsh(factor @ factor.T)
    assert eigenvalues.min() > 0.05
    assert eigenvalues.mean().item() == pytest.approx(1, abs=1e-4)
    assert eigenvalues.max() < 10


def test_shrinkage_is_that_of_ledoit_and_wolf() -> None:
    """By their sums over single vectors, section 3.2."""
    X = torch.randn(12, 4).double() @ torch.randn(4, 4).double()
    X = X - X.mean(dim=0)
    S, one = X.T @ X / 12, torch.eye(4).double()
    m = S.trace() / 4
    d2 = (S - m * one).square().sum() / 4
    b2 = sum((torch.outer(x, x) - S).square().sum() / 4 for x in X) / 12**2
    b2 = min(float(b2), float(d2))
    wanted = b2 / d2 * m * one + (d2 - b2) / d2 * S
    torch.testing.assert_close(shrunk_covariance(X + 5), wanted, atol=1e-10, rtol=0)
    assert 0 < b2 / d2 < 1


def test_many_vectors_are_hardly_shrunk() -> None:
    vectors = torch.randn(20000, 3) * torch.tensor([1.0, 2.0, 3.0])
    found = shrunk_covariance(vectors).diagonal()
    torch.testing.assert_close(found, torch.tensor([1.0, 4.0, 9.0]), atol=0, rtol=0.05)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (torch.ones(9, V), "9 vectors that are all alike have no covariance"),
        (torch.zeros(0, V), "0 vectors that are all alike"),
        (torch.full((9, V), float("nan")), "expected finite vectors"),
        (torch.ones(V), "expected finite vectors"),
    ],
)
def test_vectors_without_covariance_are_refused(vectors: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inverse_factor(vectors)

"""Virtual joints are mixtures of joints whose weights keep what each kind promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from recognizers.skeleton_rnn.skeleton_transformer import Combination, SkeletonTransformer
from tests.made_samples import seeded

KINDS: list[Combination] = ["linear", "affine", "positive", "convex"]


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def with_weight(weight: Tensor, combination: Combination, **options: float) -> SkeletonTransformer:
    made = SkeletonTransformer(
        weight.shape[1], virtual_joints=len(weight), combination=combination, **options
    )
    with torch.no_grad():
        made.weight.copy_(weight)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_virtual_joint_is_the_weighted_sum_of_the_joints_in_every_frame(
    kind: Combination,
) -> None:
    made = with_weight(torch.rand(4, 3) + 0.1, kind)
    joints = torch.randn(2, 1, 5, 3, 3)
    found = made(joints)
    assert found.shape == (2, 1, 5, 4, 3)
    wanted = sum(made.matrix()[1, n] * joints[1, 0, 4, n] for n in range(3))
    torch.testing.assert_close(found[1, 0, 4, 1], wanted, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_one_weight_per_pair_and_begins_near_a_copy(kind: Combination) -> None:
    made = SkeletonTransformer(25, combination=kind)
    assert sum(p.numel() for p in made.parameters()) == 625
    torch.testing.assert_close(made.matrix(), torch.eye(25), atol=0.2, rtol=0)
    assert not torch.equal(made.weight, torch.eye(25))


def test_more_virtual_joints_than_joints_copy_them_anew() -> None:
    made = SkeletonTransformer(3, virtual_joints=5)
    wanted = torch.eye(3)[[0, 1, 2, 0, 1]]
    torch.testing.assert_close(made.matrix(), wanted, atol=0.2, rtol=0)


@pytest.mark.parametrize("kind", ["affine", "convex"])
def test_affine_rows_sum_to_one_and_so_shifted_skeletons_give_shifted_joints(
    kind: Combination,
) -> None:
    made = with_weight(torch.randn(6, 6) + 0.3, kind)
    torch.testing.assert_close(made.matrix().sum(dim=1), torch.ones(6), atol=1e-5, rtol=0)
    joints, shift = torch.randn(4, 6, 3), torch.tensor([1.0, -2.0, 0.5])
    torch.testing.assert_close(made(joints + shift), made(joints) + shift, atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", ["linear", "positive"])
def test_other_rows_are_the_weights_as_they_are(kind: Combination) -> None:
    weight = torch.randn(3, 3)
    torch.testing.assert_close(with_weight(weight, kind).matrix(), weight, atol=0, rtol=0)


@pytest.mark.parametrize("total", [0.0, 1e-5, -1e-5, 9e-4, -9e-4])
def test_a_row_whose_sum_is_nearly_zero_stays_bounded(total: float) -> None:
    made = with_weight(torch.tensor([[1.0, total - 1.0], [3.0, 1.0]]), "affine")
    matrix = made.matrix()
    sign = -1 if total < 0 else 1
    torch.testing.assert_close(
        matrix[0], sign * 1e3 * torch.tensor([1.0, total - 1.0]), atol=1e-3, rtol=1e-5
    )
    torch.testing.assert_close(matrix[1], torch.tensor([0.75, 0.25]))
    matrix.square().sum().backward()
    assert made.weight.grad is not None
    assert torch.isfinite(made.weight.grad).all()


@pytest.mark.parametrize("kind", ["positive", "convex"])
def test_positivity_costs_nothing_if_and_only_if_no_weight_is_negative(kind: Combination) -> None:
    good = torch.tensor([[0.5, 0.5], [0.0, 1.0]])
    assert with_weight(good, kind).penalties()["positivity"].item() == 0
    bad = torch.tensor([[0.5, 0.5], [-0.25, 1.25]])
    assert with_weight(bad, kind).penalties()["positivity"].item() == pytest.approx(0.0025)
    stronger = with_weight(bad, kind, positivity=2.0).penalties()
    assert stronger["positivity"].item() == pytest.approx(0.5)


def test_lowering_the_cost_makes_all_weights_positive() -> None:
    made = with_weight(torch.tensor([[0.9, -0.4], [-0.1, 1.0]]), "convex", positivity=1.0)
    step = torch.optim.SGD(made.parameters(), lr=0.03)
    for _ in range(60):
        step.zero_grad()
        made.penalties()["positivity"].backward()
        step.step()
    assert made.matrix().min().item() > -0.05


def test_sparsity_is_the_sum_of_squared_row_sums() -> None:
    made = with_weight(torch.tensor([[1.0, -2.0], [0.5, 0.0]]), "linear", sparsity=0.1)
    assert made.penalties()["sparsity"].item() == pytest.approx(0.1 * (9 + 0.25))


def test_sparsity_costs_at_least_mu_a_row_where_rows_sum_to_one() -> None:
    convex = with_weight(torch.tensor([[3.0, 1.0], [0.0, 2.0]]), "affine", sparsity=0.01)
    assert convex.penalties()["sparsity"].item() == pytest.approx(0.02)
    outside = with_weight(torch.tensor([[3.0, -1.0], [0.0, 2.0]]), "affine", sparsity=0.01)
    assert outside.penalties()["sparsity"].item() == pytest.approx(0.01 * (4 + 1))


@pytest.mark.parametrize(
    ("kind", "sparsity", "names"),
    [
        ("linear", 0.0, set()),
        ("affine", 0.1, {"sparsity"}),
        ("positive", 0.0, {"positivity"}),
        ("convex", 0.1, {"positivity", "sparsity"}),
    ],
)
def test_only_costs_with_weight_are_named(
    kind: Combination, sparsity: float, names: set[str]
) -> None:
    made = SkeletonTransformer(3, combination=kind, sparsity=sparsity)
    assert set(made.penalties()) == names


@pytest.mark.parametrize("kind", KINDS)
def test_skeletons_of_zeros_stay_zeros(kind: Combination) -> None:
    assert not SkeletonTransformer(4, combination=kind)(torch.zeros(2, 4, 3)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"combination": "afine"}, "combination 'afine' is none of linear, affine, positive"),
        ({"virtual_joints": 0}, "expected joints >= 1 and penalties >= 0, got joints=3, virtual"),
        ({"sparsity": -1.0}, r"sparsity=-1\.0"),
        ({"positivity": -0.1}, r"positivity=-0\.1"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SkeletonTransformer(3, **options)

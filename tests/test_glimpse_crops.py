"""Glimpses see what is at their place, and gradients say where to move them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds.crops import (
    WhatAndWhere,
    crops,
    glimpse_features,
    on_the_picture,
    places,
)
from tests.made_samples import seeded

SIZE = 7


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def place(x: float, y: float, across: float, down: float) -> Tensor:
    return torch.tensor([[float(x), y, across, down]])


def hill(row: int, column: int) -> Tensor:
    """(1, 1, 7, 7): highest in one cell, and lower the farther from it."""
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    away = (rows - row).square() + (columns - column).square()
    return (-away / 8.0).exp()[None, None]


def test_the_whole_picture_is_the_map_itself() -> None:
    maps = torch.rand(2, 3, SIZE, SIZE)
    whole = place(0, 0, 1, 1).expand(2, -1)
    torch.testing.assert_close(crops(maps, whole, size=SIZE), maps, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        glimpse_features(maps, whole, size=SIZE), maps.mean(dim=(2, 3)), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize(
    ("x", "y", "row", "column"), [(-1, -1, 0, 0), (1, -1, 0, 6), (0, 1, 6, 3), (1 / 3, 0, 3, 4)]
)
def test_a_tiny_glimpse_sees_the_cell_that_it_looks_at(
    x: float, y: float, row: int, column: int
) -> None:
    maps = torch.rand(1, 4, SIZE, SIZE)
    found = glimpse_features(maps, place(x, y, 1e-6, 1e-6), size=SIZE)
    torch.testing.assert_close(found[0], maps[0, :, row, column], atol=1e-4, rtol=0)


def test_width_and_height_are_scaled_each_by_its_own_number() -> None:
    columns = torch.arange(SIZE).float().expand(1, 1, SIZE, SIZE)  # value: the column
    seen = crops(columns, place(0, 0, 1 / 3, 1), size=SIZE)[0, 0]
    torch.testing.assert_close(seen[0], torch.linspace(2, 4, SIZE), atol=1e-5, rtol=0)
    seen = crops(columns, place(0, 0, 1, 1 / 3), size=SIZE)[0, 0]
    torch.testing.assert_close(seen[0], torch.arange(7.0), atol=1e-5, rtol=0)


def test_nothing_is_seen_over_the_edge() -> None:
    seen = crops(torch.ones(1, 1, SIZE, SIZE), place(1, 0, 1, 1), size=SIZE)[0, 0]
    assert (seen[:, :4] == 1).all()
    assert (seen[:, 4:] == 0).all()


def test_the_gradient_of_what_is_seen_is_that_of_finite_differences() -> None:
    maps = torch.rand(2, 2, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
    where = torch.tensor([[0.11, -0.23, 0.51, 0.62], [-0.4, 0.33, 0.9, 0.31]]).double()
    where.requires_grad_()
    assert torch.autograd.gradcheck(lambda m, p: glimpse_features(m, p, size=4), (maps, where))


def test_a_glimpse_that_wants_to_see_more_climbs_the_hill() -> None:
    maps = hill(row=5, column=1)
    raw = torch.zeros(1, 4, requires_grad=True)
    with torch.no_grad():
        raw[:, 2:] = -4.0  # scales of 0.27
    optimizer = torch.optim.Adam([raw], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        (-glimpse_features(maps, places(raw), size=SIZE).sum()).backward()
        optimizer.step()
    x, y = places(raw)[0, :2].tolist()
    assert (x, y) == pytest.approx((1 / 3 - 1, 5 / 3 - 1), abs=0.1)


def test_places_start_in_the_middle_and_stay_within_bounds() -> None:
    assert places(torch.zeros(1, 4))[0].tolist() == pytest.approx([0, 0, 0.9526, 0.9526], abs=1e-4)
    drawn = places(20 * torch.randn(100, 4))
    assert drawn[:, :2].abs().max() <= 1
    assert drawn[:, 2:].min() >= 0
    assert drawn[:, 2:].max() <= 1


def test_a_product_weighs_each_feature_by_its_place_alone() -> None:
    encode = WhatAndWhere(5)
    what, where = torch.rand(3, 5), torch.rand(3, 4)
    torch.testing.assert_close(encode(2 * what, where), 2 * encode(what, where))
    assert (encode(what, where) != encode(what, where.flip(0))).any(dim=1)[0]
    assert (encode(torch.zeros(3, 5), where) == 0).all()


def test_concat_puts_the_place_behind_the_features() -> None:
    encode = WhatAndWhere(5, encoding="concat")
    what, where = torch.rand(3, 5), torch.rand(3, 4)
    assert encode.channels == 9
    assert torch.equal(encode(what, where), torch.cat([what, where], dim=1))
    assert not list(encode.parameters())


def test_another_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="encoding 'sum' is none of product, concat"):
        WhatAndWhere(5, encoding="sum")  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [(0, 0), (6, 6), (3, 5), (2, 0)])
def test_the_place_of_a_glimpse_on_the_picture_is_the_middle_of_the_cell_it_sees(
    cell: tuple[int, int],
) -> None:
    row, column = cell
    maps = hill(row, column)
    grid = torch.linspace(-1, 1, 121)
    all_places = torch.cartesian_prod(grid, grid)
    narrow = torch.cat([all_places, torch.full((len(all_places), 2), 0.01)], dim=1)
    seen = glimpse_features(maps.expand(len(narrow), -1, -1, -1), narrow, size=3)[:, 0]
    best = on_the_picture(all_places[seen.argmax()], maps)
    wanted = torch.tensor([(2 * column + 1) / SIZE - 1, (2 * row + 1) / SIZE - 1])
    torch.testing.assert_close(best, wanted, atol=1 / 60, rtol=0)  # the grid's step


def test_places_on_a_wide_map_reach_nearer_to_its_sides() -> None:
    corner = on_the_picture(torch.ones(2), torch.zeros(1, 1, 4, 8))
    assert corner.tolist() == [0.875, 0.75]

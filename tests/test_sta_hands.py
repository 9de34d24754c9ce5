"""Crops of hands: those of people who are there are looked at, the others are zero."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from recognizers.backbones import Backbone
from recognizers.inputs.batch import ClipBatch
from recognizers.sta import hands as sta_hands
from recognizers.sta.hands import GlimpseSensor, glimpses, hands_present
from tests.made_samples import seeded

B, T, SIDE, D = 2, 3, 6, 5


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


class Stand(Backbone):
    """An image network that remembers how many pictures it saw, and how large."""

    channels = D

    def __init__(self) -> None:
        super().__init__(mean=(127.5,) * 3, std=(127.5,) * 3)
        self.map = nn.Linear(3, D)
        self.seen: list[tuple[int, ...]] = []

    def normalised(self, pictures: Tensor) -> Tensor:
        assert pictures.dtype == torch.uint8
        return super().normalised(pictures)

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(tuple(x.shape))
        return self.map(x.mean(dim=(2, 3)))


def some_batch(people: int = 2) -> ClipBatch:
    mask = torch.ones(B, people, T).bool()
    mask[0, -1, 1:] = False
    mask[1, 1:] = False
    hands = torch.randint(0, 256, (B, T, 2 * people, 3, SIDE, SIDE), dtype=torch.uint8)
    joints = torch.zeros(B, people, T, 25, 3)
    return ClipBatch(
        joints, mask, torch.zeros(B).long(), torch.full((B,), T), hands=hands,
        hand_features=torch.randn(B, T, 2 * people, D),
    )  # fmt: skip


def test_a_hand_is_there_where_its_owner_is() -> None:
    mask = some_batch().mask
    present = hands_present(mask)
    for b in range(B):
        for t in range(T):
            one, other = mask[b, :, t].tolist()
            assert present[b, t].tolist() == [one, one, other, other]
    alone = hands_present(mask[:, :1])
    assert alone.shape == (B, T, 4)
    assert not alone[..., 2:].any()


@pytest.mark.parametrize("people", [1, 2])
def test_each_crop_goes_through_the_network_by_itself(people: int) -> None:
    batch, sensor = some_batch(people)._replace(hand_features=None), GlimpseSensor(Stand(), size=8)
    found = glimpses(batch, sensor, channels=D)
    assert found.shape == (B, T, 4, D)
    present = hands_present(batch.mask)
    assert batch.hands is not None
    for b, t, i in present.nonzero().tolist():
        crop = batch.hands[b, t, i][None]
        there = torch.ones(1, 1, 1).bool()
        torch.testing.assert_close(found[b, t, i], sensor(crop[None, None], there)[0, 0, 0])
    assert (found[~present] == 0).all()


def test_the_network_sees_only_who_is_there_and_at_its_size() -> None:
    batch, backbone = some_batch(), Stand()
    assert batch.hands is not None
    GlimpseSensor(backbone, size=9)(batch.hands, hands_present(batch.mask))
    assert backbone.seen == [(int(hands_present(batch.mask).sum()), 3, 9, 9)]


def test_a_network_that_does_not_learn_reads_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, backbone = some_batch(), Stand().requires_grad_(requires_grad=False)
    assert batch.hands is not None
    sensor, present = GlimpseSensor(backbone, size=SIDE), hands_present(batch.mask)
    whole = sensor(batch.hands, present)
    monkeypatch.setattr(sta_hands, "AT_ONCE", 3)
    torch.testing.assert_close(sensor(batch.hands, present), whole)
    assert max(n for n, *_ in backbone.seen[1:]) == 3


def test_resizing_keeps_a_flat_picture_and_where_things_are() -> None:
    class Picture(Stand):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :1, :, -1].flatten(1)[:, [0, 0, 0, -1, -1]]  # right edge: top and bottom

    sensor = GlimpseSensor(Picture(), size=20)
    crop = torch.zeros(1, 1, 1, 3, SIDE, SIDE, dtype=torch.uint8)
    crop[..., -1, -1] = 255
    found = sensor(crop, torch.ones(1, 1, 1).bool())[0, 0, 0]
    assert found.tolist() == pytest.approx([-1, -1, -1, 1, 1], abs=1e-5)


def test_nobody_at_all_costs_nothing() -> None:
    batch, backbone = some_batch(), Stand()
    batch = batch._replace(mask=torch.zeros_like(batch.mask), hand_features=None)
    found = glimpses(batch, GlimpseSensor(backbone, size=SIDE), channels=D)
    assert (found == 0).all() and found.shape == (B, T, 4, D)
    assert not backbone.seen


def test_features_that_are_given_are_taken_as_they_are() -> None:
    batch = some_batch()
    assert batch.hand_features is not None
    present = hands_present(batch.mask)
    dirty = batch.hand_features.masked_fill(~present[..., None], float("nan"))
    found = glimpses(batch._replace(hand_features=dirty, hands=None), None, channels=D)
    torch.testing.assert_close(found[present], batch.hand_features[present], atol=0, rtol=0)
    assert (found[~present] == 0).all()


def test_what_it_refuses() -> None:
    batch = some_batch()
    with pytest.raises(
        ValueError, match=r"expected hand_features \(2, 3, 4, 6\), got \(2, 3, 4, 5"
    ):
        glimpses(batch, None, channels=6)
    crops = batch._replace(hand_features=None)
    with pytest.raises(ValueError, match="crops of hands, which need a backbone"):
        glimpses(crops, None, channels=D)
    sensor = GlimpseSensor(Stand(), size=SIDE)
    with pytest.raises(ValueError, match=r"expected hands \(2, 3, 4, 3, 6, 6\), got \(2, 3, 2,"):
        glimpses(crops._replace(hands=crops.hands[:, :, :2]), sensor, channels=D)  # type: ignore[index]
    with pytest.raises(ValueError, match="neither hands nor hand_features"):
        glimpses(crops._replace(hands=None), sensor, channels=D)
    with pytest.raises(ValueError, match="crop_size must be 1 px or more, got 0"):
        GlimpseSensor(Stand(), size=0)

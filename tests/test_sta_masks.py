"""Who is absent changes nothing that the network of poses and hands says, and gets no attention."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.rgb_stream import Spatial
from tests.made_samples import seeded
from tests.made_sta import B, T, answers, of_row, some_batch

ATTENDING = pytest.mark.parametrize("spatial", ["attention", "hard_attention"])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@pytest.mark.parametrize("rubbish", [1e3, float("nan"), float("inf")])
def test_what_stands_where_nobody_was_seen_changes_nothing(rubbish: float) -> None:
    made, batch = of_row("K"), some_batch()
    assert batch.hand_features is not None and batch.derivatives is not None
    hidden = ~batch.mask
    hands = hidden.transpose(1, 2).repeat_interleave(2, dim=2)
    dirty = batch._replace(
        joints=batch.joints.masked_fill(hidden[..., None, None], rubbish),
        derivatives=batch.derivatives.masked_fill(hidden[..., None, None, None], rubbish),
        hand_features=batch.hand_features.masked_fill(hands[..., None], rubbish),
    )
    assert answers(made, dirty).isfinite().all()
    torch.testing.assert_close(answers(made, dirty), answers(made, batch), atol=0, rtol=0)


def test_frames_behind_the_end_show_nobody() -> None:
    made, batch = of_row("K"), some_batch()
    cut = batch.mask.clone()
    cut[..., 15:] = False
    wanted = answers(made, batch._replace(mask=cut))
    found = answers(made, batch._replace(lengths=torch.full((B,), 15)))
    torch.testing.assert_close(found, wanted, atol=0, rtol=0)


def test_a_second_person_who_is_not_there_may_be_left_out() -> None:
    made, batch = of_row("K"), some_batch()
    assert batch.hand_features is not None and batch.derivatives is not None
    mask = batch.mask.clone()
    mask[:, 1] = False
    single = batch._replace(
        joints=batch.joints[:, :1], mask=batch.mask[:, :1],
        derivatives=batch.derivatives[:, :1], hand_features=batch.hand_features[:, :, :2],
    )  # fmt: skip
    found = answers(made, single)
    torch.testing.assert_close(found, answers(made, batch._replace(mask=mask)), atol=0, rtol=0)


def test_clips_do_not_see_each_other() -> None:
    made, batch = of_row("K"), some_batch()
    whole = answers(made, batch)
    for b in range(B):
        one = ClipBatch(*(None if f is None else f[b : b + 1] for f in batch))  # type: ignore[arg-type]
        torch.testing.assert_close(answers(made, one)[0], whole[b], atol=1e-5, rtol=1e-5)


@ATTENDING
def test_the_attention_is_a_distribution_over_who_is_there(spatial: Spatial) -> None:
    batch = some_batch()
    present = batch.mask.transpose(1, 2).repeat_interleave(2, dim=2)
    for row in ("E", "G", "I", "K"):
        hands, temporal = of_row(row, spatial=spatial).attention(batch)
        assert hands.shape == (B, T, 4) and temporal.shape == (B, T)
        torch.testing.assert_close(hands.sum(dim=2), present.any(dim=2).float())
        assert (hands[~present] == 0).all()
        seen = present.any(dim=2)
        torch.testing.assert_close(temporal.sum(dim=1), seen.any(dim=1).float())
        assert (temporal[~seen] == 0).all()
        if row in "EI":  # all frames alike
            torch.testing.assert_close(temporal[0], torch.full((T,), 1 / T))
        else:
            assert temporal[0].std() > 0


@pytest.mark.parametrize("row", ["A", "B", "C", "H"])
def test_there_is_no_attention_to_draw_without_any(row: str) -> None:
    with pytest.raises(ValueError, match="there is no attention: it needs mode"):
        of_row(row).attention(some_batch())

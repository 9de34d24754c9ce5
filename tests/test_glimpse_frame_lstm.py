"""The image network and LSTM that Glimpse Clouds are compared to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from recognizers.glimpse_clouds import FrameLstm
from recognizers.inputs.batch import ClipBatch
from tests.made_samples import seeded

B, F, A, PX = 3, 4, 5, 32
SMALL = {"type": "SmallImage", "stage_channels": (8, 16)}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def small(**changes: Any) -> FrameLstm:
    values: dict[str, Any] = {"classes": A, "backbone": SMALL, "units": 6}
    return FrameLstm(**{**values, **changes})


def some_batch() -> ClipBatch:
    return ClipBatch(
        torch.zeros(B, 2, 1, 13, 3), torch.zeros(B, 2, 1).bool(), torch.tensor([0, 4, 2]),
        torch.ones(B).long(), frames=torch.randint(0, 256, (B, F, 3, PX, PX), dtype=torch.uint8),
    )  # fmt: skip


def test_it_has_an_lstm_and_a_classifier_on_top_of_a_resnet() -> None:
    with torch.device("meta"):
        made = FrameLstm(
            classes=60, backbone={"type": "ResNet50", "pretrained": False}
        )  # fmt: skip
    lstm = 4 * 512 * (2048 + 512) + 8 * 512
    found = sum(values.numel() for values in made.parameters())
    assert found == 23_508_032 + lstm + 513 * 60


def test_it_reads_the_frames_one_by_one_in_their_order() -> None:
    made, batch = small().eval(), some_batch()
    assert batch.frames is not None
    features = torch.stack(
        [made.backbone(made.backbone.normalised(frame)) for frame in batch.frames.unbind(1)], 1
    )
    wanted = made.classify(made.recurrent(features)[1][0][-1])
    torch.testing.assert_close(made(batch), wanted, atol=1e-6, rtol=1e-5)
    backwards = made(batch._replace(frames=batch.frames.flip(1)))
    assert (backwards - wanted).abs().max() > 1e-4


def test_its_loss_is_the_cross_entropy_and_teaches_all() -> None:
    made, batch = small(), some_batch()
    costs = made.losses(batch)
    assert list(costs) == ["classification"]
    torch.testing.assert_close(costs["classification"], cross_entropy(made(batch), batch.labels))
    costs["classification"].backward()
    assert all(v.grad is not None and v.grad.abs().max() > 0 for v in made.parameters())


def test_what_does_not_fit_is_refused() -> None:
    batch = some_batch()
    with pytest.raises(ValueError, match="labels must be in 0 to 4"):
        small().losses(batch._replace(labels=torch.tensor([0, 5, 1])))
    with pytest.raises(ValueError, match=r"expected frames .* got none"):
        small()(batch._replace(frames=None))
    with pytest.raises(ValueError, match=r"dropout in \[0, 1\], got 5, 0, 1"):
        small(units=0)

"""EfficientNet-lite0: what is published of it, and that its weights of ImageNet know things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor
from torch.nn.functional import conv2d

from recognizers.backbones import backbone_of
from recognizers.backbones.efficientnet_lite import EfficientNetLite0, _Same
from tests.made_samples import seeded
from wildpose.weights import WeightsNotFoundError, find

ESPRESSO, EGYPTIAN_CAT = 967, 285  # classes of ImageNet
CLASSIFIER = 1280 * 1000 + 1000


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@pytest.fixture(scope="module")
def published() -> Path:
    """The file of weights, fetched where it is not on the machine."""
    try:
        return find("efficientnet_lite0", quiet=True)
    except WeightsNotFoundError as error:
        pytest.skip(f"no weights, and none could be fetched: {error}")


def net(**arguments: object) -> EfficientNetLite0:
    backbone = backbone_of({"type": "EfficientNetLite0", "pretrained": False, **arguments})
    assert isinstance(backbone, EfficientNetLite0)
    return backbone.eval()


def pictures(size: int, count: int = 2) -> Tensor:
    return torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8)


def test_it_has_the_published_count_and_map_sizes() -> None:
    with torch.device("meta"):
        backbone = net()
        sizes, x = {}, torch.empty(1, 3, 224, 224)
        x = backbone.stem(x)
        for i, block in enumerate(backbone.blocks):
            x = block(x)
            sizes[i] = tuple(x.shape[1:])
        assert backbone(torch.empty(3, 3, 224, 224)).shape == (3, backbone.channels)
    assert sum(p.numel() for p in backbone.parameters()) + CLASSIFIER == 4_652_008  # 4.7 M
    last_of_stages = {0: (16, 112), 2: (24, 56), 4: (40, 28), 7: (80, 14), 10: (112, 14)}
    last_of_stages |= {14: (192, 7), 15: (320, 7)}
    assert {i: sizes[i][:2] for i in last_of_stages} == last_of_stages


@pytest.mark.parametrize(("name", "label"), [("coffee", ESPRESSO), ("chelsea", EGYPTIAN_CAT)])
def test_with_its_weights_it_knows_a_coffee_and_a_cat(
    published: Path, name: str, label: int
) -> None:
    photo = getattr(data, name)()
    side = min(photo.shape[:2])
    top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
    square = photo[top : top + side, left : left + side]
    shown = cv2.resize(square, (224, 224), interpolation=cv2.INTER_CUBIC)
    backbone = net(pretrained=True)
    given = torch.from_numpy(np.moveaxis(shown, -1, 0).copy())[None]
    state = torch.load(published, weights_only=True)
    scores = backbone(backbone.normalised(given)) @ state["_fc.weight"].T + state["_fc.bias"]
    assert scores.argmax().item() == label
    mirrored = backbone(backbone.normalised(given.flip(1)))  # blue for red
    assert (mirrored @ state["_fc.weight"].T + state["_fc.bias"]).softmax(1)[0, label] < (
        scores.softmax(1)[0, label]
    )


def test_its_own_names_are_read_too(tmp_path: Path) -> None:
    first = net(size=64)
    torch.save(
        {f"network.backbone.{name}": value for name, value in first.state_dict().items()},
        tmp_path / "recognizer.pth",
    )
    second = net(size=64, pretrained=str(tmp_path / "recognizer.pth"), frozen=True)
    x = first.normalised(pictures(64))
    torch.testing.assert_close(second(x), first(x), atol=0, rtol=0)
    assert not any(p.requires_grad for p in second.parameters())
    assert not second.train().training


@pytest.mark.parametrize(("size", "kernel"), [(7, 3), (8, 3), (7, 5), (8, 5)])
def test_padding_is_behind_first_as_tensorflow_has_it(size: int, kernel: int) -> None:
    layer = _Same(1, 1, kernel, 2, bias=False)
    x = torch.randn(1, 1, size, size)
    outgoing = -(-size // 2)
    missing = (outgoing - 1) * 2 + kernel - size
    padded = torch.zeros(1, 1, size + missing, size + missing)
    before = missing // 2
    padded[..., before : before + size, before : before + size] = x
    torch.testing.assert_close(layer(x), conv2d(padded, layer.weight, stride=2))
    assert layer(x).shape[-1] == outgoing


def test_pictures_are_resized_to_what_is_asked_and_no_less_than_it_can_see() -> None:
    backbone = net(size=40)
    assert backbone(backbone.normalised(pictures(50))).shape == (2, 1280)
    with pytest.raises(ValueError, match="size must be 32 px or more, got 31"):
        net(size=31)


def test_without_a_connection_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path))
    monkeypatch.setattr("recognizers.backbones.pretrained.find", _offline)
    with pytest.raises(FileNotFoundError) as caught:
        net(pretrained=True)
    line = str(caught.value)
    assert line.startswith("EfficientNetLite0: efficientnet_lite0 is not on this machine")
    assert line.endswith("or give its path as pretrained, or choose pretrained=False")
    assert "\n" not in line


def _offline(name: str) -> Path:
    return find(name, offline=True)

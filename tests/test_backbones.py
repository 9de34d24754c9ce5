"""Backbones by name keep their protocol: channels, shapes, normalised pictures, frozen ones."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from recognizers.backbones import BACKBONES, Backbone, StagedBackbone, backbone_of
from recognizers.backbones.small import SmallImage

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
MINUS_ONE_TO_ONE = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
READ = {  # mean and deviation of pictures in [0, 1]
    "I3D": MINUS_ONE_TO_ONE,
    "InflatedResNet50": IMAGENET,
    "ResNeXt3D101": ((114.7748 / 255, 107.7354 / 255, 99.475 / 255), (1 / 255, 1 / 255, 1 / 255)),
    "InceptionV3": IMAGENET,
    "ResNet50": IMAGENET,
    "SmallVideo": MINUS_ONE_TO_ONE,
    "SmallImage": MINUS_ONE_TO_ONE,
    "EfficientNetLite0": ((127 / 255,) * 3, (128 / 255,) * 3),
}
IMAGES = ("InceptionV3", "ResNet50", "SmallImage", "EfficientNetLite0")
STAGED = ("InflatedResNet50", "SmallVideo")
each = pytest.mark.parametrize("name", BACKBONES)


def meta(name: str, **options: object) -> Backbone:
    """One without memory, for its counts and shapes."""
    with torch.device("meta"):
        return backbone_of({"type": name, "pretrained": False, **options})


@each
def test_every_backbone_keeps_its_protocol(name: str) -> None:
    backbone = meta(name)
    if name in IMAGES:
        found = backbone(torch.zeros(3, 3, 64, 64, device="meta"))
        assert found.shape == (3, backbone.channels)
        return
    frames = torch.zeros(2, 9, 3, 64, 80, dtype=torch.uint8, device="meta")
    video = backbone.normalised(frames).transpose(1, 2)
    found = backbone(video)
    assert found.shape[:2] == (2, backbone.channels)
    assert all(1 <= small < large for small, large in zip(found.shape[3:], (64, 80), strict=True))
    assert isinstance(backbone, StagedBackbone) == (name in STAGED)
    if isinstance(backbone, StagedBackbone):
        maps = backbone.forward_stages(video)
        assert [m.shape[:3] for m in maps] == [(2, c, 9) for c in backbone.stage_channels]


@each
def test_pictures_are_normalised_as_the_weights_want_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for draw in ("kaiming_uniform_", "kaiming_normal_", "trunc_normal_"):  # weights do not matter
        monkeypatch.setattr(nn.init, draw, lambda values, *_, **__: values)
    backbone = backbone_of({"type": name, "pretrained": False})
    assert not {"mean", "std"} & set(backbone.state_dict())
    pictures = torch.arange(2 * 4 * 3 * 10, dtype=torch.uint8).view(2, 4, 3, 2, 5)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in READ[name])
    wanted = (pictures / 255 - mean) / std
    torch.testing.assert_close(backbone.normalised(pictures), wanted, atol=1e-4, rtol=1e-5)


def test_only_uint8_pictures_are_normalised() -> None:
    small = SmallImage()
    for wrong in (torch.zeros(2, 3, 8, 8), torch.zeros(2, 8, 8, 3, dtype=torch.uint8)):
        with pytest.raises(ValueError, match=r"expected uint8 pictures \(..., 3, H, W\), got"):
            small.normalised(wrong)


@each
def test_a_frozen_one_never_trains(name: str) -> None:
    around = nn.Sequential(meta(name, frozen=True))
    assert not any(module.training for module in around[0].modules())
    around.train()
    assert around.training and not any(module.training for module in around[0].modules())
    assert not any(values.requires_grad for values in around.parameters())
    free = nn.Sequential(meta(name))
    assert all(module.training for module in free.modules())
    assert all(values.requires_grad for values in free.parameters())


@each
def test_other_axes_are_refused(name: str) -> None:
    wanted = r"\(N, 3, S, S\)" if name in IMAGES else r"\(B, 3, F, H, W\)"
    shapes = [(2, 3, 8, 8, 8), (2, 8, 3, 8)] if name in IMAGES else [(2, 3, 8, 8), (2, 8, 3, 8, 8)]
    backbone = meta(name)
    for shape in shapes:
        with pytest.raises(ValueError, match=f"expected {wanted}, got"):
            backbone(torch.zeros(shape, device="meta"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "i3d", "pretrained": False}, "unknown backbone 'i3d': there are I3D, "),
        ({"pretrained": False}, "unknown backbone ''"),
        ({"type": "I3D"}, "I3D needs pretrained: True, False or the path of a file"),
        ({"type": "InceptionV3", "frozen": True}, "InceptionV3 needs pretrained"),
        ({"type": "I3D", "pretrained": False, "width": 3}, "backbone.width: I3D takes pretrained"),
        ({"type": "SmallVideo", "frozen": "no"}, "backbone.frozen must be True or False, got 'no'"),
        ({"type": "I3D", "pretrained": None}, "pretrained is True, False or a path, got None"),
        ({"type": "I3D", "pretrained": "no/such.pt"}, "I3D: no file of weights no.such.pt"),
        ({"type": "SmallVideo", "time_stride": "2"}, "time_stride must be 1, 2, 4 or 8, got 2"),
        ({"type": "SmallImage", "stage_channels": 64}, "SmallImage is not made of"),
    ],
)
def test_configs_that_cannot_be_are_refused(config: dict, message: str) -> None:
    error = FileNotFoundError if "no file" in message else ValueError
    with pytest.raises(error, match=message):
        backbone_of(config)


def test_a_config_is_left_as_it_was() -> None:
    config = {"type": "SmallImage", "stage_channels": (8, 16)}
    assert backbone_of(config).channels == 16
    assert config == {"type": "SmallImage", "stage_channels": (8, 16)}

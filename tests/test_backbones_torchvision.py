"""Networks of torchvision give their pooled features; inflated ones say the same of each frame."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from recognizers.backbones.inflated_resnet50 import InflatedResNet50
from recognizers.backbones.torchvision_models import InceptionV3, ResNet50
from wildpose.torchvision_import import torchvision_models

Kind = type[InceptionV3] | type[ResNet50]


def count(network: nn.Module) -> int:
    return sum(values.numel() for values in network.parameters())


def with_statistics(network: nn.Module) -> None:
    """Put it into evaluation mode, its batch normalisation as after some training."""
    for name, values in network.named_buffers():
        if name.endswith("running_mean"):
            values.normal_(std=0.1)
        if name.endswith("running_var"):
            values.uniform_(0.8, 2.0)
    network.eval()


def constants(shapes: dict[str, torch.Size]) -> dict[str, Tensor]:
    """A state dict with a value of its own for each name."""
    return {
        name: torch.tensor(1.0 + i).expand(shape) for i, (name, shape) in enumerate(shapes.items())
    }


# Images


def test_counts_are_those_of_the_networks_without_their_classifiers() -> None:
    with torch.device("meta"):
        assert count(ResNet50(pretrained=False)) == 23_508_032
        inception = count(torchvision_models().inception_v3(weights=None, init_weights=False))
        auxiliary = (768 * 128 + 2 * 128) + (128 * 768 * 25 + 2 * 768) + (768 * 1000 + 1000)
        classifier = 2048 * 1000 + 1000
        assert count(InceptionV3(pretrained=False)) == inception - auxiliary - classifier


@pytest.mark.parametrize(("kind", "size"), [(InceptionV3, 299), (ResNet50, 224)])
def test_pictures_are_resized_to_what_the_network_has_seen(kind: Kind, size: int) -> None:
    with torch.device("meta"):
        backbone = kind(pretrained=False)
    seen: list[tuple[int, ...]] = []
    backbone.network.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape))
    assert backbone(torch.zeros(4, 3, 50, 50, device="meta")).shape == (4, 2048)
    assert seen == [(4, 3, size, size)]


def test_features_of_inception_are_what_its_classifier_would_see(one_thread: None) -> None:
    backbone = InceptionV3(pretrained=False, size=75)
    with_statistics(backbone)
    theirs = torchvision_models().inception_v3(
        weights=None, transform_input=True, init_weights=False
    )
    theirs.load_state_dict(backbone.network.state_dict(), strict=False)
    theirs.fc = nn.Identity()
    pictures = torch.randn(1, 3, 100, 100)
    smaller = interpolate(pictures, (75, 75), mode="bilinear", antialias=True)
    with torch.no_grad():
        found, wanted = backbone(pictures), theirs.eval()(smaller)
    assert found.shape == (1, 2048) and wanted.std() > 1e-3
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_the_first_layer_of_inception_reads_minus_one_to_one() -> None:
    backbone = InceptionV3(pretrained=False, size=75).eval()
    seen: list[Tensor] = []

    def stop(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0])
        raise InterruptedError

    backbone.network.Conv2d_1a_3x3.register_forward_pre_hook(stop)  # type: ignore[union-attr]
    pictures = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 75, 75)
    with pytest.raises(InterruptedError):
        backbone(backbone.normalised(pictures))
    wanted = torch.tensor([-1.0, 1.0, -0.6])
    torch.testing.assert_close(seen[0][0, :, 5, 5], wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [InceptionV3, ResNet50])
def test_files_of_torchvision_load_with_their_classifiers_left_out(kind: Kind) -> None:
    with torch.device("meta"):
        models = torchvision_models()
        theirs = (
            models.inception_v3(weights=None, init_weights=False)
            if kind is InceptionV3
            else models.resnet50(weights=None)
        )
    state = constants({name: value.shape for name, value in theirs.state_dict().items()})
    backbone = kind(pretrained=False)
    backbone.take(state, "a file")
    for name, value in backbone.network.state_dict().items():
        assert (value == state[name]).all(), name


@pytest.mark.parametrize(("kind", "least"), [(InceptionV3, 75), (ResNet50, 32)])
def test_pictures_too_small_for_the_network_are_refused(kind: Kind, least: int) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=f"size must be {least} px or more"):
        kind(pretrained=False, size=least - 1)


# Video


def test_the_inflated_one_has_the_papers_count_and_maps() -> None:
    with torch.device("meta"):
        backbone = InflatedResNet50(pretrained=False)
    assert count(backbone) == 46_142_528
    video = torch.zeros(2, 3, 8, 224, 224, device="meta")
    shapes = [tuple(found.shape) for found in backbone.forward_stages(video)]
    sizes = zip((256, 512, 1024, 2048), (56, 28, 14, 7), strict=True)
    assert shapes == [(2, channels, 8, size, size) for channels, size in sizes]
    assert backbone(video).shape == (2, 2048, 8, 7, 7)
    assert backbone.stage_channels == (256, 512, 1024, 2048) and backbone.channels == 2048


def test_each_frame_gets_what_the_network_of_images_says_of_it(one_thread: None) -> None:
    flat = torchvision_models().resnet50(weights=None)
    with_statistics(flat)
    backbone = InflatedResNet50(pretrained=False)
    backbone.take(flat.state_dict(), "torchvision")
    backbone.eval()
    video = torch.randn(2, 3, 3, 32, 40)
    video[1] = video[1, :, :1]  # the second stands still
    with torch.no_grad():
        maps = backbone.forward_stages(video)
        x = flat.maxpool(flat.relu(flat.bn1(flat.conv1(video.transpose(1, 2).flatten(0, 1)))))
        for layer, found in zip(("layer1", "layer2", "layer3", "layer4"), maps, strict=True):
            x = getattr(flat, layer)(x)
            wanted = x.unflatten(0, (2, 3)).transpose(1, 2)
            assert wanted.std() > 0.1
            torch.testing.assert_close(found, wanted, atol=1e-4 * float(wanted.std()), rtol=1e-4)


def test_weights_of_images_are_put_into_the_middle_frame() -> None:
    with torch.device("meta"):
        backbone = InflatedResNet50(pretrained=False)
    flat, point, stem = torch.randn(5, 4, 3, 3), torch.randn(5, 4, 1, 1), torch.randn(2, 3, 7, 7)
    found = backbone.adapted(flat, torch.zeros(5, 4, 3, 3, 3))
    assert torch.equal(found[:, :, 1], flat)
    assert not found[:, :, [0, 2]].any()
    assert torch.equal(backbone.adapted(point, torch.zeros(5, 4, 1, 1, 1))[:, :, 0], point)
    assert torch.equal(backbone.adapted(stem, torch.zeros(2, 3, 1, 7, 7))[:, :, 0], stem)
    own = torch.randn(5, 4, 3, 3, 3)
    assert torch.equal(backbone.adapted(own, torch.zeros(5, 4, 3, 3, 3)), own)


def test_the_middle_convolution_of_each_block_looks_at_three_frames() -> None:
    with torch.device("meta"):
        shapes = {n: v.shape for n, v in InflatedResNet50(pretrained=False).state_dict().items()}
    deep = [name for name, shape in shapes.items() if len(shape) == 5 and shape[2] == 3]
    assert len(deep) == 16 and all(name.endswith("conv2.weight") for name in deep)

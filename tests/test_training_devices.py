"""Training on two devices, a process each, here both on the CPU: they share clips and weights."""

from __future__ import annotations

import os
import socket
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.multiprocessing.spawn import spawn

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.networks import network_of
from recognizers.training.devices import devices_met, share_of
from recognizers.training.experiment import experiment_of
from recognizers.training.run import prepare, runner_of
from tests.made_explained import NETWORKS, T, clip_of, person
from wildpose.footage import Footage
from wildpose.types import Clip

DEVICES, CLIPS = 2, 8
EXPERIMENT = experiment_of(
    {
        "data": {"name": "made", "protocol": "none"},
        "preparation": {"joint_set": "kinect25", "people": 2, "axes": "kinect"},
        "sampling": {"frames": 4},
        "pictures": {"size": (40, 40), "kept": "people", "shown": 32},
        "network": {**NETWORKS["glimpse_clouds"], "distance_scope": "clip"},
        "schedule": {"epochs": 1, "batch": 4, "optimizer": {"type": "SGD", "lr": 0.05}},
    },
    where="test",
)


def filmed(seed: int) -> Clip:
    """Somebody who waves or squats, in pictures of noise, darker with every seed."""
    rng = np.random.default_rng(seed)
    clip = clip_of(person(motion=("wave", "squat")[seed % 2]), name=f"clip{seed}")
    brightest = 256 - 25 * seed
    pictures = [rng.integers(0, brightest, (40, 40, 3), dtype=np.uint8) for _ in range(T)]
    places, seen = np.full((1, T, 25, 2), 20.0), np.ones((1, T, 25), dtype=bool)
    return replace(clip, footage=Footage(pictures, places, seen))


def train_on_one_of_them(rank: int, port: int, folder: Path) -> None:
    """What torchrun runs; FOLDER/RANK.pt says what this process had at its stages."""
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(DEVICES),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip
    warnings.simplefilter("ignore")  # mmengine's own
    torch.set_num_threads(1)
    torch.manual_seed(rank)  # other weights in each, which is to make no difference
    network = network_of(EXPERIMENT.network, joint_set_name="kinect25", people=2, classes=2)
    clips = [filmed(seed) for seed in range(CLIPS)]
    own = ([seed % 2 for seed in range(CLIPS)], EXPERIMENT.preparation, EXPERIMENT.sampling)
    train = ClipDataset(clips, *own, Augmentation(), pictures=EXPERIMENT.pictures)
    val = ClipDataset(clips, *own, pictures=EXPERIMENT.pictures)
    work = folder / "work"
    runner = runner_of(EXPERIMENT, network, train, val, work=work, launcher="pytorch")
    loader = runner.train_dataloader
    told: dict[str, Any] = {
        "clips": list(loader.sampler),
        "at once": loader.batch_size,
        "chance": torch.initial_seed(),
    }
    prepare(runner, network)
    told["prepared"] = {name: value.clone() for name, value in network.state_dict().items()}
    runner.train()
    told["trained"] = dict(network.named_parameters())
    torch.save(told, folder / f"{rank}.pt")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes had."""
    folder = tmp_path_factory.mktemp("devices")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(train_on_one_of_them, (port, folder), nprocs=DEVICES)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(DEVICES)]


def assert_alike(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], atol=0, rtol=0, msg=name)


@pytest.mark.thorough
def test_devices_begin_with_the_same_distance_of_glimpses(told: list[dict[str, Any]]) -> None:
    """Each has looked at clips of its own."""
    factor = told[0]["prepared"]["cloud.assign.factor"]
    assert (factor - torch.eye(len(factor))).abs().max() > 0.1  # fitted: no more the identity
    assert_alike(told[0]["prepared"], told[1]["prepared"])


@pytest.mark.thorough
def test_devices_end_with_the_same_weights(told: list[dict[str, Any]]) -> None:
    assert_alike(told[0]["trained"], told[1]["trained"])
    before, after = (told[0][stage]["cloud.assign.factor"] for stage in ("prepared", "trained"))
    assert not torch.equal(before, after)


@pytest.mark.thorough
def test_devices_share_the_clips_and_each_step(told: list[dict[str, Any]]) -> None:
    one, other = (own["clips"] for own in told)
    assert sorted(one + other) == list(range(CLIPS))
    assert [own["at once"] for own in told] == [2, 2]  # of schedule.batch, 4
    assert told[0]["chance"] != told[1]["chance"]  # clips are changed each in its own way


def test_a_batch_that_devices_cannot_share_is_one_line() -> None:
    assert (share_of(16, 1), share_of(16, 4)) == (16, 4)
    with pytest.raises(ValueError, match=r"batch must be a multiple of 3, .* got 16") as caught:
        share_of(16, 3)
    assert "\n" not in str(caught.value)


def test_a_process_alone_is_one_device() -> None:
    assert devices_met("none") == 1

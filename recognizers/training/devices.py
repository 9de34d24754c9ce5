"""Several devices that train one network, a process each: how they meet, and what they share."""

from __future__ import annotations

import os

import torch
from mmengine.device import get_device
from mmengine.dist import broadcast, get_world_size, is_distributed
from mmengine.model import MMDistributedDataParallel
from torch import nn


def devices_met(launcher: str) -> int:
    """How many devices train together, once their processes have met.

    A sampler that is made before takes its process for the only one, and goes through all clips.

    Args:
        launcher: `none` for this process alone, `pytorch` under torchrun.
    """
    if launcher != "none" and not is_distributed():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return get_world_size()


def share_of(batch: int, devices: int) -> int:
    """Clips of a step that each device gets.

    Args:
        batch: clips of a step, of all devices together.
        devices: how many.

    Raises:
        ValueError: they cannot get as many each.
    """
    if batch % devices:
        raise ValueError(
            f"schedule.batch must be a multiple of {devices}, the devices that share it, got "
            f"{batch}: give --cfg-options schedule.batch=N, or train on fewer devices"
        )
    return batch // devices


def learning_together(model: nn.Module) -> nn.Module:
    """A model that learns from the clips of all devices, on this process's own."""
    own = [torch.cuda.current_device()] if torch.cuda.is_available() else None
    return MMDistributedDataParallel(model.to(get_device()), device_ids=own)


def make_alike(network: nn.Module) -> None:
    """Give all devices the weights that the first one has."""
    for value in network.state_dict().values():
        broadcast(value)

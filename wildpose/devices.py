"""Where networks of torch run, and on how many threads; torch is imported when it is needed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

DEVICES = "auto|cpu|cuda[:N]"
_NAME = re.compile(r"auto|cpu|cuda(:\d+)?")


def add_device(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare --device.

    Args:
        parser: of a command.
        what: runs there, for the help.
    """
    parser.add_argument(
        "--device",
        default="auto",
        metavar=DEVICES,
        help=f"where {what}; default: auto, on a GPU where there is one",
    )


def check_device(name: str) -> None:
    """Raise ValueError, one clear line, for a name that no device has; torch is not asked."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"unknown device {name!r}: it is {DEVICES}")


def device_named(name: str) -> torch.device:
    """The device of that name; auto is the first GPU where there is one, else the CPU.

    Raises:
        ValueError: there is no such device, or not here.
    """
    check_device(name)
    import torch

    if name == "cpu":
        return torch.device(name)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda" if count else "cpu")
    if not count:
        why = f"with CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
        raise ValueError(
            f"device {name!r}: torch {torch.__version__}, built {why}, finds no GPU here; --device "
            "auto or cpu runs without one"
        )
    if int(name.partition(":")[2] or 0) >= count:
        raise ValueError(f"device {name!r}: GPUs here are cuda:0 to cuda:{count - 1}")
    return torch.device(name)


def in_half(device: torch.device, *, half: bool | None) -> bool:
    """Whether networks compute in half precision: where it was asked for, or by itself on a GPU.

    Raises:
        ValueError: it was asked for on a CPU, where it is slower and not more.
    """
    if half and device.type == "cpu":
        raise ValueError("half precision needs a GPU: leave --half out, or name --device cuda")
    return device.type != "cpu" if half is None else half


def check_there(name: str, *, half: bool | None) -> None:
    """Raise ValueError where a device that was asked for by name is not here, or cannot do it.

    Args:
        name: of the device; torch is loaded to look for a GPU, not for auto or cpu alone.
        half: whether it is to compute in half precision.
    """
    check_device(name)
    if half or name.startswith("cuda"):
        in_half(device_named(name), half=half)


@contextmanager
def threads_of_torch(count: int | None) -> Iterator[None]:
    """So many threads for torch within the block; None for those it has."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)

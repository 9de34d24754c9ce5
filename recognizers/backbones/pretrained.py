"""Weights that others trained: where they are published, and how a file of them is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wildpose.hashing import sha256_of
from wildpose.torchvision_import import torchvision_models
from wildpose.weights import WeightsMismatchError, WeightsNotFoundError, find

SUFFIXES = ".safetensors, .pt or .pth"


@dataclass(frozen=True)
class Published:
    """Where the weights of a network are to be had."""

    torchvision: str | None = None
    """Torchvision's name of them, "ResNet50_Weights.IMAGENET1K_V1"; their address has a hash."""
    weight: str | None = None
    """Or their name in `wildpose.weights`."""
    elsewhere: str = "none are published: it is our own network"
    """In words, where no address with a checksum is known."""


def pretrained_tensors(
    pretrained: bool | str | Path,  # noqa: FBT001  # the option of a config
    *,
    network: str,
    published: Published,
) -> tuple[dict[str, Tensor], str] | None:
    """Weights by name, and where they are from; None where none are wanted.

    Args:
        pretrained: True: the published ones. A path: a file's. False: none.
        network: whose, for messages.
        published: where they are to be had.

    Raises:
        ValueError: True where none are published with a checksum, or the file is no such thing.
        FileNotFoundError: no such file, or it cannot be fetched.
    """
    if pretrained is False:
        return None
    if pretrained is True:
        path = _published_file(published, network=network)
    elif isinstance(pretrained, (str, Path)):
        path = Path(pretrained).expanduser()
        if not path.is_file():
            raise WeightsNotFoundError(f"{network}: no file of weights {path}")
    else:
        raise ValueError(f"{network}: pretrained is True, False or a path, got {pretrained!r}")
    return read_state(path), str(path)


def _published_file(published: Published, *, network: str) -> Path:
    if published.weight is not None:
        try:
            return find(published.weight)
        except WeightsNotFoundError as error:
            raise WeightsNotFoundError(
                f"{network}: {error}; or give its path as pretrained, or choose pretrained=False"
            ) from error
    if published.torchvision is None:
        raise ValueError(
            f"{network}: pretrained=True fetches nothing, for there is no address with a "
            f"checksum ({published.elsewhere}). Give the path of such a file ({SUFFIXES})"
            ", or choose pretrained=False"
        )
    return fetched(torchvision_models().get_weight(published.torchvision).url, network=network)


def fetched(url: str, *, network: str) -> Path:
    """Path of a published file in torch's own cache (TORCH_HOME), fetched where it is not there.

    Args:
        url: its name ends in the first digits of its SHA-256, as all of torchvision's do:
            resnet50-0676ba61.pth.
        network: whose, for messages.

    Raises:
        WeightsNotFoundError: a FileNotFoundError; it could not be fetched.
        WeightsMismatchError: a ValueError; the cache has another content under its name.
    """
    name = PurePosixPath(urlparse(url).path).name
    hash_prefix = re.split(r"[-.]", name)[-2]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), hash_prefix)
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: another hash
            raise WeightsNotFoundError(
                f"{network}: cannot fetch {url} ({error}); put {name} into {path.parent}, or give "
                "its path as pretrained, or choose pretrained=False"
            ) from error
    if not sha256_of(path).startswith(hash_prefix):
        raise WeightsMismatchError(
            f"{network}: {path} is not {url}: its sha256 should begin with {hash_prefix} and is "
            f"{sha256_of(path)}. Remove it or put the right file there"
        )
    return path


def read_state(path: Path) -> dict[str, Tensor]:
    """Tensors of a file by name, on the CPU.

    Args:
        path: a state dict, or a checkpoint that holds one as `state_dict`, as torch or
            safetensors writes it. Nothing in it is run: numbers alone are admitted.

    Raises:
        ValueError: it is no such file.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise WeightsMismatchError(f"{path}: damaged, or no safetensors file ({error})") from error
    except Exception as error:  # damaged files raise anything; torch's own advice is to trust them
        raise WeightsMismatchError(
            f"{path}: no file of weights: damaged, or more in it than numbers"
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsMismatchError(f"{path}: no state dict, nor a checkpoint that holds one")
    return state


def unprefixed(tensors: Mapping[str, Tensor], here: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names that they have here.

    Files begin each name with what was around the network: `module.` of several GPUs, or
    `network.backbone.` in a checkpoint of a whole recognizer, whose other parts are left out.

    Args:
        tensors: by name.
        here: by the names wanted.
    """
    first = next(iter(here))
    beginnings = {name.removesuffix(first) for name in tensors if name.endswith(first)} | {""}
    found = max(
        sorted(beginnings, key=len), key=lambda before: sum(before + n in tensors for n in here)
    )
    return {n.removeprefix(found): value for n, value in tensors.items() if n.startswith(found)}


def check_fit(
    tensors: Mapping[str, Tensor], here: Mapping[str, Tensor], *, source: str, network: str
) -> None:
    """Raise ValueError with the first tensor that is missing, of another shape, or too many.

    Args:
        tensors: by name.
        here: those that they will replace.
        source: of the tensors.
        network: that they should be of.
    """
    for name in [*here, *tensors]:
        # How many batches there were; files older than torch 0.4.1 do not say.
        if name not in tensors and name.endswith(".num_batches_tracked"):
            continue
        there = tuple(tensors[name].shape) if name in tensors else "nothing"
        wanted = tuple(here[name].shape) if name in here else "nothing"
        if there != wanted:
            raise WeightsMismatchError(
                f"{source} is not of this {network}: {name} is {there} there and {wanted} here"
            )

"""Torchvision's models, also beside a torch that its compiled part was not made for."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch

MISSING = "operator torchvision::nms does not exist"
_kept: list[torch.library.Library] = []  # schemas live as long as the library that defined them


def torchvision_models() -> ModuleType:
    """The module torchvision.models.

    Its wheel from PyPI is compiled for torch with CUDA. Beside a torch without, its compiled
    operators do not load, and its import stops where it describes two of them. Networks need
    neither, so their schemas alone let it pass.

    Raises:
        ImportError: torchvision is not installed.
    """
    try:
        return import_module("torchvision.models")
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
        raise ImportError("this network needs torchvision: pip install torchvision") from None
    except RuntimeError as error:
        if MISSING not in str(error):
            raise
    define_missing_operators()
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # what was imported before it stopped
    return import_module("torchvision.models")


def make_importable() -> None:
    """See to it that others can import torchvision, as mmengine does to tell its version."""
    if find_spec("torchvision") is not None:
        torchvision_models()


def define_missing_operators() -> None:
    """Schemas of the two operators that torchvision describes while it is imported."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept.append(library)

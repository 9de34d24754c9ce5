"""Whether OpenMMLab's packages work here: python -m wildpose.openmmlab [--say]."""

from __future__ import annotations

import sys
from importlib import import_module

import torch

from wildpose.exit_codes import DONE, FAILED
from wildpose.openmmlab.packages import (
    RANGES,
    PackagesError,
    first_line,
    imported,
    installed_version,
    quiet,
)


def main() -> int:
    """Import them and run an operation of each; 0 where they work, 1 with a line where not."""
    try:
        for kind in ("mmdet", "mmpose"):
            imported(kind)
        _use()
    except PackagesError as error:
        print(f"wildpose: {error}", file=sys.stderr)
        return FAILED
    if "--say" in sys.argv:
        print(", ".join(f"{name} {installed_version(name)}" for name in RANGES), "work")
    return DONE


def _use() -> None:
    """One of mmcv's compiled operations, and all modules that networks are made of."""
    with quiet():
        try:
            for name in ("mmdet.models", "mmpose.datasets", "mmpose.models"):
                import_module(name)
            nms = import_module("mmcv.ops").nms
            boxes = torch.tensor([[0.0, 0.0, 9.0, 9.0], [0.0, 1.0, 9.0, 9.0]])
            nms(boxes, torch.tensor([0.9, 0.8]), 0.5)
        except Exception as error:  # as in `imported`
            raise PackagesError(f"the packages do not work: {first_line(error)}") from error


if __name__ == "__main__":
    sys.exit(main())

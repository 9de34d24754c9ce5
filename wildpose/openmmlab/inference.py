"""How networks of mmdet and mmpose are asked: preparation, half precision, operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from wildpose.openmmlab.models import scope
from wildpose.openmmlab.packages import Kind, first_line, part, quiet


def type_name(settings: Mapping[str, Any]) -> str:
    """What a part of a config is made by, without its package; newer configs have the class."""
    made_by = settings["type"]
    name = made_by if isinstance(made_by, str) else made_by.__name__
    return name.rpartition(".")[2]


def dataset_class(kind: Kind, dataset: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of a package
    """The class of a data set in a config; None where nobody knows it."""
    if not isinstance(dataset["type"], str):
        return dataset["type"]
    part(f"{kind}.datasets")  # that they are known by name
    return part(f"{kind}.registry").DATASETS.get(dataset["type"])


def test_dataset(config: Any) -> Any:  # noqa: ANN401 - of a package that need not be there
    """The part of a config that says how pictures are prepared, and what joints or classes mean.

    Raises:
        ValueError: there is none.
    """
    for loader in ("test_dataloader", "val_dataloader"):
        dataset = config.get(loader, {}).get("dataset", {})
        while "pipeline" not in dataset and ("dataset" in dataset or "datasets" in dataset):
            dataset = dataset.get("dataset") or dataset["datasets"][0]  # wrappers
        if "pipeline" in dataset:
            return dataset
    raise ValueError("its config does not say how pictures are prepared: no test_dataloader in it")


def preparation(kind: Kind, config: Any, *, load: str) -> Callable[[dict[str, Any]], Any]:  # noqa: ANN401
    """The steps that a config takes before its network, for a picture that is there already.

    Args:
        kind: whose names the steps have.
        config: of the network.
        load: the step that takes a picture, in place of those that load it and what is known of it.

    Raises:
        ValueError: there are none, or one that cannot be made.
    """
    from mmengine.dataset import Compose

    pipeline = test_dataset(config).pipeline
    steps = [step for step in pipeline if not type_name(step).startswith("Load")]
    with quiet(), scope(kind):
        try:
            return Compose([{"type": load}, *steps])
        except Exception as error:  # whatever a step may raise
            raise ValueError(
                f"its config says how pictures are prepared, and that cannot be done here: "
                f"{first_line(error)}"
            ) from error


def asked(kind: Kind, network: nn.Module, prepared: Sequence[dict[str, Any]]) -> list[Any]:
    """The network's answers to prepared pictures, all of them looked at in one batch."""
    batch = {key: [one[key] for one in prepared] for key in ("inputs", "data_samples")}
    with quiet(), scope(kind), torch.inference_mode():
        return network.test_step(batch)  # type: ignore[operator]


def as_bgr(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture as OpenMMLab's steps want it.

    Args:
        image: (H, W, 3) RGB.
    """
    return cv2.cvtColor(image, cv2.COLOR_RGB2BGR)  # type: ignore[return-value]


def compute_features_in_half(network: nn.Module, *, device: str, kind: torch.dtype) -> None:
    """Let backbone and neck compute in half precision; the head gets its features as float32.

    They take most of the time. What a head does with pixels would be off by half a pixel at 640.

    Args:
        network: of mmdet or mmpose; it is changed.
        device: its type, "cuda".
        kind: torch.float16.
    """
    whole: Callable[..., Any] = network.extract_feat  # type: ignore[assignment]

    def extract_feat(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the network's own
        with torch.autocast(device, dtype=kind):
            features = whole(*args, **options)
        return _each(features, Tensor.float)

    network.extract_feat = extract_feat  # type: ignore[assignment]


def choose_boxes_on_cpu(network: nn.Module, of: str) -> None:
    """Let a detector's network stay on the GPU where mmcv was built without operations for it.

    Its last step, the choice among overlapping boxes, then takes place on the CPU.

    Args:
        network: a detector; it is changed.
        of: its name, for the line.

    Raises:
        ValueError: of its kind, which needs such operations on the way.
    """
    head: Any = getattr(network, "bbox_head", None)
    if head is None or not hasattr(head, "predict_by_feat"):
        raise ValueError(
            f"{of} needs operations for the GPU, which mmcv here is built without: install nvcc "
            "and run tools/install_openmmlab.sh again, or use --device cpu"
        )
    chosen = head.predict_by_feat

    def predict_by_feat(*outputs: Any, **options: Any) -> Any:  # noqa: ANN401 - as the head's own
        return chosen(*_each(outputs, Tensor.cpu), **options)

    head.predict_by_feat = predict_by_feat


def has_operations_for_gpu() -> bool:
    """Whether mmcv was built with nvcc."""
    return part("mmcv.ops").get_compiling_cuda_version() != "not available"


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401 - nested anyhow
    """Tensors in tuples and lists, changed one by one."""
    if isinstance(value, Tensor):
        return change(value) if value.is_floating_point() else value
    if isinstance(value, (tuple, list)):
        return type(value)(_each(part, change) for part in value)
    return value

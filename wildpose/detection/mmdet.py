"""Person detectors of mmdet: any of its configs, --detector mmdet:NETWORK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from wildpose import regions
from wildpose.devices import device_named, in_half, threads_of_torch
from wildpose.openmmlab import inference
from wildpose.openmmlab.models import Built, built
from wildpose.types import Detections

PEOPLE = ("person", "people", "pedestrian", "human")
LOAD = "mmdet.LoadImageFromNDArray"


class MmdetDetector:
    """People as a network of mmdet sees them; its other classes are left out."""

    sees_small = True

    def __init__(
        self,
        network: str,
        *,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
        device: str = "auto",
        half: bool | None = None,
        trust_checkpoint: bool = False,
        min_score: float = 0.3,
    ):
        """Build the network and load its weights.

        Args:
            network: NAME, NAME@CHECKPOINT or NAME@random, see `wildpose.openmmlab.names`.
            weights_dir: folder with checkpoints, before the cache is looked at.
            offline: never download.
            threads: for the network; None for torch's own choice.
            device: auto, cpu or cuda[:N].
            half: whether it computes in half precision; None: on a GPU.
            trust_checkpoint: read a checkpoint whatever is in it.
            min_score: boxes below it are left out; 0.3 as mmpose's own programs.

        Raises:
            ValueError: no such network or device, or it finds no people.
            WeightsError: OpenMMLab's packages or the weights are missing, or cannot be used.
        """
        where = device_named(device)
        halved = in_half(where, half=half)
        self._threads, self._min_score = threads, min_score
        made = built(
            "mmdet",
            network,
            weights_dir=weights_dir,
            offline=offline,
            device=where,
            trust=trust_checkpoint,
        )
        self.network = made.network
        self._person = person_class(classes(made), network)
        self._prepare = inference.preparation("mmdet", made.config, load=LOAD)
        _leave_out_below(made, min_score)
        if where.type == "cuda" and not inference.has_operations_for_gpu():
            inference.choose_boxes_on_cpu(self.network, f"mmdet:{network}")
        if halved:
            inference.compute_features_in_half(self.network, device=where.type, kind=torch.float16)

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        """People in one picture, best first, each once.

        Args:
            image: (H, W, 3) RGB.
        """
        (found,) = self.detect_each([image])
        return found

    def detect_each(self, images: Sequence[npt.NDArray[np.uint8]]) -> list[Detections]:
        """People in each of several pictures, which the network looks at in one batch.

        Args:
            images: (H, W, 3) RGB each, of any sizes.
        """
        prepared = [
            self._prepare({"img": inference.as_bgr(image), "img_id": 0}) for image in images
        ]
        with threads_of_torch(self._threads):
            answers = inference.asked("mmdet", self.network, prepared)
        return [
            self._people(answer.pred_instances, image.shape[:2])
            for answer, image in zip(answers, images, strict=True)
        ]

    def _people(self, instances: Any, size: tuple[int, ...]) -> Detections:  # noqa: ANN401
        boxes = instances.bboxes.cpu().numpy().astype(float)
        scores = np.clip(instances.scores.cpu().numpy().astype(float), 0, 1)
        labels = instances.labels.cpu().numpy()
        H, W = size
        boxes = np.clip(boxes, 0, [W, H, W, H])
        kept = (labels == self._person) & (scores >= self._min_score)
        kept &= (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        order = np.argsort(-scores[kept], kind="stable")
        boxes, scores = boxes[kept][order], scores[kept][order]
        return Detections(boxes, scores, regions.region_from_box(boxes))


def classes(made: Built) -> list[str]:
    """Names of the classes that a detector tells apart: its checkpoint knows, or its config.

    Raises:
        ValueError: neither does.
    """
    about = made.meta.get("dataset_meta") or {}
    for known in (about, made.meta):
        for key in ("classes", "CLASSES"):
            if known.get(key):
                return [str(name) for name in _several(known[key])]
    dataset = inference.test_dataset(made.config)
    if dataset.get("metainfo", {}).get("classes"):
        return [str(name) for name in _several(dataset.metainfo["classes"])]
    known = getattr(inference.dataset_class("mmdet", dataset), "METAINFO", {}).get("classes")
    if not known:
        raise ValueError("neither checkpoint nor config tells the names of the classes")
    return [str(name) for name in _several(known)]


def person_class(names: Sequence[str], network: str) -> int:
    """Index of the class that means a person.

    Raises:
        ValueError: none does.
    """
    for index, name in enumerate(names):
        if name.lower() in PEOPLE:
            return index
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    raise ValueError(f"mmdet:{network} finds no people: its classes are {shown}")


def _several(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _leave_out_below(made: Built, min_score: float) -> None:
    """Drop doubtful boxes before those that overlap are compared, which takes long for thousands.

    The rest is as it would be: a box gives way only to better ones, unless scores are lowered
    gradually (soft NMS).
    """
    head: Any = getattr(made.network, "bbox_head", None)
    settings = getattr(head, "test_cfg", None)
    if settings and "score_thr" in settings and settings.get("nms", {}).get("type") == "nms":
        settings.score_thr = max(settings.score_thr, min_score)

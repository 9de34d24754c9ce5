"""Top-down 2D networks of mmpose: any of its configs, --pose mmpose:NETWORK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from wildpose.devices import device_named, in_half, threads_of_torch
from wildpose.joints import JOINT_SETS, convert_scores
from wildpose.openmmlab import inference
from wildpose.openmmlab.models import Built, built
from wildpose.openmmlab.packages import part, quiet
from wildpose.predicted_joints import H36M, PIXEL_CENTRE
from wildpose.types import Detections, Keypoints

Array = npt.NDArray[np.floating]
TOP_DOWN = "TopdownPoseEstimator"
LOAD = "LoadImage"
MOST = 64  # crops of a batch


class MmposeEstimator:
    """Joints of all people of a picture at once, by a network that looks at one person's crop."""

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
        min_presence: float = 0.3,
        batch: int = MOST,
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
            min_presence: mean score of a person's joints below which nobody is there; mmpose's own
                programs draw joints from 0.3 on.
            batch: crops that the network looks at at once.

        Raises:
            ValueError: no such network or device, it is not top-down, or its joints give no lcr13.
            WeightsError: OpenMMLab's packages or the weights are missing, or cannot be used.
        """
        where = device_named(device)
        halved = in_half(where, half=half)
        self._threads, self._min_presence, self._batch = threads, min_presence, batch
        made = built(
            "mmpose",
            network,
            weights_dir=weights_dir,
            offline=offline,
            device=where,
            trust=trust_checkpoint,
        )
        kind = inference.type_name(made.config.model)
        if kind != TOP_DOWN:
            raise ValueError(
                f"mmpose:{network} is a {kind}: only top-down networks ({TOP_DOWN}) look at one "
                "person's crop, such as rtmpose-m"
            )
        self.network = made.network
        self._about = dataset_meta(made)
        names = joint_names(self._about, self.network)
        self.joint_set, self._order = known_joints(names, network)
        self._prepare = inference.preparation("mmpose", made.config, load=LOAD)
        if halved:
            inference.compute_features_in_half(self.network, device=where.type, kind=torch.float16)

    def estimate(self, image: npt.NDArray[np.uint8], people: Detections) -> list[Keypoints | None]:
        """Joints of each person, None where their scores say that nobody is there.

        Args:
            image: (H, W, 3) RGB.
            people: only `boxes` are read: the network wants a body's own height and width.
        """
        bgr = inference.as_bgr(image) if len(people) else None
        found: list[Keypoints | None] = []
        for start in range(0, len(people), self._batch):
            boxes = people.boxes[start : start + self._batch]
            prepared = [self._prepare(self._person(bgr, box)) for box in boxes]
            with threads_of_torch(self._threads):
                answers = inference.asked("mmpose", self.network, prepared)
            found += [self._keypoints(answer.pred_instances) for answer in answers]
        return found

    def _person(self, bgr: npt.NDArray[np.uint8] | None, box: Array) -> dict[str, Any]:
        """What the network's preparation takes."""
        return {
            "img": bgr,
            "bbox": (box[None] - PIXEL_CENTRE).astype(np.float32),
            "bbox_score": np.ones(1, dtype=np.float32),
            **self._about,
        }

    def _keypoints(self, instances: Any) -> Keypoints | None:  # noqa: ANN401 - mmengine's
        joints = np.asarray(instances.keypoints[0], dtype=float)[self._order, :2] + PIXEL_CENTRE
        scores = np.asarray(instances.keypoint_scores[0], dtype=float)[self._order]
        scores = np.clip(np.nan_to_num(scores), 0, 1)
        presence = float(convert_scores(scores, self.joint_set, "lcr13").mean())
        if presence < self._min_presence or not np.isfinite(joints).all():
            return None
        return Keypoints(joints, scores, self.joint_set, presence)


def dataset_meta(made: Built) -> dict[str, Any]:
    """What a network's joints are called, and which are pairs: its checkpoint knows, or its config.

    Raises:
        ValueError: neither does.
    """
    about = made.meta.get("dataset_meta")
    if isinstance(about, Mapping) and "keypoint_id2name" in about and "flip_indices" in about:
        return dict(about)
    dataset = inference.test_dataset(made.config)
    known = inference.dataset_class("mmpose", dataset)
    described = dataset.get("metainfo") or getattr(known, "METAINFO", None)
    if not described:
        raise ValueError("neither checkpoint nor config tells the names of the joints")
    parse = part("mmpose.datasets.datasets.utils").parse_pose_metainfo
    with quiet():
        return parse(dict(described))


def joint_names(about: Mapping[str, Any], network: Any) -> list[str]:  # noqa: ANN401 - of mmpose
    """Names of the joints that a network gives, in order."""
    names = [str(name) for _, name in sorted(about["keypoint_id2name"].items())]
    chosen = (network.test_cfg or {}).get("output_keypoint_indices")
    if chosen and len(chosen) < len(names):
        return [names[index] for index in chosen]
    return names


def known_joints(names: Sequence[str], network: str) -> tuple[str, list[int]]:
    """The joint set of ours that names of joints hold, and where its joints are among them.

    Whole bodies, and others with feet or hands, are taken down to COCO's joints.

    Raises:
        ValueError: none; the line names the joints.
    """
    for name, wanted in _wanted():
        if set(wanted) <= set(names):
            return name, [names.index(joint) for joint in wanted]
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    raise ValueError(
        f"mmpose:{network} does not give the joints of COCO or Human3.6M, which lcr13 is made of: "
        f"it gives {shown}"
    )


def _wanted() -> Iterator[tuple[str, Sequence[str]]]:
    yield "coco17", JOINT_SETS["coco17"].names
    yield "h36m17", H36M  # in the order of ours

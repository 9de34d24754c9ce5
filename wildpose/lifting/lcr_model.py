"""A trained LCR lifter as one file, and from joints to pose proposals with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import numpy as np
import numpy.typing as npt
import torch

from wildpose.lifting.anchors import LEGS, Anchors, input_boxes, out_of_box
from wildpose.lifting.lcr_network import LcrNetwork
from wildpose.lifting.ppi import Modes, modes
from wildpose.tensor_files import read_tensors, write_tensors

Array = npt.NDArray[np.floating]
PROPOSALS = 16  # classes per person that are refined: the rest has next to no probability
MAX_MODES = 5
FORMAT = "wildpose-lcr/1"
MIN_SCORE = 0.01  # of a further mode's seed


@dataclass(frozen=True)
class LcrModel:
    """Anchor poses, the network that scores and refines them, and how its scores are read."""

    anchors: Anchors
    network: LcrNetwork
    """In evaluation mode."""
    temperature: float = 1.0
    """By which logits are divided, chosen on validation so that scores are probabilities."""
    radius: float = 0.1
    """Metres: proposals nearer than this in mean joint distance are of one mode."""

    def class_scores(self, features: npt.NDArray[np.float32]) -> Array:
        """(N, 2 K) probabilities of the classes, of (N, FEATURES)."""
        with torch.inference_mode():
            logits, _ = self.network(torch.from_numpy(features))
            return torch.softmax(logits / self.temperature, dim=1).numpy()

    def proposals(
        self, features: npt.NDArray[np.float32], joints_2d: Array
    ) -> tuple[Array, Array, Array, npt.NDArray[np.intp]]:
        """The most probable classes of each person with their poses refined.

        Args:
            features: (N, FEATURES).
            joints_2d: (N, 13, 2) px, as in the features.

        Returns:
            (N, P, 13, 3) m, (N, P, 13, 2) px, (N, P) scores, (N, P) classes in 0 to 2 K - 1.
        """
        with torch.inference_mode():
            logits, corrections = self.network(torch.from_numpy(features))
            scores = torch.softmax(logits / self.temperature, dim=1)
            top, classes = scores.topk(min(PROPOSALS, scores.shape[1]), dim=1)
            chosen = torch.take_along_dim(corrections, classes[..., None], dim=1).numpy()
        K, (N, P) = len(self.anchors), top.shape
        known = classes.numpy()
        joints = self.anchors.joints[known % K] + chosen[..., 26:].reshape(N, P, 13, 3)
        within = self.anchors.joints_2d[known] + chosen[..., :26].reshape(N, P, 13, 2)
        both = np.stack(input_boxes(joints_2d), axis=1)  # (N, 2, 4)
        boxes = both[np.arange(N)[:, None], (known >= K).astype(int)]
        return joints, out_of_box(within, boxes), top.numpy().astype(float), known

    def modes(
        self, features: npt.NDArray[np.float32], joints_2d: Array, *, max_modes: int = MAX_MODES
    ) -> Modes:
        """Where each person's proposals gather; arguments as for `proposals`."""
        joints, pixels, scores, classes = self.proposals(features, joints_2d)
        K = len(self.anchors)
        enough = np.where(scores >= 0.1 / (2 * K), scores, 0.0)  # LCR-Net's threshold
        return modes(
            joints,
            pixels,
            enough,
            classes,
            upper=np.arange(2 * K) >= K,
            legs=LEGS,
            radius=self.radius,
            max_modes=max_modes,
            min_score=MIN_SCORE,
        )

    def save(self, path: Path) -> None:
        """Write it as safetensors, the weights in half precision."""
        weights = {name for name, _ in self.network.named_parameters()}
        tensors = {
            f"network.{name}": value.half() if name in weights else value
            for name, value in self.network.state_dict().items()
        }
        tensors["anchors.joints"] = torch.from_numpy(self.anchors.joints).float()
        tensors["anchors.joints_2d"] = torch.from_numpy(self.anchors.joints_2d).float()
        about = {
            "format": FORMAT,
            "joint_set": "lcr13",
            "network": json.dumps(self.network.shape),
            "temperature": repr(float(self.temperature)),
            "radius": repr(float(self.radius)),
        }
        write_tensors(path, tensors, about)

    @staticmethod
    def load(path: Path) -> LcrModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: no such file.
            ValueError: the file is no such model; one line says why.
        """
        about, tensors = read_tensors(path, kind=FORMAT, what="wildpose lifter")
        try:
            return _assembled(about, tensors)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            why = shorten(f"{type(error).__name__}: {error}", 200)
            raise ValueError(f"{path}: a wildpose lifter, but not whole ({why})") from error


def _assembled(about: dict[str, str], tensors: dict[str, torch.Tensor]) -> LcrModel:
    """The model of what a file holds, in single precision and evaluation mode."""
    network = LcrNetwork(**json.loads(about["network"]))
    state = {
        name.removeprefix("network."): value.float() if value.is_floating_point() else value
        for name, value in tensors.items()
        if name.startswith("network.")
    }
    network.load_state_dict(state)
    anchors = Anchors(tensors["anchors.joints"].numpy(), tensors["anchors.joints_2d"].numpy())
    return LcrModel(anchors, network.eval(), float(about["temperature"]), float(about["radius"]))

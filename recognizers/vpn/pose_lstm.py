"""The pose backbone of the paper's ablations: recurrent layers that have learned actions before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from recognizers.skeleton_rnn.recurrent_layers import recurrent_stack
from recognizers.stored_weights import RECOGNIZER
from recognizers.vpn.poses import Poses
from wildpose.joints import joint_set as joint_set_of
from wildpose.tensor_files import read_tensors

UNITS, LAYERS, DROPOUT = 512, 3, 0.5  # the authors' code; the paper: three layers
_WITHIN = "networks.0.recurrent."  # where a SkeletonRnn has its layers


class LstmPoseBackbone(nn.Module):
    """States of three LSTM layers at every step, side by side (supplement, section 2).

    In the paper the layers are trained to name actions and then kept as they are. A SkeletonRnn
    with `cell="lstm", units=512` and as many `people_read` that was trained on clips prepared in
    the same way is such a network; joints are therefore read as they were prepared.
    """

    centred = False
    sized = ("recurrent.",)  # weights whose shapes hang on joints

    def __init__(
        self, *, joint_set: str, people: int, steps: int,
        pretrained: str | Literal[False] | None = None,
        frozen: bool = True, units: int = UNITS, layers: int = LAYERS, dropout: float = DROPOUT,
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set.
            people: bodies in the vector of a step.
            steps: T, t_p of the paper.
            pretrained: recognizer.safetensors of a SkeletonRnn; False: random weights, as where
                those of the whole network are loaded afterwards. None: random ones that learn.
            frozen: the weights are not trained, and nothing is dropped.
            units: of each layer.
            layers: so many.
            dropout: share that is dropped between layers in training.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is of another network, an argument is out of its range, or there
                is nothing to freeze.
        """
        super().__init__()
        if frozen and pretrained is None:
            raise ValueError(
                "a frozen LSTM has to have learned: give pose_backbone.pretrained=FILE, a "
                "SkeletonRnn's recognizer.safetensors, or frozen=False; got neither"
            )
        self.frozen = frozen
        self.recurrent = recurrent_stack(
            people * len(joint_set_of(joint_set)) * 3, cell="lstm", units=units, layers=layers,
            dropout=dropout,
        )  # fmt: skip
        if pretrained:
            self.recurrent.load_state_dict(_weights(Path(pretrained), self.recurrent))
        self.recurrent.requires_grad_(not frozen)
        self.width = steps * units
        self.train()

    def forward(self, poses: Poses) -> Tensor:
        """(B, T x units) h* of the paper; zeros for steps that show nobody.

        The layers read zeros there, where a SkeletonRnn leaves such steps out.
        """
        B, T = poses.seen.shape[:2]
        lengths = poses.seen.new_full((B,), T, dtype=torch.int64)
        states = self.recurrent(poses.joints.flatten(2), lengths)
        return states.masked_fill(~poses.seen.any(dim=2)[..., None], 0).flatten(1)

    def train(self, mode: bool = True) -> LstmPoseBackbone:  # noqa: FBT001, FBT002  # torch's
        """Into training, but for frozen layers."""
        super().train(mode)
        if self.frozen:
            self.recurrent.eval()
        return self


def _weights(path: Path, recurrent: nn.Module) -> dict[str, Tensor]:
    """The recurrent layers of a trained SkeletonRnn."""
    about, tensors = read_tensors(path, kind=RECOGNIZER, what="wildpose recognizer")
    network = json.loads(about.get("network", "{}"))
    reads_joints = network.get("streams", ["joint"]) == ["joint"] and not network.get("transformer")
    if network.get("cell") != "lstm" or not reads_joints:
        raise ValueError(f"{path}: expected a SkeletonRnn of LSTM that reads joints, got {network}")
    own = {
        name.removeprefix(_WITHIN): values.float()
        for name, values in tensors.items()
        if name.startswith(_WITHIN)
    }
    sizes, wanted = _sizes(own), _sizes(recurrent.state_dict())
    if sizes != wanted:
        raise ValueError(f"{path}: its layers are {sizes}, expected {wanted}")
    return own


def _sizes(weights: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(values.shape) for name, values in sorted(weights.items())}

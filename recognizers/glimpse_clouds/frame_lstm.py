"""What Glimpse Clouds are compared to: an image network frame by frame, then an LSTM.

"Resnet50+LSTM" of Baradel et al., Glimpse Clouds, CVPR 2018, table 2, which says no more of it.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from recognizers.backbones import backbone_of
from recognizers.inputs.batch import ClipBatch, check_labels, frames_of


class FrameLstm(nn.Module):
    """Features of each frame, read in order; the last state names the action."""

    def __init__(
        self, *, classes: int, backbone: dict[str, Any], units: int = 512,
        layers: int = 1, dropout: float = 0.0,
    ):  # fmt: skip
        """Set up.

        Args:
            classes: A.
            backbone: config of an image network, see `recognizers.backbones`.
            units: of the LSTM, as many as a worker of Glimpse Clouds has.
            layers: of it.
            dropout: share of the last state that is dropped in training.

        Raises:
            ValueError: an argument is not as above, or the backbone's config is not.
            FileNotFoundError: the backbone's weights are no file.
        """
        super().__init__()
        if min(classes, units, layers) < 1 or not 0 <= dropout <= 1:
            raise ValueError(
                "expected classes, units and layers >= 1 and dropout in [0, 1], got "
                f"{classes}, {units}, {layers} and {dropout}"
            )
        self.classes = classes
        self.backbone = backbone_of(backbone)
        self.recurrent = nn.LSTM(self.backbone.channels, units, layers, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.classify = nn.Linear(units, classes)

    @property
    def reads_joints(self) -> bool:
        """Whether clips need joints: it looks at pictures alone."""
        return False

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits.

        Raises:
            ValueError: the batch has no frames.
        """
        frames = frames_of(batch)
        features = self.backbone(self.backbone.normalised(frames.flatten(0, 1)))
        states = self.recurrent(features.view(*frames.shape[:2], -1))[0]
        return self.classify(self.drop(states[:, -1]))

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """'classification': mean cross-entropy of the clips.

        Raises:
            ValueError: as `forward`, or a label is not one of the classes.
        """
        check_labels(batch.labels, self.classes)
        return {"classification": cross_entropy(self(batch), batch.labels)}

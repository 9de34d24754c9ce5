"""The pose stream: a convolutional network on the pose tensor, and what it says of the action."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.pose_tensor import PoseTensor

KERNEL = (8, 3)  # frames, columns


class PoseNetwork(nn.Module):
    """f_sk: three convolutions that end in one vector (Baradel et al. 2017, section 4).

    For 20 x 300 the maps are 10 x 150, 5 x 75 and 1 x 1. The paper pools behind the third too,
    which changes nothing. It does not say how wide the first two are: 64 makes the whole system's
    38 million weights.
    """

    def __init__(
        self, *, frames: int = 20, columns: int = 300, widths: Sequence[int] = (64, 64),
        features: int = 1024,
    ):  # fmt: skip
        """Set up.

        Args:
            frames: T of the tensor.
            columns: of the tensor.
            widths: channels behind the first and the second convolution.
            features: of the vector.

        Raises:
            ValueError: `widths` are not two numbers of channels.
        """
        super().__init__()
        if len(widths) != 2 or not all(isinstance(n, int) and n > 0 for n in widths):
            raise ValueError(f"widths must be two whole numbers from 1, got {tuple(widths)}")
        first, second = widths
        self.layers = nn.Sequential(
            *_halving(3, first), *_halving(first, second),
            nn.Conv2d(second, features, (-(-frames // 4), -(-columns // 4))), nn.ReLU(),
            nn.Flatten(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(B, features) s of (B, 3, T, columns)."""
        return self.layers(x)


def _halving(incoming: int, outgoing: int) -> list[nn.Module]:
    """A convolution that keeps the size, and a pooling that halves it.

    Nothing is cut off an odd size: half of 75 columns, which joints without double entries come
    to, are 38.
    """
    return [
        nn.ZeroPad2d((1, 1, 3, 4)),  # 8 frames have no middle: one more is seen after than before
        nn.Conv2d(incoming, outgoing, KERNEL),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
    ]


class PoseStream(nn.Module):
    """Pose features s, which the attention reads, and class scores by a linear layer of its own."""

    def __init__(
        self, tensor: PoseTensor, network: PoseNetwork, *, features: int, classes: int | None,
        dropout: float = 0.5,
    ):  # fmt: skip
        """Set up.

        Args:
            tensor: makes the input.
            network: reads it.
            features: that the network gives.
            classes: A; None: no scores, only features.
            dropout: share of the features that is dropped before they are classified.
        """
        super().__init__()
        self.tensor, self.network = tensor, network
        self.drop = nn.Dropout(dropout)
        self.classify = None if classes is None else nn.Linear(features, classes)

    def features(self, batch: ClipBatch) -> Tensor:
        """(B, F) s."""
        return self.network(self.tensor(batch))

    def forward(self, s: Tensor) -> Tensor:
        """(B, A) logits of (B, F) features.

        It must have been made with classes.
        """
        assert self.classify is not None
        return self.classify(self.drop(s))

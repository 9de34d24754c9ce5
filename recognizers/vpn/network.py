"""VPN from pictures and poses to class scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from recognizers.backbones import backbone_of
from recognizers.inattention import inside
from recognizers.inputs.batch import ClipBatch, check_labels, check_people_read, frames_of
from recognizers.stored_weights import stored_weights
from recognizers.taken_weights import take_over
from recognizers.vpn.attention import HIDDEN, Attention
from recognizers.vpn.embedding import WIDTH
from recognizers.vpn.heads import LAST, Head, head_of
from recognizers.vpn.pose_attention import Attended, Embedding, PoseAttention

Guidance = Literal["none", "coupled", "separate", "spatial"]
"""none: the video backbone alone; else what attention does to its map, see `modulated`."""


class VideoPoseNetwork(nn.Module):
    """Class scores of a clip of pictures, in which poses say where and when to look.

    As it stands it is the paper's best model. Rows of its tables differ in:

    - table 1: `attention="none", embedding="none"` is the video backbone alone, and
      `embedding="none"` has the attention network besides.
    - table 2: `attention="separate"` is without the coupler, `pose_backbone={"type": "lstm",
      "pretrained": FILE}` has the LSTM.
    - table 3: `embedding` is kl_video_pose, kl_pose_video or kl_both.
    - table 4: `attention="spatial"`, with `embedding="none"` or without.

    The paper trains the video backbone alone first: `backbone={"type": ..., "pretrained": FILE}`
    takes the file of such a network. `initial` takes that of a whole one.
    """

    def __init__(
        self, *, joint_set: str, people: int, classes: int, backbone: dict[str, Any],
        map_size: Sequence[int] = (8, 7, 7), steps: int = 20, people_read: int = 1,
        attention: Guidance = "coupled", pose_backbone: dict[str, Any] | None = None,
        hidden: Sequence[int] = HIDDEN, embedding: Embedding = "euclid",
        embedding_width: int = WIDTH, embedding_bias: bool = True, head: Head = "pooled",
        dropout: float = 0.3, trade_off: float = 0.8, regularizer: float = 1e-5,
        initial: str | None = None,
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set that batches are in.
            people: M at most in a clip.
            classes: A.
            backbone: of the video, see `recognizers.backbones.backbone_of`.
            map_size: t, h, w of its map; by default I3D's of 64 frames of 224 x 224.
            steps: t_p, frames of the batch's joints; 20 for NTU, 30 for Smarthome, 5 for N-UCLA.
            people_read: so many of a clip's first people are read: one, as in the authors' code,
                or two in one graph.
            attention: none, coupled, separate or spatial.
            pose_backbone: see `PoseAttention`.
            hidden: see `PoseAttention`.
            embedding: none, euclid, kl_video_pose, kl_pose_video or kl_both.
            embedding_width: D_e.
            embedding_bias: see `SpatialEmbedding`.
            head: pooled or moments.
            dropout: share that the head drops in training.
            trade_off: lambda_1, the classification's share beside the embedding; without an
                embedding there is nothing to trade and the classification counts in full.
            regularizer: lambda_2, weight of the attention's regularizer.
            initial: file of a network with these arguments, of another data set perhaps, to begin
                with. Layers that are sized by joints or steps begin anew where those are others,
                and the classifier at zero where the classes are.

        Raises:
            ValueError: an argument is none of those allowed, or a file is of another network.
            FileNotFoundError: `initial`, or a file of `backbone` or `pose_backbone`, is no file.
        """
        super().__init__()
        _check(people, classes, people_read, trade_off, regularizer)
        if attention not in get_args(Guidance):
            raise ValueError(f"attention {attention!r} is none of {', '.join(get_args(Guidance))}")
        if attention == "none" and embedding != "none":
            raise ValueError(f"without attention embedding must be 'none', got {embedding!r}")
        self.people, self.classes = people, classes
        self.trade_off = 1.0 if embedding == "none" else trade_off
        self.regularizer = regularizer
        self.backbone = backbone_of(backbone)
        channels = int(self.backbone.channels)
        self.attend = None
        if attention != "none":
            kind: Attention = attention
            self.attend = PoseAttention(
                channels, map_size, joint_set=joint_set, people=people_read, steps=steps,
                attention=kind, pose_backbone=pose_backbone, hidden=hidden, embedding=embedding,
                embedding_width=embedding_width, embedding_bias=embedding_bias,
            )  # fmt: skip
            channels = self.attend.out_channels
        self.head = head_of(head, channels, classes, map_size=map_size, dropout=dropout)
        if initial is not None:
            self._begin(initial, last=f"head.{LAST[head]}.")

    @property
    def reads_joints(self) -> bool:
        """Whether clips need joints: the video backbone alone does without."""
        return self.attend is not None

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits of one view of each clip; `Sampling.together` says how several become one.

        Raises:
            ValueError: the batch has no pictures, other joints, or more people or frames of joints
                than the network is for.
        """
        return self.head(self._classified(batch))

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """Weighted costs by name, each a number; their sum is eq. 5.

        classification: lambda_1 L_C, mean cross entropy over the clips.
        embedding: (1 - lambda_1) L_e, mean over the clips with a pose; where there is one.
        attention: lambda_2 L_a; where there is attention.

        Raises:
            ValueError: as `forward`, or a label is not one of the classes.
        """
        check_labels(batch.labels, self.classes)
        features = self._features(batch)
        attended = None if self.attend is None else self._attended(features, batch)
        logits = self.head(features if attended is None else attended.features)
        costs = {"classification": self.trade_off * cross_entropy(logits, batch.labels)}
        if attended is not None:
            weights = {"embedding": 1 - self.trade_off, "attention": self.regularizer}
            costs |= {name: weights[name] * cost for name, cost in attended.losses.items()}
        return costs

    @property
    def attends(self) -> bool:
        """Whether poses weigh places and moments, so that `attention` has something to say."""
        return self.attend is not None

    def features(self, batch: ClipBatch) -> Tensor:
        """(B, C) the mean of the map that is classified, for drawing.

        Raises:
            ValueError: as `forward`.
        """
        return self._classified(batch).mean(dim=(2, 3, 4))

    def map_strength(self, batch: ClipBatch) -> Tensor:
        """(B, t, h, w) norm over channels of the map that is classified, for drawing (figure 5 b).

        Raises:
            ValueError: as `forward`.
        """
        return self._classified(batch).norm(dim=1)

    def attention(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """(B, h, w) A_S and (B, t) A_T, for drawing; pictures are not looked at.

        Raises:
            ValueError: the network has no attention, or reads other joints.
        """
        weights = self._layer().weights(batch.joints, self._seen(batch))
        return weights.spatial, weights.temporal

    def joint_activations(self, batch: ClipBatch) -> Tensor:
        """(B, t_p, J) strength of each joint's features behind the graph layers (figure 5 a).

        Zero where nobody was seen. Of two people who are read, the second's joints come behind
        the first's.

        Raises:
            ValueError: the network has no attention, an lstm for poses, or reads other joints.
        """
        return self._layer().joint_activations(batch.joints, self._seen(batch))

    def _begin(self, initial: str, *, last: str) -> None:
        """Take weights over from a file.

        Args:
            initial: the file.
            last: the layer that gives the scores.
        """
        sized = () if self.attend is None else self.attend.backbone.sized
        renewed = [f"attend.backbone.{name}" for name in sized]
        stored = stored_weights(initial)
        take_over(self, stored, path=initial, renewed=[*renewed, "head."], zeroed=[last])

    def _features(self, batch: ClipBatch) -> Tensor:
        """(B, C, t, h, w) of the video backbone."""
        video = self.backbone.normalised(frames_of(batch))
        return self.backbone(video.transpose(1, 2))

    def _classified(self, batch: ClipBatch) -> Tensor:
        """(B, C, t, h, w) that map as attention modulates it, where there is attention."""
        features = self._features(batch)
        return features if self.attend is None else self._attended(features, batch).features

    def _attended(self, features: Tensor, batch: ClipBatch) -> Attended:
        return self._layer()(features, batch.joints, self._seen(batch))

    def _seen(self, batch: ClipBatch) -> Tensor:
        """(B, M, T) bool, who was seen; nobody in padding."""
        if batch.joints.shape[1] > self.people:
            raise ValueError(
                f"expected up to {self.people} people in a clip, got {batch.joints.shape[1]}"
            )
        return batch.mask & inside(batch.lengths, batch.mask.shape[2])[:, None]

    def _layer(self) -> PoseAttention:
        if self.attend is None:
            raise ValueError("this network is the video backbone alone: it has no attention")
        return self.attend


def _check(
    people: int, classes: int, people_read: int, trade_off: float, regularizer: float
) -> None:
    """Raise ValueError for a network that cannot be built."""
    if min(people, classes) < 1:
        raise ValueError(f"people and classes must be 1 or more, got {people} and {classes}")
    check_people_read(people_read, people)
    if not 0 < trade_off <= 1 or regularizer < 0:
        raise ValueError(
            "trade_off must be above 0 and up to 1, and regularizer not negative, got "
            f"{trade_off} and {regularizer}"
        )

"""Graph convolution over the joints of a body: the family of ST-GCN++ and CTR-GCN in one network.

Yan, Xiong, Lin, ST-GCN, AAAI 2018; Duan, Wang, Chen, Lin, PYSKL (ST-GCN++), ACM Multimedia 2022;
Chen et al., CTR-GCN, ICCV 2021. From the papers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from recognizers.graph.layers import MIXINGS, GraphBlock, SeenBatchNorm, SeenFrames, Topology
from recognizers.inputs.batch import ClipBatch, check_labels
from recognizers.skeleton_graph import skeleton_graph
from recognizers.skeleton_streams import STREAMS, Stream, check_streams, skeleton_streams
from recognizers.stored_weights import stored_weights
from recognizers.taken_weights import take_over


class GraphRecognizer(nn.Module):
    """Class scores of a clip: each person alone through graph blocks, then their mean.

    The streams of a skeleton enter as channels of one network, where the papers average the
    scores of a network for each.
    """

    def __init__(
        self, *, joint_set: str, people: int, classes: int, streams: Sequence[Stream] = STREAMS,
        width: int = 64, depths: Sequence[int] = (4, 3, 3), dilations: Sequence[int] = (1, 2, 3, 4),
        topology: Topology = "adaptive", dropout: float = 0.0, label_smoothing: float = 0.0,
        initial: str | None = None,
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set that batches are in.
            people: at most so many in a clip; the weights do not depend on it.
            classes: A.
            streams: what of a skeleton is read, see `skeleton_streams`.
            width: channels of the first stage; each further one has twice as many, and half as
                many frames.
            depths: blocks of each stage. The papers' ten blocks by default.
            dilations: how many frames apart the temporal convolutions look.
            topology: 'fixed' weights between joints are the skeleton's (ST-GCN), 'adaptive' ones
                are learned (ST-GCN++), 'channelwise' ones are refined for each clip (CTR-GCN).
            dropout: share of a clip's features that is dropped in training.
            label_smoothing: share of the right answer that all classes get (Szegedy et al., CVPR
                2016, section 7).
            initial: recognizer.safetensors or checkpoint of such a network of the same joints, from
                which everything is taken over; a classifier of another number of classes begins
                with zeros.

        Raises:
            FileNotFoundError: no such file.
            ValueError: an argument is not as above; the line says which.
        """
        super().__init__()
        _check_plan(people, classes, width, depths, dilations, topology)
        check_streams(streams)
        graph = skeleton_graph(joint_set)
        self.people, self.classes, self.streams = people, classes, tuple(streams)
        self.label_smoothing = label_smoothing
        self.parents: Tensor
        self.register_buffer("parents", torch.tensor(graph.parents), persistent=False)
        channels = 3 * len(streams)
        self.normalise = SeenBatchNorm(len(graph) * channels)
        self.blocks = nn.ModuleList()
        for outgoing, stride in _plan(width, depths):
            self.blocks.append(
                GraphBlock(
                    torch.tensor(graph.partitions), channels, outgoing,
                    topology=topology, dilations=dilations, stride=stride,
                )
            )  # fmt: skip
            channels = outgoing
        self.drop = nn.Dropout(dropout)
        self.classify = nn.Linear(channels, classes)
        if initial is not None:
            take_over(self, stored_weights(initial), path=initial, zeroed=("classify.",))

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits; finite, and the same for every such clip, where nobody is present.

        Raises:
            ValueError: the batch has other joints, or more people, than the network is for.
        """
        self._check_batch(batch)
        return self.classify(self.drop(self.features(batch)))

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """'classification': mean cross-entropy of the clips.

        Raises:
            ValueError: as `forward`, or a label is not one of the classes.
        """
        check_labels(batch.labels, self.classes)
        loss = nn.functional.cross_entropy(
            self(batch), batch.labels, label_smoothing=self.label_smoothing
        )
        return {"classification": loss}

    def features(self, batch: ClipBatch) -> Tensor:
        """(B, channels of the last stage): the mean over the people present, zero without any."""
        B, M, _ = batch.mask.shape
        present = batch.mask.any(dim=2)
        skeletons = skeleton_streams(batch, self.streams, self.parents)[present]
        alone = self._person(skeletons, SeenFrames.of(batch.mask[present]))  # nobody's cost nothing
        pooled = alone.new_zeros(B, M, alone.shape[1]).index_put((present,), alone)
        return pooled.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)

    def _person(self, x: Tensor, seen: SeenFrames) -> Tensor:
        """(N, channels of the last stage) from (N, T, J, channels): each person's own mean."""
        x = self.normalise(x.flatten(2), seen).view_as(x)
        for block in self.blocks:
            x, seen = block(x, seen)
        return seen.mean(x).mean(dim=1)

    def _check_batch(self, batch: ClipBatch) -> None:
        B, M, T, *_ = shape = tuple(batch.joints.shape)
        J = len(self.parents)
        if shape != (B, M, T, J, 3) or self.people < M or batch.mask.shape != (B, M, T):
            raise ValueError(
                f"expected joints (B, up to {self.people}, T, {J}, 3) with a mask (B, M, T), got "
                f"joints {shape}, mask {tuple(batch.mask.shape)}"
            )


def _plan(width: int, depths: Sequence[int]) -> list[tuple[int, int]]:
    """Outgoing channels and stride of each block."""
    return [
        (width * 2**stage, 2 if stage and not block else 1)
        for stage, depth in enumerate(depths)
        for block in range(depth)
    ]


def _check_plan(
    people: int, classes: int, width: int, depths: Sequence[int], dilations: Sequence[int],
    topology: str,
) -> None:  # fmt: skip
    """Raise ValueError for a network that cannot be built."""
    if min(people, classes) < 1:
        raise ValueError(f"people and classes must be 1 or more, got {people} and {classes}")
    if not depths or min(depths) < 1:
        raise ValueError(f"depths must be 1 or more blocks for each stage, got {tuple(depths)}")
    if not dilations or min(dilations) < 1:
        raise ValueError(f"dilations must be 1 or more frames each, got {tuple(dilations)}")
    if width < len(dilations) + 2:
        raise ValueError(
            f"width must be {len(dilations) + 2} or more, a channel for each branch, got {width}"
        )
    if topology not in MIXINGS:
        raise ValueError(f"unknown topology {topology!r}: there are {', '.join(MIXINGS)}")

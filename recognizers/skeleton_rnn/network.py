"""Recurrent networks that read skeletons: Le Roux's (master's thesis, 2017), and its variants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from recognizers.inputs.batch import ClipBatch, check_labels, check_people_read
from recognizers.skeleton_graph import skeleton_graph
from recognizers.skeleton_rnn.recurrent_layers import Cell, RecurrentWeights
from recognizers.skeleton_rnn.recurrent_stream import Head, RecurrentStream
from recognizers.skeleton_rnn.skeleton_steps import Steps, moving, steps_of, with_people
from recognizers.skeleton_rnn.skeleton_transformer import Combination, SkeletonTransformer
from recognizers.skeleton_streams import Stream, check_streams, skeleton_streams
from recognizers.stored_weights import stored_weights
from recognizers.taken_weights import take_over

Fusion = Literal["early", "late"]


class SkeletonRnn(nn.Module):
    """Skeletons step by step, the people of a frame in one vector, to class scores.

    As it stands it is the thesis' improved baseline: three layers of 100 GRU units, of which the
    last state names the action. With `transformer="affine"` it is the thesis' best.

    Reads clips whose origin is the torso of the first skeleton. Frames that show nobody are cut.
    """

    def __init__(
        self,
        *,
        joints: int,
        people: int,
        classes: int,
        channels: int = 3,
        joint_set: str | None = None,
        people_read: int | None = None,
        streams: Sequence[Stream] = ("joint",),
        fusion: Fusion = "early",
        motion_scale: float = 1.0,
        transformer: Combination | None = None,
        virtual_joints: int | None = None,
        positivity: float = 0.01,
        sparsity: float = 0.0,
        cell: Cell = "gru",
        units: int = 100,
        layers: int = 3,
        bidirectional: bool = False,
        keep: float = 0.5,
        head: Head = "last",
        hardest: int | None = None,
        relu_logits: bool = False,
        recurrent_weights: RecurrentWeights = "xavier",
        label_smoothing: float = 0.0,
        initial: str | None = None,
    ):
        """Set up with the thesis' initial weights.

        Args:
            joints: J of a skeleton.
            people: M at most in a clip; each has a place of their own in the vectors.
            classes: A.
            channels: C, numbers per joint.
            joint_set: name of the joints' set; only bones need it.
            people_read: so many of a clip's first people are read; None: all.
            streams: what of a skeleton is read: joint, bone, joint_motion, bone_motion.
            fusion: of several streams. early: one network reads them, joint by joint side by side.
                late: one network for each, whose probabilities are averaged (Simonyan and
                Zisserman, NeurIPS 2014).
            motion_scale: by which motion is multiplied; 1: metres per frame, as in the thesis.
                The frame rate makes it metres per second.
            transformer: kind of skeleton transformer, the same one for all streams; None: none.
            virtual_joints: that it makes; None: J.
            positivity: lambda, weight of its cost of negative weights.
            sparsity: mu, weight of its cost of many weights.
            cell: gru: the thesis'. fast_gru: torch's, which resets the state after the
                multiplication. lstm, rnn.
            units: per layer and direction.
            layers: recurrent layers.
            bidirectional: each layer also reads from the end.
            keep: probability with which dropout keeps a state, behind every layer.
            head: which states name the action: last, ends, every_step or mean_logits.
            hardest: |S| of the inattention loss, with the head every_step; None: all steps count.
            relu_logits: no logit below zero, as in the thesis' figure 11; such logits do not learn.
            recurrent_weights: xavier or orthogonal, how they are drawn at first.
            label_smoothing: share of the right answer that all classes get (Szegedy et al., CVPR
                2016, section 7).
            initial: recognizer.safetensors or checkpoint of such a network of the same joints, from
                which everything is taken over; classifiers of another number of classes begin with
                zeros.

        Raises:
            FileNotFoundError: no such file.
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        read = people if people_read is None else people_read
        _check(fusion, joints=joints, people=people, channels=channels)
        check_people_read(read, people)
        check_streams(streams)
        if transformer is None and (virtual_joints is not None or sparsity > 0):
            raise ValueError("virtual_joints and sparsity are a transformer's: name its kind")
        self.joints, self.people, self.classes, self.channels = joints, people, classes, channels
        self.people_read = read
        self.fused: list[Sequence[Stream]] = [streams]
        if fusion == "late":
            self.fused = [[name] for name in streams]
        self.motion_scale = motion_scale
        self.parents: Tensor
        self.register_buffer("parents", _parents(joints, joint_set, streams), persistent=False)
        self.transformer = None
        if transformer is not None:
            self.transformer = SkeletonTransformer(
                joints, virtual_joints=virtual_joints, combination=transformer,
                positivity=positivity, sparsity=sparsity,
            )  # fmt: skip
            joints = len(self.transformer.weight)
        self.networks = nn.ModuleList(
            RecurrentStream(
                read * joints * channels * len(names), classes, cell=cell, units=units,
                layers=layers, bidirectional=bidirectional, keep=keep, head=head, hardest=hardest,
                relu_logits=relu_logits, recurrent_weights=recurrent_weights,
                label_smoothing=label_smoothing,
            )
            for names in self.fused
        )  # fmt: skip
        if initial is not None:
            self._begin(initial, relu_logits=relu_logits)

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits; log probabilities where several predictions are averaged.

        Raises:
            ValueError: the batch has other joints, or more people, than the network is for.
        """
        logits = [
            network(steps) for network, steps in zip(self.networks, self._read(batch), strict=True)
        ]
        if len(logits) == 1:
            return logits[0]
        return torch.stack(logits).log_softmax(dim=-1).logsumexp(dim=0) - math.log(len(logits))

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """Costs by name, each a number; their sum is to be minimised.

        classification: mean cross entropy over the clips, summed over networks fused late.
        positivity, sparsity: of the skeleton transformer, where it has them.

        Raises:
            ValueError: as `forward`, or a label is not one of the classes.
        """
        check_labels(batch.labels, self.classes)
        each = [
            network.classification_loss(steps, batch.labels)  # type: ignore[operator]
            for network, steps in zip(self.networks, self._read(batch), strict=True)
        ]
        costs = {"classification": torch.stack(each).sum()}
        return costs if self.transformer is None else costs | self.transformer.penalties()

    def _begin(self, initial: str, *, relu_logits: bool) -> None:
        """Take weights over from a file."""
        classifiers = [f"networks.{i}.classify." for i in range(len(self.networks))]
        # From zero, a logit that is cut off there does not learn: those stay random.
        renewed, zeroed = (classifiers, ()) if relu_logits else ((), classifiers)
        stored = stored_weights(initial)
        take_over(self, stored, path=initial, renewed=renewed, zeroed=zeroed)

    def _read(self, batch: ClipBatch) -> list[Steps]:
        """What each network reads."""
        B, M, T, *_ = shape = tuple(batch.joints.shape)
        wanted = (B, M, T, self.joints, self.channels)
        if shape != wanted or self.people < M or batch.mask.shape != (B, M, T):
            raise ValueError(
                f"expected joints (B, up to {self.people}, T, {self.joints}, {self.channels}) with "
                f"a mask (B, M, T), got joints {shape}, mask {tuple(batch.mask.shape)}"
            )
        batch = with_people(batch, self.people_read)
        return [self._steps(batch, names) for names in self.fused]

    def _steps(self, batch: ClipBatch, names: Sequence[Stream]) -> Steps:
        features = skeleton_streams(batch, names, self.parents)
        moves = [name.endswith("_motion") for name in names]
        if any(moves) and self.motion_scale != 1.0:
            scales = [self.motion_scale if move else 1.0 for move in moves]
            features = features * features.new_tensor(scales).repeat_interleave(self.channels)
        if self.transformer is not None:
            features = self.transformer(features)
        # A step from one frame to the next is one less than the frames.
        return steps_of(features, moving(batch.mask) if all(moves) else batch.mask)


def _parents(joints: int, joint_set: str | None, streams: Sequence[Stream]) -> Tensor:
    """(J, J) where bones start, as `skeleton_streams` wants it; zeros where no bone is read."""
    if not any(name.startswith("bone") for name in streams):
        return torch.zeros(joints, joints)
    if joint_set is None:
        raise ValueError("bones need joint_set, the name of the joints' set")
    parents = torch.tensor(skeleton_graph(joint_set).parents)
    if len(parents) != joints:
        raise ValueError(f"{joint_set} has {len(parents)} joints, got joints={joints}")
    return parents


def _check(fusion: Fusion, **counts: int) -> None:
    if fusion not in get_args(Fusion):
        raise ValueError(f"fusion {fusion!r} is none of {', '.join(get_args(Fusion))}")
    if min(counts.values()) < 1:
        raise ValueError(f"expected joints, people and channels >= 1, got {counts}")

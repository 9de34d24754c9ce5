"""Glimpse Clouds: actions from places in a video that the network chooses to look at.

Baradel, Wolf, Mille, Taylor, "Glimpse Clouds: Human Activity Recognition from Unstructured Feature
Points", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from recognizers.backbones import backbone_of
from recognizers.glimpse_clouds.cloud import Cloud, GlimpseCloud
from recognizers.glimpse_clouds.cloud_plan import Assignment, Attention, CloudPlan, Reads
from recognizers.glimpse_clouds.crops import Encoding, on_the_picture
from recognizers.glimpse_clouds.global_model import GlobalModel, Seen
from recognizers.glimpse_clouds.pose_losses import glimpse_loss, pose_loss
from recognizers.glimpse_clouds.soft_assignment import Distance, Scope, SoftAssignment
from recognizers.glimpse_clouds.starting_weights import take_weights
from recognizers.glimpse_clouds.tubes import GlimpseTubes
from recognizers.inputs.batch import ClipBatch, check_labels, frames_of
from wildpose.joints import joint_set as joint_set_named

Stage = Literal["global", "clouds"]
Answer = Literal["mean", "last"]


class Glimpses(NamedTuple):
    """Where a network looked in the F frames of B clips, for drawing."""

    locations: Tensor
    """(B, F, G, 2) x to the right, y down, from -1 to 1 between the picture's edges."""
    scales: Tensor
    """(B, F, G, 2) of x and y in [0, 1]: a glimpse covers so much of the width and height."""
    weights: Tensor
    """(B, F, G, C) how much of each glimpse each worker got."""


class GlimpseClouds(nn.Module):
    """A video network, and workers that follow what an attention process looks at in its maps.

    It learns in two stages. First `stage="global"`: the video network names the action by itself
    and finds people's joints. Then `stage="clouds"` with `initial` the file of the first stage, and
    `prepare` called once before training: the workers name the action, and everything learns but
    what `backbone` says is frozen. Poses are read in training alone.

    With InflatedResNet50, 60 classes, 25 joints and 2 people the first stage has 46,367,968
    weights. The second has 73,889,381: those of the paper, and nine that weigh the glimpses of the
    first frame, before there is a memory.
    """

    def __init__(
        self, *, joint_set: str, people: int, classes: int, backbone: dict[str, Any],
        stage: Stage = "clouds", initial: str | None = None, pose_weight: float = 0.1,
        glimpse_weight: float = 1.0, answer: Answer = "mean", fuse_global: bool = False,
        glimpses: int = 3, workers: int = 3, attention: Attention = "glimpses",
        assignment: Assignment = "memory", distance: Distance = "learned",
        encoding: Encoding = "product", attention_reads: Reads = "what_and_where",
        attention_units: int = 1024, worker_units: int = 512, temperature: float = 0.5,
        decay: float = 4.0, memory_frames: int | None = None, distance_scope: Scope = "batch",
        crop: int = 7,
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set of `joints_2d`.
            people: M, at most so many in a clip.
            classes: A.
            backbone: config of a video network that gives its stages, see `recognizers.backbones`.
            stage: global or clouds.
            initial: file of a network to begin with: of the first stage, or of another data set. A
                head for another number of classes or joints begins anew, and so does a cloud that
                it lacks.
            pose_weight: of L_P, without which no pose head is made; the released code's, from where
                the form of L_P is too. Equation 14 weighs all losses 1.
            glimpse_weight: of L_G.
            answer: mean: of the workers' logits in all frames, as the released code has it. last:
                the workers' sum behind the last frame, as in equations 11 and 12.
            fuse_global: the global model keeps its classifier, learns on, and its logits count as
                much as the workers' ("GC + GM" of table 3).
            glimpses: this and the rest as in `CloudPlan`; the first stage has no use for it.
            workers: C.
            attention: where it looks.
            assignment: of glimpses to workers.
            distance: of glimpses.
            encoding: what and where in one vector.
            attention_reads: of the last glimpse.
            attention_units: of the attention's state.
            worker_units: of each worker's.
            temperature: of the assignment.
            decay: frames.
            memory_frames: K.
            distance_scope: batch or clip, over which the paper's distances are brought to one
                scale. With batch, its own, what a clip is taken for depends a little on the clips
                beside it, in tests and in videos too.
            crop: cells.

        Raises:
            ValueError: an argument is none of those allowed, or they do not go together.
            FileNotFoundError: `initial`, or the backbone's weights, is no file.
        """
        super().__init__()
        _check(stage, answer, people=people, classes=classes)
        _check_weights(pose_weight=pose_weight, glimpse_weight=glimpse_weight)
        plan = CloudPlan(
            glimpses=glimpses, workers=workers, attention=attention, assignment=assignment,
            distance=distance, encoding=encoding, attention_reads=attention_reads,
            attention_units=attention_units, worker_units=worker_units, temperature=temperature,
            decay=decay, memory_frames=memory_frames, distance_scope=distance_scope, crop=crop,
        )  # fmt: skip
        self.people, self.classes = people, classes
        self.joints = len(joint_set_named(joint_set))
        self.answer, self.fuse_global = answer, fuse_global
        self.pose_weight = pose_weight
        moved = stage == "clouds" and attention != "random"  # places that a loss can move
        self.glimpse_weight = glimpse_weight if moved else 0.0
        self.global_model = GlobalModel(
            backbone_of(backbone), joints=self.joints, people=people, poses=pose_weight > 0,
            classes=classes if stage == "global" or fuse_global else None,
        )  # fmt: skip
        self.cloud = None
        if stage == "clouds":
            kind = GlimpseTubes if attention == "tubes" else GlimpseCloud
            features, context = self.global_model.features, self.global_model.context
            self.cloud = kind(plan, features=features, context=context, classes=classes)
        self.has_cloud_from_file = initial is not None and take_weights(self, Path(initial))

    @property
    def reads_joints(self) -> bool:
        """Whether clips that are classified need joints: only those of training do (abstract)."""
        return False

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits.

        Raises:
            ValueError: the batch has no frames, or other than the network is for.
        """
        seen = self._seen(batch)
        if self.cloud is None:
            return self.global_model.logits(seen.maps)
        logits = self._answer(self._cloud(seen))
        if not self.fuse_global:
            return logits
        return (logits + self.global_model.logits(seen.maps)) / 2

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """Costs by name, each a number; their sum is to be minimised (eq. 14).

        classification: mean cross-entropy of the workers' answer; in the first stage, the global
        model's. global: the global model's, where it is fused. pose: L_P, and glimpses: L_G, each
        with its weight, left out where that is 0; random places learn nothing by L_G.

        Raises:
            ValueError: as `forward`, a label is not one of the classes, or there are no poses.
        """
        check_labels(batch.labels, self.classes)
        seen, costs = self._seen(batch), {}
        cloud = None if self.cloud is None else self._cloud(seen)
        if cloud is not None:
            costs["classification"] = cross_entropy(self._answer(cloud), batch.labels)
        if cloud is None or self.fuse_global:
            name = "classification" if cloud is None else "global"
            costs[name] = cross_entropy(self.global_model.logits(seen.maps), batch.labels)
        if self.pose_weight > 0:
            found = self.global_model.poses(seen.contexts)
            costs["pose"] = self.pose_weight * pose_loss(found, *self._poses(batch))
        if cloud is not None and self.glimpse_weight > 0:
            middles = on_the_picture(cloud.places[..., :2], seen.maps)
            costs["glimpses"] = self.glimpse_weight * glimpse_loss(middles, *self._poses(batch))
        return costs

    @property
    def attends(self) -> bool:
        """Whether it looks at places, so that `glimpses` has something to say."""
        return self.cloud is not None

    def features(self, batch: ClipBatch) -> Tensor:
        """(B, U) what is classified, for drawing: all workers' states side by side.

        Of all frames their mean, as the answer is, or those behind the last frame. What the global
        model classifies comes behind them where it is fused, and alone in the first stage.

        Raises:
            ValueError: as `forward`.
        """
        seen, found = self._seen(batch), []
        if self.cloud is not None:
            states = self._cloud(seen).states
            states = states[:, -1] if self.answer == "last" else states.mean(dim=1)
            found.append(states.flatten(1))
        if self.global_model.classify is not None:
            found.append(seen.maps.mean(dim=(2, 3, 4)))
        return torch.cat(found, dim=1)

    def glimpses(self, batch: ClipBatch) -> Glimpses:
        """Where it looks, and which worker follows what.

        Raises:
            ValueError: as `forward`, or it has no cloud, being of the first stage.
        """
        seen = self._seen(batch)
        cloud = self._cloud(seen)
        middles = on_the_picture(cloud.places[..., :2], seen.maps)
        return Glimpses(middles, cloud.places[..., 2:], cloud.weights)

    @torch.no_grad()
    def prepare(self, batches: Iterable[ClipBatch], *, least: int = 5000) -> None:
        """Fit the distance of glimpses to training clips; to be called once, before training.

        Does nothing where there is no distance to fit, or `initial` brought one.

        Args:
            batches: of training clips, read until there is enough.
            least: glimpses to fit it to.

        Raises:
            ValueError: there are no batches, or all glimpses are alike.
        """
        assign = getattr(self.cloud, "assign", None)
        if self.has_cloud_from_file or not isinstance(assign, SoftAssignment) or not assign.fits:
            return
        training, vectors, count = self.training, [], 0
        self.eval()
        for batch in batches:
            vectors.append(self._cloud(self._seen(batch)).vectors.flatten(0, 2))
            count += len(vectors[-1])
            if count >= least:
                break
        self.train(training)
        if not vectors:
            raise ValueError("no clips to fit the distance of glimpses to")
        self.fit_distance(torch.cat(vectors))

    def fit_distance(self, vectors: Tensor) -> None:
        """Set D to the inverse covariance of glimpses (section 3.4).

        Args:
            vectors: (N, V), some thousands.

        Raises:
            ValueError: there is no such distance, or the vectors have no covariance.
        """
        assign = getattr(self.cloud, "assign", None)
        if not isinstance(assign, SoftAssignment):
            raise ValueError("this network has no distance of glimpses to fit")
        assign.fit(vectors)

    def _seen(self, batch: ClipBatch) -> Seen:
        return self.global_model(frames_of(batch))

    def _cloud(self, seen: Seen) -> Cloud:
        """In full precision under autocast too: rounding would add up from glimpse to glimpse."""
        if self.cloud is None:
            raise ValueError("the first stage, stage='global', has no glimpses")
        with torch.autocast(seen.maps.device.type, enabled=False):
            return self.cloud(seen.maps.float(), seen.contexts.float())

    def _answer(self, cloud: Cloud) -> Tensor:
        assert self.cloud is not None
        if self.answer == "last":
            return self.cloud.workers.logits(cloud.states[:, -1]).sum(dim=1)
        return self.cloud.workers.logits(cloud.states).mean(dim=(1, 2))

    def _poses(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """The batch's joints_2d and seen_2d."""
        joints, seen = batch.joints_2d, batch.seen_2d
        if joints is None or seen is None or batch.frames is None:
            raise ValueError(
                "no joints_2d to learn poses from: give them, or pose_weight=0 and glimpse_weight=0"
            )
        B, F = batch.frames.shape[:2]
        M = joints.shape[1]
        if (
            joints.shape != (B, M, F, self.joints, 2)
            or self.people < M
            or seen.shape != (joints.shape[:-1])
        ):
            raise ValueError(
                f"expected joints_2d ({B}, up to {self.people}, {F}, {self.joints}, 2) with their "
                f"seen_2d, got {tuple(joints.shape)} and {tuple(seen.shape)}"
            )
        return joints, seen


def _check(stage: str, answer: str, **counts: int) -> None:
    """Raise ValueError for a network that cannot be built."""
    for name, value, kind in (("stage", stage, Stage), ("answer", answer, Answer)):
        if value not in get_args(kind):
            raise ValueError(f"{name} {value!r} is none of {', '.join(get_args(kind))}")
    if min(counts.values()) < 1:
        raise ValueError(f"expected people and classes >= 1, got {counts}")


def _check_weights(**weights: float) -> None:
    for name, value in weights.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be 0 or more, got {value}")

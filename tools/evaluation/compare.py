"""Skeletons against the truth: errors of each clip, and of all clips together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from tools.evaluation.variants import BASE, FITTED, Found, best_errors, mapped
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.pose_metrics import (
    acceleration_errors,
    aligned_to,
    bone_length_spread,
    joint_errors,
    share_within,
    swapped_limbs,
)

PCK_LIMIT = 0.15  # m, Mehta et al., 3DV 2017
LCR13 = joint_set("lcr13")


def _pairs(*names: str) -> tuple[tuple[int, int], ...]:
    return tuple((LCR13.index(f"left_{name}"), LCR13.index(f"right_{name}")) for name in names)


ARMS, LEGS = _pairs("elbow", "wrist"), _pairs("knee", "ankle")
# Bones that are rigid in people: limbs and the pelvis, not the lines across the trunk.
RIGID = (
    *((a, b) for a, b in LCR13.edges if LCR13.names[b].endswith(("elbow", "wrist"))),
    *((a, b) for a, b in LCR13.edges if LCR13.names[b].endswith(("knee", "ankle"))),
    *_pairs("hip"),
)


@dataclass(frozen=True)
class Labels:
    """What a clip is, for tables."""

    name: str
    """Of the clip."""
    motion: str
    source: str
    """The set that the motion is from."""
    view: str


@dataclass(frozen=True)
class Comparison:
    """One clip on the frames that all variants have."""

    labels: Labels
    share: float
    """Of the clip's frames, those that all variants have."""
    frames: npt.NDArray[np.integer]
    """(T,) index in the clip."""
    times: Array
    """(T,) s."""
    truth: Array
    """(T, 13, 3) m, lcr13, torso-centred, camera axes."""
    found: dict[str, Array]
    """Variant -> (T, 13, 3), the same way."""
    best: dict[str, Array]
    """Lifter -> (N,) m, error of its best hypothesis, of the frames that have one."""
    known: npt.NDArray[np.bool_] | None = None
    """(T, 13) joints whose truth was measured, and not inferred; None: all were."""

    def __len__(self) -> int:
        return len(self.frames)


def compared(
    labels: Labels,
    found: Found,
    truth: Array,
    times: Array,
    *,
    weights: Array | None = None,
    known: npt.NDArray[np.bool_] | None = None,
) -> Comparison:
    """What was found against the truth.

    Args:
        labels: of the clip.
        found: of the person.
        truth: (F, 13, 3) m, torso-centred, camera axes, of every frame of the clip.
        times: (F,) s.
        weights: of `fit_definitions`, for the row FITTED.
        known: (F, 13) as `Comparison.known`.
    """
    own = [frames[frames < len(truth)] for frames in found.frames.values()]
    common = reduce(np.intersect1d, own)
    joints = {
        name: found.joints[name][np.searchsorted(frames, common)]
        for name, frames in found.frames.items()
    }
    if weights is not None and BASE in joints:
        joints = {FITTED: mapped(joints[BASE], weights), **joints}
    best = {
        lifter: best_errors(hypotheses, found.rows, common, truth[common])
        for lifter, hypotheses in found.hypotheses.items()
    }
    share = len(common) / len(truth)
    return Comparison(
        labels=labels,
        share=share,
        frames=common,
        times=times[common],
        truth=truth[common],
        found=joints,
        best=best,
        known=None if known is None else known[common],
    )


def nothing(labels: Labels) -> Comparison:
    """A clip in which nobody was found."""
    frames, times, joints = np.zeros(0, dtype=int), np.zeros(0), np.zeros((0, 13, 3))
    return Comparison(labels, 0.0, frames, times, joints, found={}, best={})


def errors_of(clip: Comparison, variant: str) -> dict[str, np.ndarray]:
    """All errors of a variant on one clip, not yet averaged.

    Returns:
        mpjpe and pa_mpjpe (T, J) m, acceleration (N, J) m/s^2, bone_spread (E,), swapped_arms and
        swapped_legs (T,), best_of_k (N,) m, and known_mpjpe and known_pa_mpjpe (N,) m of the
        joints whose truth was measured, where some were not.
    """
    found, truth = clip.found[variant], clip.truth
    lifter = "blazepose_world" if variant == FITTED else variant.split("+")[0]
    return {
        "mpjpe": joint_errors(found, truth),
        "pa_mpjpe": joint_errors(aligned_to(found, truth), truth),
        "acceleration": acceleration_errors(found, truth, clip.times, clip.frames),
        "bone_spread": bone_length_spread(found, RIGID),
        "swapped_arms": swapped_limbs(found, truth, ARMS),
        "swapped_legs": swapped_limbs(found, truth, LEGS),
        "best_of_k": clip.best[lifter] if variant != FITTED else np.zeros(0),
        **_errors_of_known(found, truth, clip.known),
    }


def _errors_of_known(
    found: Array, truth: Array, known: npt.NDArray[np.bool_] | None
) -> dict[str, Array]:
    if known is None:
        return {"known_mpjpe": np.zeros(0), "known_pa_mpjpe": np.zeros(0)}
    aligned = aligned_to(found, truth, counted=known)
    return {
        "known_mpjpe": joint_errors(found, truth)[known],
        "known_pa_mpjpe": joint_errors(aligned, truth)[known],
    }


def figures(clips: Sequence[Comparison], variant: str) -> dict[str, float]:
    """The figures of a variant: means over all frames of all clips, and medians over clips.

    mpjpe_mm, pa_mpjpe_mm, pck150 (share of joints within 150 mm), acceleration (m/s^2),
    bone_spread (share of the length, mean of the clips), swapped_arms and swapped_legs (share of
    the frames, as `swapped_limbs` defines), best_of_k_mm; known_mpjpe_mm and known_pa_mpjpe_mm
    where the truth of some joints was inferred; median_mpjpe_mm and median_pa_mpjpe_mm
    of the clips' means.
    """
    rows = [errors_of(clip, variant) for clip in clips if len(clip)]
    if not rows:
        return {}
    pooled = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    clip_means = {
        name: np.median([row[name].mean() for row in rows]) for name in ("mpjpe", "pa_mpjpe")
    }
    values = {
        "mpjpe_mm": 1000 * _mean(pooled["mpjpe"]),
        "pa_mpjpe_mm": 1000 * _mean(pooled["pa_mpjpe"]),
        "pck150": share_within(pooled["mpjpe"], PCK_LIMIT),
        "acceleration": _mean(pooled["acceleration"]),
        "bone_spread": _mean(pooled["bone_spread"]),
        "swapped_arms": _mean(pooled["swapped_arms"]),
        "swapped_legs": _mean(pooled["swapped_legs"]),
        "best_of_k_mm": 1000 * _mean(pooled["best_of_k"]),
        "known_mpjpe_mm": 1000 * _mean(pooled["known_mpjpe"]),
        "known_pa_mpjpe_mm": 1000 * _mean(pooled["known_pa_mpjpe"]),
        **{f"median_{name}_mm": 1000 * float(value) for name, value in clip_means.items()},
    }
    return {name: round(value, 4) for name, value in values.items() if np.isfinite(value)}


def per_joint(clips: Sequence[Comparison], variant: str) -> dict[str, float]:
    """Joint name -> mean error in mm."""
    errors = [joint_errors(clip.found[variant], clip.truth) for clip in clips if len(clip)]
    means = 1000 * np.concatenate(errors).mean(axis=0)
    return {name: round(float(mean), 2) for name, mean in zip(LCR13.names, means, strict=True)}


def grouped(
    clips: Sequence[Comparison], variants: Sequence[str], key: Callable[[Comparison], str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Group -> variant -> figures, groups in the order in which they come."""
    groups: dict[str, list[Comparison]] = {}
    for clip in clips:
        groups.setdefault(key(clip), []).append(clip)
    return {
        name: {variant: figures(own, variant) for variant in variants}
        for name, own in groups.items()
        if any(len(clip) for clip in own)
    }


def summary(clips: Sequence[Comparison]) -> dict:
    """Everything that is reported of a set: as metrics.json holds it."""
    seen = [clip for clip in clips if len(clip)]
    variants = list(seen[0].found) if seen else []
    overall = {variant: figures(seen, variant) for variant in variants}
    return {
        "clips": len(clips),
        "clips_without_anybody": [clip.labels.name for clip in clips if not len(clip)],
        "frames": sum(map(len, clips)),
        "frames_share": round(_mean(np.array([clip.share for clip in clips])), 4),
        "variants": overall,
        "ratio_to_fitted": _ratios(overall),
        "per_joint_mm": {variant: per_joint(seen, variant) for variant in variants},
        "per_motion": grouped(seen, variants, lambda clip: clip.labels.motion),
        "per_view": grouped(seen, variants, lambda clip: clip.labels.view),
        "per_source": grouped(seen, variants, lambda clip: clip.labels.source),
        "per_clip": grouped(seen, variants, lambda clip: clip.labels.name),
    }


def _ratios(overall: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Each figure of each variant over the same of FITTED; below 1 is better, but for pck150."""
    reference = overall.get(FITTED, {})
    return {
        variant: {
            name: round(value / reference[name], 4)
            for name, value in own.items()
            if reference.get(name)
        }
        for variant, own in overall.items()
        if reference
    }


def _mean(values: np.ndarray) -> float:
    """The mean; NaN of nothing, without a warning."""
    return float(values.mean()) if values.size else float("nan")

"""From the options of `evaluate_pose` to comparisons: prepare clips, fit, run every variant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np

from tools.evaluation import captures, mannequin_clips, plots, real_images, tracks, variants
from tools.evaluation.compare import Comparison, Labels, compared, nothing
from tools.evaluation.mannequin_clips import ClipPlan
from tools.progress import shown
from wildpose.atomic import writing
from wildpose.geometry import Array
from wildpose.pipeline import Pipeline
from wildpose.pose import POSE_ESTIMATORS
from wildpose.registry import load
from wildpose.results import Settings

SETS = (*captures.SETS, "ntu", "stills")


def evaluate(options: argparse.Namespace) -> dict[str, list[Comparison]]:
    """Compare what the options ask for: set -> clips.

    The fit of joint definitions is made anew whenever mannequins are asked for, and kept for the
    real pictures.
    """
    weights = _weights(options)
    results = {}
    for name in options.set:
        if name == "ntu":
            results[name] = real_images.ntu(
                options.data, options.variant, kept=options.out / "tracks", weights=weights
            )
        elif name == "stills":
            results[name] = _stills(options, weights)
        else:
            plans = planned(name, options)
            results[name] = compare_all(plans, options.variant, options.out, weights=weights)
    return results


def planned(name: str, options: argparse.Namespace) -> list[ClipPlan]:
    """The clips of a set, rendered and tracked."""
    motions = captures.captures(
        name,
        options.data,
        kept=options.out / "captures",
        count=options.motions,
        seconds=options.seconds,
    )
    folder = options.out / "clips" / f"{name}_{options.seconds:g}s"
    plans = mannequin_clips.plans(motions, folder, views=options.views)
    prepare_all(plans, options.out, workers=options.workers, name=name)
    return plans


def prepare_all(plans: Sequence[ClipPlan], folder: Path, *, workers: int, name: str) -> None:
    """Render and track the clips that are not yet, in several processes."""
    unit = f"{name} clip"
    if workers == 1:
        for plan in shown(plans, total=len(plans), unit=unit):
            prepare(plan, folder)
        return
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(prepare, plan, folder) for plan in plans]
        for job in shown(as_completed(jobs), total=len(jobs), unit=unit):
            job.result()


def prepare(plan: ClipPlan, folder: Path) -> None:
    """Render and track one clip, each unless it is done."""
    mannequin_clips.render(plan)
    tracks.main_person(plan.path, _pipeline, kept=folder / "tracks")


def compare_all(
    plans: Sequence[ClipPlan], names: Sequence[str], folder: Path, *, weights: Array | None
) -> list[Comparison]:
    """Every clip that is prepared against its truth; one in which nobody was found is empty.

    Args:
        plans: rendered clips.
        names: variants.
        folder: where tracks are kept.
        weights: of `variants.fit_definitions`; None for no row of it.
    """
    clips = []
    for plan in shown(plans, total=len(plans), unit="compared clip"):
        truth = mannequin_clips.read_truth(plan.path)
        track, clock = tracks.main_person(plan.path, _pipeline, kept=folder / "tracks")
        labels = Labels(plan.path.stem, plan.motion.name, plan.motion.source, f"{plan.view}°")
        if track is None:
            clips.append(nothing(labels))
            continue
        found = variants.run(track, clock, names)
        clips.append(compared(labels, found, truth.joints, truth.times, weights=weights))
    return clips


def fitted(plans: Sequence[ClipPlan], folder: Path) -> Array:
    """Weights from BlazePose's joints to the mannequins', from clips that are prepared.

    Raises:
        ValueError: nobody was found in any of them.
    """
    clips = compare_all(plans, [variants.BASE], folder, weights=None)
    seen = [clip for clip in clips if len(clip)]
    if not seen:
        raise ValueError("nobody was found in the training clips, so no fit can be made")
    found = np.concatenate([clip.found[variants.BASE] for clip in seen])
    return variants.fit_definitions(found, np.concatenate([clip.truth for clip in seen]))


def _weights(options: argparse.Namespace) -> Array | None:
    """The fit: made where mannequins are asked for, else as it was left; None without any."""
    path = options.out / "fit.npz"
    if set(captures.SETS) & set(options.set):
        weights = fitted(planned("train", options), options.out)
        with writing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, weights=weights)
        return weights
    if not path.exists():
        return None
    with np.load(path) as file:
        return file["weights"]


def _stills(options: argparse.Namespace, weights: Array | None) -> list[Comparison]:
    pose = load("pose backend", "blazepose", POSE_ESTIMATORS)()
    clips, seen = real_images.stills(options.data, options.variant, pose, weights=weights)
    plots.draw_stills(options.out / "stills.png", seen)
    return clips


@cache
def _pipeline() -> Pipeline:
    """One per process; a thread each, since there are as many processes as cores."""
    return Pipeline(Settings(recognizer=None), threads=1)

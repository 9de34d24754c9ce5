"""Predictions that mmpose's own inferencer wrote: read, and carried on to labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

import wildpose
from tests.made_openmmlab import needs_openmmlab
from tests.made_predictions import in_coco
from wildpose.export.mmpose_json import predictions
from wildpose.openmmlab.configs import find_config
from wildpose.openmmlab.models import built
from wildpose.openmmlab.packages import part, quiet
from wildpose.pose_metrics import joint_errors
from wildpose.results import Result

Array = npt.NDArray[np.floating]
Rendered = tuple[Path, Result]
NETWORK = "rtmpose-t"

pytestmark = [needs_openmmlab, pytest.mark.filterwarnings("ignore")]  # theirs, of their age


@pytest.fixture(scope="module")
def written(waving: Rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What MMPoseInferencer writes of the waving mannequin, its network's answers the truth."""
    video, truth = waving
    folder = tmp_path_factory.mktemp("inferencer")
    weights = folder / "random.pth"
    torch.save({"state_dict": built("mmpose", f"{NETWORK}@random").network.state_dict()}, weights)
    with quiet():
        infer = part("mmpose.apis").MMPoseInferencer(
            pose2d=str(find_config("mmpose", NETWORK).config),
            pose2d_weights=str(weights),
            det_model="whole_image",
            device="cpu",
        )
        _plant(infer.inferencer.model, in_coco(np.asarray(truth.people[0].skeleton.joints_2d)))
        for _ in infer(str(video), pred_out_dir=str(folder), return_vis=False):
            pass
    return folder / f"{video.stem}.json"


def _plant(network: Any, joints: Array) -> None:  # noqa: ANN401 - of mmpose
    """Let a network say where somebody's joints are, frame by frame."""
    step = network.test_step
    frames = iter(joints - 0.5)

    def planted(batch: Any) -> Any:  # noqa: ANN401 - of mmengine
        (sample,) = step(batch)
        sample.pred_instances.keypoints = next(frames)[None]
        sample.pred_instances.keypoint_scores = np.full((1, 17), 0.9)
        return [sample]

    network.test_step = planted


def test_what_the_inferencer_wrote_becomes_3d_joints_and_labels(
    waving: Rendered, written: Path
) -> None:
    video, truth = waving
    result = wildpose.run(video, poses=written, offline=True, threads=1)
    (person,) = result.people
    assert person.frames.tolist() == list(range(45))
    found, true = person.skeleton, truth.people[0].skeleton
    away = joint_errors(np.asarray(found.joints_2d), np.asarray(true.joints_2d))
    assert away.mean() < 2  # px: smoothed
    assert joint_errors(found.joints, true.joints).mean() < 0.12  # m
    assert [action.label for action in person.actions] == ["wave"]


def test_our_export_has_all_that_theirs_has(waving: Rendered, written: Path) -> None:
    theirs, ours = json.loads(written.read_text()), list(predictions(waving[1]))
    assert [e["frame_id"] for e in theirs] == [e["frame_id"] for e in ours] == list(range(45))
    for their, our in zip(theirs, ours, strict=True):
        (their_one,), (our_one,) = their["instances"], our["instances"]
        for key, value in their_one.items():
            assert np.shape(our_one[key]) == np.shape(value), key

"""What mmpose's own inferencer writes of a video goes through `--poses` to labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wildpose
from tests.made_openmmlab import needs_openmmlab
from tests.made_predictions import in_coco
from wildpose import cli
from wildpose.export.result_json import read_result
from wildpose.openmmlab.configs import find_config
from wildpose.openmmlab.packages import imported, part, quiet
from wildpose.pose_metrics import joint_errors
from wildpose.results import Result

Rendered = tuple[Path, Result]

pytestmark = needs_openmmlab


@pytest.fixture
def inferred(waving: Rendered, tmp_path: Path) -> Path:
    """The file that the inferencer writes; its network, of random weights, answers what is true."""
    video, truth = waving
    joints_2d = truth.people[0].skeleton.joints_2d
    assert joints_2d is not None
    imported("mmpose")
    with quiet():
        inferencer: Any = part("mmpose.apis").MMPoseInferencer(
            pose2d=str(find_config("mmpose", "rtmpose-t").config),
            det_model="whole_image",
            device="cpu",
        )
        model, rows = inferencer.inferencer.model, iter(in_coco(joints_2d))
        step = model.test_step

        def told(batch: Any) -> Any:  # noqa: ANN401 - of mmengine
            samples = step(batch)
            for sample in samples:
                sample.pred_instances.keypoints = next(rows)[None]
                sample.pred_instances.keypoint_scores = np.full((1, 17), 0.9)
            return samples

        model.test_step = told
        read = sum(1 for _ in inferencer(str(video), pred_out_dir=str(tmp_path / "theirs")))
    assert read == len(joints_2d)
    (file,) = (tmp_path / "theirs").glob("*.json")
    return file


def test_their_file_goes_to_labels(waving: Rendered, inferred: Path, tmp_path: Path) -> None:
    video, truth = waving
    assert isinstance(json.loads(inferred.read_text()), list)  # the inferencer's own layout
    asked = ["run", str(video), "--poses", str(inferred), "--out", str(tmp_path / "out")]
    assert cli.main([*asked, "--save", "json", "--offline", "--threads", "1"]) == 0
    result = read_result(tmp_path / "out" / video.stem / "result.json")
    (person,), (real,) = result.people, truth.people
    assert person.frames.tolist() == real.frames.tolist()
    assert joint_errors(person.skeleton.joints, real.skeleton.joints).mean() < 0.12  # m
    assert [action.label for action in person.actions] == ["wave"]
    again = wildpose.run(video, poses=inferred, offline=True, threads=1)
    assert [each.actions for each in again.people] == [person.actions]

"""Videos through the whole pipeline with networks of OpenMMLab, whose answers are planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import numpy.typing as npt
import pytest
import torch

import wildpose
from tests.made_openmmlab import needs_openmmlab
from wildpose import cli
from wildpose.bone_lengths import REFERENCE_LENGTHS, bone_lengths
from wildpose.detection.mmdet import MmdetDetector
from wildpose.export.result_json import read_result
from wildpose.following import Follower
from wildpose.joints import joint_set
from wildpose.pose.mmpose import MmposeEstimator
from wildpose.pose_metrics import joint_errors
from wildpose.results import Result
from wildpose.types import Frame, Keypoints

Array = npt.NDArray[np.floating]
Rendered = tuple[Path, Result]
Step = Callable[[Mapping[str, Any]], list[Any]]
MMDET, MMPOSE = "mmdet:rtmdet-tiny@random", "mmpose:rtmpose-m@random"
SCHEMA = json.loads((files("wildpose.export") / "result.schema.json").read_text())

pytestmark = needs_openmmlab


class Truth:
    """What the networks would say if they saw people as they are."""

    def __init__(self, truth: Result):
        self._truth, self.frame = truth, 0

    def detected(self, batch: Mapping[str, Any]) -> list[Any]:
        boxes = np.array([box for box, _ in self._now()]).reshape(-1, 4)
        found = SimpleNamespace(
            bboxes=torch.tensor(boxes),
            scores=torch.full((len(boxes),), 0.9),
            labels=torch.zeros(len(boxes), dtype=torch.long),
        )
        return [SimpleNamespace(pred_instances=found) for _ in batch["inputs"]]

    def seen(self, batch: Mapping[str, Any]) -> list[Any]:
        """Of each crop, the person who is nearest to its middle."""
        answers = []
        for sample in batch["data_samples"]:
            centre = sample.metainfo["input_center"]
            _, joints = min(
                self._now(), key=lambda p: np.abs(p[0].reshape(2, 2).mean(0) - centre).max()
            )
            keypoints, scores = as_coco(joints) - 0.5, np.full((1, 17), 0.9)
            found = SimpleNamespace(keypoints=keypoints[None], keypoint_scores=scores)
            answers.append(SimpleNamespace(pred_instances=found))
        return answers

    def _now(self) -> list[tuple[Array, Array]]:
        """Box and joints of everybody in the current frame."""
        now = []
        for person in self._truth.people:
            joints = np.asarray(person.skeleton.joints_2d)
            rows = np.flatnonzero(person.frames == self.frame)
            now.extend((person.boxes[row], joints[row]) for row in rows)
        return now


def as_coco(joints: Array) -> Array:
    """(17, 2) px of lcr13's; nose, eyes and ears are the head."""
    ours = joint_set("lcr13")
    return np.stack(
        [joints[ours.index(n if n in ours.names else "head")] for n in joint_set("coco17").names]
    )


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Result], None]:
    """Let the networks of all runs from now on answer what is true."""

    def planted(result: Result) -> None:
        truth = Truth(result)
        step: Any = Follower.step

        def noting(follower: Follower, frame: Frame) -> dict[int, Keypoints]:
            truth.frame = frame.index
            return step(follower, frame)

        monkeypatch.setattr(Follower, "step", noting)
        for backend, answer in ((MmdetDetector, truth.detected), (MmposeEstimator, truth.seen)):
            _answer(monkeypatch, backend, answer)

    return planted


def _answer(monkeypatch: pytest.MonkeyPatch, backend: type, answer: Step) -> None:
    make = backend.__init__

    @wraps(make)  # so that its parameters are still told
    def made(self: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        make(self, *arguments, **options)
        self.network.test_step = answer

    monkeypatch.setattr(backend, "__init__", made)


def check_near(result: Result, truth: Result, share: float) -> None:
    """Everybody found in every frame, their joints near the truth by their height."""
    assert len(result.people) == len(truth.people)
    for real in truth.people:
        assert real.skeleton.joints_2d is not None
        middle = real.skeleton.joints_2d.mean(axis=(0, 1))
        person = min(
            result.people,
            key=lambda p: np.abs(np.asarray(p.skeleton.joints_2d).mean(axis=(0, 1)) - middle).max(),
        )
        np.testing.assert_array_equal(person.frames, real.frames)
        height = np.ptp(real.skeleton.joints_2d[..., 1])
        errors = joint_errors(np.asarray(person.skeleton.joints_2d), real.skeleton.joints_2d)
        assert errors.mean() < share * height


def test_random_weights_find_nobody_and_the_result_is_valid(
    waving: Rendered, tmp_path: Path
) -> None:
    wildpose.run(
        waving[0], out=tmp_path, save="json", detector=MMDET, pose=MMPOSE, device="cpu", threads=1
    )
    path = tmp_path / "waving" / "result.json"
    jsonschema.validate(json.loads(path.read_text()), SCHEMA)
    result = read_result(path)
    assert (result.video.frames, result.people) == (45, ())
    assert result.settings.detector == MMDET
    assert result.versions["mmpose"] and result.versions["mmdet"]


def test_people_are_followed_with_both_networks(
    two_actors: Rendered, plant: Callable[[Result], None]
) -> None:
    path, truth = two_actors
    plant(truth)
    result = wildpose.run(path, detector=MMDET, pose=MMPOSE, device="cpu", recognizer=None)
    check_near(result, truth, 0.03)
    for person in result.people:
        assert np.isfinite(person.skeleton.joints).all()


def test_detector_2d_network_and_lifter_are_one_chain(
    waving: Rendered, plant: Callable[[Result], None], tmp_path: Path
) -> None:
    path, truth = waving
    plant(truth)
    lifter = "mmpose:motionbert@random"
    chain = ["--detector", MMDET, "--pose", MMPOSE, "--lifter", lifter, "--device", "cpu"]
    options = ["--stop", "0.4", "--save", "json", "--recognizer", "none", "--out", str(tmp_path)]
    assert cli.main(["run", str(path), *chain, *options]) == 0
    result = read_result(tmp_path / "waving" / "result.json")
    assert result.settings.lifter == lifter
    (person,) = result.people
    assert person.frames.tolist() == list(range(12))
    assert person.skeleton.joints.shape == (12, 13, 3)
    assert np.isfinite(person.skeleton.joints).all()
    lengths = bone_lengths(person.skeleton.joints, "lcr13")
    assert 0.5 < np.median(lengths / REFERENCE_LENGTHS["lcr13"]) < 2  # metres, if at random


def test_a_detector_of_mmdet_serves_blazepose(
    waving: Rendered, plant: Callable[[Result], None]
) -> None:
    path, truth = waving
    plant(truth)
    result = wildpose.run(path, detector=MMDET, device="cpu", offline=True, recognizer=None)
    check_near(result, truth, 0.05)


def test_blazepose_serves_a_network_of_mmpose(
    waving: Rendered, plant: Callable[[Result], None]
) -> None:
    path, truth = waving
    plant(truth)
    result = wildpose.run(path, pose=MMPOSE, device="cpu", offline=True, recognizer=None)
    check_near(result, truth, 0.03)


def test_the_network_is_shown_the_body_not_a_square_around_it(
    waving: Rendered, plant: Callable[[Result], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In frames after the first, too, when the person is followed without the detector."""
    path, truth = waving
    plant(truth)
    shares = []
    estimate: Any = MmposeEstimator.estimate

    def noting(self: MmposeEstimator, image: Array, people: Any) -> Any:  # noqa: ANN401
        width, height = (people.boxes[:, 2:] - people.boxes[:, :2]).T
        shares.extend(width / height)
        return estimate(self, image, people)

    monkeypatch.setattr(MmposeEstimator, "estimate", noting)
    wildpose.run(path, detector=MMDET, pose=MMPOSE, device="cpu", recognizer=None, stop=0.5)
    real = truth.people[0].boxes[:15]
    expected = (real[:, 2] - real[:, 0]) / (real[:, 3] - real[:, 1])
    assert len(shares) >= 15
    assert max(shares) < 1.25 * expected.max() < 0.95

"""mmdet's detectors: what their networks say, as people in the picture. Weights are random."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from tests.made_openmmlab import calls_of, needs_openmmlab
from wildpose.detection.mmdet import MmdetDetector, person_class
from wildpose.openmmlab import inference
from wildpose.openmmlab.checkpoints import CheckpointError
from wildpose.openmmlab.models import Built, built
from wildpose.openmmlab.packages import quiet
from wildpose.regions import region_from_box

Image = npt.NDArray[np.uint8]
Planted = tuple[Sequence[float], int, float]  # box px of the 640-pixel square, class, score
PERSON, CAR = 0, 2
SQUARE, STRIDE = 640, 8
# 960 x 540 becomes 640 x 360.
PICTURE = np.zeros((540, 960, 3), np.uint8)
SCALE = 960 / SQUARE


def test_the_class_that_means_a_person_is_found_by_name() -> None:
    assert person_class(["Car", "Person"], "x") == 1
    assert person_class(["pedestrian"], "x") == 0
    with pytest.raises(ValueError, match="mmdet:x finds no people: its classes are cat, dog"):
        person_class(["cat", "dog"], "x")


@pytest.fixture(scope="module")
def detector() -> MmdetDetector:
    return MmdetDetector("rtmdet-tiny@random", device="cpu", threads=1)


def plant(monkeypatch: pytest.MonkeyPatch, detector: MmdetDetector, *people: Planted) -> None:
    """Let the network's head say that there is somebody, whatever it is shown."""
    head: Any = detector.network.bbox_head

    def forward(features: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        scores = [torch.full((len(f), 80, *f.shape[2:]), -20.0) for f in features]
        sides = [torch.ones(len(f), 4, *f.shape[2:]) for f in features]
        for (x0, y0, x1, y1), label, score in people:
            column, row = int((x0 + x1) / 2 // STRIDE), int((y0 + y1) / 2 // STRIDE)
            x, y = column * STRIDE, row * STRIDE  # the point that the sides are measured from
            scores[0][:, label, row, column] = float(np.log(score / (1 - score)))
            sides[0][:, :, row, column] = torch.tensor([x - x0, y - y0, x1 - x, y1 - y])
        return scores, sides

    monkeypatch.setattr(head, "forward", forward)


@needs_openmmlab
def test_boxes_come_back_at_their_place_in_the_picture(
    detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    far, near = (50, 40, 90, 160), (300, 100, 420, 350)
    plant(monkeypatch, detector, (far, PERSON, 0.6), (near, PERSON, 0.9))
    found = detector.detect(PICTURE)
    np.testing.assert_allclose(found.boxes, np.array([near, far]) * SCALE, atol=0.1)
    np.testing.assert_allclose(found.scores, [0.9, 0.6], atol=1e-3)
    np.testing.assert_allclose(found.rois, region_from_box(found.boxes))


@needs_openmmlab
def test_only_people_who_are_sure_enough_are_kept_and_inside_the_picture(
    detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(
        monkeypatch,
        detector,
        ((100, 100, 200, 300), CAR, 0.9),
        ((300, 100, 400, 300), PERSON, 0.2),
        ((500, 200, 700, 380), PERSON, 0.8),  # beyond the right edge and the bottom
    )
    found = detector.detect(PICTURE)
    np.testing.assert_allclose(found.boxes, [[750, 300, 960, 540]], atol=0.1)


@needs_openmmlab
def test_one_person_is_found_once(detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    box, shifted = (100, 100, 200, 300), (105, 110, 210, 310)
    plant(monkeypatch, detector, (box, PERSON, 0.9), (shifted, PERSON, 0.8))
    assert len(detector.detect(PICTURE)) == 1


@needs_openmmlab
def test_nobody_is_an_empty_answer_of_the_right_shape(
    detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, detector)
    found = detector.detect(PICTURE)
    assert (found.boxes.shape, found.scores.shape, found.rois.shape) == ((0, 4), (0,), (0, 4))


@needs_openmmlab
def test_a_batch_equals_one_by_one(
    detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of pictures of one size: of several, mmdet pads the smaller ones."""
    head: Any = detector.network.bbox_head
    heard = calls_of(monkeypatch, head, "forward")
    pictures = np.random.default_rng(0).integers(0, 255, (3, 270, 480, 3), dtype=np.uint8)
    together = detector.detect_each(list(pictures))
    apart = [detector.detect(picture) for picture in pictures]
    said = [
        torch.cat([level.flatten(1) for part in outputs for level in part], dim=1)
        for _, outputs in heard
    ]
    torch.testing.assert_close(said[0], torch.cat(said[1:]), rtol=1e-4, atol=1e-4)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a.boxes, b.boxes, atol=0.1)


@needs_openmmlab
def test_the_network_sees_the_colours_that_it_learnt_with(
    detector: MmdetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RTMDet's are blue, green, red."""
    heard = calls_of(monkeypatch, detector.network, "extract_feat")
    red = PICTURE.copy()
    red[..., 0] = 255
    detector.detect(red)
    ((seen, _),) = heard
    blue_channel, _, red_channel = seen[0, :, 100, 100]
    assert red_channel > 0 > blue_channel


@needs_openmmlab
def test_choosing_boxes_on_the_cpu_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where mmcv was built without nvcc; here both are on the CPU."""
    detector = MmdetDetector("rtmdet-tiny@random", device="cpu", threads=1)
    plant(monkeypatch, detector, ((300, 100, 420, 350), PERSON, 0.9))
    before = detector.detect(PICTURE)
    inference.choose_boxes_on_cpu(detector.network, "mmdet:rtmdet-tiny")
    np.testing.assert_array_equal(detector.detect(PICTURE).boxes, before.boxes)


@needs_openmmlab
def test_half_precision_stays_near_and_ends_before_the_head() -> None:
    detector = MmdetDetector("rtmdet-tiny@random", device="cpu", threads=1)
    network: Any = detector.network
    picture = torch.rand(1, 3, 128, 128) * 2 - 1
    with torch.inference_mode(), quiet():
        before = network.extract_feat(picture)
        inference.compute_features_in_half(network, device="cpu", kind=torch.bfloat16)
        after = network.extract_feat(picture)
    for a, b in zip(before, after, strict=True):
        assert b.dtype == torch.float32
        assert 0 < float((a - b).abs().max()) < 0.05 * float(a.abs().max())


# Weights


def stored(folder: Path, made: Built) -> Path:
    """A checkpoint as mmengine's publishing makes it: the file's hash ends its name."""
    path = folder / "net.pth"
    meta = {"dataset_meta": {"CLASSES": ("car", "person")}, "epoch": np.int64(3)}
    torch.save({"meta": meta, "state_dict": made.network.state_dict()}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(folder / f"net-{digest}.pth")


@needs_openmmlab
def test_weights_and_classes_come_from_the_checkpoint(tmp_path: Path) -> None:
    made = built("mmdet", "rtmdet-tiny@random")
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.add_(0.5)
    detector = MmdetDetector(f"rtmdet-tiny@{stored(tmp_path, made)}", device="cpu")
    for name, value in detector.network.state_dict().items():
        torch.testing.assert_close(value, made.network.state_dict()[name])
    assert detector._person == 1


@needs_openmmlab
def test_a_checkpoint_of_another_architecture_is_one_line(tmp_path: Path) -> None:
    path = stored(tmp_path, built("mmdet", "rtmdet-tiny@random"))
    line = r"net-\w{8}\.pth is of another architecture than mmdet:rtmdet-m: \d+ of \d+ weights fit"
    with pytest.raises(CheckpointError, match=line):
        MmdetDetector(f"rtmdet-m@{path}", device="cpu")


@needs_openmmlab
def test_random_weights_are_always_the_same_and_said_loudly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, two = (built("mmdet", "rtmdet-tiny@random").network.state_dict() for _ in range(2))
    torch.testing.assert_close(one, two)
    assert "mmdet:rtmdet-tiny@random has RANDOM weights" in capsys.readouterr().err


@needs_openmmlab
def test_a_config_of_ones_own_is_built(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "_base_ = 'mmdet::rtmdet/rtmdet_tiny_8xb32-300e_coco.py'\n"
        "model = dict(bbox_head=dict(num_classes=1))\n"
        "test_dataloader = dict(dataset=dict(metainfo=dict(classes=('person',))))\n"
    )
    detector = MmdetDetector(f"{own}@random", device="cpu")
    assert detector.detect(PICTURE).boxes.shape[1] == 4
    own.write_text("model = dict(type='NoSuchDetector')\n")
    with pytest.raises(ValueError, match=r"own\.py cannot be built: .*NoSuchDetector"):
        MmdetDetector(f"{own}@random", device="cpu")


@needs_openmmlab
def test_what_is_known_of_pictures_is_never_loaded(tmp_path: Path) -> None:
    """Of panoptic networks it needs a package that is not there."""
    own = tmp_path / "own.py"
    text = "_base_ = 'mmdet::rtmdet/rtmdet_tiny_8xb32-300e_coco.py'\n"
    text += (
        "load = [dict(type='LoadImageFromFile'), dict(type='LoadPanopticAnnotations')]\n"
        "dataset = dict(type='CocoPanopticDataset', pipeline=[*load, STEPS])\n"
        "test_dataloader = dict(dataset=dataset)\n"
    )
    resize = "dict(type='Resize', scale=(64, 64), keep_ratio=True), dict(type='PackDetInputs')"
    own.write_text(text.replace("STEPS", resize))
    detector = MmdetDetector(f"{own}@random", device="cpu", threads=1)
    assert detector.detect(np.zeros((64, 64, 3), np.uint8)).boxes.shape == (0, 4)
    own.write_text(text.replace("STEPS", "dict(type='NoSuchStep')"))
    with pytest.raises(ValueError, match=r"how pictures are prepared, and .* here: .*NoSuchStep"):
        MmdetDetector(f"{own}@random", device="cpu")
    own.write_text(text.replace("STEPS", resize).replace("CocoPanopticDataset", "NoSuchSet"))
    with pytest.raises(ValueError, match="neither checkpoint nor config tells the names of the cl"):
        MmdetDetector(f"{own}@random", device="cpu")

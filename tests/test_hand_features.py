"""Features of hands, made before: kept, shown in place of squares, and as good as those."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from datasets.hand_feature_files import (
    are_kept,
    features_path,
    read_features,
    rounded,
    write_features,
)
from recognizers.backbones import backbone_of
from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset, collated
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures, shown, shown_hands
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import GlimpseSensor
from tests.made_clips import waving_or_squatting
from tests.made_samples import seeded
from wildpose.footage import Footage
from wildpose.types import Clip

M, T, SIDE, D = 2, 12, 12, 16
ASKED = Pictures(size=(16, 16), shown=0, hand_px=SIDE)
BACKBONE: dict[str, Any] = {"type": "SmallImage", "stage_channels": (8, D), "frozen": True}


def two_people() -> Clip:
    """The second is seen longest, and the first from the fifth frame on."""
    one, other = waving_or_squatting(2, frames=T)
    joints = np.concatenate([other.joints, one.joints])
    mask = np.ones((M, T), dtype=bool)
    mask[0, :4] = False
    return replace(one, joints=joints * mask[..., None, None], mask=mask)


def footage_with(
    hands: list[npt.NDArray] | None, features: list[npt.NDArray] | None = None
) -> Footage:
    pictures = [np.zeros((16, 16, 3), dtype=np.uint8) for _ in range(T)]
    places = np.full((M, T, 25, 2), 8.0)
    return Footage(pictures, places, np.ones((M, T, 25), bool), hands, features)


def random_squares() -> list[npt.NDArray[np.uint8]]:
    """Each of a colour of its own, and grainy."""
    rng = np.random.default_rng(0)
    colours = rng.uniform(0, 255, (T, 2 * M, 1, 1, 3))
    grain = rng.normal(0, 40, (T, 2 * M, SIDE, SIDE, 3))
    return list(np.clip(colours + grain, 0, 255).astype(np.uint8))


def features_by(sensor: GlimpseSensor, footage: Footage) -> list[npt.NDArray[np.float16]]:
    """What tools/prepare_features.py makes of footage."""
    squares = torch.from_numpy(shown_hands(footage, np.arange(T), SIDE))
    with torch.inference_mode():
        found = sensor(squares[None], torch.ones(1, T, 2 * M, dtype=torch.bool))[0]
    return list(rounded(found.numpy()))


def recognizer_of(people: int) -> ClipRecognizer:
    config = {
        "type": "PoseConditionedAttention", "frames": 6, "units": 8, "crop_size": 16,
        "pose_features": 8, "widths": (3, 4), "rgb_features": 8, "backbone": BACKBONE,
    }  # fmt: skip
    with seeded(0):
        network = network_of(config, joint_set_name="kinect25", people=people, classes=3)
    return ClipRecognizer(
        network=network.eval(),
        config=config,
        class_names=("wave", "squat", "drink"),
        preparation=Preparation(joint_set="kinect25", people=people, axes="kinect"),
        sampling=Sampling(frames=6, moments="bins", views=3, derivatives=True),
        pictures=ASKED,
    )


def sensor_in(recognizer: ClipRecognizer) -> GlimpseSensor:
    sensor = recognizer.network.sensor
    assert isinstance(sensor, GlimpseSensor)
    return sensor


# Shown in place of squares


def test_features_are_of_the_people_and_the_moments_that_are_shown() -> None:
    clip = two_people()
    numbers = [100.0 * t + np.arange(2 * M)[:, None] + np.zeros(D) for t in range(T)]
    clip = replace(clip, footage=footage_with(random_squares(), numbers))
    sampling = Sampling(frames=4, moments="bins")  # of 12: the middle frames of four threes
    for people, rows in ((1, (2, 3)), (2, (0, 1, 2, 3)), (3, (0, 1, 2, 3))):
        preparation = Preparation(joint_set="lcr13", axes="kinect", people=people)
        batch = collated([ClipDataset([clip], [0], preparation, sampling, pictures=ASKED)[0]])
        assert batch.hands is None and batch.hand_features is not None
        assert batch.hand_features.shape == (1, 4, 2 * people, D)
        assert batch.hand_features.dtype == torch.float32
        for t, frame in enumerate((1, 4, 7, 10)):
            wanted = [100 * frame + row for row in rows]
            assert batch.hand_features[0, t, : len(rows), 0].tolist() == wanted
        assert not batch.hand_features[:, :, len(rows) :].any()


@pytest.mark.parametrize("people", [1, 2])
def test_scores_from_features_are_those_from_squares(people: int) -> None:
    recognizer = recognizer_of(people)
    squares = footage_with(random_squares())
    features = features_by(sensor_in(recognizer), squares)
    clip = two_people()
    from_squares, from_features, from_wrong_frames = (
        recognizer.logits([replace(clip, footage=footage)])
        for footage in (
            squares,
            footage_with(None, features),
            footage_with(None, features[1:] + features[:1]),
        )
    )
    np.testing.assert_allclose(from_features, from_squares, atol=2e-5)  # ten times what was found
    assert np.abs(from_wrong_frames - from_squares).max() > 1e-3


def test_a_recognizer_from_a_file_still_looks_at_squares(tmp_path: Path) -> None:
    recognizer = recognizer_of(2)
    squares = footage_with(random_squares())
    features = features_by(sensor_in(recognizer), squares)
    trained = replace(recognizer, pictures=replace(ASKED, hand_features=True))
    trained.save(tmp_path / "recognizer.safetensors")
    loaded = ClipRecognizer.load(tmp_path / "recognizer.safetensors")
    clip = two_people()
    wanted = trained.predict([replace(clip, footage=footage_with(None, features))])
    found = loaded.predict([replace(clip, footage=squares)])
    np.testing.assert_allclose(found, wanted, atol=1e-3)  # its weights are of float16 too


def test_what_happens_to_joints_in_training_leaves_features_and_squares_alike() -> None:
    recognizer = recognizer_of(1)
    squares = footage_with(random_squares())
    both = [squares, footage_with(None, features_by(sensor_in(recognizer), squares))]
    changes = Augmentation(turn=(0.1, 1.0, 0.1), noise=0.02, mirror=0.5, shortest=0.5)
    logits = []
    for footage in both:
        torch.manual_seed(3)
        clip = replace(two_people(), footage=footage)
        samples = ClipDataset(
            [clip], [0], recognizer.preparation, recognizer.sampling, changes, pictures=ASKED
        )
        with torch.inference_mode():
            logits.append(recognizer.network(collated([samples[0] for _ in range(4)])))
    torch.testing.assert_close(logits[1], logits[0], atol=2e-5, rtol=0)
    assert (logits[0][0] - logits[0][1]).abs().max() > 1e-3  # each showing is another


def test_squares_are_shown_where_footage_brings_no_features() -> None:
    found = shown(footage_with(random_squares()), replace(ASKED, hand_features=True), np.arange(3))
    assert found.hand_features is None
    assert found.hands is not None and found.hands.shape == (3, 2 * M, 3, SIDE, SIDE)


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match="hand_features are of squares around hands"):
        Pictures(hand_features=True)
    with pytest.raises(ValueError, match=r"got 12 pictures.* 12 hands, 11 hand_features"):
        footage_with(random_squares(), [np.zeros((4, D))] * 11)


# Which network they are of


def test_a_fingerprint_is_of_one_network_before_and_after_it_was_in_a_file(tmp_path: Path) -> None:
    recognizer = recognizer_of(2)
    recognizer.save(tmp_path / "recognizer.safetensors")
    loaded = ClipRecognizer.load(tmp_path / "recognizer.safetensors")
    found = sensor_in(recognizer).fingerprint()
    assert found.startswith("SmallImage_16_")
    assert sensor_in(loaded).fingerprint() == found


def test_a_fingerprint_is_of_that_network_alone() -> None:
    def made(seed: int = 0, size: int = 16, **changes: Any) -> str:
        with seeded(seed):
            return GlimpseSensor(backbone_of({**BACKBONE, **changes}), size=size).fingerprint()

    others = [made(seed=1), made(size=17), made(stage_channels=(16, D))]
    assert made() == made(frozen=False)  # of the numbers
    assert len({made(), *others}) == 4
    with seeded(0):
        sensor = GlimpseSensor(backbone_of(BACKBONE), size=16)
    vars(sensor.backbone)["size"] = 99  # to which torchvision's bring pictures
    assert sensor.fingerprint() != made()


def test_a_fingerprint_knows_one_changed_number() -> None:
    with seeded(0):
        sensor = GlimpseSensor(backbone_of(BACKBONE), size=16)
    before = sensor.fingerprint()
    with torch.no_grad():
        next(sensor.parameters()).view(-1)[5] += 0.01
    assert sensor.fingerprint() != before


# In files


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    path = tmp_path / "clip.npz"
    path.write_bytes(b"squares")
    return path


def test_features_come_back_as_they_were_kept(footage: Path) -> None:
    path = features_path(footage.parent, "Net_16_ab", "clip")
    assert path == footage.parent / "features_Net_16_ab" / "clip.safetensors"
    features = np.random.default_rng(0).normal(size=(T, 4, D))
    write_features(path, rounded(features), footage=footage)
    found = read_features(path, footage=footage)
    assert len(found) == T and found[0].dtype == np.float16
    np.testing.assert_array_equal(np.stack([found[t] for t in range(T)]), rounded(features))
    np.testing.assert_array_equal(found[-2], found[T - 2])
    np.testing.assert_array_equal(np.stack(found[2:5]), rounded(features)[2:5])
    np.testing.assert_allclose(found[3], features[3], rtol=5e-4)
    with pytest.raises(IndexError):
        found[T]
    assert list(path.parent.iterdir()) == [path]


def test_features_of_footage_that_was_made_anew_are_refused(footage: Path) -> None:
    path = features_path(footage.parent, "Net_16_ab", "clip")
    assert not are_kept(path, footage=footage)
    write_features(path, np.zeros((T, 4, D), np.float16), footage=footage)
    assert are_kept(path, footage=footage)
    footage.write_bytes(b"other squares")
    assert not are_kept(path, footage=footage)
    with pytest.raises(ValueError, match=r"clip.npz was made anew since: run tools/prepare_feat"):
        read_features(path, footage=footage)


def test_a_file_that_is_missing_cut_off_or_another_is_a_line(footage: Path) -> None:
    path = features_path(footage.parent, "Net_16_ab", "clip")
    with pytest.raises(FileNotFoundError, match=r"no features .*: tools/prepare_features.py makes"):
        read_features(path, footage=footage)
    write_features(path, np.zeros((T, 4, D), np.float16), footage=footage)
    whole = path.read_bytes()
    for damaged in (whole[:-10], whole[:20], b"", b"nothing of the kind" * 9):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="no features, or damaged: run tools/prepare_features"):
            read_features(path, footage=footage)
    path.write_bytes(whole.replace(b"wildpose/hand_features/1", b"wildpose/hand_features/9"))
    with pytest.raises(ValueError, match="no features, but of format 'wildpose/hand_features/9'"):
        read_features(path, footage=footage)


@pytest.mark.parametrize("wrong", [7e4, np.inf, np.nan])
def test_numbers_that_would_not_come_back_are_not_kept(wrong: float) -> None:
    features = np.zeros((T, 4, D))
    features[3, 2, 1] = wrong
    with pytest.raises(ValueError, match="must be within 65504"):
        rounded(features)

"""A lifter's file gives the lifter back, and its proposals are anchors plus corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.made_samples import seeded, some_anchors, some_people, tiny_network
from wildpose.lifting.anchors import LEGS, boxes_around, out_of_box
from wildpose.lifting.lcr_model import PROPOSALS, LcrModel

N, K = 12, 10
PEOPLE, ANCHORS = some_people(N), some_anchors(K)
FEATURES = PEOPLE.features()


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def model_of(**changes: Any) -> LcrModel:
    """With scores that differ and corrections of some centimetres."""
    network = tiny_network(2 * K)
    with seeded(1):
        torch.nn.init.normal_(network.classify.weight, std=0.5)
        torch.nn.init.normal_(network.own.weight, std=0.05)
        for layer in (network.common.weight, network.common.bias):
            torch.nn.init.zeros_(layer)
    return replace(LcrModel(ANCHORS, network.eval()), **changes)


def without_corrections() -> LcrModel:
    model = model_of()
    torch.nn.init.zeros_(model.network.own.weight)
    return model


# Scores


def test_class_scores_are_probabilities() -> None:
    scores = model_of().class_scores(FEATURES)
    assert scores.shape == (N, 2 * K)
    assert scores.min() >= 0
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_temperature_divides_the_logits() -> None:
    with torch.inference_mode():
        logits = model_of().network(torch.from_numpy(FEATURES))[0].numpy()
    for temperature in (0.5, 1.0, 4.0):
        exponents = np.exp(logits / temperature)
        wanted = exponents / exponents.sum(axis=1, keepdims=True)
        model = model_of(temperature=temperature)
        np.testing.assert_allclose(model.class_scores(FEATURES), wanted, rtol=1e-4, atol=1e-7)
        _, _, scores, classes = model.proposals(FEATURES, PEOPLE.joints_2d)
        np.testing.assert_allclose(np.take_along_axis(wanted, classes, axis=1), scores, rtol=1e-4)


# Proposals


def test_proposals_are_the_most_probable_classes_in_order() -> None:
    model = model_of()
    _, _, scores, classes = model.proposals(FEATURES, PEOPLE.joints_2d)
    every = model.class_scores(FEATURES)
    assert scores.shape == classes.shape == (N, PROPOSALS) == (N, 16)
    assert (np.diff(scores, axis=1) <= 0).all()
    np.testing.assert_allclose(np.take_along_axis(every, classes, axis=1), scores, atol=1e-6)
    left = np.stack([np.delete(row, own) for row, own in zip(every, classes, strict=True)])
    assert (left.max(axis=1) <= scores[:, -1] + 1e-7).all()


def test_fewer_classes_than_proposals_are_all_proposed() -> None:
    network = tiny_network(6).eval()
    model = LcrModel(some_anchors(3), network)
    classes = model.proposals(FEATURES, PEOPLE.joints_2d)[3]
    np.testing.assert_array_equal(np.sort(classes, axis=1), np.tile(np.arange(6), (N, 1)))


def test_without_corrections_proposals_are_the_anchor_poses_in_the_persons_boxes() -> None:
    joints, pixels, _, classes = without_corrections().proposals(FEATURES, PEOPLE.joints_2d)
    assert (classes < K).any() and (classes >= K).any()
    np.testing.assert_allclose(joints, ANCHORS.joints[classes % K], atol=1e-6)
    for n in range(N):
        seen = PEOPLE.joints_2d[n]
        full, upper = boxes_around(seen), boxes_around(seen[4:])  # hips to head
        for p, k in enumerate(classes[n]):
            wanted = out_of_box(ANCHORS.joints_2d[k], full if k < K else upper)
            np.testing.assert_allclose(pixels[n, p], wanted, atol=1e-4)


def test_proposals_are_anchors_plus_the_corrections_of_their_class() -> None:
    model = model_of()
    joints, pixels, _, classes = model.proposals(FEATURES, PEOPLE.joints_2d)
    plain_joints, plain_pixels, _, _ = without_corrections().proposals(FEATURES, PEOPLE.joints_2d)
    with torch.inference_mode():
        corrections = model.network(torch.from_numpy(FEATURES))[1].numpy()
    chosen = np.take_along_axis(corrections, classes[..., None], axis=1)
    assert np.abs(chosen).max() > 0.005
    np.testing.assert_allclose(
        joints - plain_joints, chosen[..., 26:].reshape(N, -1, 13, 3), atol=1e-5
    )
    seen = PEOPLE.joints_2d
    boxes = np.stack([boxes_around(seen), boxes_around(seen[:, 4:])], axis=1)
    sides = (boxes[..., 2:] - boxes[..., :2])[np.arange(N)[:, None], (classes >= K).astype(int)]
    moved = chosen[..., :26].reshape(N, -1, 13, 2) * sides[:, :, None]
    np.testing.assert_allclose(pixels - plain_pixels, moved, atol=1e-3)


def test_pixels_move_and_grow_with_the_person_and_metres_do_not() -> None:
    model = model_of()
    joints, pixels, scores, _ = model.proposals(FEATURES, PEOPLE.joints_2d)
    other = model.proposals(FEATURES, 2 * PEOPLE.joints_2d + (50, -7))
    np.testing.assert_allclose(other[0], joints, atol=1e-6)
    np.testing.assert_allclose(other[1], 2 * pixels + (50, -7), atol=1e-3)
    np.testing.assert_allclose(other[2], scores)


# Modes


def test_modes_are_where_proposals_gather() -> None:
    model = without_corrections()
    near = replace(model, radius=1e-6).modes(FEATURES, PEOPLE.joints_2d)
    joints, _, scores, classes = model.proposals(FEATURES, PEOPLE.joints_2d)
    # Full and upper twins share their 3D and nothing else is so near: the first mode is the best
    # class's anchor pose, with the scores of both.
    np.testing.assert_allclose(near.joints[:, 0], joints[:, 0], atol=1e-5)
    np.testing.assert_array_equal(near.classes[:, 0], classes[:, 0])
    twins = np.where(classes % K == classes[:, :1] % K, scores, 0).sum(axis=1)
    np.testing.assert_allclose(near.sums[:, 0], twins, rtol=1e-5)
    merged = replace(model, radius=10.0).modes(FEATURES, PEOPLE.joints_2d)
    assert ((merged.scores > 0).sum(axis=1) == 1).all()
    assert (near.scores > 0).sum() > N


def test_as_many_modes_as_asked_for() -> None:
    model = without_corrections()
    assert model.modes(FEATURES, PEOPLE.joints_2d, max_modes=1).joints.shape == (N, 1, 13, 3)
    assert model.modes(FEATURES, PEOPLE.joints_2d).joints.shape == (N, 5, 13, 3)


def test_legs_come_from_full_body_classes_where_there_are_any() -> None:
    model = replace(without_corrections(), radius=10.0)
    mode = model.modes(FEATURES, PEOPLE.joints_2d, max_modes=1).joints_2d[:, 0]
    _, pixels, scores, classes = model.proposals(FEATURES, PEOPLE.joints_2d)
    scores = np.where(scores >= 0.1 / (2 * K), scores, 0)
    legs = np.where(classes >= K, 0.1, 1.0) * scores
    for weights, joints in ((legs, list(LEGS)), (scores, list(range(4, 13)))):
        share = weights / weights.sum(axis=1, keepdims=True)
        wanted = np.einsum("np,npjc->njc", share, pixels[:, :, joints])
        np.testing.assert_allclose(mode[:, joints], wanted, atol=0.01)


def test_nobody_has_no_modes() -> None:
    nobody = PEOPLE[slice(0, 0)]
    assert model_of().modes(nobody.features(), nobody.joints_2d).joints.shape == (0, 5, 13, 3)


# Files


def test_a_model_is_the_same_after_saving_and_loading_but_for_half_precision(
    tmp_path: Path,
) -> None:
    model = model_of(temperature=1.7, radius=0.15)
    with torch.no_grad():
        model.network.anchors.copy_(torch.from_numpy(ANCHORS.flat))
        model.network.common.bias.copy_(5 * model.network.anchors.mean(dim=0))
    model.save(tmp_path / "new folder" / "lifter.safetensors")
    again = LcrModel.load(tmp_path / "new folder" / "lifter.safetensors")
    assert (again.temperature, again.radius) == (1.7, 0.15)
    assert not again.network.training
    assert all(p.dtype == torch.float32 for p in again.network.parameters())
    np.testing.assert_allclose(again.anchors.joints, ANCHORS.joints, atol=1e-6)
    np.testing.assert_allclose(again.anchors.joints_2d, ANCHORS.joints_2d, atol=1e-6)
    torch.testing.assert_close(again.network.anchors, model.network.anchors, atol=0, rtol=0)
    scores, read = (m.class_scores(FEATURES) for m in (model, again))
    np.testing.assert_allclose(read, scores, atol=0.005)
    with torch.inference_mode():
        own, other = (m.network(torch.from_numpy(FEATURES))[1] for m in (model, again))
    torch.testing.assert_close(other, own, atol=1e-3, rtol=0)  # a millimetre
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["lifter.safetensors"]


def test_weights_are_kept_in_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "lifter.safetensors"
    model_of().save(path)
    assert load_file(path)["network.own.weight"].dtype == torch.float16


def saved(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    model_of().save(path)
    with safe_open(path, framework="pt") as file:
        return load_file(path), file.metadata()


def no_lifter(path: Path) -> None:
    save_file({"x": torch.zeros(3)}, path)


def another_format(path: Path) -> None:
    tensors, about = saved(path)
    save_file(tensors, path, metadata=about | {"format": "wildpose-lcr/2"})


def a_tensor_missing(path: Path) -> None:
    tensors, about = saved(path)
    del tensors["anchors.joints"]
    save_file(tensors, path, metadata=about)


def a_weight_missing(path: Path) -> None:
    tensors, about = saved(path)
    for name in [name for name in tensors if name.startswith("network.trunk")]:
        del tensors[name]
    save_file(tensors, path, metadata=about)


def another_shape(path: Path) -> None:
    tensors, about = saved(path)
    save_file(tensors, path, metadata=about | {"network": '{"classes": 4, "depth": 7}'})


def no_temperature(path: Path) -> None:
    tensors, about = saved(path)
    save_file(tensors, path, metadata=about | {"temperature": "warm"})


def truncated(path: Path) -> None:
    saved(path)
    path.write_bytes(path.read_bytes()[:-1000])


def a_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))


def nothing(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_lifter, "not a wildpose lifter: its format is None, expected 'wildpose-lcr/1'"),
        (another_format, "its format is 'wildpose-lcr/2', expected"),
        (a_tensor_missing, r"not whole \(KeyError: 'anchors.joints'"),
        (a_weight_missing, r"not whole \(RuntimeError"),
        (another_shape, r"not whole \(TypeError.*depth"),
        (no_temperature, r"not whole \(ValueError.*warm"),
        (truncated, "no safetensors file"),
        (a_picture, "no safetensors file"),
        (nothing, "no safetensors file"),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "lifter.safetensors"
    spoil(path)
    with pytest.raises(ValueError, match=message) as refusal:
        LcrModel.load(path)
    text = str(refusal.value)
    assert text.startswith(str(path)) and "\n" not in text
    assert len(text) < len(str(path)) + 300


def test_a_file_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="lifter"):
        LcrModel.load(tmp_path / "lifter.safetensors")

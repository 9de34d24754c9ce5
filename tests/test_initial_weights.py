"""Networks of skeletons go on from weights of another training: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from recognizers.graph.network import GraphRecognizer
from recognizers.inputs.batch import ClipBatch
from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.recognizer import ClipRecognizer
from recognizers.skeleton_rnn.network import SkeletonRnn
from tests.made_samples import seeded

J, T = 13, 9
KINDS = pytest.mark.parametrize("kind", ["graph", "rnn", "rnn of two streams"])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def network(kind: str, **changes: Any) -> GraphRecognizer | SkeletonRnn:
    if kind == "graph":
        given = {"joint_set": "lcr13", "width": 6, "depths": (1, 1), "topology": "adaptive"}
        return GraphRecognizer(**{"people": 1, "classes": 4, **given, **changes})
    given = {"joints": J, "units": 5, "layers": 2}
    if kind != "rnn":
        given |= {"streams": ["joint", "joint_motion"], "fusion": "late"}
    return SkeletonRnn(**{"people": 1, "classes": 4, **given, **changes})


def trained(kind: str) -> nn.Module:
    """One that is not as it begins, statistics of batches included."""
    made = network(kind)
    with torch.no_grad():
        for values in made.parameters():
            values.add_(0.1 * torch.randn_like(values))
    made.train()
    made(batch())
    return made.eval()


def batch() -> ClipBatch:
    joints, mask = torch.randn(3, 1, T, J, 3), torch.ones(3, 1, T).bool()
    return ClipBatch(joints, mask, torch.arange(3), torch.full((3,), T))


def checkpoint(made: nn.Module, path: Path) -> str:
    """As the Runner writes it: the network inside a model."""
    state = {f"network.{name}": value for name, value in made.state_dict().items()}
    torch.save({"state_dict": state}, path)
    return str(path)


@KINDS
def test_a_network_begun_with_another_answers_as_it(kind: str, tmp_path: Path) -> None:
    first, clips = trained(kind), batch()
    path = checkpoint(first, tmp_path / "a.pth")
    made = network(kind, initial=path).eval()
    torch.testing.assert_close(made(clips), first(clips), atol=0, rtol=0)


@KINDS
def test_of_other_classes_all_but_the_classifier_is_taken(kind: str, tmp_path: Path) -> None:
    first = trained(kind)
    path = checkpoint(first, tmp_path / "a.pth")
    made, clips = network(kind, initial=path, classes=6), batch()
    there = first.state_dict()
    for name, value in made.state_dict().items():
        own = "classify." in name
        assert not value.any() if own else torch.equal(value, there[name]), name
    # Nothing is preferred at first, and the classifier learns.
    torch.testing.assert_close(
        made.eval()(clips).softmax(1), torch.full((3, 6), 1 / 6), atol=1e-6, rtol=0
    )
    torch.stack(list(made.losses(clips).values())).sum().backward()
    grads = [p.grad for name, p in made.named_parameters() if "classify." in name]
    assert all(grad is not None and bool(grad.any()) for grad in grads)


def test_logits_that_are_cut_at_zero_do_not_begin_there(tmp_path: Path) -> None:
    path = checkpoint(trained("rnn"), tmp_path / "a.pth")
    made = network("rnn", initial=path, classes=6, relu_logits=True)
    assert made.state_dict()["networks.0.classify.weight"].any()


def test_a_recognizer_will_do(tmp_path: Path) -> None:
    first, clips = trained("graph"), batch()
    ClipRecognizer(
        network=first, config={}, class_names=tuple("abcd"),
        preparation=Preparation(joint_set="lcr13"), sampling=Sampling(frames=T),
    ).save(tmp_path / "a.safetensors")  # fmt: skip
    made = network("graph", initial=str(tmp_path / "a.safetensors")).eval()
    torch.testing.assert_close(made(clips), first(clips), atol=0.01, rtol=0)  # as half precision


def test_another_network_is_refused_in_a_line(tmp_path: Path) -> None:
    path = checkpoint(trained("graph"), tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pth is of another network: .* there, .* her"):
        network("graph", initial=path, width=8)
    with pytest.raises(ValueError, match=r"a\.pth is of another network: .* is missing"):
        network("rnn", initial=path)
    with pytest.raises(FileNotFoundError):
        network("rnn", initial=str(tmp_path / "none.safetensors"))

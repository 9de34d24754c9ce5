"""The stages of a training: weights taken over, distances fitted, and a backbone that is frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.backbones import StagedBackbone
from recognizers.backbones.pretrained import Published
from recognizers.glimpse_clouds import GlimpseClouds, network
from recognizers.glimpse_clouds.shrinkage import inverse_factor
from recognizers.inputs.batch import ClipBatch
from tests.made_samples import seeded
from wildpose.tensor_files import write_tensors

F, PX = 2, 16
SMALL = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def small(**changes: Any) -> GlimpseClouds:
    values: dict[str, Any] = {
        "joint_set": "kinect25", "people": 2, "classes": 4, "backbone": SMALL, "crop": 2,
        "attention_units": 7, "worker_units": 6,
    }  # fmt: skip
    return GlimpseClouds(**{**values, **changes})


def kept(made: GlimpseClouds, path: Path) -> str:
    """A file as a training, or a recognizer, writes it."""
    state = made.state_dict()
    if path.suffix == ".safetensors":
        halves = {name: v.half() for name, v in state.items()}
        write_tensors(path, halves, {"format": "wildpose/recognizer/1"})
    else:
        torch.save({"state_dict": {f"network.{n}": v for n, v in state.items()}}, path)
    return str(path)


def same(one: GlimpseClouds, other: GlimpseClouds) -> set[str]:
    """Beginnings of the names of weights that are equal in both, to half precision."""
    there = other.state_dict()
    return {
        name.rpartition(".")[0]
        for name, v in one.state_dict().items()
        if name in there and v.shape == there[name].shape and v.std() > 0
        and torch.allclose(v, there[name], atol=1e-3)
    }  # fmt: skip


def batches(count: int, clips: int = 3) -> list[ClipBatch]:
    nothing = torch.zeros(clips, 2, 1, 25, 3)
    return [
        ClipBatch(
            nothing, nothing[..., 0, 0].bool(), torch.zeros(clips).long(), torch.ones(clips).long(),
            frames=torch.randint(0, 256, (clips, F, 3, PX, PX), dtype=torch.uint8),
        )
        for _ in range(count)
    ]  # fmt: skip


def vectors_of(made: GlimpseClouds, some: list[ClipBatch]) -> Tensor:
    """Of all glimpses, in evaluation."""
    assert made.cloud is not None
    found = []
    with torch.no_grad():
        for batch in some:
            assert batch.frames is not None
            found.append(made.cloud(*made.global_model(batch.frames)).vectors.flatten(0, 2))
    return torch.cat(found)


# Weights


@pytest.mark.parametrize("name", ["best_top1_epoch_3.pth", "recognizer.safetensors"])
def test_the_second_stage_begins_with_the_weights_of_the_first(name: str, tmp_path: Path) -> None:
    first = small(stage="global")
    path = kept(first, tmp_path / name)
    taken = same(small(initial=path), first)
    assert "global_model.pose" in taken
    assert {n for n in taken if "backbone" in n} == {n for n in same(first, first) if "back" in n}
    assert same(small(), first).isdisjoint(taken)
    fused = small(initial=path, fuse_global=True)
    assert "global_model.classify" in same(fused, first)


def test_either_stage_begins_with_what_was_learned_on_another_data_set(tmp_path: Path) -> None:
    other = {"joint_set": "kinect20", "classes": 3}
    for stage in ("global", "clouds"):
        before = small(stage=stage)
        path = kept(before, tmp_path / f"{stage}.pth")
        after = small(stage=stage, initial=path, **other)
        heads = {n for n in same(before, before) if "classify" in n or "pose" in n}
        assert heads
        assert same(before, before) - same(after, before) == heads


def test_a_stage_without_poses_goes_on_from_one_with_them_and_the_other_way(
    tmp_path: Path,
) -> None:
    with_poses, without = small(stage="global"), small(stage="global", pose_weight=0.0)
    for before, weight in ((with_poses, 0.0), (without, 0.1)):
        path = kept(before, tmp_path / "one.pth")
        after = small(initial=path, pose_weight=weight)
        assert {n.partition(".")[0] for n in same(after, before)} == {"global_model"}
        assert "global_model.pose" not in same(after, before)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"backbone": {**SMALL, "stage_channels": (8, 8, 16, 16)}},
            "of another network: global_mo",
        ),
        ({"attention_units": 8}, r"cloud.attention.remember.weight_ih is \(21, 22\) there"),
        ({"attention": "saliency"}, r"cloud.attention.locate.weight is \(4, 15\) there"),
    ],
)
def test_files_of_another_network_are_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = kept(small(), tmp_path / "other.pth")
    with pytest.raises(ValueError, match=message):
        small(initial=path, **changes)


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none\.pth"):
        small(initial=str(tmp_path / "none.pth"))
    with pytest.raises(FileNotFoundError, match="no wildpose recognizer"):
        small(initial=str(tmp_path / "none.safetensors"))
    (tmp_path / "text.pth").write_text("no numbers")
    with pytest.raises(ValueError, match=r"text.pth: no checkpoint of tools/train.py"):
        small(initial=str(tmp_path / "text.pth"))
    torch.save({"state_dict": {}}, tmp_path / "empty.pth")
    with pytest.raises(ValueError, match="is missing there"):
        small(initial=str(tmp_path / "empty.pth"))


# Distances


@pytest.mark.parametrize(
    "changes", [{}, {"distance": "fixed"}, {"attention": "random"}, {"attention": "saliency"}]
)
def test_distances_are_fitted_to_the_glimpses_of_training_clips(changes: dict[str, Any]) -> None:
    made, some = small(**changes), batches(3)
    wanted = inverse_factor(vectors_of(made.eval(), some))
    made.train().prepare(some)
    found = made.cloud.assign.factor  # type: ignore[union-attr]
    assert isinstance(found, Tensor)
    torch.testing.assert_close(found @ found.T, wanted @ wanted.T, atol=1e-3, rtol=1e-3)
    assert (found @ found.T - torch.eye(16)).abs().max() > 0.1
    assert made.training
    assert found.requires_grad == (changes.get("distance") != "fixed")


def test_no_more_clips_are_read_than_needed() -> None:
    some = iter(batches(5))
    small().prepare(some, least=2 * 3 * F * 3)  # two batches of 3 clips, F frames, 3 glimpses
    assert len(list(some)) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"distance": "random"},
        {"attention": "tubes"},
        {"assignment": "sum", "workers": 1},
        {"stage": "global"},
    ],
)
def test_where_there_is_no_distance_to_fit_nothing_changes(changes: dict[str, Any]) -> None:
    made = small(**changes)
    before = {name: v.clone() for name, v in made.state_dict().items()}
    made.prepare(batches(1))
    assert all(torch.equal(v, before[name]) for name, v in made.state_dict().items())
    with pytest.raises(ValueError, match=r"no distance of glimpses to fit|is not fitted"):
        made.fit_distance(torch.randn(9, 16))


def test_a_distance_that_a_file_brought_is_kept(tmp_path: Path) -> None:
    before = small()
    before.prepare(batches(2))
    after = small(initial=kept(before, tmp_path / "one.pth"))
    after.prepare(batches(2))
    assert torch.equal(
        after.cloud.assign.factor,  # type: ignore[union-attr]
        before.cloud.assign.factor,  # type: ignore[union-attr]
    )
    onward = small(initial=kept(small(stage="global"), tmp_path / "two.pth"))
    onward.prepare(batches(2))
    assert not torch.equal(onward.cloud.assign.factor, torch.eye(16))  # type: ignore[union-attr]


def test_no_clips_to_fit_to_are_refused() -> None:
    with pytest.raises(ValueError, match="no clips to fit the distance of glimpses to"):
        small().prepare([])


# A frozen backbone


class TinyVideo(StagedBackbone):
    """Four stages with statistics of batches."""

    stage_channels = (8, 8, 8, 16)
    channels = 16
    published = Published()

    def __init__(self, *, frozen: bool):
        super().__init__(mean=(0.0,) * 3, std=(255.0,) * 3)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv3d(n, m, 1, (1, 2, 2)), nn.BatchNorm3d(m), nn.ReLU())
            for n, m in zip((3, 8, 8, 8), self.stage_channels, strict=True)
        )
        self.settle(pretrained=False, frozen=frozen)

    def forward_stages(self, video: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        first, second, third, last = self.stages
        one = first(video)
        two = second(one)
        three = third(two)
        return one, two, three, last(three)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_backbone_stays_as_it_is_statistics_too(
    frozen: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network, "backbone_of", lambda config: TinyVideo(**config))
    unposed = {"pose_weight": 0.0, "glimpse_weight": 0.0}
    made = small(backbone={"frozen": frozen}, **unposed).train()
    before = {name: v.clone() for name, v in made.state_dict().items()}
    optimizer = torch.optim.SGD([v for v in made.parameters() if v.requires_grad], lr=1.0)
    sum(made.losses(batches(1)[0]).values(), torch.zeros(())).backward()
    optimizer.step()
    moved = {name for name, v in made.state_dict().items() if not torch.equal(v, before[name])}
    backbones = [name for name in before if name.startswith("global_model.backbone.")]
    assert any("running_mean" in name for name in backbones)
    assert all((name in moved) != frozen for name in backbones if "running_mean" in name)
    assert not frozen or not moved.intersection(backbones)
    assert any(name.startswith("cloud.attention.") for name in moved)

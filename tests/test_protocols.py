"""Protocols part lists of names, and refuse names that are of another set in one line."""

from __future__ import annotations

import re

import pytest

from datasets.protocols import SPLITS, Protocol, by_subject, name_parts, parted, protocol_named

NAME = re.compile(r"(?P<subject>s\d)_(?P<take>t\d)")
RULE = by_subject(NAME, {"s1": "train", "s2": "val", "s3": "test"}, of="a set")
PROTOCOL = Protocol(RULE, ("walk", "run"), "a paper; validation: s2, ours")


def test_names_are_parted_in_their_order_and_some_are_left_out() -> None:
    names = ["s3_t1", "s1_t2", "s4_t1", "s2_t1", "s1_t1"]
    assert parted(names, PROTOCOL) == {
        "train": ["s1_t2", "s1_t1"],
        "val": ["s2_t1"],
        "test": ["s3_t1"],
    }


def test_no_names_give_empty_parts() -> None:
    assert parted([], PROTOCOL) == {split: [] for split in SPLITS}


def test_a_name_is_taken_apart_by_its_groups() -> None:
    assert name_parts(NAME, "s7_t2", of="a set") == {"subject": "s7", "take": "t2"}


@pytest.mark.parametrize("name", ["", "s1", "s1_t1.json", "folder/s1_t1", "S001C001P001R001A001"])
def test_a_name_of_another_set_is_refused_rather_than_left_out(name: str) -> None:
    with pytest.raises(ValueError, match=rf"'{re.escape(name)}' is not a name of a clip of a set"):
        RULE(name)


def test_a_protocol_is_found_by_name() -> None:
    assert protocol_named("xsub", {"xsub": PROTOCOL}, of="a set") is PROTOCOL
    assert PROTOCOL.metric == "top1"


def test_an_unknown_protocol_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"^unknown protocol 'xset' of a set: there are xsub, xview$"
    ):
        protocol_named("xset", {"xsub": PROTOCOL, "xview": PROTOCOL}, of="a set")

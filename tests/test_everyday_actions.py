"""The list of everyday actions speaks of every class of every set, by its own rules."""

from __future__ import annotations

from importlib import import_module

import pytest

from datasets.everyday_actions import ACTIONS, CHOICES, RESTING, THROUGHOUT, actions_of
from datasets.pose_sources import SOURCES
from wildpose.windows import BACKGROUND


@pytest.mark.parametrize("source", CHOICES)
def test_every_class_of_a_set_is_decided_and_no_other(source: str) -> None:
    assert set(CHOICES[source]) == set(import_module(f"datasets.{source}").CLASS_NAMES)


def test_sets_are_those_that_train_and_never_those_kept_for_tests() -> None:
    assert set(CHOICES) == set(SOURCES)
    assert not {"deepmimic", "cmu_bvh"} & set(CHOICES)


def test_every_choice_is_an_action_or_nothing_and_has_a_reason() -> None:
    for choices in CHOICES.values():
        for choice in choices.values():
            assert choice.action is None or choice.action in ACTIONS
            assert choice.reason.strip()


def test_every_action_is_somewhere_and_the_background_is_last() -> None:
    there = {action for source in CHOICES for action in actions_of(source)}
    assert there == set(ACTIONS)
    assert list(ACTIONS)[-1] == BACKGROUND
    assert all(ACTIONS.values())
    assert set(ACTIONS) > THROUGHOUT


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("nw_ucla", "carry", "walk"),
        ("nw_ucla", "donning", "put on or take off clothes"),
        ("utd_mhad", "jog", "run"),
        ("utd_mhad", "draw X", BACKGROUND),
        ("utd_mhad", "pickup and throw", None),
        ("msr_action3d", "pickup and throw", None),
        ("bandai", "walk-back", "walk"),
        ("bandai", "raise-up-left-hand", BACKGROUND),
        ("cmu_expmap", "soccer", None),
    ],
)
def test_choices_follow_the_rules(source: str, name: str, action: str | None) -> None:
    assert CHOICES[source][name].action == action


def test_actions_of_a_set_come_in_the_order_of_all_with_rest_where_people_rest() -> None:
    for source in CHOICES:
        order = [list(ACTIONS).index(action) for action in actions_of(source)]
        assert order == sorted(order)
    assert BACKGROUND not in actions_of("nw_ucla")
    assert all(BACKGROUND in actions_of(source) for source in RESTING)

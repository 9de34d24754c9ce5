"""Counts against annotated boxes, each by a case that can be counted by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.tracking_metrics import Annotated, compare

Array = npt.NDArray[np.floating]


def square(x: float) -> tuple[float, float, float, float]:
    return (x, 0, x + 10, 10)


def found(*boxes: tuple[int, float]) -> dict[int, Array]:
    """Id -> the square at x."""
    return {id: np.array(square(x), dtype=float) for id, x in boxes}


def person(number: int, x: float, *, ignore: bool = False) -> Annotated:
    return Annotated(number, square(x), ignore)


def test_everybody_found_under_one_id_is_a_clean_report() -> None:
    annotated = {t: [person(1, 0), person(2, 100)] for t in (0, 10)}
    report = compare(annotated, {t: found((7, 1), (8, 99)) for t in (0, 10)})
    assert (report.frames, report.people, report.found, report.complete_frames) == (2, 4, 4, 2)
    assert (report.switches, report.false_boxes, report.false_ids) == (0, 0, set())
    assert report.ids == {1: [7], 2: [8]}


def test_a_missed_person_makes_the_frame_incomplete() -> None:
    annotated = {0: [person(1, 0), person(2, 100)], 1: [person(1, 0)]}
    report = compare(annotated, {0: found((7, 0)), 1: found((7, 0))})
    assert (report.people, report.found, report.complete_frames) == (3, 2, 1)


def test_a_frame_without_results_counts_as_missed() -> None:
    report = compare({0: [person(1, 0)]}, {})
    assert (report.people, report.found, report.complete_frames) == (1, 0, 0)


def test_a_frame_without_people_is_complete_when_nothing_is_found() -> None:
    report = compare({0: []}, {})
    assert (report.frames, report.people, report.complete_frames) == (1, 0, 1)


def test_a_switch_is_a_found_person_under_another_id_than_last_time() -> None:
    annotated = {t: [person(1, 0)] for t in range(5)}
    results = {0: found((7, 0)), 1: found(), 2: found((7, 0)), 3: found((9, 0)), 4: found((7, 0))}
    report = compare(annotated, results)
    assert report.switches == 2
    assert report.ids == {1: [7, 9, 7]}


def test_two_people_who_exchange_ids_are_two_switches() -> None:
    annotated = {t: [person(1, 0), person(2, 100)] for t in (0, 1)}
    report = compare(annotated, {0: found((7, 0), (8, 100)), 1: found((7, 100), (8, 0))})
    assert (report.found, report.switches) == (4, 2)


def test_frames_are_compared_in_time_order_however_they_are_listed() -> None:
    annotated = {t: [person(1, 0)] for t in (2, 0, 1)}
    report = compare(annotated, {0: found((7, 0)), 1: found((7, 0)), 2: found((9, 0))})
    assert report.ids == {1: [7, 9]}


def test_a_box_covers_a_person_from_half_of_their_union() -> None:
    # Squares of 10 px that are d apart share (10 - d) / (10 + d): 3 -> 0.54, 4 -> 0.43.
    assert compare({0: [person(1, 0)]}, {0: found((7, 3))}).found == 1
    report = compare({0: [person(1, 0)]}, {0: found((7, 4))})
    assert (report.found, report.false_boxes) == (0, 1)
    assert compare({0: [person(1, 0)]}, {0: found((7, 4))}, min_overlap=0.4).found == 1


def test_a_second_box_on_one_person_is_false() -> None:
    report = compare({0: [person(1, 0)]}, {0: found((7, 0), (8, 1))})
    assert (report.found, report.false_boxes, report.ids) == (1, 1, {1: [7]})


def test_boxes_are_given_to_people_so_that_both_are_covered() -> None:
    # Box 7 lies best on person 1 but also covers 2; box 8 covers only 1.
    annotated = {0: [person(1, 0), person(2, 3)]}
    report = compare(annotated, {0: found((7, 1), (8, -2))})
    assert report.ids == {1: [8], 2: [7]}
    assert report.found == 2


def test_a_box_on_an_ignored_person_counts_neither_way() -> None:
    annotated = {0: [person(1, 0), person(2, 100, ignore=True)]}
    report = compare(annotated, {0: found((7, 0), (8, 104))})
    assert (report.people, report.found, report.complete_frames) == (1, 1, 1)
    assert (report.false_boxes, report.false_ids) == (0, set())


def test_a_box_half_on_an_ignored_person_is_excused() -> None:
    assert compare({0: [person(2, 100, ignore=True)]}, {0: found((8, 105))}).false_boxes == 0


def test_a_box_mostly_beside_an_ignored_person_is_false() -> None:
    report = compare({0: [person(2, 100, ignore=True)]}, {0: found((8, 106))})
    assert (report.false_boxes, report.false_ids) == (1, {8})


def test_an_id_is_false_only_if_it_is_never_on_anybody() -> None:
    annotated = {t: [person(1, 0)] for t in (0, 1)}
    results = {0: found((7, 0), (9, 300)), 1: found((7, 500), (9, 300))}
    report = compare(annotated, results)
    assert (report.false_boxes, report.false_ids) == (3, {9})


def test_results_of_frames_that_are_not_annotated_are_not_looked_at() -> None:
    report = compare({0: [person(1, 0)]}, {0: found((7, 0)), 1: found((9, 300))})
    assert (report.frames, report.false_boxes, report.false_ids) == (1, 0, set())


def test_an_id_that_goes_over_to_somebody_else_is_shared() -> None:
    annotated = {0: [person(1, 0)], 1: [person(2, 100)], 2: [person(2, 100)]}
    report = compare(annotated, {0: found((7, 0)), 1: found((7, 100)), 2: found((8, 100))})
    assert report.shared_ids == {7}
    assert report.switches == 1

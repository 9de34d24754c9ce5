"""Real videos against people annotated by eye; they lie beside the checkout or the tests skip."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tools.evaluate_tracking import ANNOTATIONS, boxes_by_frame, read_annotations
from wildpose.pipeline import Pipeline
from wildpose.tracking_metrics import Report, compare

CLIPS = SHARED / "clips.tar"
ANNOTATED = read_annotations(ANNOTATIONS)

pytestmark = pytest.mark.skipif(
    not CLIPS.exists(), reason="the real clips are not beside this checkout"
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    with tarfile.open(CLIPS) as archive:
        archive.extractall(folder, filter="data")
    return folder / "clips"


def report_of(name: str, clips: Path, pipeline: Pipeline) -> Report:
    return compare(ANNOTATED[name], boxes_by_frame(pipeline.run(clips / name)))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name",
    ["walking_side.mp4", "walking_10fps.mp4", "tai_chi.mp4", "yoga.mp4", "lateral_raise.mp4"],
)
def test_the_main_person_is_found_everywhere_under_one_id(
    name: str, clips: Path, pipeline: Pipeline
) -> None:
    report = report_of(name, clips, pipeline)
    assert report.found == report.people
    assert len(report.ids[1]) == 1
    assert report.switches == 0
    assert report.false_ids == set()


@pytest.mark.thorough
def test_three_people_doing_aerobics_are_three_with_their_ids(
    clips: Path, pipeline: Pipeline
) -> None:
    report = report_of("aerobics_three_people.avi", clips, pipeline)
    assert report.complete_frames >= 8  # of 10
    assert report.switches <= 1
    assert report.false_boxes == 0


def test_two_people_who_hug_stay_two(clips: Path, pipeline: Pipeline) -> None:
    report = report_of("ntu_hugging.avi", clips, pipeline)
    assert report.complete_frames >= 8  # of 10
    assert report.switches == 0

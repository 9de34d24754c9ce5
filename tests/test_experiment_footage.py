"""Clips with pictures for networks: which are passed by, and footage that is not what it should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.catalogue import dataset_named
from datasets.footage_files import write_footage
from datasets.footage_index import INDEX, write_index
from recognizers.inputs.pictures import Pictures
from recognizers.training.experiment import Data
from tests.made_clips import waving_or_squatting
from tests.made_hand_footage import NAMES, SIDE, T, make
from tools.experiments import footage as footage_module
from tools.experiments.footage import FootageFolder
from tools.experiments.samples import Samples, described, read_samples
from wildpose.footage import Footage
from wildpose.usage import python_here

ASKED = Pictures(size=(16, 16), shown=0, hand_px=SIDE)
FOLDER = Path("data", "ntu", "footage", "whole_16x16_hands12")
TRAINED, TESTED = NAMES[0], NAMES[-1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path


def samples_of(root: Path, *, pictures: Pictures | None = ASKED, **data: Any) -> Samples:
    return read_samples(Data("ntu60", "xsub", **data), root / "data", pictures=pictures)


def names_in(samples: Samples) -> set[str]:
    return {clip.name for clips in samples.clips.values() for clip in clips}


def test_clips_that_were_left_out_or_have_no_video_are_passed_by_and_counted(root: Path) -> None:
    assert names_in(samples_of(root)) == {*NAMES}
    assert "passed by" not in described(samples_of(root))
    (root / FOLDER / f"{TRAINED}.npz").unlink()
    write_index(root / FOLDER, {TESTED: "cut off"})  # of which an earlier run has left a file
    found = samples_of(root)
    assert names_in(found) == {*NAMES} - {TRAINED, TESTED}
    assert described(found).endswith(
        "; 2 clips without pictures are passed by: 1 left out by tools/prepare_footage.py, "
        "1 without a video"
    )
    assert names_in(samples_of(root, pictures=None)) == {*NAMES}


def test_pictures_that_are_not_complete_are_refused_with_the_command(root: Path) -> None:
    command = (
        f"{python_here()} tools/prepare_footage.py ntu60 --data {root / 'data'} --kept whole "
        "--size 16x16 --hands 12"
    )
    (root / FOLDER / INDEX).write_text("{")
    with pytest.raises(ValueError, match=r"index.json: damaged, or of another version: run tools"):
        samples_of(root)
    (root / FOLDER / INDEX).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        samples_of(root)
    assert f"{root / FOLDER} are not complete" in str(caught.value)
    assert command in str(caught.value)


def test_clips_that_were_added_since_are_refused_with_the_command(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = replace(
        dataset_named("ntu60"), recordings=lambda _: iter((name, pytest.fail) for name in NAMES)
    )
    monkeypatch.setattr(footage_module, "dataset_named", lambda *_: chosen)
    (root / FOLDER / f"{TRAINED}.npz").unlink()
    (root / FOLDER / f"{TESTED}.npz").unlink()
    with pytest.raises(FileNotFoundError, match=f"no pictures of {TRAINED}, nor of 1 other clips"):
        samples_of(root)
    write_index(root / FOLDER, {TRAINED: "cut off", TESTED: "cut off"})
    assert samples_of(root).passed_by == {"left out by tools/prepare_footage.py": 2}


def test_a_share_is_of_the_same_clips_whether_or_not_pictures_are_asked_for(root: Path) -> None:
    def trained(pictures: Pictures | None) -> list[str]:
        clips = samples_of(root, pictures=pictures, share=0.5).clips["train"]
        return [clip.name for clip in clips]

    chosen = trained(None)
    (root / FOLDER / f"{chosen[0]}.npz").unlink()
    assert trained(ASKED) == chosen[1:]


def test_footage_of_another_skeleton_is_a_line_and_not_shown(tmp_path: Path) -> None:
    clip = replace(waving_or_squatting(1, frames=T)[0], name="clip")
    folder = FootageFolder(tmp_path)
    pictures = list(np.zeros((T, 8, 8, 3), dtype=np.uint8))
    for people, frames, fits in ((1, T, True), (2, T, False), (1, T - 1, False)):
        seen = np.ones((people, frames, clip.joints.shape[2]), dtype=bool)
        places = np.zeros((*seen.shape, 2))
        write_footage(folder.file_of("clip"), Footage(pictures[:frames], places, seen))
        if fits:
            assert len(folder(clip).pictures) == T
            continue
        with pytest.raises(ValueError, match=r"clip.npz: made of another skeleton, .* run tools/p"):
            folder(clip)

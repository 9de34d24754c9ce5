"""What all loaders share: bad files are named and passed by, and numbers stay finite."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from datasets.reading import single_precision, usable
from wildpose.types import Clip

LOG = logging.getLogger(__name__)


def read(path: Path) -> Clip:
    if path.stem == "good":
        return Clip(np.zeros((1, 2, 13, 3)), np.ones((1, 2), bool), "lcr13", 30.0, name="good")
    raise ValueError(f"{path}: no JSON" if path.stem == "named" else "joints holds NaN")


def test_every_warning_names_its_file_once(caplog: pytest.LogCaptureFixture) -> None:
    paths = [Path("data/named"), Path("data/good"), Path("data/other")]
    assert [clip.name for clip in usable(paths, read, LOG)] == ["good"]
    assert caplog.messages == [
        "left out: data/named: no JSON",
        "left out: data/other: joints holds NaN",
    ]


def test_an_error_that_is_no_complaint_about_a_file_is_not_hidden() -> None:
    def broken(path: Path) -> Clip:
        raise AttributeError(path)

    with pytest.raises(AttributeError):
        list(usable([Path("a")], broken, LOG))


def test_numbers_of_single_precision_are_the_nearest_to_those_of_double() -> None:
    joints = np.random.default_rng(0).normal(size=(3, 20, 3))
    found = single_precision(Path("a"), joints)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, joints, rtol=6e-8)  # half a unit of the last place


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [np.nan, np.inf, -1e39, 1e300])
def test_a_number_that_is_none_in_single_precision_is_refused(number: float) -> None:
    joints = np.zeros((3, 20, 3))
    joints[1, 2, 0] = number
    with pytest.raises(ValueError, match=r"^folder/a: a joint is not a finite number$"):
        single_precision(Path("folder/a"), joints)

"""The tool that reports a lifter's errors on people of a split that no training saw."""

from __future__ import annotations

import json
from pathlib import Path

import evaluate_lifter
import numpy as np
import pytest

from datasets.lifting_samples import samples_of
from tests.made_samples import some_anchors, some_people, tiny_network
from tests.test_train_lifter import some_looks
from wildpose.exit_codes import USAGE
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_samples import centred
from wildpose.lifting.lcr_validation import frame_errors


@pytest.fixture
def looks(tmp_path: Path) -> Path:
    some_looks(30, 1).save(tmp_path / "looks" / "test" / "looks_0000.npz")
    some_people(25, 2).save(tmp_path / "looks" / "virtual_test.npz")
    return tmp_path / "looks"


def tiny_model() -> LcrModel:
    return LcrModel(some_anchors(3), tiny_network(6))


def test_errors_are_millimetres_of_the_samples(
    looks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_lifter, "VIRTUAL", 25)
    tiny_model().save(tmp_path / "tiny.safetensors")
    arguments = [str(tmp_path / "tiny.safetensors"), "--data", "none", "--looks", str(looks)]
    assert evaluate_lifter.main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    model = LcrModel.load(tmp_path / "tiny.safetensors")
    seen = samples_of(some_looks(30, 1))
    expected = frame_errors(model, seen)
    found = report["tiny.safetensors"]["looks"]
    assert found["top"] == pytest.approx(1000 * expected.top, abs=0.1)
    assert found["best"] <= found["top"]
    assert found["best_below_top"] == pytest.approx(1 - expected.best / expected.top, abs=1e-3)
    guess = np.linalg.norm(centred(seen.joints_3d) - seen.truth, axis=-1).mean()
    assert report["blazepose_mpjpe"]["looks"] == pytest.approx(1000 * guess, abs=0.1)
    assert set(report["tiny.safetensors"]) == {
        f"{part}{rest}"
        for part in ("looks", "looks_with_legs", "virtual")
        for rest in ("", "_without_3d")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--looks", "nowhere"], "no looks in nowhere"), (["missing.safetensors"], "missing")],
)
def test_what_is_missing_is_one_line(
    arguments: list[str],
    message: str,
    looks: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate_lifter, "VIRTUAL", 25)
    options = ["--data", "none", "--looks", str(looks), *arguments]
    assert evaluate_lifter.main(options) == USAGE
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1

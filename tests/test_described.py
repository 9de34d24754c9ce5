"""Networks described as text to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import describe

CONFIGS = Path(__file__).parent.parent / "configs"


def lines_of(capsys: pytest.CaptureFixture, *given: str) -> list[str]:
    assert describe.main(list(given)) == 0
    return capsys.readouterr().out.splitlines()


def cells(lines: list[str], part: str) -> list[str]:
    (line,) = [line for line in lines if line.split("  ")[0] == part or line.strip() == part]
    return line.split()


def test_parts_stand_below_each_other(capsys: pytest.CaptureFixture) -> None:
    lines = lines_of(capsys, str(CONFIGS / "vpn" / "vpn_ntu60_xsub.py"))
    assert lines[0] == "VideoPoseNetwork: 60 classes from joints of kinect25"
    assert "    frames (B, 64, 3, 224, 224)" in lines
    assert "for ntu60 xsub, measured as top1, 93.5 published" in lines
    (rows,) = [line for line in lines if line.startswith("variants ")]
    assert rows.startswith("variants table1_") and len(rows) <= 100
    assert cells(lines, "backbone") == "backbone I3D 12,287,264 all (B, 1024, 8, 7, 7)".split()
    assert cells(lines, "in all") == "in all VideoPoseNetwork 13,858,389 all (B, 60)".split()
    names = [line.split("  ")[0] or line.split()[0] for line in lines[lines.index("") + 2 :]]
    assert names == ["backbone", "attend", *"backbone weigh embed".split(), "head", "classify",
                     "in all"]  # fmt: skip
    assert all(line == line.rstrip() for line in lines)


def test_what_does_not_learn_is_told(capsys: pytest.CaptureFixture) -> None:
    lines = lines_of(capsys, str(CONFIGS / "sta" / "sta_ntu60_xsub.py"))
    (pose,) = [line.split() for line in lines if line.startswith("pose ")]
    assert pose[:4] == "pose PoseStream 24,741,564 0".split()


def test_a_file_tells_what_it_names(capsys: pytest.CaptureFixture) -> None:
    lines = lines_of(capsys, str(CONFIGS.parent / "recognizers" / "everyday13.safetensors"))
    assert lines[0] == "GraphRecognizer: 17 classes from joints of lcr13"
    (named,) = [line for line in lines if line.startswith("names ")]
    assert named.startswith("names walk, run, sit down")
    assert named.endswith(", background")
    (looks,) = [line for line in lines if line.startswith("looks at ")]
    assert looks.startswith("looks at 2 s at 30 frames/s in body axes; says nothing below")

"""What tools/describe.py says of a config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import describe

CONFIG = """
data = {"name": "smarthome", "protocol": "xview1"}
preparation = {"joint_set": "lcr13"}
network = {"type": "SkeletonRnn", "units": 4, "layers": 1}
schedule = {"epochs": 1}
"""


@pytest.mark.parametrize(
    ("data", "metric"),
    [("data.protocol=xview1", "mean_class"), ("data.name=nucla data.protocol=xview3", "top1")],
)
def test_the_metric_is_the_protocols(
    tmp_path: Path, capsys: pytest.CaptureFixture, data: str, metric: str
) -> None:
    path = tmp_path / "config.py"
    path.write_text(CONFIG)
    assert describe.main([str(path), "--cfg-options", *data.split()]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["metric"] == metric

"""Arguments of networks that a config gives: one clear line before anything is built."""

from __future__ import annotations

from typing import Any

import pytest

from recognizers.networks import network_of

STA = {"type": "PoseConditionedAttention", "mode": "pose", "frames": 4}
RNN = {"type": "SkeletonRnn"}


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({**STA, "freeze_pose": "off"}, r"network\.freeze_pose must be True or False, got 'off'"),
        ({**STA, "conditioned": "no"}, r"network\.conditioned must be True or False, got 'no'"),
        ({**STA, "pose_features": -3}, r"network\.pose_features must be 1 or more, got -3"),
        ({**STA, "units": 0}, r"network\.units must be 1 or more, got 0"),
        ({**STA, "spatial_hidden": 0}, r"network\.spatial_hidden must be 1 or more, got 0"),
        ({**STA, "dropout": float("nan")}, r"network\.dropout must be a number, got nan"),
        ({**STA, "people": 1}, r"network\.people: PoseConditionedAttention takes mode"),
        ({**RNN, "unit": 3}, r"network\.unit: SkeletonRnn takes"),
        ({**RNN, "units": "many"}, "SkeletonRnn is not made of {'units': 'many'}"),
    ],
)
def test_what_a_network_does_not_take_is_one_line(network: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        network_of(network, joint_set_name="lcr13", people=1, classes=3)
    assert "\n" not in str(caught.value)

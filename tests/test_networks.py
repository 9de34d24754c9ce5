"""Files that a network begins with: found before a training, and gone from what it ends with."""

from __future__ import annotations

from pathlib import Path

from recognizers.networks import begun, settled

CONFIG = {
    "type": "GlimpseClouds",
    "initial": "{runs}/{config}_first_seed{seed}/recognizer.safetensors",
    "backbone": {"type": "SmallVideo", "pretrained": True, "note": "{seed}"},
}


def test_files_of_a_first_stage_lie_beside_it_and_are_of_the_same_seed() -> None:
    found = begun(CONFIG, runs=Path("some") / "work", name="sta", seed=2)
    assert found == {**CONFIG, "initial": "some/work/sta_first_seed2/recognizer.safetensors"}


def test_braces_of_other_paths_stay(tmp_path: Path) -> None:
    path = str(tmp_path / "{odd}" / "a.safetensors")
    assert begun({"pose_network": path}, runs=Path("work"), name="sta", seed=0) == {
        "pose_network": path
    }


def test_what_is_kept_names_no_files() -> None:
    assert settled(CONFIG) == {
        **CONFIG,
        "initial": None,
        "backbone": {**CONFIG["backbone"], "pretrained": False},
    }

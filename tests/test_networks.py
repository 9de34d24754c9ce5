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


def test_what_is_not_beside_a_training_may_be_one_folder_up(tmp_path: Path) -> None:
    runs = tmp_path / "work" / "fold1"
    config = {"pose_network": "{runs}/{config}_A_seed{seed}/recognizer.safetensors"}

    def file_in(folder: Path) -> Path:
        return folder / "sta_A_seed0" / "recognizer.safetensors"

    def found() -> str:
        return begun(config, runs=runs, name="sta", seed=0)["pose_network"]

    assert found() == str(file_in(runs))  # as the line that misses it says
    for folder in (runs.parent, runs):
        file_in(folder).parent.mkdir(parents=True)
        file_in(folder).touch()
        assert found() == str(file_in(folder))

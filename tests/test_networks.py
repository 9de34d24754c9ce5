"""Files that a network begins with: found before a training, and gone from what it ends with."""

from __future__ import annotations

from pathlib import Path

from datasets.everyday import CLASS_NAMES
from recognizers.networks import begun, settled
from recognizers.stored_weights import stored_weights

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


def test_the_recognizer_that_comes_with_wildpose_has_a_name() -> None:
    found = begun({"initial": "default"}, runs=Path("work"), name="graph", seed=0)["initial"]
    assert Path(found).is_file()
    assert stored_weights(found)["classify.weight"].shape[0] == len(CLASS_NAMES)


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

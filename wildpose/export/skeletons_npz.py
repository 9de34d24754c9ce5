"""skeletons.npz: the arrays of result.json, for NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wildpose.atomic import writing
from wildpose.export.result_json import arrays
from wildpose.joints import joint_set
from wildpose.results import Result


def write_skeletons(path: Path, result: Result) -> None:
    """Write every person's arrays as `person<id>_<name>`, with `ids` and `joint_names`.

    Names, shapes, units and axes are those of result.json; nothing in it needs `allow_pickle`.
    """
    name = result.people[0].skeleton.joint_set if result.people else "lcr13"
    content: dict[str, np.ndarray] = {
        "ids": np.array([person.id for person in result.people], dtype=int),
        "joint_set": np.array(name),
        "joint_names": np.array(joint_set(name).names),
    }
    for person in result.people:
        for field, array in arrays(person).items():
            content[f"person{person.id}_{field}"] = array
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **content)  # type: ignore[arg-type]

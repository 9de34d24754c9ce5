"""Errors of lifters on single frames: python tools/evaluate_lifter.py --data DIR [MODEL...].

On poses of the test split, which no training saw: looks of BlazePose at mannequins, and virtual
views with a fixed seed and the errors of such looks, with and without BlazePose's own 3D. Prints
one JSON object; without MODEL it is the lifter that comes with wildpose.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from datasets.lifting_samples import samples_of
from tools.train_lifter import read_looks, virtual
from wildpose import weights
from wildpose.exit_codes import DONE, USAGE
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_samples import LiftingSamples, centred
from wildpose.lifting.lcr_validation import frame_errors
from wildpose.pose_metrics import joint_errors
from wildpose.usage import Parser

VIRTUAL = 20_000
SEED = 0


def figures(model: LcrModel, parts: dict[str, LiftingSamples]) -> dict[str, dict[str, float]]:
    """Errors in millimetres of each set of samples, with BlazePose's guess and without."""
    found = {}
    for name, samples in parts.items():
        for with_3d in (True, False):
            errors = asdict(frame_errors(model, samples, with_3d=with_3d))
            row = {key: 1000 * errors[key] for key in ("top", "best")}
            row |= {"modes": errors["modes"], "calibration": errors["calibration"]}
            row["best_below_top"] = 1 - errors["best"] / errors["top"]
            key = name if with_3d else f"{name}_without_3d"
            found[key] = {label: round(value, 4) for label, value in row.items()}
    return found


def guesses(parts: dict[str, LiftingSamples]) -> dict[str, float]:
    """MPJPE in millimetres of BlazePose's own 3D, torso-centred."""
    return {
        name: round(1000 * float(joint_errors(centred(s.joints_3d), s.truth).mean()), 2)
        for name, s in parts.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 evaluated; 2 a model or the data are not usable."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("model", type=Path, nargs="*", help=".safetensors; default: the one that is shipped")
    add("--data", type=Path, required=True, help="folder of the skeleton sets")
    add("--looks", type=Path, default=Path("looks"), help="default: %(default)s")
    add("--split", choices=("val", "test"), default="test", help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        looks = read_looks(options.looks / options.split)
        cache = options.looks / f"virtual_{options.split}.npz"
        views = virtual(options.data, looks, options.split, VIRTUAL, cache=cache, seed=SEED)
        paths = options.model or [weights.find("lcr_lifter", offline=True)]
        models = {path.name: LcrModel.load(path) for path in paths}
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    seen = samples_of(looks)
    whole = seen[np.flatnonzero(seen.legs)]
    parts = {"looks": seen, "looks_with_legs": whole, "virtual": views}
    report = {name: figures(model, parts) for name, model in models.items()}
    print(json.dumps({"blazepose_mpjpe": guesses(parts), **report}, indent=1))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

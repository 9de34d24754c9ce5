"""How far skeletons of videos are off the true ones: python tools/measure_noise.py --data DIR.

For augmentation that is as large as what the pipeline does to poses. Compares the true joints of
training takes of `everyday` with a view of each, both prepared as recognizers read them, and tells
the deviations of: the turn of a whole clip about x, y (up) and z; what is wrong with a joint all
through a clip; what changes; and what differs from one frame to the next, as white noise of that
size would. The last line is one JSON object.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from datasets.catalogue import dataset_named
from datasets.everyday import TRUE
from recognizers.inputs.preparation import Preparation
from wildpose.exit_codes import DONE, USAGE
from wildpose.geometry import Array
from wildpose.types import Clip
from wildpose.usage import Parser

VIEW = "seen0"
NORMAL = 1.4826  # times the median of absolute values: the deviation, where they are normal


@dataclass(frozen=True)
class Errors:
    """Of one clip."""

    turn: Array
    """(3,) radians about x, y and z, by which it lies nearest to the truth."""
    staying: Array
    """(J, 3) m, the mean over the frames of what is then left."""
    changing: float
    """m, root mean square of each coordinate about that mean."""
    trembling: float
    """m, the same of half the power of steps between frames: white noise of this size has such."""


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder that holds everyday")
    return parser.parse_args(arguments)


def errors(seen: Array, true: Array) -> Errors:
    """How a clip differs from the truth.

    Args:
        seen: (T, J, 3) m, body axes.
        true: the same.
    """
    turn = Rotation.align_vectors(seen.reshape(-1, 3), true.reshape(-1, 3))[0]
    left = seen - turn.apply(true.reshape(-1, 3)).reshape(true.shape)
    staying = left.mean(axis=0)
    changing = np.sqrt(np.mean((left - staying) ** 2))
    trembling = np.sqrt(np.mean(np.diff(left, axis=0) ** 2) / 2)
    y, x, z = turn.as_euler("yxz")  # about y first: x, in the middle, turns no more than a quarter
    return Errors(np.array([x, y, z]), staying, float(changing), float(trembling))


def pairs(data: Path) -> list[tuple[Clip, Clip]]:
    """A view of each training take, and its truth; those that the view slows down are left out.

    Raises:
        FileNotFoundError, ValueError: the set is not there, or not complete.
    """
    by_take: dict[str, dict[str, Clip]] = {}
    for clip in dataset_named("everyday").clips(data):
        take, _, variant = clip.name.rpartition("/")
        if take.split("/")[1] == "train" and variant in (TRUE, VIEW):
            by_take.setdefault(take, {})[variant] = clip
    both = [(own[VIEW], own[TRUE]) for own in by_take.values() if len(own) == 2]
    return [pair for pair in both if pair[0].joints.shape == pair[1].joints.shape]


def deviations(found: Sequence[Errors]) -> dict[str, float | list[float]]:
    """Of all clips; robust, for some are taken for their backs."""
    turns = np.stack([one.turn for one in found])
    staying = np.stack([one.staying for one in found])
    return {
        "clips": len(found),
        "turn": [round(float(v), 4) for v in NORMAL * np.median(np.abs(turns), axis=0)],
        "taken_for_back": round(float((np.abs(turns[:, 1]) > np.pi / 2).mean()), 4),
        "staying": round(NORMAL * float(np.median(np.abs(staying))), 4),
        "changing": round(float(np.median([one.changing for one in found])), 4),
        "trembling": round(float(np.median([one.trembling for one in found])), 4),
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 measured; 2 the data are not usable."""
    options = options_of(arguments)
    try:
        both = pairs(options.data)
        if not both:
            raise ValueError(f"{options.data}: no training takes of everyday with a view of each")
    except (ValueError, FileNotFoundError) as error:
        print(f"measure_noise: {error}", file=sys.stderr)
        return USAGE
    prepare = Preparation(upright=True).fitted([true for _, true in both])
    found = [errors(prepare(seen)[0][0], prepare(true)[0][0]) for seen, true in both]
    print(json.dumps(deviations(found)))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

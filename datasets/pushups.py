"""Push-ups, done correctly or not: 131 short videos of all kinds of people, rooms and cameras.

From GitHub `riyer8/cs231n-pushfit`, made of public videos; `tools/prepare_videos.py` makes clips of
`pushup/correct/*.mp4` and `pushup/wrong/*.mp4`. `datasets/README.md` says more.

Nobody says who is in a video, but one can see it: most were cut, a push-up each, out of some 50
recordings. So there are two kinds of protocols: `fold1` to `fold5` by file, as if all files were
strangers, and `scene1` to `scene5`, in which a recording is on one side alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from datasets import labelled_videos
from datasets.labelled_videos import files, folds, read, recordings, split_of
from datasets.protocols import Protocol, Split
from wildpose.types import Clip

__all__ = ["CLASS_NAMES", "PROTOCOLS", "SCENES", "clips", "files", "read", "recordings"]

OF = "push-ups"
CLASS_NAMES = ("correct", "wrong")
FOLDS = 5

# Videos of one person in one place, by eye and by how alike their pictures are; in doubt together.
# Some show a mirror image of others. c15 and c17 are one video twice, and so are w45 and w50; of
# w52 and w54 nine frames in ten are the same.
SCENES = tuple(
    tuple(line.split())
    for line in """
    c1 c3 c5 c7 c99 c100 c102 c104 c106 c108 c118
    w29 w30 w32 w34 w36 w38 w41 w43 w45 w47 w49 w50
    c14 c15 c17 c19 w11 w12 w14
    c46 c121 c123 c125 c127 c129 c130
    c24 c26 c28 c31 c33
    c39 c40 w23 w25
    w96 w112 w114 w116
    c64 c80 c86
    c66 w52 w54
    c82 c84 w67
    c116 c136 c138
    c35 c37
    c42 c44
    c51 c53
    c55 c57
    c59 c97
    c60 c62
    c71 c73
    c75 w76
    c77 c88
    c93 c95
    c113 w123
    c132 c134
    w1 w2
    w6 w8
    w18 w21
    w56 w74
    w58 w70
    w61 w72
    w63 w78
    w65 w69
    w81 w83
    w85 w87
    w89 w90
    w92 w94
    w98 w100
    w102 w104
    w106 w121
    c9
    c11
    c12
    c20
    c22
    c48
    c68
    c79
    c91
    c111
    w4
    w16
    w27
    w118
    w125
    """.strip().splitlines()
)


def scene_folds() -> list[list[str]]:
    """Names of the clips in each fold: whole scenes, and about as much of each class.

    A scene goes where there is least yet of what it shows.
    """
    shared = [list[str]() for _ in range(FOLDS)]
    for scene in SCENES:
        kinds = [short[0] for short in scene]
        alike = [sum(kinds.count(short[0]) for short in fold) for fold in shared]
        shared[alike.index(min(alike))].extend(scene)
    return [[_name(short) for short in fold] for fold in shared]


def _name(short: str) -> str:
    """Of a clip: correct_correct7 of c7."""
    word = {name[0]: name for name in CLASS_NAMES}[short[0]]
    return f"{word}_{word}{short[1:]}"


def _by_file() -> dict[str, Protocol]:
    every = sorted((short for scene in SCENES for short in scene), key=lambda s: int(s[1:]))
    by_class = [[_name(s) for s in every if s[0] == name[0]] for name in CLASS_NAMES]
    source = (
        "ours, by file and as much of each class in every fold; people and rooms, and at times one "
        "push-up, are on both sides (scene1 to scene5 keep them apart)"
    )
    made = folds(by_class, CLASS_NAMES, source=source, of=OF, count=FOLDS)
    return {f"fold{i}": protocol for i, protocol in enumerate(made, start=1)}


def _by_scene() -> dict[str, Protocol]:
    shared, made = scene_folds(), {}
    for test in range(FOLDS):
        validation = (test + 1) % FOLDS
        splits: dict[str, Split] = {name: "train" for fold in shared for name in fold}
        splits |= dict.fromkeys(shared[validation], "val")
        splits |= dict.fromkeys(shared[test], "test")
        source = (
            f"ours, by scene as told by eye: fold {test + 1} of {FOLDS} tests and fold "
            f"{validation + 1} validates; what shows one person in one place is on one side"
        )
        made[f"scene{test + 1}"] = Protocol(partial(split_of, splits, of=OF), CLASS_NAMES, source)
    return made


PROTOCOLS = {**_by_file(), **_by_scene()}


def clips(root: Path) -> Iterator[Clip]:
    """All clips by name; one that cannot be used is left out with a warning.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, its index is damaged, or it has other classes.
    """
    return labelled_videos.clips(root, class_names=CLASS_NAMES)

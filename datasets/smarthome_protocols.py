"""Toyota Smarthome's classes, names of clips, and protocols.

Das et al., Toyota Smarthome: real-world activities of daily living, ICCV 2019. The parts are those
of the authors' split lists; the rules here give the same names.
"""

from __future__ import annotations

import re

from datasets.protocols import Protocol, Rule, Split, name_parts

SET = "Toyota Smarthome"
# In the order in which the authors count them. Names of clips have one more, Pour.Fromcup, in 14
# clips: it is no class of the set, and these clips are left out. (The authors' loader looks it up
# in vain and so counts it as the last class.)
CLASS_NAMES = (
    "Cook.Cleandishes",
    "Cook.Cleanup",
    "Cook.Cut",
    "Cook.Stir",
    "Cook.Usestove",
    "Cutbread",
    "Drink.Frombottle",
    "Drink.Fromcan",
    "Drink.Fromcup",
    "Drink.Fromglass",
    "Eat.Attable",
    "Eat.Snack",
    "Enter",
    "Getup",
    "Laydown",
    "Leave",
    "Makecoffee.Pourgrains",
    "Makecoffee.Pourwater",
    "Maketea.Boilwater",
    "Maketea.Insertteabag",
    "Pour.Frombottle",
    "Pour.Fromcan",
    "Pour.Fromkettle",
    "Readbook",
    "Sitdown",
    "Takepills",
    "Uselaptop",
    "Usetablet",
    "Usetelephone",
    "Walk",
    "WatchTV",
)
# Of the cross-view protocols.
CROSS_VIEW_CLASS_NAMES = (
    "Cutbread",
    "Drink.Frombottle",
    "Drink.Fromcan",
    "Drink.Fromcup",
    "Drink.Fromglass",
    "Eat.Attable",
    "Eat.Snack",
    "Enter",
    "Getup",
    "Leave",
    "Pour.Frombottle",
    "Pour.Fromcan",
    "Readbook",
    "Sitdown",
    "Takepills",
    "Uselaptop",
    "Usetablet",
    "Usetelephone",
    "Walk",
)
SUBJECTS: dict[str, Split] = {
    **dict.fromkeys(("03", "04", "06", "07", "09", "12", "13", "15", "17"), "train"),
    **dict.fromkeys(("19", "25"), "val"),
    **dict.fromkeys(("02", "10", "11", "14", "16", "18", "20"), "test"),
}
CAMERAS_1: dict[str, Split] = {"01": "train", "05": "val", "02": "test"}
CAMERAS_2: dict[str, Split] = {
    **dict.fromkeys(("01", "03", "04", "06", "07"), "train"),
    "05": "val",
    "02": "test",
}
# Cook.Cleandishes_p02_r00_v02_c03: what is done, subject, take, video, camera.
NAME = re.compile(
    r"(?P<activity>[A-Za-z]+(?:\.[A-Za-z]+)?)"
    r"_p(?P<subject>\d\d)_r(?P<take>\d\d)_v(?P<video>\d\d)_c(?P<camera>\d\d)"
)


def _rule(part: str, splits: dict[str, Split], class_names: tuple[str, ...]) -> Rule:
    """By a part of the name, the subject or the camera; clips of other classes are left out."""

    def rule(name: str) -> Split | None:
        parts = name_parts(NAME, name, of=SET)
        return splits.get(parts[part]) if parts["activity"] in class_names else None

    return rule


def _protocol(
    part: str, splits: dict[str, Split], class_names: tuple[str, ...], source: str
) -> Protocol:
    return Protocol(_rule(part, splits, class_names), class_names, source, "mean_class")


PROTOCOLS = {
    "xsub": _protocol(
        "subject",
        SUBJECTS,
        CLASS_NAMES,
        "Das et al., ICCV 2019, CS; validation subjects 19 and 25, as in the authors' lists",
    ),
    "xview1": _protocol(
        "camera",
        CAMERAS_1,
        CROSS_VIEW_CLASS_NAMES,
        "Das et al., ICCV 2019, CV1; validation camera 5, as in the authors' lists, which saw 17 "
        "of the 19 classes",
    ),
    "xview2": _protocol(
        "camera",
        CAMERAS_2,
        CROSS_VIEW_CLASS_NAMES,
        "Das et al., ICCV 2019, CV2; validation camera 5, as in the authors' lists, which saw 17 "
        "of the 19 classes",
    ),
}

"""NTU RGB+D 60 and 120: what names say, the actions, and the protocols that papers compare under.

Shahroudy et al., CVPR 2016 (60 actions, setups 1 to 17); Liu et al., TPAMI 2019 (120 actions,
setups 1 to 32). Neither paper publishes which clips validate, so every protocol here has validation
subjects, cut out of its training part: nothing needs to be chosen on the test part.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from datasets.protocols import Protocol, Rule, Split, name_parts

# Setup, camera, subject (performer), replication, action: S001C002P003R002A013.
NAME = re.compile(
    r"S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R(?P<replication>\d{3})"
    r"A(?P<action>\d{3})"
)
HIGHEST = {"setup": 32, "camera": 3, "subject": 106, "replication": 2, "action": 120}
SETUPS_60, SUBJECTS_60, ACTIONS_60 = 17, 40, 60

# A1 to A120, in the words of the set's authors.
CLASS_NAMES = (
    "drink water",
    "eat meal/snack",
    "brushing teeth",
    "brushing hair",
    "drop",
    "pickup",
    "throw",
    "sitting down",
    "standing up (from sitting position)",
    "clapping",
    "reading",
    "writing",
    "tear up paper",
    "wear jacket",
    "take off jacket",
    "wear a shoe",
    "take off a shoe",
    "wear on glasses",
    "take off glasses",
    "put on a hat/cap",
    "take off a hat/cap",
    "cheer up",
    "hand waving",
    "kicking something",
    "put something inside pocket / take out something from pocket",
    "hopping (one foot jumping)",
    "jump up",
    "make a phone call/answer phone",
    "playing with phone/tablet",
    "typing on a keyboard",
    "pointing to something with finger",
    "taking a selfie",
    "check time (from watch)",
    "rub two hands together",
    "nod head/bow",
    "shake head",
    "wipe face",
    "salute",
    "put the palms together",
    "cross hands in front (say stop)",
    "sneeze/cough",
    "staggering",
    "falling",
    "touch head (headache)",
    "touch chest (stomachache/heart pain)",
    "touch back (backache)",
    "touch neck (neckache)",
    "nausea or vomiting condition",
    "use a fan (with hand or paper)/feeling warm",
    "punching/slapping other person",
    "kicking other person",
    "pushing other person",
    "pat on back of other person",
    "point finger at the other person",
    "hugging other person",
    "giving something to other person",
    "touch other person's pocket",
    "handshaking",
    "walking towards each other",
    "walking apart from each other",
    "put on headphone",
    "take off headphone",
    "shoot at the basket",
    "bounce ball",
    "tennis bat swing",
    "juggling table tennis balls",
    "hush (quiet)",
    "flick hair",
    "thumb up",
    "thumb down",
    "make ok sign",
    "make victory sign",
    "staple book",
    "counting money",
    "cutting nails",
    "cutting paper (using scissors)",
    "snapping fingers",
    "open bottle",
    "sniff (smell)",
    "squat down",
    "toss a coin",
    "fold paper",
    "ball up paper",
    "play magic cube",
    "apply cream on face",
    "apply cream on hand back",
    "put on bag",
    "take off bag",
    "put something into a bag",
    "take something out of a bag",
    "open a box",
    "move heavy objects",
    "shake fist",
    "throw up cap/hat",
    "hands up (both hands)",
    "cross arms",
    "arm circles",
    "arm swings",
    "running on the spot",
    "butt kicks (kick backward)",
    "cross toe touch",
    "side kick",
    "yawn",
    "stretch oneself",
    "blow nose",
    "hit other person with something",
    "wield knife towards other person",
    "knock over other person (hit with body)",
    "grab other person's stuff",
    "shoot at other person with a gun",
    "step on foot",
    "high-five",
    "cheers and drink",
    "carry something with other person",
    "take a photo of other person",
    "follow other person",
    "whisper in other person's ear",
    "exchange things with other person",
    "support somebody with one's hand",
    "finger-guessing game (playing rock-paper-scissors)",
)

TRAIN_60 = frozenset((1, 2, 4, 5, 8, 9, *range(13, 20), 25, 27, 28, 31, 34, 35, 38))
TRAIN_120 = TRAIN_60 | {
    *(45, 46, 47, 49, 50, *range(52, 60), 70, 74, 78, *range(80, 87), 89),
    *(*range(91, 96), 97, 98, 100, 103),
}
# The last seven that train, of Le Roux 2017 (section 3.1.1: validation is half as big as the test).
VALIDATION_60 = frozenset((25, 27, 28, 31, 34, 35, 38))
# Five of those who came with NTU 120, for its actions 61 to 120: all train by subject, and the
# list of missing skeletons names each of them in an even setup, so that they train by setup too.
VALIDATION_120 = VALIDATION_60 | {46, 54, 70, 74, 91}
TRAIN_CAMERAS = frozenset((2, 3))


def numbers_in(name: str) -> dict[str, int]:
    """What a name says: setup, camera, subject, replication and action, all counted from 1.

    Raises:
        ValueError: no clip of NTU RGB+D 120 is called so.
    """
    numbers = {key: int(text) for key, text in name_parts(NAME, name, of="NTU RGB+D").items()}
    for key, number in numbers.items():
        if not 1 <= number <= HIGHEST[key]:
            raise ValueError(
                f"{name!r} is not a name of a clip of NTU RGB+D: {key} {number} is not between 1 "
                f"and {HIGHEST[key]}"
            )
    return numbers


def _rule(
    trains: Callable[[dict[str, int]], bool], validation: frozenset[int], *, only_60: bool
) -> Rule:
    """The rule of a protocol.

    Args:
        trains: whether a clip is of the training part, by its numbers.
        validation: subjects who validate, of the training part.
        only_60: leave out what came with NTU RGB+D 120.
    """

    def rule(name: str) -> Split | None:
        numbers = numbers_in(name)
        if only_60 and (numbers["setup"] > SETUPS_60 or numbers["action"] > ACTIONS_60):
            return None
        if not trains(numbers):
            return "test"
        return "val" if numbers["subject"] in validation else "train"

    return rule


PROTOCOLS_60 = {
    "xsub": Protocol(
        _rule(lambda n: n["subject"] in TRAIN_60, VALIDATION_60, only_60=True),
        CLASS_NAMES[:ACTIONS_60],
        "cross-subject of Shahroudy et al., CVPR 2016: 20 of 40 subjects train, the others test; "
        f"validation: training subjects {sorted(VALIDATION_60)}, as Le Roux 2017",
    ),
    "xview": Protocol(
        _rule(lambda n: n["camera"] in TRAIN_CAMERAS, VALIDATION_60, only_60=True),
        CLASS_NAMES[:ACTIONS_60],
        "cross-view of Shahroudy et al., CVPR 2016: cameras 2 and 3 train, camera 1 tests; "
        f"validation: subjects {sorted(VALIDATION_60)} before cameras 2 and 3, ours",
    ),
}
PROTOCOLS_120 = {
    "xsub": Protocol(
        _rule(lambda n: n["subject"] in TRAIN_120, VALIDATION_120, only_60=False),
        CLASS_NAMES,
        "cross-subject of Liu et al., TPAMI 2019: 53 of 106 subjects train, the others test; "
        f"validation: training subjects {sorted(VALIDATION_120)}, ours",
    ),
    "xset": Protocol(
        _rule(lambda n: n["setup"] % 2 == 0, VALIDATION_120, only_60=False),
        CLASS_NAMES,
        "cross-setup of Liu et al., TPAMI 2019: even setups train, odd ones test; "
        f"validation: subjects {sorted(VALIDATION_120)} in even setups, ours",
    ),
}

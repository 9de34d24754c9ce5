"""The everyday actions that wildpose's own recognizer knows, and what each set's classes become.

Made from what the sets are and from their true joints alone, before anything was trained on it or
tried on videos. The rules:

- An action is one that people name, and that shows on 13 joints: no hands, no feet, no things.
- Two classes that such joints cannot tell apart are one action, if one name is true of both.
- An action that a single set has is kept where legs or trunk show it, or both arms for seconds;
  short moves of the arms alone are background.
- Background is what the body does visibly otherwise than in any action: gestures, and rest.
- Left out is what would teach two things at once: two actions in one take, and motions that look
  like an action without being one.
"""

from __future__ import annotations

from dataclasses import dataclass

from wildpose.windows import BACKGROUND

ACTIONS = {
    "walk": "steps, in any direction, also in place or with something in the arms",
    "run": "runs or jogs, also in place",
    "sit down": "from standing to a seat",
    "stand up": "from a seat to standing",
    "pick up": "bends or crouches, and takes something from the floor",
    "throw": "throws overarm with one arm",
    "wave": "waves with one or both hands held up",
    "clap": "claps the hands before the body",
    "punch": "strikes with a fist",
    "kick": "kicks with a foot",
    "swing bat or racket": "swings something from the side with the trunk behind it",
    "bow": "bends the trunk with straight legs, and rises again",
    "squat": "lowers the body on both legs, and rises again",
    "lunge": "steps far forward, knees bent, and comes back",
    "jump": "leaves the floor with both feet",
    "put on or take off clothes": "gets into or out of a jacket",
    BACKGROUND: "gestures without a name here, and rest: standing or sitting still",
}
"""Action -> what counts as it; the background last."""


@dataclass(frozen=True)
class Choice:
    """What becomes of a class of a data set."""

    action: str | None
    """A name in ACTIONS; None: left out."""
    reason: str


def _same(action: str) -> Choice:
    return Choice(action, "the same action")


def _gesture(what: str) -> Choice:
    return Choice(BACKGROUND, f"{what}: a gesture of the arms, unlike any action here")


_DRAWING = _gesture("a hand draws in the air")
_RAISED = _gesture("hands go up and stay there")
_TWO_IN_ONE = "two actions in one take"
_SERVE = Choice(None, "overarm: a throw to 13 joints, and a swing by name")
_CATCH = Choice(None, "an arm goes out and comes back, as in a punch or a short wave")

CHOICES: dict[str, dict[str, Choice]] = {
    "nw_ucla": {
        "pick up with one hand": Choice("pick up", "one hand or two: the body does the same"),
        "pick up with two hands": Choice("pick up", "one hand or two: the body does the same"),
        "drop trash": Choice(None, "people bend down to the bin: as they do to pick up"),
        "walk around": _same("walk"),
        "sit down": _same("sit down"),
        "stand up": _same("stand up"),
        "donning": Choice(
            "put on or take off clothes", "off is on in reverse; cloth and fingers would tell"
        ),
        "doffing": Choice(
            "put on or take off clothes", "off is on in reverse; cloth and fingers would tell"
        ),
        "throw": _same("throw"),
        "carry": Choice("walk", "people walk; what they carry is not seen"),
    },
    "utd_mhad": {
        "swipe left": _gesture("a hand sweeps aside"),
        "swipe right": _gesture("a hand sweeps aside"),
        "wave": _same("wave"),
        "clap": _same("clap"),
        "throw": _same("throw"),
        "arm cross": _gesture("the arms are crossed"),
        "basketball shoot": Choice(None, "both arms go up and out: a throw only by name"),
        "draw X": _DRAWING,
        "draw circle (clockwise)": _DRAWING,
        "draw circle (counter clockwise)": _DRAWING,
        "draw triangle": _DRAWING,
        "bowling": Choice(None, "an underarm throw out of a lunge: neither of the two"),
        "boxing": _same("punch"),
        "baseball swing": _same("swing bat or racket"),
        "tennis swing": _same("swing bat or racket"),
        "arm curl": Choice(BACKGROUND, "a short move of the arms alone, of a single set"),
        "tennis serve": _SERVE,
        "push": Choice(None, "both hands go forward: a punch to 13 joints"),
        "knock": Choice(None, "a raised hand goes to and fro: a wave to 13 joints"),
        "catch": _CATCH,
        "pickup and throw": Choice(None, _TWO_IN_ONE),
        "jog": Choice("run", "jogging in place"),
        "walk": _same("walk"),
        "sit to stand": _same("stand up"),
        "stand to sit": _same("sit down"),
        "lunge": Choice("lunge", "of a single set, but legs and trunk show it"),
        "squat": Choice("squat", "of a single set, but legs and trunk show it"),
    },
    "msr_action3d": {
        "high arm wave": _same("wave"),
        "horizontal arm wave": Choice(None, "a wave by name, a hand that sweeps aside by motion"),
        "hammer": Choice(None, "an arm comes down from above, as in a throw"),
        "hand catch": _CATCH,
        "forward punch": _same("punch"),
        "high throw": _same("throw"),
        "draw x": _DRAWING,
        "draw tick": _DRAWING,
        "draw circle": _DRAWING,
        "hand clap": _same("clap"),
        "two hand wave": _same("wave"),
        "side boxing": _same("punch"),
        "bend": Choice(None, "as deep as to pick up, knees bent; the tracker loses most of them"),
        "forward kick": _same("kick"),
        "side kick": _same("kick"),
        "jogging": Choice("run", "jogging in place"),
        "tennis swing": _same("swing bat or racket"),
        "tennis serve": _SERVE,
        "golf swing": _same("swing bat or racket"),
        "pickup and throw": Choice(None, _TWO_IN_ONE),
    },
    "bandai": {
        "bow": Choice("bow", "of a single set, but the trunk shows it"),
        "bye": Choice("wave", "waves goodbye with one hand"),
        "byebye": Choice("wave", "waves goodbye with both hands"),
        "call": Choice(None, "two takes, in which people bow and then raise a hand"),
        "dance-short": Choice(
            None, "one take of a minute, with parts that look like other actions"
        ),
        "dash": Choice("run", "runs fast"),
        "guide": _gesture("an arm shows the way"),
        "kick": _same("kick"),
        "punch": _same("punch"),
        "raise-up-both-hands": _RAISED,
        "raise-up-left-hand": _RAISED,
        "raise-up-right-hand": _RAISED,
        "respond": _RAISED,
        "run": _same("run"),
        "slash": Choice(None, "a sword comes down from above, as a throwing arm does"),
        "walk": _same("walk"),
        "walk-back": Choice("walk", "backwards"),
        "walk-left": Choice("walk", "sideways"),
        "walk-right": Choice("walk", "sideways"),
        "walk-turn-left": Choice("walk", "in a curve"),
        "walk-turn-right": Choice("walk", "in a curve"),
        "wave-both-hands": _same("wave"),
        "wave-left-hand": _same("wave"),
        "wave-right-hand": _same("wave"),
    },
    "cmu_expmap": {
        "basketball": Choice(None, "dribbling while standing, walking or running"),
        "basketball_signal": _gesture("a referee's signs, where no hand is above the shoulders"),
        "directing_traffic": Choice(None, "one usable take, much of it like waving"),
        "jumping": Choice("jump", "of a single set, but legs and trunk show it"),
        "running": _same("run"),
        "soccer": Choice(None, "runs up and kicks: " + _TWO_IN_ONE),
        "walking": _same("walk"),
        "walking_extra": _same("walk"),
        "washwindow": Choice(None, "one take, of a hand that moves as in waving"),
    },
}
"""Folder of a data set below DATA -> its class -> what becomes of it."""

THROUGHOUT = frozenset({"walk", "run", "put on or take off clothes"})
"""Actions of which every moment is one: any part of a long take shows them."""

RESTING = {
    "utd_mhad": frozenset({"sit down", "stand up", None}),
    "msr_action3d": frozenset({None}),
}
"""Data set -> actions (None: what is left out) whose takes give their stillest moment to the
background: people sit or stand still before and after. Takes of N-UCLA end before anybody rests."""


def actions_of(source: str) -> tuple[str, ...]:
    """The actions that a data set has, in the order of ACTIONS.

    Args:
        source: a name in CHOICES.
    """
    there = {choice.action for choice in CHOICES[source].values()}
    if source in RESTING:
        there.add(BACKGROUND)
    return tuple(action for action in ACTIONS if action in there)

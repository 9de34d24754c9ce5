"""What a recognizer says of unseen captures: python tools/evaluate_unseen.py --data DIR.

Windows of DeepMimic and CMU's BVH files, which no training uses. Their motions are listed here as
one of the everyday actions or as none of them; a row says in what share of its windows the right
action was named, a wrong one, or none. The last line is one JSON object.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import json
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import numpy as np

from datasets.pose_sources import FRAME_RATE, motions_of
from wildpose.alignment import HALF_TURN
from wildpose.devices import add_device, check_there
from wildpose.exit_codes import DONE, USAGE
from wildpose.joints import convert
from wildpose.recognition import Recognizer, load_recognizer
from wildpose.types import SkeletonSequence
from wildpose.usage import Parser
from wildpose.windows import BACKGROUND, clips, spans

STRIDE_S = 1.0
# Group -> (action, None for none of the list; takes by set). Left out are takes that show several,
# as the climbing frame on which people also sit and jump, and dribbling while walking.
GROUPS: dict[str, tuple[str | None, dict[str, tuple[str, ...]]]] = {
    "walk": (
        "walk",
        {
            "cmu_bvh": ("002_02", "007_*"),
            "deepmimic": ("humanoid3d_walk", "humanoid3d_long_walk*"),
        },
    ),
    "walk on uneven ground": ("walk", {"cmu_bvh": ("003_*",)}),
    "walk as a thief or a zombie": ("walk", {"deepmimic": ("*stealthy*", "*zombie*")}),
    "run, jog": ("run", {"cmu_bvh": ("002_03",), "deepmimic": ("*_run", "*_jog")}),
    "jump": ("jump", {"deepmimic": ("*_jump",)}),
    "kick, spinning kick": ("kick", {"deepmimic": ("*kick",)}),
    "punch": ("punch", {"cmu_bvh": ("002_05",), "deepmimic": ("*_punch",)}),
    "ballet": (None, {"cmu_bvh": ("005_0[2-9]", "005_1*", "005_20")}),
    "other dances": (None, {"deepmimic": ("*_dance_*",)}),
    "swordplay": (None, {"cmu_bvh": ("002_0[789]",)}),
    "wash oneself": (None, {"cmu_bvh": ("002_10",)}),
    "flips, rolls, spins": (
        None, {"deepmimic": ("*flip", "*cartwheel", "*_roll", "*_spin", "*_crawl")},
    ),
}  # fmt: skip


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder that holds cmu_bvh and deepmimic")
    add("--recognizer", default="default", metavar="NAME|PATH", help="default: %(default)s")
    add_device(parser, "a recognizer of a file runs")
    return parser.parse_args(arguments)


def sequences(data: Path) -> Iterator[tuple[str, SkeletonSequence]]:
    """(group, motion) of every take of a group, lcr13, camera axes.

    Raises:
        FileNotFoundError: a set is not there.
    """
    for source in ("cmu_bvh", "deepmimic"):
        loader = import_module(f"datasets.{source}")
        for clip in loader.clips(data / source):
            group = group_of(source, clip.name)
            if group is None or loader.split_of(clip) != "test":
                continue
            for motion in motions_of(clip, source):
                joints = convert(motion.joints, "kinect25", "lcr13") * HALF_TURN
                yield (
                    group,
                    SkeletonSequence(
                        joints=joints,
                        scores=np.ones(joints.shape[:2]),
                        times=np.arange(len(joints)) / FRAME_RATE,
                        joint_set="lcr13",
                        axes="camera",
                    ),
                )


def group_of(source: str, name: str) -> str | None:
    """The group that a take belongs to."""
    for group, (_, takes) in GROUPS.items():
        if any(fnmatch(name, pattern) for pattern in takes.get(source, ())):
            return group
    return None


def said(sequence: SkeletonSequence, recognizer: Recognizer) -> list[str | None]:
    """What is named in each window; None where nothing is."""
    cuts = spans(sequence.times, window_s=recognizer.window_s, stride_s=STRIDE_S)
    if not cuts:
        return []
    windows = list(clips(sequence, cuts, frame_rate=recognizer.frame_rate))
    scores = recognizer.predict(windows)
    best = [str(recognizer.class_names[a]) for a in scores.argmax(axis=1)]
    sure = scores.max(axis=1) >= recognizer.min_score
    return [
        name if ok and name != BACKGROUND else None for name, ok in zip(best, sure, strict=True)
    ]


def table(data: Path, recognizer: Recognizer) -> dict[str, dict[str, float | str | None]]:
    """The figures of every group."""
    names: dict[str, list[str | None]] = {group: [] for group in GROUPS}
    for group, sequence in sequences(data):
        names[group] += said(sequence, recognizer)
    found: dict[str, dict[str, float | str | None]] = {}
    for group, (action, _) in GROUPS.items():
        n = max(len(names[group]), 1)
        right = sum(name == action and name is not None for name in names[group]) / n
        silent = sum(name is None for name in names[group]) / n
        found[group] = {
            "action": action,
            "windows": len(names[group]),
            "right": round(right, 4),
            "wrong": round(max(0.0, 1 - right - silent), 4),
            "nothing": round(silent, 4),
        }
    return found


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 evaluated; 2 the data or the recognizer are not usable."""
    options = options_of(arguments)
    try:
        check_there(options.device, half=None)
        found = table(options.data, load_recognizer(options.recognizer, device=options.device))
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return USAGE
    print("| motion | action of the list | windows | right | wrong | nothing |")
    print("|---|---|---:|---:|---:|---:|")
    for group, row in found.items():
        shares = " | ".join(f"{row[name]:.0%}" for name in ("right", "wrong", "nothing"))
        print(f"| {group} | {row['action'] or 'none'} | {row['windows']} | {shares} |")
    print(json.dumps(found))
    return DONE


if __name__ == "__main__":
    sys.exit(main())

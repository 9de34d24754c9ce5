"""How well people were followed: found, missed, switched and false, against annotated boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from wildpose.boxes import intersection, overlap

Array = npt.NDArray[np.floating]
MIN_OVERLAP = 0.5  # as in the MOT benchmarks
IGNORED_SHARE = 0.5  # of a found box that lies in an ignored one: it counts neither way


@dataclass(frozen=True)
class Annotated:
    """One person in one annotated frame."""

    person: int
    """The same number for the same human through the clip."""
    box: tuple[float, float, float, float]
    """px, x0 y0 x1 y1, around the visible body."""
    ignore: bool = False
    """True where finding the person or not counts neither way: tiny, hidden, or a part only."""


@dataclass
class Report:
    """Counts over the annotated frames of one clip."""

    frames: int = 0
    """Annotated frames."""
    people: int = 0
    """Annotated people, summed over frames, without the ignored."""
    found: int = 0
    """Of those, how many a result box covers."""
    complete_frames: int = 0
    """Frames in which everybody was found."""
    switches: int = 0
    """Times a person is found under another id than when last found."""
    false_boxes: int = 0
    """Result boxes on nobody, summed over frames."""
    false_ids: set[int] = field(default_factory=set)
    """Ids that are on nobody wherever they were checked."""
    ids: dict[int, list[int]] = field(default_factory=dict)
    """Annotated person -> ids, in order, without repetitions."""

    @property
    def shared_ids(self) -> set[int]:
        """Ids that were on more than one annotated person: the track went over to somebody else."""
        owners = Counter(id for ids in self.ids.values() for id in set(ids))
        return {id for id, count in owners.items() if count > 1}


def compare(
    annotated: Mapping[int, Sequence[Annotated]],
    found: Mapping[int, Mapping[int, Array]],
    *,
    min_overlap: float = MIN_OVERLAP,
) -> Report:
    """Match found to annotated people frame by frame, best overlaps first (Hungarian).

    Args:
        annotated: frame index -> everyone there.
        found: frame index -> id -> (4,) px box; frames without anybody may be missing.
        min_overlap: intersection over union from which a box is on a person.
    """
    report = Report(frames=len(annotated))
    seen_on_somebody: set[int] = set()
    seen: set[int] = set()
    for frame in sorted(annotated):
        boxes = found.get(frame, {})
        real = [a for a in annotated[frame] if not a.ignore]
        ignored = [a for a in annotated[frame] if a.ignore]
        pairs = _matches(real, boxes, min_overlap)
        report.people += len(real)
        report.found += len(pairs)
        report.complete_frames += len(pairs) == len(real)
        for person, id in pairs.items():
            history = report.ids.setdefault(person, [])
            report.switches += bool(history) and history[-1] != id
            if not history or history[-1] != id:
                history.append(id)
        loose = {id: box for id, box in boxes.items() if id not in pairs.values()}
        excused = {id for id, box in loose.items() if _is_ignored(box, ignored)}
        report.false_boxes += len(loose) - len(excused)
        seen |= set(boxes)
        seen_on_somebody |= set(pairs.values()) | excused
    report.false_ids = seen - seen_on_somebody
    return report


def _matches(
    real: Sequence[Annotated], boxes: Mapping[int, Array], min_overlap: float
) -> dict[int, int]:
    """Annotated person -> id."""
    if not real or not boxes:
        return {}
    ids = list(boxes)
    shared = overlap(np.array([a.box for a in real]), np.stack([boxes[id] for id in ids]))
    rows, columns = linear_sum_assignment(-np.where(shared >= min_overlap, shared, 0))
    return {
        real[r].person: ids[c]
        for r, c in zip(rows, columns, strict=True)
        if shared[r, c] >= min_overlap
    }


def _is_ignored(box: Array, ignored: Sequence[Annotated]) -> bool:
    area = max(float(np.prod(box[2:] - box[:2])), 1e-9)
    return any(intersection(box, np.array(a.box)) >= IGNORED_SHARE * area for a in ignored)

"""One person's track as it grows, and whether to believe in it at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wildpose.appearance import clothes
from wildpose.joints import convert, convert_scores
from wildpose.tracking import Sighting
from wildpose.types import Frame, Keypoints, Track

Array = npt.NDArray[np.floating]
# People whom the detector finds again less often than this share are doubted, and not reported
# where they were seen for less than a second, or move more from frame to frame than people do. On
# the 13 annotated clips people's unrest is below 0.04 at their own rates, and up to 0.07 at 5
# frames/s; that of bushes and walls is above 0.06 at 30 and 0.08 at 10.
OFTEN, UNCONFIRMED_S = 0.3, 1.0
UNREST, UNREST_PER_S = 0.045, 0.25
CLOTHES_SAMPLES = 16


@dataclass
class TrackBuilder:
    """What was seen of one person, frame by frame."""

    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    boxes: list[Array] = field(default_factory=list)
    joints_2d: list[Array] = field(default_factory=list)
    scores: list[Array] = field(default_factory=list)
    joints_3d: list[Array] = field(default_factory=list)
    picture: tuple[int, int] | None = None
    """Width and height of the frames, px."""
    clothes: list[Array] = field(default_factory=list)
    """Samples of `wildpose.appearance.clothes`, at growing distances, never many."""
    looks: int = 0
    """Times the detector ran while the person was followed."""
    detections: int = 0
    """Of those, how often it found somebody there."""
    _sample_every: int = 1

    @property
    def doubtful(self) -> bool:
        """Whether something else was taken for a person.

        The detector then rarely agrees a second time, and the landmarks, with nothing to hold on
        to, jump about from frame to frame, or are soon gone.
        """
        if self.detections >= OFTEN * self.looks:  # so also where the detector never looked
            return False
        brief = self.times[-1] - self.times[0] < UNCONFIRMED_S
        return (brief and self.looks >= 2 and not self.detections) or self._is_restless

    @property
    def _is_restless(self) -> bool:
        """Whether the joints move more than people's do: at any frame rate, or per second."""
        if len(self.times) < 2:
            return False
        return self.unrest > UNREST + UNREST_PER_S * float(np.median(np.diff(self.times)))

    @property
    def unrest(self) -> float:
        """Median way of a joint from one sighting to the next, by the body's size."""
        if len(self.joints_2d) < 2:
            return 0.0
        joints = np.stack(self.joints_2d)
        size = max(float(np.median(np.ptp(joints, axis=1).max(axis=-1))), 1e-9)
        within = joints - joints.mean(axis=1, keepdims=True)  # walking fast is no unrest
        steps = np.linalg.norm(np.diff(within, axis=0), axis=-1).mean(axis=-1)
        return float(np.median(steps)) / size

    def add(self, frame: Frame, sighting: Sighting, keypoints: Keypoints) -> None:
        """Take one frame's sighting in; joints are kept as lcr13, and small."""
        if len(self.frames) % self._sample_every == 0:
            self.clothes.append(clothes(frame.image, sighting.joints_2d))
            if len(self.clothes) == 2 * CLOTHES_SAMPLES:
                self.clothes = self.clothes[::2]
                self._sample_every *= 2
        self.picture = frame.image.shape[1], frame.image.shape[0]
        self.frames.append(frame.index)
        self.times.append(frame.time)
        self.boxes.append(sighting.box)
        self.joints_2d.append(sighting.joints_2d.astype(np.float32))
        source = keypoints.joint_set
        self.scores.append(convert_scores(keypoints.scores, source, "lcr13").astype(np.float32))
        if keypoints.joints_3d is not None:
            self.joints_3d.append(convert(keypoints.joints_3d, source, "lcr13").astype(np.float32))

    def track(self, id: int) -> Track:
        """All of it as a track."""
        return Track(
            id=id,
            frames=np.array(self.frames),
            times=np.array(self.times),
            boxes=np.stack(self.boxes),
            joints_2d=np.stack(self.joints_2d),
            scores=np.stack(self.scores),
            joint_set="lcr13",
            joints_3d=np.stack(self.joints_3d) if self.joints_3d else None,
            picture=self.picture,
            appearance=np.median(self.clothes, axis=0),
        )

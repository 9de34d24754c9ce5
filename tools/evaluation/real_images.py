"""Real pictures with measured joints: a Kinect sample of NTU, stills of Human3.6M and 3DHP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from datasets.ntu_skeleton_file import read_skeleton_file
from tools.evaluation import tracks, variants
from tools.evaluation.compare import Comparison, Labels, compared, nothing
from wildpose.alignment import HALF_TURN
from wildpose.geometry import Array
from wildpose.joints import convert, convert_scores, torso
from wildpose.pose import PoseEstimator
from wildpose.regions import body_box
from wildpose.results import Settings
from wildpose.types import Detections, Keypoints, Track

TRACKED = 2  # the Kinect's state of a joint that it saw
NTU_SAMPLE = "S001C001P001R001A001"
SCALE_PX = 200.0  # an annotation's scale counts in this, mmpose's pixel_std
STILLS = ("h36m/test_h36m_body3d.npz", "mpi_inf_3dhp/test_3dhp_train.npz",
          "mpi_inf_3dhp/test_3dhp_test.npz")  # fmt: skip
# The order of mmpose's MPI-INF-3DHP, as rows of lcr13. Its head is the base of the skull, so the
# centre of the head is between that and the head's top.
DHP_TO_LCR13 = ((10,), (13,), (9,), (12,), (8,), (11,), (4,), (7,), (3,), (6,), (2,), (5,), (16, 0))


@dataclass(frozen=True)
class Still:
    """One picture with the joints of one person."""

    path: Path
    region: Array
    """(4,) where the person is, see `wildpose.regions`."""
    joints: Array
    """(13, 3) m, lcr13, torso-centred, camera axes."""
    joints_2d: Array
    """(13, 2) px."""


def ntu(data: Path, names: Sequence[str], *, kept: Path, weights: Array | None) -> list[Comparison]:
    """The sample pair of NTU RGB+D against the Kinect's joints.

    The video is mirrored against the joints, so it is looked at in a mirror. The Kinect's joints
    are no exact truth: they lie on the body's surface, and those it did not track it inferred.

    Raises:
        FileNotFoundError: one of the pair is not there.
    """
    joints, tracked = read_kinect(_ntu_file(data, f"{NTU_SAMPLE}.skeleton"))
    video = _ntu_file(data, f"{NTU_SAMPLE}_rgb.avi")
    track, clock = tracks.main_person(
        video,
        lambda: tracks.MirroredPipeline(Settings(recognizer=None)),
        kept=kept,
        maker="mirrored-blazepose",
    )
    truth = convert(joints, "kinect25", "lcr13") * HALF_TURN
    truth = truth - torso(truth, "lcr13")
    labels = Labels(NTU_SAMPLE, "drink water", "ntu", "camera 1")
    if track is None:
        return [nothing(labels)]
    found = variants.run(track, clock, names)
    # The thirteen are joints of the Kinect, one each, so a conversion of flags only picks.
    known = convert(tracked[..., None].astype(float), "kinect25", "lcr13")[..., 0] == 1
    return [compared(labels, found, truth, clock, weights=weights, known=known)]


def read_kinect(path: Path) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The first body of an NTU .skeleton file, which is there in every frame.

    Returns:
        (T, 25, 3) m, kinect axes, and (T, 25) whether the Kinect tracked the joint; others it
        inferred, and these can be far from where they are.

    Raises:
        ValueError: the file is malformed, or a frame has nobody.
    """
    file = read_skeleton_file(path)
    if not file.bodies or len(file.bodies[0].frames) < file.frame_count:
        raise ValueError(f"{path}: the first body is not there in every frame")
    body = file.bodies[0]
    return body.joints, body.states == TRACKED


def _ntu_file(data: Path, name: str) -> Path:
    path = data / "ntu" / name
    if not path.exists():
        raise FileNotFoundError(f"no {path}: unpack the NTU samples to {data / 'ntu'}")
    return path


def stills(
    data: Path, names: Sequence[str], pose: PoseEstimator, *, weights: Array | None
) -> tuple[list[Comparison], list[tuple[Still, Keypoints]]]:
    """Pictures of Human3.6M and MPI-INF-3DHP, one frame each, and what was seen in them.

    Raises:
        FileNotFoundError: an annotation file or picture is not there.
    """
    pictures = [still for name in STILLS for still in read_stills(data / "stills" / name)]
    comparisons, seen = [], []
    for still in pictures:
        keypoints = _twice(pose, _rgb(still.path), still.region)
        source = "h36m" if "h36m" in still.path.parts else "mpi_inf_3dhp"
        labels = Labels(still.path.stem, still.path.stem, source, "still")
        if keypoints is None:
            comparisons.append(nothing(labels))
            continue
        seen.append((still, keypoints))
        found = variants.run(_one_frame(keypoints, still.path), np.zeros(1), names)
        comparisons.append(
            compared(labels, found, still.joints[None], np.zeros(1), weights=weights)
        )
    return comparisons, seen


def read_stills(path: Path) -> list[Still]:
    """The annotated pictures of one file in the format of mmpose's tests."""
    if not path.exists():
        raise FileNotFoundError(f"no {path}: unpack the stills there")
    with np.load(path) as file:
        names, centres, scales = file["imgname"], file["center"], file["scale"]
        joints, points = file["S"][..., :3], file["part"][..., :2]
    to_lcr = _from_h36m if "h36m" in path.name else _from_3dhp
    found = []
    for name, centre, scale, own, own_2d in zip(
        names, centres, scales, joints, points, strict=True
    ):
        lcr = to_lcr(own)
        region = np.array([*centre, scale * SCALE_PX, 0.0])
        picture = path.parent / str(name)
        found.append(Still(picture, region, lcr - torso(lcr, "lcr13"), to_lcr(own_2d)))
    return found


def _from_h36m(joints: Array) -> Array:
    return convert(joints, "h36m17", "lcr13")


def _from_3dhp(joints: Array) -> Array:
    return np.stack([joints[list(rows)].mean(axis=0) for rows in DHP_TO_LCR13])


def _rgb(path: Path) -> npt.NDArray[np.uint8]:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"no picture {path}")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def _twice(pose: PoseEstimator, image: npt.NDArray[np.uint8], region: Array) -> Keypoints | None:
    """Landmarks in a region, then in the region that these landmarks ask for, as in a video."""
    keypoints: Keypoints | None = None
    for _ in range(2):
        people = Detections(np.zeros((1, 4)), np.ones(1), region[None])
        (keypoints,) = pose.estimate(image, people)
        if keypoints is None or keypoints.roi is None:
            break
        region = keypoints.roi
    return keypoints


def _one_frame(keypoints: Keypoints, path: Path) -> Track:
    """A track of one frame, in lcr13 as the pipeline's tracks."""
    height, width = _rgb(path).shape[:2]
    source, world = keypoints.joint_set, keypoints.joints_3d
    points = convert(keypoints.joints_2d, source, "lcr13")
    return Track(
        id=1,
        frames=np.zeros(1, dtype=int),
        times=np.zeros(1),
        boxes=body_box(points)[None],
        joints_2d=points[None],
        scores=convert_scores(keypoints.scores, source, "lcr13")[None],
        joint_set="lcr13",
        joints_3d=convert(world, source, "lcr13")[None] if world is not None else None,
        picture=(width, height),
    )

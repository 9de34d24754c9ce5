"""How long the bones of skeletons are, and how large one skeleton is beside others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.joints import JointSet, joint_set

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
SHORTEST = 1e-6  # m; joints that stand in for each other make bones of no length

REFERENCE_LENGTHS: dict[str, tuple[float, ...]] = {
    # The walking mannequin of datasets.kinematics: an adult of 1.75 m, Drillis & Contini 1966.
    "lcr13": (
        0.344,  # right_shoulder-left_shoulder
        0.184,  # right_hip-left_hip
        0.512,  # right_shoulder-right_hip
        0.512,  # left_shoulder-left_hip
        0.255,  # right_shoulder-head
        0.255,  # left_shoulder-head
        0.301,  # right_shoulder-right_elbow
        0.255,  # right_elbow-right_wrist
        0.429,  # right_hip-right_knee
        0.431,  # right_knee-right_ankle
        0.301,  # left_shoulder-left_elbow
        0.255,  # left_elbow-left_wrist
        0.429,  # left_hip-left_knee
        0.431,  # left_knee-left_ankle
    ),
}
"""Joint set name -> metres, in the order of the joint set's edges."""


def bone_lengths(joints: Array, joint_set_name: str, *, counted: Mask | None = None) -> Array:
    """The median length of every bone over all poses, in the order of the joint set's edges.

    The median, where Le Roux 2017 (section 4.2.2) takes statistics of the training set without
    saying which: Kinect's failures stretch single bones to metres.

    Args:
        joints: (..., J, 3) m, in any axes.
        joint_set_name: as in `wildpose.joints`.
        counted: (..., J) or what broadcasts to it, e.g. a clip's mask[..., None]: a bone counts
            where both its joints do. None counts all.

    Returns:
        (E,) m.

    Raises:
        ValueError: another number of joints than the set has, or a bone that is never counted.
    """
    joints_of = joint_set(joint_set_name)
    if joints.ndim < 2 or joints.shape[-2:] != (len(joints_of), 3):
        raise ValueError(
            f"bone_lengths: expected joints (..., {len(joints_of)}, 3) of {joint_set_name}, "
            f"got {joints.shape}"
        )
    medians, known = _medians(joints, joints_of, counted)
    if not known.all():
        parent, child = joints_of.edges[int(np.argmin(known))]
        bone = f"{joints_of.names[parent]}-{joints_of.names[child]}"
        raise ValueError(f"bone_lengths: no pose counts for the bone {bone}")
    return medians


def length_ratio(
    reference: npt.ArrayLike, joints: Array, joint_set_name: str, *, counted: Mask | None = None
) -> float:
    """The factor that brings a sequence to the size of a reference.

    Median over bones of the reference length over the sequence's median length: one factor for
    all frames, as in Le Roux 2017, section 4.2.2, which gives no formula. Bones of no length in
    either are left out; without any bone the factor is 1.

    Args:
        reference: (E,) m, as `bone_lengths` gives it.
        joints: (T, J, 3) m, in any axes.
        joint_set_name: as in `wildpose.joints`.
        counted: (T, J), as in `bone_lengths`; where no bone counts, all do.

    Raises:
        ValueError: the reference has another shape than (E,), holds NaN or a negative.
    """
    joints_of = joint_set(joint_set_name)
    wanted = np.asarray(reference, dtype=float)
    if wanted.shape != (len(joints_of.edges),):
        raise ValueError(
            f"reference: expected ({len(joints_of.edges)},), one length for each edge of "
            f"{joint_set_name}, got {wanted.shape}"
        )
    if not (np.isfinite(wanted) & (wanted >= 0)).all():
        raise ValueError("reference: lengths must be finite and not negative, in metres")
    medians, known = _medians(joints, joints_of, counted)
    if not known.any():
        medians, known = _medians(joints, joints_of, None)
    use = known & (medians > SHORTEST) & (wanted > SHORTEST)
    return float(np.median(wanted[use] / medians[use])) if use.any() else 1.0


def _medians(joints: Array, joints_of: JointSet, counted: Mask | None) -> tuple[Array, Mask]:
    """(E,) median lengths, zero where unknown, and (E,) whether any pose counted for the bone."""
    parents, children = np.array(joints_of.edges).T
    bones = joints[..., children, :].astype(float) - joints[..., parents, :]
    lengths = np.linalg.norm(bones, axis=-1)  # (..., E)
    both = np.ones(lengths.shape, dtype=bool)
    if counted is not None:
        of_joints = np.broadcast_to(counted, joints.shape[:-1])
        both = of_joints[..., parents] & of_joints[..., children]
    E = len(joints_of.edges)
    lengths, both = lengths.reshape(-1, E), both.reshape(-1, E)
    known = np.asarray(both.any(axis=0))
    medians = [np.median(lengths[both[:, e], e]) if known[e] else 0.0 for e in range(E)]
    return np.array(medians), known

"""The lifter that comes with wildpose finds poses in tracks of every kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_samples import SIZE_PX, pixels_of, some_anchors, tiny_network
from tests.made_sequences import FACING, TIMES, T, acted
from wildpose.geometry import rotation_y
from wildpose.joints import convert_scores, torso
from wildpose.lifting import LIFTERS, lcr, lifter_named
from wildpose.lifting.exchanges import EXCHANGES
from wildpose.lifting.lcr import SWAPPED_MODES, SWAPPED_SHARE, Lcr
from wildpose.lifting.lcr_model import MAX_MODES, LcrModel
from wildpose.registry import load
from wildpose.smoothing.viterbi import smooth_viterbi
from wildpose.types import Hypotheses, Track

Array = npt.NDArray[np.floating]
FRAME = (SIZE_PX, SIZE_PX)


pytestmark = pytest.mark.usefixtures("one_thread")


def truth_of(motion: str, yaw: float = 0.0, joints_of: str = "lcr13") -> Array:
    """(T, J, 3) m, torso-centred, camera axes; yaw in degrees from the front."""
    joints = acted(motion, joints_of) @ (FACING @ rotation_y(np.radians(yaw))).T
    return joints - torso(joints, joints_of)


def track_of(truth: Array, joints_of: str = "lcr13", **changes: Any) -> Track:
    """Somebody seen as they are."""
    rows = len(truth)
    track = Track(
        1, np.arange(rows), TIMES[:rows], np.zeros((rows, 4)), pixels_of(truth),
        np.full(truth.shape[:2], 0.95), joints_of, truth + np.array([0, 0, 3.0]), FRAME,
    )  # fmt: skip
    return replace(track, **changes)


def with_sides_exchanged(track: Track, rows: slice, name: str = "body") -> Track:
    """All that the backend says of a joint goes to the one on the other side."""

    def spoilt(values: Array) -> Array:
        values = values.copy()
        values[rows] = values[rows][:, EXCHANGES[name]]
        return values

    guess = track.joints_3d
    return replace(
        track,
        joints_2d=spoilt(track.joints_2d),
        scores=spoilt(track.scores),
        joints_3d=None if guess is None else spoilt(guess),
    )


def checked(lifter: Lcr, track: Track) -> list[Hypotheses]:
    """What is lifted, if it is what hypotheses must be."""
    found = list(lifter.lift(track))
    assert len(found) == len(track)
    for frame in found:
        assert frame.joints.shape[1:] == (13, 3) and frame.joints_2d.shape[1:] == (13, 2)
        assert np.isfinite(frame.joints).all() and np.isfinite(frame.joints_2d).all()
        np.testing.assert_allclose(torso(frame.joints, "lcr13"), 0, atol=1e-5)
        assert (frame.scores > 0).all() and (frame.scores <= 1 + 1e-6).all()
        assert frame.scores[~frame.swapped].sum() <= 1 + 1e-6
        assert frame.scores[frame.swapped].sum() <= SWAPPED_SHARE * len(EXCHANGES) + 1e-6
        assert (frame.classes >= 0).all() and (frame.classes < len(lifter.model.anchors)).all()
        assert 1 <= (~frame.swapped).sum() <= MAX_MODES
        assert frame.swapped.sum() <= SWAPPED_MODES * len(EXCHANGES)
        assert (np.diff(frame.swapped.astype(int)) >= 0).all()  # those as seen come first
    return found


def error_of(found: list[Hypotheses], truth: Array) -> float:
    """Mean joint error of the best-scored poses, metres."""
    best = np.array([frame.joints[frame.scores.argmax()] for frame in found])
    return float(np.linalg.norm(best - truth, axis=-1).mean())


def assert_alike(found: list[Hypotheses], others: list[Hypotheses], atol: float = 1e-4) -> None:
    for frame, other in zip(found, others, strict=True):
        np.testing.assert_array_equal(frame.swapped, other.swapped)
        np.testing.assert_array_equal(frame.classes, other.classes)
        np.testing.assert_allclose(frame.joints, other.joints, atol=atol)
        np.testing.assert_allclose(frame.joints_2d, other.joints_2d, atol=100 * atol)
        np.testing.assert_allclose(frame.scores, other.scores, atol=atol)


def test_a_lifter_of_ones_own_is_named_by_its_file(lifter: Lcr, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    replace(lifter.model, radius=0.123).save(path)
    own = lifter_named(str(path), offline=True)
    assert isinstance(own, Lcr)
    assert own.model.radius == 0.123
    with pytest.raises(ValueError, match=r"no lifter file .*gone\.safetensors"):
        lifter_named(str(tmp_path / "gone.safetensors"))


def test_the_registry_names_it() -> None:
    assert load("lifter", "lcr", LIFTERS) is Lcr


@pytest.mark.parametrize("yaw", [0, 60, 120, 180, 240, 300])
def test_clean_input_gives_nearly_the_truth(lifter: Lcr, yaw: float) -> None:
    motions = ("walk", "wave", "throw", "kick")
    errors = [
        error_of(checked(lifter, track_of(truth)), truth)
        for truth in (truth_of(motion, yaw) for motion in motions)
    ]
    assert np.mean(errors) < 0.1


def test_2d_joints_alone_tell_most(lifter: Lcr) -> None:
    truths = [
        truth_of(motion, yaw) for motion in ("walk", "throw", "kick") for yaw in (0, 120, 240)
    ]
    found = [checked(lifter, track_of(truth, joints_3d=None)) for truth in truths]
    errors = [error_of(frames, truth) for frames, truth in zip(found, truths, strict=True)]
    assert np.mean(errors) < 0.2
    with_3d = [error_of(checked(lifter, track_of(truth)), truth) for truth in truths]
    assert np.mean(with_3d) < np.mean(errors)


def test_pixels_are_where_the_joints_are_seen(lifter: Lcr) -> None:
    track = track_of(truth_of("walk", 30))
    best = np.array([f.joints_2d[f.scores.argmax()] for f in checked(lifter, track)])
    size = np.ptp(track.joints_2d[:, :, 1], axis=1).mean()
    assert np.linalg.norm(best - track.joints_2d, axis=-1).mean() < 0.06 * size


def test_the_origin_of_the_backends_3d_does_not_matter(lifter: Lcr) -> None:
    truth = truth_of("kick", 40)
    moved = track_of(truth, joints_3d=truth - (7.0, 3.0, -2.0))
    assert_alike(checked(lifter, track_of(truth)), checked(lifter, moved))


def test_without_the_pictures_size_the_person_is_taken_for_its_middle(lifter: Lcr) -> None:
    track = track_of(truth_of("walk", 20))
    middle = torso(track.joints_2d, "lcr13")
    centred = replace(track, joints_2d=track.joints_2d - middle + np.array(FRAME) / 2)
    assert_alike(checked(lifter, centred), checked(lifter, replace(centred, picture=None)))


@pytest.mark.parametrize("joints_of", ["coco17", "blazepose33", "kinect25"])
def test_other_joint_sets_are_lifted_as_theirs(lifter: Lcr, joints_of: str) -> None:
    truth = truth_of("walk", 20)
    found = checked(lifter, track_of(truth_of("walk", 20, joints_of), joints_of))
    assert error_of(found, truth) < 0.1


def test_where_the_person_is_in_the_picture_matters(lifter: Lcr) -> None:
    track = track_of(truth_of("walk", 20))
    aside = replace(track, joints_2d=track.joints_2d + np.array([0.4 * SIZE_PX, 0]))
    seen, unknown = checked(lifter, aside)[0], checked(lifter, replace(aside, picture=None))[0]
    assert np.abs(seen.joints[0] - unknown.joints[0]).max() > 1e-3


def test_scores_are_those_of_the_same_joints(lifter: Lcr) -> None:
    truth, scores = truth_of("walk", 20, "coco17"), np.tile(np.linspace(0, 1, 17), (T, 1))
    track = track_of(truth_of("walk", 20), joints_3d=None)
    own = replace(track, scores=convert_scores(scores, "coco17", "lcr13"))
    coco = track_of(truth, "coco17", scores=scores, joints_3d=None)
    for one, other in zip(checked(lifter, own), checked(lifter, coco), strict=True):
        # The head differs: between the ears, or where the mannequin's own head is.
        np.testing.assert_allclose(one.joints[0], other.joints[0], atol=0.05)
    plain = checked(lifter, replace(own, scores=scores[:, :13]))
    assert np.abs(plain[0].joints[0] - checked(lifter, own)[0].joints[0]).max() > 1e-3


def test_upper_body_classes_are_named_as_their_full_body_twins() -> None:
    lifter, K = Lcr(offline=True), 3
    network = tiny_network(2 * K)
    network.classify.bias.data[K + 1] = 50
    lifter.model = LcrModel(some_anchors(K), network.eval())
    assert {int(f.classes[0]) for f in checked(lifter, track_of(truth_of("walk")))} == {1}


def test_without_3d_and_picture_any_joint_set_will_do(lifter: Lcr) -> None:
    track = track_of(truth_of("wave", 0, "coco17"), "coco17", joints_3d=None, picture=None)
    checked(lifter, track)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_short_tracks_are_lifted_too(lifter: Lcr, rows: int) -> None:
    truth = truth_of("walk")
    found = checked(lifter, track_of(truth[:rows]))
    assert_alike(found, checked(lifter, track_of(truth))[:rows])


@pytest.mark.parametrize("block", [1, 7, T])
def test_blocks_change_nothing(lifter: Lcr, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    track = with_sides_exchanged(track_of(truth_of("walk")), slice(10, 13))
    at_once = checked(lifter, track)
    monkeypatch.setattr(lcr, "BLOCK", block)
    assert_alike(checked(lifter, track), at_once)


def test_a_track_longer_than_a_block_is_lifted_whole(lifter: Lcr) -> None:
    truth = np.tile(truth_of("walk"), (1 + lcr.BLOCK // T, 1, 1))
    rows = len(truth)
    assert rows > lcr.BLOCK
    track = Track(
        1, np.arange(rows), np.arange(rows) / 15, np.zeros((rows, 4)), pixels_of(truth),
        np.full((rows, 13), 0.95), "lcr13", truth, FRAME,
    )  # fmt: skip
    assert error_of(checked(lifter, track), truth) < 0.1


def test_in_a_clean_track_nothing_is_swapped(lifter: Lcr) -> None:
    assert not any(f.swapped.any() for f in checked(lifter, track_of(truth_of("wave"))))


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("with_3d", [True, False])
def test_where_sides_leap_they_are_lifted_exchanged_too(
    lifter: Lcr,
    name: str,
    with_3d: bool,  # noqa: FBT001
) -> None:
    track = track_of(truth_of("walk", 15), scores=np.tile(np.linspace(0.1, 1, 13), (T, 1)))
    track = track if with_3d else replace(track, joints_3d=None)
    spoilt = with_sides_exchanged(track, slice(12, 15), name)
    clean, found = checked(lifter, track), checked(lifter, spoilt)
    for t in (12, 13, 14):
        right = clean[t].joints[clean[t].scores.argmax()]
        swapped = found[t].joints[found[t].swapped]
        assert len(swapped)
        # Put right, the row is lifted as if it had been seen so.
        off = np.linalg.norm(swapped - right, axis=-1).mean(axis=1)
        assert off.min() < 1e-3
        as_right = found[t].joints_2d[found[t].swapped][off.argmin()]
        np.testing.assert_allclose(as_right, clean[t].joints_2d[clean[t].scores.argmax()], atol=0.1)


def test_swapped_poses_count_a_share_of_what_they_would_as_seen(lifter: Lcr) -> None:
    track = track_of(truth_of("walk", 15))
    spoilt = with_sides_exchanged(replace(track, joints_3d=None), slice(12, 15))
    clean = checked(lifter, replace(track, joints_3d=None))[13]
    found = checked(lifter, spoilt)[13]
    shares = found.scores[found.swapped] / clean.scores.max()
    assert np.abs(shares - SWAPPED_SHARE).min() < 1e-4


def test_the_smoother_takes_what_is_lifted(lifter: Lcr) -> None:
    truth = truth_of("throw", 30)
    track = track_of(truth)
    smooth = smooth_viterbi(track, lifter.lift(track), track.times)
    assert smooth is not None and smooth.skeleton.observed.mean() > 0.8
    assert np.linalg.norm(smooth.skeleton.joints - truth, axis=-1).mean() < 0.12


def test_lifting_is_the_same_each_time_and_leaves_the_track_alone(lifter: Lcr) -> None:
    track = with_sides_exchanged(track_of(truth_of("wave")), slice(3, 5))
    before = track.joints_2d.copy()
    assert_alike(list(lifter.lift(track)), list(Lcr(offline=True).lift(track)), atol=1e-12)
    np.testing.assert_array_equal(track.joints_2d, before)
